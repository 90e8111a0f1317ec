"""What 17TRACK tells of a parcel, in all the shapes it comes in."""

import json
from datetime import UTC, datetime

import pytest

from shipments.answers import Answer, NotAnAnswer, Trouble
from shipments.carriers import _seventeentrack as scans
from shipments.carriers import seventeentrack
from shipments.status import Cause, Stage, word
from tests.shipments.seventeentrack_bodies import NUMBER, event, item, leg, read, reply


def test_every_carriers_events_are_one_track_oldest_first() -> None:
    home = leg(
        event("2026-06-03T00:00:00Z", "离开", "InTransit_Departure"),
        event("2026-06-01T00:00:00Z", "收寄", "InTransit_PickedUp"),
    )
    abroad = leg(
        event("2026-06-09T00:00:00Z", "Delivered", "Delivered_Other"),
        event("2026-06-03T00:00:00Z", "Arrived", "InTransit_Arrival"),
        key=21051,
        country="US",
    )
    answer = read(reply(item(home, abroad, status="Delivered")))
    assert [(event.text, event.position) for event in answer.events] == [
        ("收寄", 0),
        ("离开", 1),
        ("Arrived", 2),
        ("Delivered", 3),
    ]
    assert (answer.number, answer.carrier, answer.status, answer.warnings) == (NUMBER, "chinapost", "delivered", ())


def test_a_delivery_told_in_time_raw_alone_is_of_the_clock_of_its_place() -> None:
    told = event(
        None,
        "Entregue",
        "Delivered_Other",
        time_raw={"date": "2026-06-30", "time": "14:23:00", "timezone": None},
        address={"country": "BR", "state": "PE"},
    )
    assert read(reply(item(leg(told), status="Delivered"))).progress.delivered_at == datetime(
        2026, 6, 30, 17, 23, tzinfo=UTC
    )


def test_time_raw_tells_its_own_offset_and_may_lack_the_hour() -> None:
    for raw, hour in (
        ({"date": "2026-06-30", "time": "14:23", "timezone": "-05:00"}, 19),
        ({"date": "2026-06-30", "time": None, "timezone": None}, 4),
    ):
        (one,) = read(reply(item(leg(event(None, "x", "InTransit_Arrival", time_raw=raw), country="US")))).events
        assert one.occurred_at.hour == hour


def test_a_place_nobody_knows_is_warned_of() -> None:
    answer = read(
        reply(
            item(
                leg(
                    event(None, "x", "InTransit_Arrival", time_raw={"date": "2026-06-30", "time": "14:23"}),
                    country=None,
                )
            )
        )
    )
    assert answer.events[0].occurred_at == datetime(2026, 6, 30, 6, 23, tzinfo=UTC)
    assert "no known place" in answer.warnings[0]


def test_time_utc_without_its_z_is_utc_all_the_same() -> None:
    (one,) = read(reply(item(leg(event("2026-06-30T14:23:00", "x", "InTransit_Arrival"))))).events
    assert one.occurred_at == datetime(2026, 6, 30, 14, 23, tzinfo=UTC)


def test_a_parcel_that_came_back_is_returned_not_delivered() -> None:
    told = leg(
        event("2026-06-09T00:00:00Z", "Signed", "Delivered_Other"),
        event("2026-06-05T00:00:00Z", "Back", "Exception_Returning"),
    )
    assert read(reply(item(told, status="Exception", sub="Exception_Returned"))).status == "returned"
    alone = leg(event("2026-06-09T00:00:00Z", "Signed", "Exception_Returned"))
    assert read(reply(item(alone, status="Exception", sub="Exception_Returned"))).status == "returned"


def read_by(code: str) -> str:
    """The rule of a code beside words that say nothing; one that says nothing itself has read nothing."""
    return f"code:{code}" if scans.STATUS[code] != (Stage.UNKNOWN, None) else ""


@pytest.mark.parametrize("code", sorted(scans.STATUS))
def test_every_code_is_read_as_its_table_says_where_no_word_adds(code: str) -> None:
    stage, cause = scans.STATUS[code]
    (one,) = read(reply(item(leg(event("2026-06-09T00:00:00Z", "·", code)), status="Unheard"))).events
    assert (one.stage, one.cause, one.code, one.rule) == (stage, cause, code, read_by(code))


@pytest.mark.parametrize(
    ("sub", "status"),
    [
        ("InfoReceived", "info_received"),
        ("InTransit_PickedUp", "picked_up"),
        ("InTransit_CustomsProcessing", "customs"),
        ("InTransit_CustomsRequiringInformation", "customs"),
        ("AvailableForPickup_Other", "available_for_pickup"),
        ("DeliveryFailure_Other", "attempt_failed"),
        ("DeliveryFailure_NoBody", "unreachable_recipient"),
        ("DeliveryFailure_Rejected", "refused"),
        ("DeliveryFailure_InvalidAddress", "address_problem"),
        ("Exception_Returning", "returning"),
        ("Exception_Damage", "damaged"),
        ("Exception_Delayed", "delayed"),
        ("Exception_Lost", "lost"),
        ("Exception_Destroyed", "exception_other"),
        ("Exception_Cancel", "exception_other"),
        ("Exception_Other", "exception_other"),
        ("Expired_Other", "delayed"),
    ],
)  # fmt: skip
def test_a_sub_status_is_one_word(sub: str, status: str) -> None:
    assert word(*scans.STATUS[sub]) == status


