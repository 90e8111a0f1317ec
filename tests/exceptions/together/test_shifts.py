"""The end of a shift: what is left, in order of what breaks, handed over all at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from exceptions.desk.cases import act
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, Handover, Notice
from exceptions.together import shifts
from exceptions.together.shifts import Given, hand_over, next_shift, shift
from exceptions.together.telling import tell
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def take(case: Case, user: User, now: datetime) -> Case:
    return act(member_of(user), case.pk, Action.ASSIGN, now=now, assignee=user.pk)


def test_the_next_shift_begins_at_nine_and_at_six() -> None:
    # 4:00 UTC is noon in Shanghai.
    assert next_shift(datetime(2026, 11, 22, 4, tzinfo=UTC)) == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert next_shift(datetime(2026, 11, 22, 11, tzinfo=UTC)) == datetime(2026, 11, 23, 1, tzinfo=UTC)


def test_what_breaks_before_the_next_shift_stands_first(shop: Shop, seller: User, now: datetime) -> None:
    later, sooner = late_dispatch(shop, now, "1", hours=37), late_dispatch(shop, now, "2", hours=45)
    for case in (later, sooner):
        take(case, seller, now)
    found = shift(member_of(seller), now, now + 8 * HOUR)
    assert [line.case for line in found.lines] == [sooner, later]
    assert ([line.case for line in found.burning], [line.case for line in found.later]) == ([sooner], [later])


def test_what_was_done_comes_from_the_log(shop: Shop, seller: User, admin: User, now: datetime) -> None:
    one, two = late_dispatch(shop, now, "1"), late_dispatch(shop, now, "2")
    for case in (one, two):
        take(case, seller, now - HOUR)
    act(member_of(seller), one.pk, Action.NOTE, now=now - HOUR, note="?")
    act(member_of(admin), one.pk, Action.NOTE, now=now - HOUR, note="?")
    act(member_of(seller), one.pk, Action.NOTE, now=now - 20 * HOUR, note="of the last shift")
    found = shift(member_of(seller), now)
    assert (found.done, found.touched) == ([(Action.ASSIGN, 2), (Action.NOTE, 1)], 2)


def test_what_was_done_outside_last_says_whom_a_case_waits_for(shop: Shop, seller: User, now: datetime) -> None:
    case = take(late_pickup(shop, now), seller, now)
    CaseEntry.objects.create(case=case, at=now - HOUR, by=seller, action="contact", to_state="open")
    urged = CaseEntry.objects.create(case=case, at=now, by=seller, action="urge", to_state="open")
    (line,) = shift(member_of(seller), now).lines
    assert (line.waits_for, line.entry) == ("carrier", urged)


def test_a_shift_takes_the_same_queries_for_one_case_and_for_many(
    shop: Shop, seller: User, now: datetime, django_assert_num_queries
) -> None:
    for n in range(3):
        take(late_dispatch(shop, now, f"69000{n}"), seller, now)
        member = member_of(seller)
        with django_assert_num_queries(4):
            assert len(shift(member, now).lines) == n + 1


def test_each_receiver_gets_one_notice_with_the_whole_list(
    shop: Shop, seller: User, support: User, admin: User, now: datetime
) -> None:
    one, two, three = (take(late_dispatch(shop, now, n), seller, now) for n in ("1", "2", "3"))
    given = [Given(one.pk, support.pk, "圆通 17:00 前回电"), Given(two.pk, support.pk), Given(three.pk, None)]
    to_support, to_all = hand_over(member_of(seller), given, "明早先看圆通", now)
    assert (to_support.to, to_all.to, to_support.note) == (support, None, "明早先看圆通")
    owners = dict(Case.objects.values_list("pk", "assignee"))
    assert owners == {one.pk: support.pk, two.pk: support.pk, three.pk: None}
    assert CaseEntry.objects.filter(case=one).latest("pk").note == "圆通 17:00 前回电"
    tell(now)
    assert list(Notice.objects.values_list("user", "kind", "handover")) == [(support.pk, "handed_over", to_support.pk)]


def test_nothing_is_handed_over_where_one_line_cannot_be(
    shop: Shop, other_shop: Shop, seller: User, support: User, now: datetime
) -> None:
    mine, theirs = (
        take(late_dispatch(shop, now, "1"), seller, now),
        take(late_dispatch(other_shop, now, "2"), seller, now),
    )
    with pytest.raises(Incomplete) as refusal:
        hand_over(member_of(seller), [Given(mine.pk, support.pk), Given(theirs.pk, support.pk)], "", now)
    assert refusal.value.field == str(theirs.pk)
    take(mine, support, now)
    with pytest.raises(NotAllowed) as gone, translation.override("en"):
        hand_over(member_of(seller), [Given(mine.pk, None)], "", now)
    assert gone.value.sentence == f"C-{mine.pk} is no longer in your charge. Look at the list again."
    with pytest.raises(Incomplete):
        hand_over(member_of(seller), [], "", now)
    assert not Handover.objects.exists()


def test_who_gave_it_is_told_that_it_was_accepted_once(shop: Shop, seller: User, support: User, now: datetime) -> None:
    case = take(late_dispatch(shop, now), seller, now)
    (handover,) = hand_over(member_of(seller), [Given(case.pk, support.pk)], "", now)
    for _twice in range(2):
        shifts.accept(member_of(support), handover.pk, now + HOUR)
    assert Handover.objects.get().accepted_at == now + HOUR
    assert list(Notice.objects.filter(user=seller).values_list("kind", "handover")) == [("accepted", handover.pk)]


def test_a_shift_is_handed_over_by_the_page(
    client: Client, shop: Shop, seller: User, support: User, now: datetime
) -> None:
    one, two = (take(late_dispatch(shop, now, n), seller, now) for n in ("1", "2"))
    client.force_login(seller)
    page = client.get(reverse("handover")).content.decode()
    assert all(text in page for text in ("Breaks before the next shift", "Done this shift", f'name="to-{one.pk}"'))
    told = {"to": str(support.pk), "note": "all yours", f"to-{two.pk}": "keep", f"note-{one.pk}": "call back"}
    answer = client.post(reverse("handover"), told)
    handover = Handover.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, reverse("handover-read", args=[handover.pk]))
    assert dict(Case.objects.values_list("pk", "assignee")) == {one.pk: support.pk, two.pk: seller.pk}

    client.force_login(support)
    url = reverse("handover-read", args=[handover.pk])
    page = client.get(url).content.decode()
    assert all(text in page for text in ("all yours", "call back", "I have it", "Not accepted yet"))
    page = client.post(reverse("handover-accept", args=[handover.pk]), follow=True).content.decode()
    assert "Accepted. Whoever gave it to you is told." in page
    assert "I have it" not in page


def test_a_refused_hand_over_keeps_what_was_typed(client: Client, shop: Shop, seller: User, now: datetime) -> None:
    case = take(late_dispatch(shop, now), seller, now)
    client.force_login(seller)
    answer = client.post(reverse("handover"), {"to": "", "note": "long words", f"note-{case.pk}": "short"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert all(text in page for text in ("Choose at least one case and who gets it.", "long words", 'value="short"'))


def test_a_hand_over_is_nobody_elses(
    client: Client, shop: Shop, seller: User, support: User, admin: User, now: datetime
) -> None:
    case = take(late_dispatch(shop, now), seller, now)
    (handover,) = hand_over(member_of(seller), [Given(case.pk, support.pk)], "", now)
    client.force_login(admin)
    assert client.get(reverse("handover-read", args=[handover.pk])).status_code == 404
    assert client.post(reverse("handover-accept", args=[handover.pk])).status_code == 404
    client.force_login(seller)
    assert client.post(reverse("handover-accept", args=[handover.pk])).status_code == 404


def test_the_same_goes_over_rest(client: Client, shop: Shop, seller: User, support: User, now: datetime) -> None:
    case = take(late_dispatch(shop, now), seller, now)
    client.force_login(seller)
    told = {"cases": [{"case": case.pk, "to": support.pk, "note": "x"}], "note": "y"}
    (given,) = client.post(reverse("api-handover"), told, content_type="application/json").json()
    assert (given["by"], given["to"], given["note"], given["accepted_at"]) == ("chenmo", "zhaomin", "y", None)
    again = client.post(reverse("api-handover"), told, content_type="application/json")
    assert again.status_code == 409
    client.force_login(support)
    assert client.get(reverse("api-handover")).json() == [given]
    assert client.post(reverse("api-handover-accept", args=[given["id"]])).json()["accepted_at"]
