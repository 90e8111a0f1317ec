"""Sentences of carriers, read by rules. The rules were shaped on two thirds of the real lines; a third checks them."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

from shipments import texts
from shipments.status import Cause, Stage, word

HAN = re.compile("[\u4e00-\u9fff]")


def held_back(text: str) -> bool:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 3 == 0


def test_lines_held_back_are_read_right_at_least_this_often(shared: Path) -> None:
    floors = {
        "info_received": (5, 5),
        "picked_up": (16, 16),
        "in_transit": (54, 55),
        "out_for_delivery": (17, 17),
        "available_for_pickup": (3, 3),
        "delivered": (19, 19),
        "refused": (1, 1),
        "returning": (1, 1),
        "unreachable_recipient": (3, 4),
        "attempt_failed": (0, 1),
        "delayed": (1, 1),
    }
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    wrong = []
    for line in (shared / "wire" / "track_texts.tsv").read_text("utf-8").splitlines()[1:]:
        text, _, expected, _, kind = line.split("\t")
        if kind == "code_description" or not HAN.search(text) or not held_back(text):
            continue
        seen[expected] += 1
        read = word(*texts.read(text))
        right[expected] += read == expected
        if read not in (expected, "unknown"):
            wrong.append((expected, read, text))
    assert {status: (right[status], seen[status]) for status in seen} == floors
    # What is not read is unknown and shown as such; misread would be worse.
    assert wrong == []


S, C = Stage, Cause


@pytest.mark.parametrize(
    ("text", "stage", "cause"),
    [
        # Signing is not one thing.
        ("【福建省厦门市文屏分部公司】 失败签收录入 某某某", S.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED),
        ("正在派送途中,请您准备签收", S.OUT_FOR_DELIVERY, None),
        ("[南京市]快件已在南京雨花区签收 签收人：快递柜", S.AVAILABLE_FOR_PICKUP, None),
        ("快件已被 长沙银星小区A7栋商铺店(快件已暂存至菜鸟驿站) 代签收。", S.AVAILABLE_FOR_PICKUP, None),
        ("已签收，签收人凭取货码签收。", S.DELIVERED, None),
        ("已签收,签收人是草签", S.DELIVERED, None),
        ("【签收】已签收,签收人是:【朋友代签彭某某】", S.DELIVERED, None),
        ("退回件已由寄件方签收", S.RETURNED, None),
        ("已退回签收", S.RETURNED, None),
        # Picking up is not one thing either.
        ("商家已下单，等待快递员上门揽收", S.INFO_RECEIVED, None),
        ("暂无物流信息，等待揽收", S.INFO_RECEIVED, None),
        ("【南京】您的极兔小哥 test1040 已取件。", S.PICKED_UP, None),
        ("您的快件已到达菜鸟驿站，请及时取件", S.AVAILABLE_FOR_PICKUP, None),
        ("快件被快递员孙某取出，请等待快递员与您联系", S.OUT_FOR_DELIVERY, None),
        # The reason decides what a problem piece is.
        ("已进行【问题件】上报，原因：自提件", S.AVAILABLE_FOR_PICKUP, None),
        ("已进行【问题件】上报，原因：客户拒收", S.REFUSED, C.REFUSED),
        ("已进行【问题件】上报，原因：外包装破损", S.UNKNOWN, C.DAMAGED),
        ("已进行疑难件扫描，疑难件原因 送无人,电话联系不上明日送", S.UNKNOWN, C.UNREACHABLE),
        ("已进行【疑难件】扫描 ，疑难件原因：【节假日延迟派送】", S.UNKNOWN, C.DELAYED),
        ("已进行【问题件】上报", S.UNKNOWN, C.OTHER),
        ("快件派送不成功(因地址不详),待进一步处理", S.OUT_FOR_DELIVERY, C.ADDRESS),
        # On the way home, or about to be.
        ("收件人要求退回，等待发件人确认！", S.UNKNOWN, C.OTHER),
        ("您的快件已被安排退回", S.RETURNING, None),
        ("快件派送不成功(应客户要求,按新地址转寄),待转运", S.RETURNING, C.FORWARDED),
        ("订单拦截成功", S.RETURNING, C.INTERCEPTED),
        ("拦截失败", S.UNKNOWN, None),
        # Never guessed.
        ("今日天气晴", S.UNKNOWN, None),
        ("", S.UNKNOWN, None),
    ],
)  # fmt: skip
def test_a_sentence_is_read_as_what_it_says(text: str, stage: Stage, cause: Cause | None) -> None:
    assert texts.read(text) == (stage, cause)