def test_a_milestone_tells_more_than_a_sub_status_of_other() -> None:
    told = leg(event("2026-06-09T00:00:00Z", "·", "InTransit_Other", stage="PickedUp"))
    (one,) = read(reply(item(told))).events
    assert (one.stage, one.code) == (Stage.PICKED_UP, "PickedUp")


def test_an_unknown_sub_status_is_read_by_its_words_or_not_at_all() -> None:
    told = leg(
        event("2026-06-09T00:00:00Z", "Hyperspace jump", "Warp_Other"),
        event("2026-06-08T00:00:00Z", "Out for delivery", None),
    )
    answer = read(reply(item(told, status="OutForDelivery")))
    assert [(event.stage, event.rule) for event in answer.events] == [
        (Stage.OUT_FOR_DELIVERY, "text:en_out_for_delivery"),
        (Stage.UNKNOWN, ""),
    ]
    assert "Warp_Other" in answer.warnings[0]


def test_a_newest_scan_nobody_can_read_is_what_the_whole_says_and_still_warned_of() -> None:
    told = leg(
        event("2026-06-09T00:00:00Z", "Hyperspace jump", "Warp_Other"),
        event("2026-06-08T00:00:00Z", "Arrived", "InTransit_Arrival"),
    )
    answer = read(reply(item(told, status="OutForDelivery")))
    assert (answer.status, answer.events[1].rule) == ("out_for_delivery", "whole:OutForDelivery_Other")
    assert "Warp_Other" in answer.warnings[0]


def test_a_translation_is_read_where_the_language_is_not() -> None:
    told = event(
        "2026-06-09T00:00:00Z",
        "Objeto saiu para entrega",
        None,
        description_translation={"lang": "en", "description": "Out for delivery"},
    )
    (one,) = read(reply(item(leg(told)))).events
    assert (one.text, one.stage) == ("Objeto saiu para entrega", Stage.OUT_FOR_DELIVERY)


def test_a_malformed_event_is_a_warning_and_its_neighbours_stay() -> None:
    good = event("2026-06-09T00:00:00Z", "good", "InTransit_Arrival")
    answer = read(reply(item(leg("text", None, event("yesterday", "bad"), {"description": "x"}, good))))
    assert [event.text for event in answer.events] == ["good"]
    assert sum(warning.startswith("Event") for warning in answer.warnings) == 4


def test_only_the_latest_event_is_an_event_too() -> None:
    answer = read(reply(item(latest_event=event("2026-06-09T00:00:00Z", "·", "OutForDelivery_Other"))))
    assert (len(answer.events), answer.status) == (1, "out_for_delivery")


def test_a_carrier_nobody_knows_here_is_blank_with_a_warning_and_its_events_stay() -> None:
    told = item(leg(event("2026-06-09T00:00:00Z", "·", "InTransit_Arrival"), key=21051)) | {"carrier": 987654}
    answer = read(reply(told))
    assert (answer.carrier, len(answer.events)) == ("", 1)
    assert "987654" in answer.warnings[0]


def test_a_carrier_not_detected_is_that_of_the_first_who_told_something() -> None:
    told = item(leg(event("2026-06-09T00:00:00Z", "·", "InTransit_Arrival"), key=21051)) | {"carrier": 0}
    assert read(reply(told)).carrier == "usps"


def test_the_last_miles_own_number_is_not_followed_too_as_its_scans_are_here_already() -> None:
    misc = {"local_number": "9400111899223817576000", "local_key": 21051}
    assert read(reply(item(leg(event("2026-06-09T00:00:00Z", "·", "InTransit_Arrival")), misc_info=misc))).onward == ()


def test_nothing_found_is_no_data_and_no_statement_about_the_parcel() -> None:
    answer = read(reply(item(leg(), status="NotFound")))
    assert answer.failure and answer.failure.trouble is Trouble.NO_DATA
    assert answer.status == "unknown"


def test_expired_without_a_scan_has_no_record() -> None:
    assert read(reply(item(leg(), status="Expired"))).remark is Cause.NO_RECORD


