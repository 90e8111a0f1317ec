"""No body, however made, raises anything but NotAnAnswer in an adapter, or keeps it busy: one bad body must not hold up the rest.

Every provider there is goes through this, so a new adapter does too.
"""

import json
import string
import time
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipments import carriers
from shipments.answers import Answer, Contract, NotAnAnswer
from shipments.push import LARGEST
from shipops.kit.wire import Response

# Seconds; the slowest takes half of one, and the machines that run tests may be ten times as slow.
AT_MOST = 8.0
CONTRACT = Contract({"key": "k", "customer": "c"}, salt="s")
# Keys of all kinds of bodies, so that what is made up gets past the first look at it.
KEYS = [
    "param",
    "sign",
    "lastResult",
    "status",
    "state",
    "nu",
    "com",
    "data",
    "time",
    "ftime",
    "context",
    "Body",
    "WaybillRoute",
    "mailno",
    "acceptTime",
    "remark",
    "opCode",
    "apiResultCode",
    "apiResultData",
    "success",
    "msgData",
    "routeResps",
    "routes",
    "RequestData",
    "Traces",
    "AcceptTime",
    "Data",
    "LogisticCode",
    "accepted",
    "track",
    "track_info",
    "tracking",
    "events",
    "checkpoints",
    "msg",
    "tag",
    "checkpoint_time",
    "result",
    "billCode",
    "waybillNo",
    "traceList",
]
WORDS = (
    "签收",
    "派件",
    "退回",
    "失败",
    "【",
    "到达",
    "驿站",
    "已",
    "由",
    "2026-11-21 10:00:00",
    "1763690400",
    "signed",
    " ",
    "\x00",
    "\ud800",
)


def nested(opening: str, closing: str, depth: int = 50_000) -> str:
    return opening * depth + closing * depth


def long_track(**values: str) -> str:
    """One scan of each provider's form with a value far too long."""
    row = {
        "time": "2026-11-21 10:00:00",
        "acceptTime": "2026-11-21 10:00:00",
        "context": "x",
        "remark": "x",
        "opCode": "70",
    } | values
    body = {"nu": "SF1", "com": "yuantong", "data": [row], "Body": {"WaybillRoute": [row | {"mailno": "SF1"}]}}
    return json.dumps(body, ensure_ascii=False)


MONSTERS = {
    "lists in lists": nested("[", "]"),
    "objects in objects": nested('{"data":', "}"),
    "a list where a time stands": '{"nu":"1","data":[{"time":' + nested("[", "]") + ',"context":"x"}]}',
    "a list where words stand": '{"nu":"1","data":[{"time":"2026-11-21 10:00:00","context":' + nested("[", "]", 900) + "}]}",
    "nesting just within what Python can": nested("[", "]", 950),
    "nesting in a string": json.dumps({"lastResult": nested("[", "]"), "RequestData": nested("[", "]")}),
    "nesting behind entities": "{&quot;a&quot;:" + nested("[", "]") + "}",
    "nesting in a form": urlencode({"param": nested("[", "]"), "RequestData": nested("{", "}", 20_000)}),
    "XML in XML": nested("<a>", "</a>"),
    "a number of half a million digits": '{"nu":' + "9" * 500_000 + "}",
    "numbers beyond numbers": '{"nu":1e999,"state":NaN,"data":[{"time":1e400,"context":-Infinity}]}',
    "blanks in a time": long_track(time="2026-11-21 10:00" + " " * 120_000 + "x", acceptTime="2026-11-21 10:00" + " " * 120_000 + "x"),
    "one word for ever": long_track(context="签收人" * 13_000, remark="退回由" * 13_000),
    "brackets for ever": long_track(context="【" * 40_000, remark="被" * 40_000),
    "scans for ever": json.dumps({"nu": "1", "data": [{"time": "2026-11-21 10:00:00", "context": f"x{i}"} for i in range(8_000)]}),
    "rows that are none": "[" + "[]," * 150_000 + "[]]",
    "half a form": "param=&" * 70_000,
    "half an object": '{"context":"a' * 35_000,
    "half a signature": "param={" + "&sign=a" * 70_000,
    "nothing but zeros": "\0" * 500_000,
}  # fmt: skip


def bounded(work: Callable[[], object]) -> None:
    began = time.perf_counter()
    work()
    assert time.perf_counter() - began < AT_MOST


def read(provider: carriers.Provider, body: bytes) -> None:
    try:
        answers = provider.read(body)
    except NotAnAnswer:
        return
    assert all(isinstance(answer, Answer) and answer.progress for answer in answers)


@pytest.mark.parametrize("code", carriers.codes())
@pytest.mark.parametrize("monster", MONSTERS)
def test_a_monstrous_body_is_answered_quickly(code: str, monster: str) -> None:
    provider = carriers.provider(code)
    body = MONSTERS[monster].encode()
    assert len(body) <= LARGEST, "the door takes no more"
    bounded(lambda: read(provider, body))
    bounded(lambda: provider.decode(Response(200, {}, body)))
    bounded(lambda: provider.verify(CONTRACT, {}, body))
    bounded(lambda: provider.acknowledge(body))


words = st.one_of(st.sampled_from(WORDS), st.text(max_size=12), st.sampled_from(KEYS))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), words, st.lists(words, max_size=4).map("".join)
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
        inner.map(json.dumps),  # JSON in a string
    ),
    max_leaves=25,
)
dumped = st.builds(lambda tree, ascii: json.dumps(tree, ensure_ascii=ascii), trees, st.booleans())
formed = st.builds(
    lambda name, text: urlencode({name: text}, errors="replace"), st.sampled_from(["param", "content", "RequestData", "data"]), dumped
)  # fmt: skip
tags = st.builds(
    "<{0} {1}='{2}'>{2}</{0}>".format, st.sampled_from(KEYS), st.sampled_from(KEYS), st.text(string.ascii_letters)
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.one_of(dumped, formed, tags).map(lambda text: text.encode("utf-8", errors="surrogatepass")),
    dumped.map(lambda text: text.encode("gb18030", errors="replace")),
    dumped.map(lambda text: text.encode("utf-8", errors="replace")[: len(text) // 2]),
)


@pytest.mark.parametrize("code", carriers.codes())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies, headers=st.dictionaries(st.sampled_from(["sign", "Sign", "x-dataDigest"]), st.text(max_size=8)))
def test_whatever_comes_is_read_refused_verified_and_acknowledged(code: str, body: bytes, headers: dict) -> None:
    provider = carriers.provider(code)
    read(provider, body)
    provider.decode(Response(200, {}, body))
    provider.verify(CONTRACT, headers, body)
    provider.acknowledge(body)
