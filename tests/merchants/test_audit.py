"""Who changed how the desk works: written down once, read newest first."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from merchants import access, audit
from merchants.access import Member
from merchants.audit import Filters
from merchants.models import AuditEntry, Membership, User

pytestmark = pytest.mark.django_db
RENAMED = "test.renamed"


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ACTIONS", dict(audit.ACTIONS))
    audit.label(RENAMED, _("Language"))


@pytest.fixture
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def member(user: User) -> Member:
    return access.of(Membership.objects.get(user=user))


def subjects(page: audit.Page) -> list[str]:
    return [row.entry.subject for row in page.rows]


@pytest.mark.usefixtures("in_english")
def test_an_entry_says_who_did_what_to_what_when_and_what_it_was_before(admin: User, now: datetime) -> None:
    audit.record(member(admin), RENAMED, "version 4", now, before="old", after="new", cases=3)
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.action, entry.subject, entry.at) == (admin, RENAMED, "version 4", now)
    assert entry.detail == {"before": "old", "after": "new", "cases": 3}
    (row,) = audit.page(member(admin), Filters()).rows
    assert (row.action, row.before, row.after, row.more) == ("Language", "old", "new", (("cases", "3"),))


def test_an_action_nobody_has_named_is_not_recorded(admin: User, now: datetime) -> None:
    with pytest.raises(ValueError, match=r"test\.nameless"):
        audit.record(member(admin), "test.nameless", "version 4", now)
    assert not AuditEntry.objects.exists()


def test_an_entry_of_an_action_that_is_no_more_still_shows_its_code(admin: User, now: datetime) -> None:
    AuditEntry.objects.create(merchant=member(admin).merchant, at=now, action="gone.by", subject="x")
    (row,) = audit.page(member(admin), Filters()).rows
    assert (row.action, row.entry.by) == ("gone.by", None)


def test_pages_run_through_every_entry_once_and_back(admin: User, now: datetime) -> None:
    # Three at each instant, so that pages part among those of one.
    for i in range(audit.PAGE * 2 + 5):
        audit.record(member(admin), RENAMED, str(i), now + timedelta(seconds=i // 3))
    first = audit.page(member(admin), Filters())
    second = audit.page(member(admin), Filters(after=first.next))
    third = audit.page(member(admin), Filters(after=second.next))
    assert [int(s) for page in (first, second, third) for s in subjects(page)] == list(range(104, -1, -1))
    assert (first.prev, third.next) == (0, 0)
    back = audit.page(member(admin), Filters(before=third.prev))
    assert subjects(back) == subjects(second)
    top = audit.page(member(admin), Filters(before=back.prev))
    assert (subjects(top), top.prev) == (subjects(first), 0)


def test_entries_are_found_by_person_and_action(admin: User, seller: User, now: datetime) -> None:
    audit.label("test.other", _("Theme"))
    audit.record(member(admin), RENAMED, "a", now)
    audit.record(member(admin), "test.other", "b", now)
    audit.record(member(seller), RENAMED, "c", now)
    assert subjects(audit.page(member(admin), Filters(by=seller.pk))) == ["c"]
    assert subjects(audit.page(member(admin), Filters(by=admin.pk, action=RENAMED))) == ["a"]
    assert audit.people(member(admin)) == [seller, admin]


def test_nobody_reads_another_merchants_trail(admin: User, stranger: User, now: datetime) -> None:
    entry = audit.record(member(admin), RENAMED, "a", now)
    assert audit.page(member(stranger), Filters()).rows == ()
    assert audit.page(member(stranger), Filters(after=entry.pk)).rows == ()
    assert audit.people(member(stranger)) == []


def test_what_an_address_says_wrongly_is_ignored() -> None:
    assert Filters.from_query(QueryDict("by=x&action=no.such&after=-1&before=9999999999999999999999")) == Filters()
