"""SF's gateway: how a call is signed, what its refusals mean, and the call that sends a parcel back. Pure.

Protocol facts: the Fengqiao documents and its SDKs.
"""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import quote_plus, urlencode

from shipments import bodies
from shipments.answers import Contract, Failure, Interception, Taken, Trouble, Wish, epoch_ms
from shipments.carriers import _refusals
from shipops.kit.wire import Request, Response

ADDRESS = "https://bspgw.sf-express.com"
SEARCH_ROUTES = "EXP_RECE_SEARCH_ROUTES"
WANTED_INTERCEPT = "EXP_RECE_WANTED_INTERCEPT"
INTERCEPTS: frozenset[Wish] = frozenset({Wish.RETURN, Wish.REDIRECT})

# Gateway codes, then business codes; what is not here is theirs, and asking again later may help.
FAILURES: dict[str, tuple[Trouble, timedelta | None, bool]] = {
    "A1001": (Trouble.CONFIG, None, False),
    "A1002": (Trouble.TRANSIENT, None, True),
    "A1003": (Trouble.AUTH, None, True),
    "A1004": (Trouble.AUTH, None, True),
    "A1005": (Trouble.THROTTLE, timedelta(minutes=5), True),
    "A1006": (Trouble.AUTH, None, True),
    "A1008": (Trouble.AUTH, None, True),
    "S0001": (Trouble.CONFIG, None, False),
    "S0002": (Trouble.CONFIG, None, False),
    "8001": (Trouble.AUTH, None, True),
    "8014": (Trouble.AUTH, None, True),
    "8057": (Trouble.AUTH, None, True),
}
_WISHES = {Wish.REDIRECT: "1", Wish.RETURN: "2"}
# Who wishes, and who pays.
_SENDER, _CASH, _MONTHLY = "1", "1", "4"
_AMOUNT = re.compile(r"\d+(\.\d+)?")


def digest(msg_data: str, timestamp: str, checkword: str) -> str:
    """Return msgDigest: base64 of the raw MD5 over the parts, URL-encoded as Java does it (space → +)."""
    encoded = quote_plus(msg_data + timestamp + checkword, safe="*-._")
    # Java writes ~ as %7E and leaves * alone; Python does the opposite.
    return base64.b64encode(hashlib.md5(encoded.replace("~", "%7E").encode()).digest()).decode()


def verify_code(xml: str, checkword: str) -> str:
    """Return verifyCode of the older BSP XML: base64 of the raw MD5 over text and check word."""
    return base64.b64encode(hashlib.md5((xml + checkword).encode()).digest()).decode()


def call(service: str, wanted: Mapping[str, object], contract: Contract, now: datetime) -> Request:
    """A signed call of one of the gateway's services."""
    credentials = contract.credentials
    msg_data = json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))
    timestamp = epoch_ms(now)
    fields = {
        "partnerID": credentials.get("partner_id", ""),
        "requestID": str(uuid.uuid5(uuid.NAMESPACE_OID, msg_data + timestamp)),
        "serviceCode": service,
        "timestamp": timestamp,
        "msgDigest": digest(msg_data, timestamp, credentials.get("checkword", "")),
        "msgData": msg_data,
    }
    url = (contract.base_url.rstrip("/") or ADDRESS) + "/std/service"
    headers = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    return Request("POST", url, headers, urlencode(fields).encode())


def encode_interception(wanted: Interception, contract: Contract, now: datetime) -> Request:
    """Return the wish to send a parcel back, or to another address; paid by the monthly account, or by the sender in cash."""
    card = contract.credentials.get("monthly_card", "")
    message: dict[str, object] = {
        "waybillNo": wanted.ask.number,
        "serviceCode": _WISHES[wanted.wish],
        "role": _SENDER,
        "payMode": _MONTHLY if card else _CASH,
    }
    if card:
        message["monthlyCardNo"] = card
    if wanted.to is not None:
        to = wanted.to
        message["newDestAddress"] = {
            "province": to.province,
            "city": to.city,
            "county": to.district,
            "address": to.street,
            "contact": to.name,
            "phone": to.phone,
        }
    return call(WANTED_INTERCEPT, message, contract, now)


def decode_interception(response: Response) -> Taken | Failure:
    """Return that SF has taken the wish (opCode 99 or 648 will tell that it was fulfilled), or why not."""
    if response.status != 200:
        return Failure(Trouble.TRANSIENT, f"HTTP {response.status}")
    try:
        value = bodies.json_value(bodies.decoded(response.body)[0])
        if not isinstance(value, dict) or "apiResultCode" not in value:
            return Failure(Trouble.TRANSIENT, "The body is JSON, but no answer of SF's gateway")
        if str(value["apiResultCode"]) != "A1000":
            return failure(str(value["apiResultCode"]), value.get("apiErrorMsg"))
        inner = value.get("apiResultData")
        inner = bodies.json_value(inner) if isinstance(inner, str) else inner
    except ValueError:
        return Failure(Trouble.TRANSIENT, "The body is not JSON")
    said = inner if isinstance(inner, dict) else {}
    code = str(said.get("errorCode") or ("S0000" if said.get("success") in (True, "true") else ""))
    if said.get("success") in (False, "false") or code != "S0000":
        # What the service itself says is about this parcel; asking again changes nothing.
        trouble, after, account_wide = FAILURES.get(code, (Trouble.CONFIG, None, False))
        return Failure(trouble, f"{code} {said.get('errorMsg') or ''}".strip(), after, account_wide)
    data = said.get("msgData")
    told = data if isinstance(data, dict) else {}
    amount = str(told.get("amount") or "")
    return Taken(str(told.get("cusId") or ""), Decimal(amount) if _AMOUNT.fullmatch(amount) else None)


def failure(code: str, message: object) -> Failure:
    """Return what a refusal means: by its code, else by its words, else a passing fault of theirs."""
    return _refusals.failure(code, str(message or ""), FAILURES)
