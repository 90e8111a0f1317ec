"""Sentences of carriers, read by rules. The rules were shaped on two thirds of the real lines; a third checks them."""

from pathlib import Path

import pytest

from shipments import accuracy, reading, texts
from shipments.accuracy import Line, Measured
from shipments.management.commands.reading_accuracy import groups, sampled
from shipments.reading import Confidence, Reading
from shipments.status import Cause, Stage
from shipments.wording.chinese import GENERAL
from shipments.wording.english import ENGLISH
from shipments.wording.of_carriers import OF_CARRIERS
from shipments.wording.reasons import REASONS

S, C = Stage, Cause


@pytest.fixture
def lines(shared: Path) -> list[Line]:
    return accuracy.scans((shared / "wire" / "track_texts.tsv").read_text("utf-8"))


def recalls(measured: Measured) -> dict[str, tuple[int, int]]:
    return {meaning: (score.right, score.seen) for meaning, score in measured.scores.items() if score.seen}


class TestAccuracy:
    """What docs/reading.md reports, kept from falling."""

    def test_chinese_lines_held_back_are_read_right_at_least_this_often(self, lines: list[Line]) -> None:
        measured = accuracy.measure(groups(lines)["Chinese, held back"], accuracy.by_words)
        assert recalls(measured) == {
            "info_received": (5, 5),
            "picked_up": (16, 16),
            "in_transit": (55, 55),
            "out_for_delivery": (17, 17),
            "available_for_pickup": (3, 3),
            "delivered": (19, 19),
            "refused": (1, 1),
            "returning": (1, 1),
            "unreachable_recipient": (3, 4),
            "attempt_failed": (0, 1),
            "delayed": (1, 1),
        }
        # What is not read is unknown and shown as such; misread would be worse.
        assert measured.misread == []

    def test_chinese_lines_that_shaped_the_rules_are_all_but_two_read_right(self, lines: list[Line]) -> None:
        measured = accuracy.measure(groups(lines)["Chinese, in two thirds"], accuracy.by_words)
        assert (measured.total.right, measured.total.seen, measured.misread) == (225, 227, [])

    @pytest.mark.parametrize(
        ("group", "right", "seen", "misread"),
        [("Other languages, in two thirds", 134, 157, 0), ("Other languages, held back", 99, 116, 1)],
    )
    def test_lines_without_chinese_are_read_right_at_least_this_often(
        self, lines: list[Line], group: str, right: int, seen: int, misread: int
    ) -> None:
        total = accuracy.measure(groups(lines)[group], accuracy.by_words).total
        assert total.right >= right
        assert total.seen == seen
        assert total.misread <= misread

    def test_no_scan_is_misread_where_its_code_stands_beside_it(self, lines: list[Line], shared: Path) -> None:
        read = accuracy.coded(lines, sampled(lines, shared / "wire" / "samples"))
        # The sample has this one scan and says of the whole that it was delivered: that is what it is read as.
        settled = {line for line in read if line.text == "Shipment information sent to FedEx"}
        measured = accuracy.measure(read.keys() - settled, read.__getitem__)
        assert measured.misread == []
        assert measured.total.seen >= 39
        assert measured.total.right >= measured.total.seen * 0.98

    def test_a_score_counts_right_unread_misread_and_what_was_told_wrongly(self) -> None:
        some = [Line(text, "", meaning, "") for text, meaning in [("a", "x"), ("b", "x"), ("c", "x"), ("d", "y")]]
        measured = accuracy.measure(some, _as_told)
        assert measured.scores["x"] == accuracy.Score(seen=3, right=1, unread=1, misread=1, told=1)
        assert measured.scores["y"] == accuracy.Score(seen=1, right=1, told=2)
        assert "| `y` | 1 | 1 | 0 | 0 | 50.0% | 100.0% |" in accuracy.table(measured)
        assert "| all | 4 | 2 | 1 | 1 | 66.7% | 50.0% |" in accuracy.table(measured)


def _as_told(line: Line) -> str:
    return {"a": "x", "b": "unknown", "c": "y", "d": "y"}[line.text]


def told(text: str, carrier: str = "") -> tuple[Stage, Cause | None, str]:
    return texts.tell(text, carrier)


