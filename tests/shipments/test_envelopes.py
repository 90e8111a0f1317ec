"""What a relay makes of a provider's body is read as the body itself."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from shipments import carriers
from shipments.carriers._envelopes import spelt

KUAIDI100 = {
    "message": "ok", "nu": "YT8834201944712", "com": "yuantong", "state": "0", "status": "200", "ischeck": "0",
    "data": [{"time": "2026-11-21 10:00:00", "context": "星际跃迁", "statusCode": "501", "areaName": "深圳市"}],
}  # fmt: skip
PUSH = {"status": "polling", "message": "", "lastResult": KUAIDI100}
SF = {
    "apiResultCode": "A1000", "apiErrorMsg": "", "apiResultData": {"success": True, "errorCode": "S0000", "msgData": {
        "routeResps": [{"mailNo": "SF7444471039325", "routes": [
            {"acceptTime": "2026-11-21 10:00:00", "acceptAddress": "深圳市", "opCode": "50", "remark": "顺丰速运 已收取快件"},
        ]}],
    }},
}  # fmt: skip
TRACK = SF["apiResultData"]["msgData"]["routeResps"][0]  # type: ignore[index]


def renamed(value: Any, name: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [renamed(one, name) for one in value]
    return {name(key): renamed(one, name) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    ("provider", "body"), [("kuaidi100", KUAIDI100), ("kuaidi100", PUSH), ("sf", SF), ("sf", TRACK)]
)
@pytest.mark.parametrize(
    "relay",
    [
        lambda body: renamed(body, str.lower),
        lambda body: renamed(body, lambda key: re.sub("(?<=[a-z])([A-Z])", r"_\1", key).lower()),
        lambda body: {"code": 0, "data": body},
        lambda body: {"showapi_res_code": 0, "showapi_res_body": json.dumps(body)},
        lambda body: [body],
        lambda body: json.dumps(body),
    ],
    ids=["lower", "snake", "wrapped", "text in a wrapping", "list", "text"],
)
def test_a_relays_spelling_and_wrapping_change_nothing(provider: str, body: Any, relay: Callable[[Any], Any]) -> None:
    (plainly,) = carriers.provider(provider).read(json.dumps(body).encode())
    (relayed,) = carriers.provider(provider).read(json.dumps(relay(body)).encode())
    assert plainly.events
    assert (relayed.number, relayed.carrier, relayed.events) == (plainly.number, plainly.carrier, plainly.events)


def test_a_key_that_stands_there_as_it_should_is_not_overwritten() -> None:
    assert spelt({"mail_no": "1", "mailNo": "2", "other": {"MAILNO": "3"}}, ("mailNo",)) == {
        "mail_no": "1", "mailNo": "2", "other": {"mailNo": "3"},
    }  # fmt: skip