def test_camel_case_strings_for_numbers_and_json_in_json_are_read() -> None:
    info = {
        "latestStatus": {"status": "Delivered", "subStatus": "Delivered_Other"},
        "tracking": {
            "providers": {
                "provider": {"key": "3011"},
                "events": {"timeUtc": "2026-06-09T00:00:00Z", "description": "·", "subStatus": "Delivered_Other"},
            }
        },
    }
    for frame in (
        {
            "code": "0",
            "data": json.dumps({"accepted": [{"number": NUMBER, "carrier": "3011", "trackInfo": json.dumps(info)}]}),
        },
        {"code": 0, "data": {"accepted": {"number": NUMBER, "carrier": "3011", "trackInfo": info}}},
        {"number": NUMBER, "carrier": 3011, "track_info": info},
        [{"number": NUMBER, "carrier": 3011, "track_info": info}],
    ):
        answer = read(frame)
        assert (answer.number, answer.carrier, answer.status, len(answer.events)) == (
            NUMBER,
            "chinapost",
            "delivered",
            1,
        )


def test_a_relays_frame_around_the_reply_is_taken_off() -> None:
    told = reply(item(leg(event("2026-06-09T00:00:00Z", "·", "InTransit_Arrival"))))
    for value in ({"code": 200, "msg": "ok", "data": told}, {"data": {"data": json.dumps(told)}}):
        assert read(value).number == NUMBER


def test_a_number_of_which_nothing_is_known_may_be_mistyped() -> None:
    told = item(leg(), status="NotFound")
    assert read(reply(told)).warnings == ()
    assert "mistyped" in read(reply(told | {"number": "RR123456786CN"})).warnings[0]


def test_a_body_of_several_numbers_is_an_answer_each() -> None:
    body = json.dumps(
        reply(
            item(leg()),
            {"number": "B2"},
            rejected=[{"number": "C3", "error": {"code": -18019902, "message": "not registered"}}],
        )
    )
    told = seventeentrack.read(body.encode())
    assert [answer.number for answer in told] == [NUMBER, "B2", "C3"]


def test_gbk_and_a_byte_order_mark_are_read() -> None:
    text = json.dumps(
        reply(item(leg(event("2026-06-09T00:00:00Z", "快件已到达深圳转运中心", None)))), ensure_ascii=False
    )
    for body in (text.encode("utf-8-sig"), text.encode("gb18030")):
        (answer,) = seventeentrack.read(body)
        assert answer.events[0].stage is Stage.IN_TRANSIT


def test_a_cut_reply_gives_its_whole_events() -> None:
    text = json.dumps(
        reply(
            item(
                leg(
                    event("2026-06-09T00:00:00Z", "one", "InTransit_Arrival"),
                    event("2026-06-08T00:00:00Z", "two", "InTransit_Arrival"),
                )
            )
        )
    )
    (answer,) = seventeentrack.read(text[: text.index("two")].encode())
    assert [event.text for event in answer.events] == ["one"]
    assert "cut or broken" in answer.warnings[0]


def test_what_its_pages_are_answered_today_is_read() -> None:
    told = item(leg(event("2026-06-09T00:00:00Z", "抵达", "InTransit_Other")))
    web = {
        "meta": {"code": 200},
        "shipments": [
            {"code": 200, "number": NUMBER, "shipment": told["track_info"]},
            {"code": 400, "number": "B2", "shipment": None},
        ],
    }
    one, two = seventeentrack.read(json.dumps(web).encode())
    assert (one.number, one.carrier, one.status) == (NUMBER, "chinapost", "in_transit")
    assert two.failure and two.failure.trouble is Trouble.NO_DATA


def test_the_older_formats_status_settles_what_its_words_leave_open() -> None:
    def older(status: int, *texts: str) -> Answer:
        rows = [{"a": f"2017-07-{17 - day} 13:07", "z": text} for day, text in enumerate(texts)]
        return read(
            {
                "ret": 1,
                "dat": [{"no": NUMBER, "track": {"e": status, "w1": 3011, "z0": rows[0], "z1": rows, "z2": []}}],
            }
        )

    assert older(40, "Wir danken", "Acceptance").status == "delivered"
    assert older(35, "Wir danken", "Acceptance").status == "attempt_failed"
    assert older(30, "Out for delivery").status == "out_for_delivery"
    assert older(50, "Out for delivery").status == "exception_other"
    assert older(20, "Arrived at facility").status == "delayed"
    assert older(40, "Delivered", "Acceptance").carrier == "chinapost"


def test_the_older_format_in_the_frame_of_v1_is_read_too() -> None:
    track = {"e": 40, "w1": 3011, "z1": [{"a": "2017-07-17 13:07", "z": "Delivered"}]}
    data = {"number": NUMBER, "carrier": 3011, "track": track}
    for value in ({"code": 0, "data": {"accepted": [data]}}, {"event": "TRACKING_UPDATED", "data": data}):
        answer = read(value)
        assert (answer.number, answer.carrier, answer.status) == (NUMBER, "chinapost", "delivered")


@pytest.mark.parametrize(
    "value",
    [
        [{"number": NUMBER, "carrier": 3011}],
        [],
        {"number": NUMBER, "carrier": 3011},
        {"a": 1},
        "text",
        12,
        {"event": "TRACKING_UPDATED", "data": "x"},
    ],
)
def test_requests_and_foreign_documents_are_no_answers(value: object) -> None:
    with pytest.raises(NotAnAnswer):
        seventeentrack.read(json.dumps(value).encode())
