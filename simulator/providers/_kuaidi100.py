"""What Kuaidi100 says of a parcel, in a query's answer and in a push alike, and how it signs."""

import hashlib
from typing import Any

from simulator.catalogue import CARRIER_BY_CODE
from simulator.instants import local_text
from simulator.orders import Order
from simulator.places import CITIES
from simulator.providers import Scene
from simulator.texts import CODES, wording
from simulator.tracks import Step
from simulator.world import Parcel

CUSTOMER = "DEMO-CUSTOMER"
KEY = "DEMO-KEY-100"
PHONE_REQUIRED = frozenset({"shunfeng", "shunfengkuaiyun", "zhongtong"})
# Known company codes; the others are refused as the real service refuses a misspelt one.
COMPANIES = frozenset({*CARRIER_BY_CODE, "shunfengkuaiyun", "youzhengguonei", "jd", "debangkuaidi", "huitongkuaidi"})
DIGESTS = {"MD5": hashlib.md5, "SHA256": hashlib.sha256}


def query_sign(param: str, key: str, customer: str, kind: str = "MD5") -> str:
    """Upper-case hex digest over param + key + customer."""
    return DIGESTS[kind]((param + key + customer).encode()).hexdigest().upper()


def push_sign(param: str, salt: str) -> str:
    """Upper-case hex md5 over param + salt."""
    return hashlib.md5((param + salt).encode()).hexdigest().upper()


def result(
    scene: Scene, parcel: Parcel, company: str, now: int, version: str, *, ascending: bool = False
) -> dict[str, Any]:
    """The body that a query answers and a push carries as lastResult."""
    steps = scene.known(parcel, now)
    advanced = version in ("4", "8")
    rows = [_row(parcel.order, step, version) for step in reversed(steps)]
    if ascending:
        rows.reverse()
    newest = CODES[steps[-1].kind]
    finished = newest.state in ("3", "4")
    body: dict[str, Any] = {
        "message": "ok",
        "nu": parcel.number,
        "ischeck": "1" if finished else "0",
        "condition": "F00" if finished else "00",
        "com": company,
        "status": "200",
        "state": newest.code if advanced else newest.state,
        "data": scene.rows(rows, parcel.number),
    }
    if advanced:
        body["routeInfo"] = _route(parcel, steps)
        body["isLoop"] = False
    return body


def empty_result(company: str, number: str) -> dict[str, Any]:
    """lastResult of a subscription that found nothing."""
    return {
        "message": "快递公司参数异常：单号不存在或者已经过期",
        "nu": number,
        "ischeck": "0",
        "condition": "",
        "com": company,
        "status": "201",
        "state": "0",
        "data": [],
    }


def _row(order: Order, step: Step, version: str) -> dict[str, Any]:
    code, city, at = CODES[step.kind], CITIES[step.place[0]], local_text(step.at)
    row: dict[str, Any] = {"time": at, "context": wording(order, step), "ftime": at}
    if version == "0":
        return row
    district, district_code = city.districts[step.place[1]]
    row["areaCode"] = f"CN{city.code if step.hub else district_code}000000"
    row["areaName"] = f"{city.province_short},{city.name}" + ("" if step.hub else f",{district}")
    if version == "1":
        row["status"] = code.name
        return row
    row.update(
        status=code.code_name,
        statusCode=code.code,
        areaCenter=f"{city.lon:.3f},{city.lat:.3f}",
        areaPinYin=city.pinyin,
        location=f"{city.province_short} {city.name}",
    )
    return row


def _route(parcel: Parcel, steps: tuple[Step, ...]) -> dict[str, Any]:
    places = [parcel.order.origin, steps[-1].place, parcel.order.dest]
    named = [
        {"number": f"CN{CITIES[city].code}000000", "name": f"{CITIES[city].province_short},{CITIES[city].name}"}
        for city, _ in places
    ]
    return {"from": named[0], "cur": named[1], "to": named[2]}
