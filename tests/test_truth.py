"""Real orders with known answers: what goes in must come out, to the last order."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db.models import F, Q, Sum

from exceptions import backtest, sweep
from exceptions.deadlines import reading
from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.rulebook import plain
from exceptions.deadlines.rules import judge
from exceptions.models import Case, Clock, Policy
from exceptions.verdicts import verdict
from merchants.access import Member
from merchants.models import Merchant, Role, Shop, User
from orders.intake import take_in
from orders.models import Order
from orders.sources.sheet import open_sheets

IMPORTED = datetime(2026, 11, 22, tzinfo=UTC)
LATE = (Level.BROKEN, Level.GRAVE)


def import_files(shop: Shop, profile: str, *paths: Path) -> None:
    for sheet in open_sheets([(path.name, path.read_bytes()) for path in paths], profile, shop.zone):
        take_in(shop, (reading.draft for reading in sheet.readings() if reading.draft), IMPORTED)


@pytest.fixture(scope="module")
def marketplace(django_db_setup, django_db_blocker, request):  # type: ignore[no-untyped-def]
    """The Olist sample, imported once for the whole module."""
    folder = Path(__file__).resolve().parents[2] / "shared/data/olist_sample"
    if not folder.is_dir():
        pytest.skip("the real orders of ../shared/data/olist_sample are not here")
    with django_db_blocker.unblock():
        merchant = Merchant.objects.create(code="olist", name="Olist")
        shop = Shop.objects.create(
            merchant=merchant, code="OLIST", name="Olist", platform="other", timezone="America/Sao_Paulo"
        )
        import_files(
            shop,
            "olist",
            *(folder / f"olist_{name}_dataset.csv" for name in ("orders", "order_items", "order_payments")),
        )
        yield shop
        merchant.delete()


@pytest.mark.django_db
def test_olist_dispatches_and_deliveries_are_late_exactly_where_they_were(marketplace: Shop) -> None:
    late_items = late_orders = items = late_deliveries = delivered = 0
    pks = list(Order.objects.filter(shop=marketplace).values_list("pk", flat=True))
    for _, facts in reading.read(pks):
        runs = judge(facts, plain("other", "America/Sao_Paulo"))
        dispatch = [run for run in runs if run.term.kind is Kind.LATE_DISPATCH]
        late = sum(run.level_at(IMPORTED) in LATE for run in dispatch)
        items += len(dispatch)
        late_items += late
        late_orders += late > 0
        for run in runs:
            if run.term.promise == "delivery" and run.stopped_at:
                delivered += 1
                late_deliveries += run.level_at(IMPORTED) in LATE
    assert (len(pks), items, late_items, late_orders) == (10_000, 11_513, 1_064, 894)
    assert (delivered, late_deliveries) == (9_999, 771)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2017-11-28T12:00:00+00:00", (191, 2, 1, 230, 9, 41)),
        ("2018-03-15T12:00:00+00:00", (65, 8, 3, 337, 35, 123)),
        ("2018-08-20T12:00:00+00:00", (99, 7, 11, 162, 12, 23)),
    ],
)
def test_olist_seen_from_an_instant_is_what_was_known_then(marketplace: Shop, at: str, expected: tuple) -> None:
    seen = verdict(marketplace, datetime.fromisoformat(at))
    assert (
        seen.awaiting_handover,
        seen.overdue,
        seen.due_within_24h,
        seen.in_transit,
        seen.delivery_overdue,
        seen.over_10_days_in_transit,
    ) == expected
    assert sum(seen.days_in_transit.values()) == seen.in_transit


@pytest.mark.django_db
def test_olist_through_the_sweep_keeps_every_late_clock_on_record_and_bothers_nobody(marketplace: Shop) -> None:
    while sweep.judge_batch(IMPORTED):
        pass
    clocks = Clock.objects.filter(order__shop=marketplace)
    assert clocks.filter(kind="late_dispatch", level__gte=2).count() == 1_064
    assert clocks.filter(kind="late_dispatch", level__gte=2).values("order").distinct().count() == 894
    assert clocks.filter(term="GEN-PROMISED-DELIVERY", level__gte=2, stopped_at__isnull=False).count() == 771
    assert not Case.objects.filter(shop=marketplace).exists(), "the platform calls every one of them delivered"


@pytest.mark.django_db
def test_tmall_orders_unpaid_or_wholly_refunded_raise_nothing(shared: Path, merchant: Merchant) -> None:
    shop = Shop.objects.create(merchant=merchant, code="TM", name="天猫", platform="taobao")
    import_files(shop, "tmall", shared / "data/tmall_orders/tmall_order_report.csv")
    assert Order.objects.filter(shop=shop).count() == 28_010
    while sweep.judge_batch(IMPORTED):
        pass
    raised = set(Case.objects.filter(shop=shop).values_list("order_id", flat=True))
    paid = Order.objects.filter(shop=shop, paid_at__isnull=False)
    owed = set(paid.filter(refunded__lt=F("amount")).values_list("pk", flat=True))
    assert len(owed) == 18_441 + 514
    assert raised == owed


@pytest.mark.django_db
def test_olist_under_an_unchanged_draft_has_nothing_new_nothing_gone_and_every_late_one_as_it_was(
    marketplace: Shop,
) -> None:
    """What a back-test calls live is what the sweep put on record, reckoned by other code."""
    while sweep.judge_batch(IMPORTED):
        pass
    broken = Clock.objects.filter(order__shop=marketplace, level__gte=Level.BROKEN.value)
    on_record = set(broken.values_list("order", "waybill", "kind").distinct())
    Policy.objects.create(merchant=marketplace.merchant, document={}, created_at=IMPORTED)
    admin = User.objects.create_user("olist")
    member = Member(admin, marketplace.merchant, Role.ADMIN, (marketplace,), every_shop=True)
    test = backtest.start(member, days=4000, now=IMPORTED)
    while backtest.run_batch(IMPORTED):
        pass
    test.refresh_from_db()
    told = dict(test.lines.values_list("kind").annotate(Sum("same")))
    assert (test.state, test.orders_done) == ("done", 10_000)
    assert test.lines.filter(Q(new__gt=0) | Q(gone__gt=0)).count() == 0
    assert test.samples.count() == 0
    assert told["late_dispatch"] == 894
    assert told == Counter(kind for _order, _waybill, kind in on_record)
    money = test.lines.aggregate(before=Sum("money_before"), after=Sum("money_after"))
    assert money["before"] == money["after"]