class TestTraps:
    """The lines of WIRE.md, section 7, that are about words."""

    def test_a_failed_signature_is_a_failed_attempt(self) -> None:
        assert told("【福建省厦门市文屏分部公司】 失败签收录入 某某某") == (
            S.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED, "text:failed_attempt",
        )  # fmt: skip

    def test_a_signature_by_a_locker_is_not_the_buyers(self) -> None:
        signed = told("[南京市]快件已在南京雨花区签收 签收人：快递柜")
        assert signed == (S.AVAILABLE_FOR_PICKUP, None, "text:signed_by_place")

    def test_a_signature_by_an_agent_is_not_the_buyers(self) -> None:
        assert told("已签收，签收人：小区代理点")[0] is S.AVAILABLE_FOR_PICKUP
        assert told("快件已被 长沙银星小区A7栋商铺店(快件已暂存至菜鸟驿站) 代签收。")[0] is S.AVAILABLE_FOR_PICKUP

    @pytest.mark.parametrize("signer", ["草签", "本人", "放门口", "家门口", "图片签收", "已签收"])
    def test_a_signer_that_is_a_habit_or_an_instruction_is_a_signature(self, signer: str) -> None:
        assert told(f"已签收,签收人是{signer}") == (S.DELIVERED, None, "text:signed")

    @pytest.mark.parametrize("signer", ["家人代收", "同事代签", "门卫", "物业代收", "前台"])
    def test_somebody_at_the_buyers_own_place_signs_for_the_buyer(self, signer: str) -> None:
        assert told(f"快件已签收，签收人：{signer}，感谢使用") == (S.DELIVERED, None, "text:signed_for_buyer")

    def test_a_place_that_bears_such_a_name_is_a_place(self) -> None:
        assert told("快件已签收，签收人：物业驿站")[0] is S.AVAILABLE_FOR_PICKUP

    def test_signed_then_parked_then_signed_is_each_what_it_says(self) -> None:
        assert told("已签收,签收人是（徐13800138000）先生/女士")[0] is S.DELIVERED
        assert (
            told("快件已暂存至常州世纪明珠园17-7号店菜鸟驿站，如有疑问请联系13800138000")[0] is S.AVAILABLE_FOR_PICKUP
        )
        assert told("已签收，签收人凭取货码签收。") == (S.DELIVERED, None, "text:collected")

    def test_a_parcel_taken_out_of_a_locker_by_the_courier_is_out_for_delivery(self) -> None:
        assert told("快件被快递员孙某取出，请等待快递员与您联系") == (S.OUT_FOR_DELIVERY, None, "text:taken_out")

    def test_jds_first_title_is_the_sellers_hand_over(self) -> None:
        assert told("快递签收", "jd") == (S.PICKED_UP, None, "carrier:jd:accepted")
        assert told("快递签收 货物已交付京东快递", "jd") == (S.PICKED_UP, None, "carrier:jd:accepted")
        # The same words of another carrier, or with a signer, are a signature.
        assert told("快递签收", "yunda") == (S.DELIVERED, None, "text:signed")
        assert told("快递签收，签收人：本人", "jd") == (S.DELIVERED, None, "text:signed")
        assert told("货物已完成配送，感谢您选择京东配送", "jd") == (S.DELIVERED, None, "carrier:jd:delivered")

    def test_a_problem_piece_with_a_harmless_reason_is_no_problem(self) -> None:
        harmless = told("已进行【问题件】上报，原因：自提件")
        assert harmless == (S.AVAILABLE_FOR_PICKUP, None, "text:problem_piece/self_pickup")

    def test_a_new_number_is_the_end_of_this_one(self) -> None:
        renumbered = told("快件已退回/转寄,新单号为: SF1390227448801", "shunfeng")
        assert renumbered == (S.RETURNING, C.FORWARDED, "carrier:shunfeng:new_number")

    def test_a_return_requested_is_not_a_parcel_returning(self) -> None:
        requested = told("收件人要求退回，等待发件人确认！")
        assert requested == (S.UNKNOWN, C.OTHER, "text:return_requested")
        assert told("您的快件已被转运中心安排退回，正在退回途中") == (S.RETURNING, None, "text:returning")

    def test_no_trace_is_not_a_courier_who_did_not_come(self) -> None:
        assert told("暂无物流信息") == (S.INFO_RECEIVED, None, "text:no_trace")
        assert told("商家已下单，等待快递员上门揽收") == (S.INFO_RECEIVED, None, "text:awaiting_pickup")
        assert told("揽收失败，寄件人不在") == (S.INFO_RECEIVED, C.OTHER, "text:pickup_failed")

    @pytest.mark.parametrize("text", ["已退回签收", "退回件已由寄件方签收", "到达商家仓库"])
    def test_a_signature_by_the_shop_is_the_end_of_a_return(self, text: str) -> None:
        assert told(text) == (S.RETURNED, None, "text:returned")

    @pytest.mark.parametrize(
        "tail",
        ["如有破损请联系客服", "如遇拒收请致电13800138000", "如需投递至代收点，请联系派件员", "若有丢失请拨打95543"],
    )
    def test_what_would_be_done_if_something_happened_is_no_news(self, tail: str) -> None:
        assert told(f"快件已到达【深圳转运中心】，{tail}") == (S.IN_TRANSIT, None, "text:moving")


