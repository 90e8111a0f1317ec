"""The pages of the rules hold no English where the reader reads Chinese."""

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from exceptions.models import Policy
from merchants.models import Platform, Shop, User
from tests.exceptions.test_rule_pages import filled
from tests.test_translations import Opener, english, open_in_chinese

__all__ = ["open_in_chinese"]

pytestmark = pytest.mark.django_db

DAYS = {"opens": "2026-11-10", "closes": "2026-11-12", "codes": ["PDD-SHIP-48"], "scope": {"shops": ["MT-PDD"]}}
# A draft that changes one of everything.
MADE = {
    "changes": [
        {
            "code": "PDD-SHIP-48",
            "scope": {"goods": ["fresh", ""], "skus": ["A-1"]},
            "set": {
                "hours": None,
                "days": 2,
                "lanes": [{"to": "偏远", "hours": 72}],
                "cut": {"on": "paid", "hours": 1},
            },
            "note": "",
        }
    ],
    "windows": [DAYS | {"key": "w1", "name": "双11", "by": "paid", "hours": 72, "later_wins": False}],
    "waivers": [DAYS | {"key": "v1", "name": "洪水", "kinds": ["late_dispatch"], "areas": ["湖南"], "by": "due"}],
    "regions": {"西北": ["甘肃"]},
    "reviewed": {"PDD-SHIP-48": {"by": 0, "at": "2026-11-22T04:00:00+00:00"}},
}
# What sources disagree about is told in both languages on purpose; pages have their own titles and addresses. Some carriers have no Chinese name. Grades and
# sources are letters; keys have names.
ON_PURPOSE = re.compile(
    r'(?s:<span lang="en">.*?</span>|<(span|a)\b[^>]*lang="und">.*?</\1>|<select name="carriers".*?</select>)|\b[ABC]\b|\b[A-Z]{1,2}\d{1,3}[a-z]?\b|Ctrl|GB/T|OWN-(?=[。\s"])'
)


def left(page: str) -> list[str]:
    return english(ON_PURPOSE.sub("", page))


def test_the_rules_of_every_platform_are_told_in_chinese_one_of_each_sort_as_a_page(
    open_in_chinese: Opener, client: Client, shop: Shop
) -> None:
    for platform in Platform.values:
        Shop.objects.create(merchant=shop.merchant, code=f"S-{platform}", name="店", platform=platform)
    assert left(open_in_chinese("rules")) == []
    assert left(open_in_chinese("rules", q="没有")) == []
    rows = client.get(reverse("rules")).context["shelf"].rows
    for row in {(row.term.shape, row.term.whose, row.term.subject): row for row in rows}.values():
        assert left(open_in_chinese("rule", row.term.code)) == [], row.term.code
    assert left(open_in_chinese("rule-change", "PDD-SHIP-48")) == []
    url = reverse("rule-change", args=["PDD-SHIP-48"])
    refused = client.post(url, filled(client, url, number="0", warn_hours="99"))
    assert refused.status_code == 422
    assert left(refused.content.decode()) == []


def test_what_rules_are_made_of_is_told_in_chinese(open_in_chinese: Opener, shop: Shop) -> None:
    names = (
        "rule-windows",
        "rule-waivers",
        "rule-hours",
        "rule-draft",
        "rule-versions",
        "rule-window-new",
        "rule-waiver-new",
    )
    for name in names:
        assert left(open_in_chinese(name)) == [], name
    for subject in ("order", "parcel", "ticket"):
        assert left(open_in_chinese("rule-own-new", subject=subject)) == []


def test_a_draft_and_versions_are_told_in_chinese(
    open_in_chinese: Opener, client: Client, shop: Shop, admin: User, now: datetime
) -> None:
    versions = {"merchant": shop.merchant, "created_at": now, "created_by": admin}
    published = {"number": 1, "state": "published", "effective_from": now, "published_at": now, "note": "大促"}
    Policy.objects.create(**versions, **published, document={"week": {"mon": ["09:00-18:00"]}})
    Policy.objects.create(**versions, base=1, document=MADE, shadow_since=now, state="shadow")
    for name in ("rules", "rule-windows", "rule-waivers", "rule-hours", "rule-draft", "rule-versions"):
        assert left(open_in_chinese(name)) == [], name
    assert left(open_in_chinese("rule", "PDD-SHIP-48")) == []
    asked = client.post(reverse("rule-draft-publish"), {"note": "大促"})
    assert left(asked.content.decode()) == []
