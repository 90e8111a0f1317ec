"""Bytes become values, in whatever shape they come."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipments import bodies
from shipments.answers import NotAnAnswer
from shipments.status import Event, Stage


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-11-22 12:00:00", utc(2026, 11, 22, 4)),
        ("2015-3-11 9:05:01", utc(2015, 3, 11, 1, 5, 1)),
        ("2014/06/25 08:05:37", utc(2014, 6, 25, 0, 5, 37)),
        ("2018-03-0420:47:15", utc(2018, 3, 4, 12, 47, 15)),
        ("2018-09-30 10:42:372", utc(2018, 9, 30, 2, 42, 37)),
        ("2019.06.27 09:52", utc(2019, 6, 27, 1, 52)),
        ("2019年6月27日 09:52:01", utc(2019, 6, 27, 1, 52, 1)),
        ("2018-12-01 10:00:00 CST", utc(2018, 12, 1, 2)),
        ("2026-11-22T12:00:00+09:00", utc(2026, 11, 22, 3)),
        ("2026-11-22T04:00:00Z", utc(2026, 11, 22, 4)),
        ("2026-11-22 12:00:00.123", utc(2026, 11, 22, 4)),
        ("1608689824", utc(2020, 12, 23, 2, 17, 4)),
        (1608689824000, utc(2020, 12, 23, 2, 17, 4)),
        ("", None),
        (None, None),
        ("09:52", None),
        ("2026-13-01 10:00:00", None),
        ("2026-02-30 10:00:00", None),
        ("0000-00-00 00:00:00", None),
        ("2026-11-22 25:00:00", None),
        ("昨天 10:00", None),
        ({"a": 1}, None),
    ],
)
def test_a_time_is_an_instant_or_nothing(told: object, meant: datetime | None) -> None:
    assert bodies.instant(told) == meant


class TestDecoded:
    def test_a_byte_order_mark_is_no_text(self) -> None:
        assert bodies.decoded(b"\xef\xbb\xbf{}") == ("{}", ())

    def test_one_cut_character_costs_itself_alone(self) -> None:
        text, warnings = bodies.decoded("快件已到达广州".encode()[:-1] + b'"}')
        assert text.startswith("快件已到达广")
        assert len(warnings) == 1

    def test_gb18030_is_recognised(self) -> None:
        text, warnings = bodies.decoded('{"context":"快件已到达广州中心"}'.encode("gb18030"))
        assert "快件已到达广州中心" in text
        assert "GB18030" in warnings[0]


@pytest.mark.parametrize(
    "body",
    [
        "param=%7B%22a%22%3A%221%262%22%7D&sign=AB",
        'param={"a":"1&2"}&sign=AB',
        'sign=AB&param={"a":"1&2"}',
    ],
)
def test_a_form_gives_its_param_encoded_or_not(body: str) -> None:
    fields = bodies.form(body)
    assert (fields["param"], fields["sign"]) == ('{"a":"1&2"}', "AB")


def test_json_is_unescaped_only_if_it_must_be() -> None:
    assert bodies.json_value('{"a":"&quot;"}') == {"a": "&quot;"}
    assert bodies.json_value("{&quot;a&quot;:1}") == {"a": 1}
    for text in ("[" * 100_000, "[" * 100_000 + "&quot;"):
        with pytest.raises(ValueError):
            bodies.json_value(text)


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaa">]><r>&a;</r>',
        '<?xml version="1.0"?><!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>',
        "<r><unclosed></r>",
    ],
)
def test_dangerous_and_broken_xml_is_refused(xml: str) -> None:
    with pytest.raises(NotAnAnswer):
        bodies.xml_root(xml)


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (None, []),
        ("", []),
        ({"a": 1}, [{"a": 1}]),
        ([1, 2], [1, 2]),
        ('[{"a":1}]', [{"a": 1}]),
        ("x", ["x"]),
        ("[" * 100_000, ["[" * 100_000]),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_list_is_a_list_whatever_became_of_it(value: object, rows: list) -> None:
    assert bodies.rows(value) == rows


@pytest.mark.parametrize("text", ["0001-01-01 00:00:00", "9999-12-31 23:59:59-08:00"])
def test_a_time_at_the_edge_of_the_calendar_is_no_time(text: str) -> None:
    assert bodies.instant(text) is None


def test_scans_of_one_second_come_out_the_same_however_their_list_was_shuffled() -> None:
    def told(*times: str) -> list[dict[str, str]]:
        return [{"at": time, "text": text} for text, time in zip("abcd", times, strict=True)]

    def read(row: dict, at: datetime, position: int) -> Event:
        return Event(at, position, Stage.IN_TRANSIT, None, row["text"])

    def positions(rows: list[dict[str, str]]) -> dict[str, int]:
        events, _ = bodies.scans(rows, lambda row: row["at"], read, newest_first=True)
        return {event.text: event.position for event in events}

    listed = told("2026-11-21 08:00:00", "2026-11-21 09:00:00", "2026-11-21 10:00:00", "2026-11-21 10:00:00")
    assert positions(listed) == positions(listed[::-1]) == {"a": 0, "b": 1, "c": 2, "d": 3}
    shuffled = [listed[place] for place in (2, 0, 3, 1)]
    assert positions(shuffled) == dict.fromkeys("abcd", 0)


@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_a_form_is_decoded_as_the_standard_library_does(fields: dict[str, str]) -> None:
    encoded = urlencode(fields, errors="replace")
    assert bodies.form(encoded) == dict(parse_qsl(encoded, keep_blank_values=True))


@pytest.mark.parametrize("text", ["a=%", "a=%zz%4", "=", "a", "a=1&a=2", "a=%E5%BF", "快=快+快", "&&a=+%2B"])
def test_what_is_badly_encoded_stays_as_it_is(text: str) -> None:
    assert bodies.form(text) == dict(parse_qsl(text, keep_blank_values=True))