@pytest.mark.parametrize(
    ("text", "stage", "cause"),
    [
        ("正在派送途中,请您准备签收", S.OUT_FOR_DELIVERY, None),
        ("【签收】已签收,签收人是:【朋友代签彭某某】", S.DELIVERED, None),
        ("您已在菜鸟驿站完成取件，感谢使用", S.DELIVERED, None),
        ("投递并签收，签收人：他人收 同事", S.DELIVERED, None),
        ("快件已被【家人】代签收", S.DELIVERED, None),
        ("签收人在（丰巢的某某智能快递柜）领取", S.DELIVERED, None),
        ("客户已凭取件码从驿站领取", S.DELIVERED, None),
        # Asked to come is not come.
        ("已存放至兔喜生活，请凭取件码及时领取", S.AVAILABLE_FOR_PICKUP, None),
        ("请您及时凭取件码领取", S.AVAILABLE_FOR_PICKUP, None),
        ("您的快件已由物业代收，请及时领取", S.AVAILABLE_FOR_PICKUP, None),
        ("您的快件已签收，签收人：前台，请及时领取", S.AVAILABLE_FOR_PICKUP, None),
        ("收件人不在家，已放驿站", S.AVAILABLE_FOR_PICKUP, None),
        # Picking up is not one thing either.
        ("【南京】您的极兔小哥 test1040 已取件。", S.PICKED_UP, None),
        ("您的快件已到达菜鸟驿站，请及时取件", S.AVAILABLE_FOR_PICKUP, None),
        # The reason decides what a problem piece is.
        ("已进行【问题件】上报，原因：客户拒收", S.REFUSED, C.REFUSED),
        ("已进行【问题件】上报，原因：外包装破损", S.UNKNOWN, C.DAMAGED),
        ("已进行疑难件扫描，疑难件原因 送无人,电话联系不上明日送", S.UNKNOWN, C.UNREACHABLE),
        ("已进行【疑难件】扫描 ，疑难件原因：【节假日延迟派送】", S.UNKNOWN, C.DELAYED),
        ("已进行【问题件】上报", S.UNKNOWN, C.OTHER),
        ("快件派送不成功(因地址不详),待进一步处理", S.OUT_FOR_DELIVERY, C.ADDRESS),
        # On the way home, or about to be.
        ("您的快件已被安排退回", S.RETURNING, None),
        ("快件派送不成功(应客户要求,按新地址转寄),待转运", S.RETURNING, C.FORWARDED),
        ("订单拦截成功", S.RETURNING, C.INTERCEPTED),
        ("拦截失败", S.UNKNOWN, None),
        ("【拦截件】已发起拦截，等待网点处理", S.UNKNOWN, None),
        # The shop has called for a courier; none has come.
        ("商家已通知快递公司揽件", S.INFO_RECEIVED, None),
        ("您的订单已进入第三方卖家仓库，准备出库", S.INFO_RECEIVED, None),
        ("查询无结果，请隔段时间再查", S.INFO_RECEIVED, None),
        ("包裹超时滞留代收点", S.AVAILABLE_FOR_PICKUP, C.UNCOLLECTED),
        ("客户电话错误，联系不上", S.UNKNOWN, C.UNREACHABLE),
        # English: what fails stands before what arrives.
        ("Delivered, Left at Front Door", S.DELIVERED, None),
        ("NOT DELIVERED - RECIPIENT MOVED", S.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED),
        ("Your parcel will be delivered tomorrow", S.UNKNOWN, None),
        ("Delivered to local carrier", S.IN_TRANSIT, None),
        ("Delivered to a parcelshop", S.AVAILABLE_FOR_PICKUP, None),
        ("Returned to sender", S.RETURNED, None),
        ("Being returned to the shipper", S.RETURNING, None),
        ("The package was damaged in transit", S.IN_TRANSIT, C.DAMAGED),
        ("Held by customs", S.CUSTOMS, C.CUSTOMS_HELD),
        # Never guessed.
        ("今日天气晴", S.UNKNOWN, None),
        ("Votre colis est en cours d'acheminement.", S.UNKNOWN, None),
        ("", S.UNKNOWN, None),
    ],
)  # fmt: skip
def test_a_sentence_is_read_as_what_it_says(text: str, stage: Stage, cause: Cause | None) -> None:
    assert texts.read(text) == (stage, cause)


def test_rules_have_names_of_their_own_that_fit_where_they_are_stored() -> None:
    for rules in (GENERAL + ENGLISH, REASONS, *OF_CARRIERS.values()):
        names = [rule.name for rule in rules]
        assert len(set(names)) == len(names)
        assert all(name.isascii() and name.isidentifier() and len(name) <= 24 for name in names)


class TestEvidence:
    """The order: the provider's code, the carrier's own words, anybody's words."""

    TABLE = {"50": (S.PICKED_UP, None), "80": (S.DELIVERED, None), "33": (S.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED),
             "9": (S.UNKNOWN, C.OTHER), "0": texts.UNKNOWN}  # fmt: skip
    COARSE = {"80": frozenset({S.AVAILABLE_FOR_PICKUP, S.OUT_FOR_DELIVERY}), "33": frozenset({S.REFUSED})}

    def read(self, code: str, text: str, carrier: str = "") -> Reading:
        return reading.read(code, text, self.TABLE, carrier, self.COARSE)

    def test_a_code_that_says_enough_is_not_asked_for_its_words(self) -> None:
        assert self.read("50", "已签收") == (S.PICKED_UP, None, "code:50")

    def test_a_coarse_code_is_refined_by_words_to_what_it_may_mean(self) -> None:
        assert self.read("80", "快件已暂存至驿站") == (S.AVAILABLE_FOR_PICKUP, None, "code:80+text:at_a_place")
        assert self.read("80", "已揽收") == (S.DELIVERED, None, "code:80")

    def test_a_signature_is_taken_back_by_a_failed_attempt_alone(self) -> None:
        assert self.read("80", "请您准备签收")[:2] == (S.DELIVERED, None)
        assert self.read("80", "派送失败")[:2] == (S.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED)

    def test_a_code_with_a_cause_takes_a_better_one_from_a_bare_reason(self) -> None:
        assert self.read("33", "超范围") == (S.OUT_FOR_DELIVERY, C.OUT_OF_AREA, "code:33+text:reason/out_of_area")
        assert self.read("33", "客户拒付") == (S.REFUSED, C.REFUSED, "code:33+text:reason/refused")
        assert self.read("33", "异常件提醒") == (S.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED, "code:33")

    def test_a_problem_without_a_stage_takes_the_words_stage_and_stays_a_problem(self) -> None:
        assert self.read("9", "快件到达深圳") == (S.IN_TRANSIT, C.OTHER, "code:9+text:moving")
        assert self.read("9", "快件已暂存至驿站") == (S.AVAILABLE_FOR_PICKUP, None, "code:9+text:at_a_place")
        assert self.read("9", "星际跃迁") == (S.UNKNOWN, C.OTHER, "code:9")

    def test_an_unknown_code_leaves_it_to_the_carriers_words_then_to_anybodys(self) -> None:
        assert self.read("77", "快递签收", "jd").rule == "carrier:jd:accepted"
        assert self.read("77", "快递签收").rule == "text:signed"

    def test_what_nothing_reads_is_unknown_by_no_rule(self) -> None:
        assert self.read("77", "星际跃迁") == reading.UNREAD == (S.UNKNOWN, None, "")
        # A code that says nothing is as good as none.
        assert self.read("0", "星际跃迁") == reading.UNREAD

    @pytest.mark.parametrize(
        ("rule", "confidence"),
        [
            ("code:80+text:at_a_place", Confidence.CODE),
            ("carrier:jd:accepted", Confidence.CARRIER_TEXT),
            ("text:signed", Confidence.TEXT),
            ("admin:7", Confidence.PERSON),
            ("", Confidence.NONE),
        ],
    )
    def test_confidence_hangs_on_the_evidence(self, rule: str, confidence: Confidence) -> None:
        assert reading.confidence(rule) is confidence
