"""What the demo's people have told already: rules of their own, who is on duty, views, tickets, reports, filings, a note.

Each is told once, where there is nothing of it yet, and stays as people change it.
Instants are reckoned from `now`, so that the desk shows limits that break today.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from exceptions import filings, reports
from exceptions.deadlines.kinds import Kind
from exceptions.desk import cases, tabs
from exceptions.desk.workflow import Action, State
from exceptions.models import Case, CaseEntry, DeskRules, Filing, Policy, Report, View
from exceptions.rulemaking import drafts, publishing
from exceptions.together import inbox, settings, team
from merchants import access
from merchants.models import Membership, Merchant, Shop
from orders.models import Order, OrderStatus, Ticket, TicketStep
from orders.ticketing.drafts import TicketDraft
from orders.tickets import record

ZONE: Final = ZoneInfo("Asia/Shanghai")
# Before the oldest order of the simulator, so that the back-test and the pages know one version for all of them.
SINCE: Final = timedelta(days=30)
HOUR: Final = timedelta(hours=1)
WEEK: Final[dict[str, Any]] = {
    **{day: ["09:00-12:00", "13:00-21:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    **{day: ["10:00-18:00"] for day in ("sat", "sun")},
}


@transaction.atomic
def make_rules(merchant: Merchant, now: datetime) -> bool:
    """Publish version 1 and leave a draft open, unless there is a version or a draft; True where it was done."""
    if Policy.objects.filter(merchant=merchant).exists():
        return False
    admin = _member(merchant, "linxiao")
    today = now.astimezone(ZONE).date()
    drafts.put_window(admin, _double_twelve(today), now)
    drafts.put_waiver(admin, _snow(today), now)
    drafts.put_week(admin, WEEK, now)
    drafts.put_own(admin, ANSWER, now)
    for platform in ("PDD", "DY"):
        note = "手绘面碗每只现画，商品页写明 72 小时发货"
        scope = {"skus": ["MT-BWL-07-1", "MT-BWL-07-2"]}
        drafts.put_change(admin, f"{platform}-SHIP-48", scope, {"hours": 72, "promise": None}, note, now)
    drafts.confirm(admin, "DY-PICKUP-24", now)
    publishing.publish(admin, now - SINCE, "双12 报名、新疆大雪、手绘碗 72 小时", now)
    note = "仓库自己要求 24 小时内交给快递，提前 6 小时提醒"
    stricter = {"hours": 24, "promise": None, "warn_hours": 6}
    drafts.put_change(admin, "PDD-SHIP-48", {"shops": ["MT-PDD"]}, stricter, note, now)
    return True


def _double_twelve(today: date) -> dict[str, Any]:
    """The window of the next 双12, for the shop that takes part."""
    year = today.year if today <= date(today.year, 12, 13) else today.year + 1
    return {
        "name": "双12 大促",
        "codes": ["DY-SHIP-48"],
        "by": "paid",
        "opens": f"{year}-12-11",
        "closes": f"{year}-12-13",
        "hours": 96,
        "later_wins": True,
        "scope": {"shops": ["MT-DY"]},
    }


def _snow(today: date) -> dict[str, Any]:
    """The roads to Xinjiang are closed since the day before yesterday: what fell due there waits a week."""
    return {
        "name": "新疆大雪，道路封闭",
        "kinds": [Kind.TRANSIT_STALL.value, Kind.DELIVERY_OVERDUE.value],
        "areas": ["新疆"],
        "places": ["receiver", "transit"],
        "by": "due",
        "opens": (today - timedelta(days=2)).isoformat(),
        "closes": (today + timedelta(days=4)).isoformat(),
        "until": (today + timedelta(days=7)).isoformat(),
    }


ANSWER: Final[dict[str, Any]] = {
    "code": "OWN-ANSWER-1H",
    "name_zh": "买家咨询 1 个工作小时内回复",
    "name_en": "Answer buyers within one working hour",
    "shape": "span",
    "whose": "ours",
    "kind": Kind.ANSWER_DUE.value,
    "subject": "ticket",
    "tickets": [Ticket.Kind.INQUIRY.value],
    "start": "opened",
    "stop": ["answered"],
    "hours": 1,
    "worktime": True,
    "warn_hours": 0.5,
    "grave_hours": 4,
}


def tell_tickets(merchant: Merchant, now: datetime) -> bool:
    """Tell of a dozen tickets on the merchant's orders, unless there is one already; True where it was done."""
    shops = list(merchant.shops.order_by("pk"))
    if Ticket.objects.filter(order__shop__merchant=merchant).exists():
        return False
    told = record(shops, list(_tickets(shops, now)), now)
    return bool(told)


Step = TicketStep.Name
# Shop, kind, opened how many hours ago, hours until the limit printed on it (None = none is), steps by hours ago, reason.
TICKETS: Final[tuple[tuple[str, Ticket.Kind, float, float | None, dict[str, float], str], ...]] = (
    ("MT-PDD", Ticket.Kind.REFUND_UNSHIPPED, 34.5, None, {}, "不想要了，还没发货"),
    ("MT-TB", Ticket.Kind.REFUND_UNSHIPPED, 20, None, {}, "拍错规格"),
    ("MT-DY", Ticket.Kind.REFUND, 45, 3, {}, "物流长时间不更新"),
    ("MT-PDD", Ticket.Kind.REFUND, 51, None, {}, "商品破损，申请部分退款"),
    ("MT-KS", Ticket.Kind.REFUND, 30, None, {Step.ANSWERED: 22, Step.AGREED: 22}, "七天无理由"),
    (
        *("MT-DY", Ticket.Kind.RETURN, 90, None),
        {Step.AGREED: 84, Step.RETURN_UPLOADED: 76, Step.RETURN_SIGNED: 45},
        "尺寸不合适，退货退款",
    ),
    ("MT-DY", Ticket.Kind.EVIDENCE, 20, None, {}, "买家称未收到货，平台要求举证签收凭证"),
    ("MT-PDD", Ticket.Kind.VIOLATION, 43, 5, {}, "虚假发货，可在期限内申诉"),
    ("MT-TB", Ticket.Kind.WORK_ORDER, 50, None, {}, "催派件:快递三天未更新"),
    ("MT-PDD", Ticket.Kind.INTERCEPTION, 30, None, {}, "买家退款，拦截退回"),
    ("MT-WX", Ticket.Kind.INQUIRY, 1.2, None, {}, "什么时候能到?"),
    ("MT-TB", Ticket.Kind.CLAIM, 52, 6, {}, "丢件，向快递索赔"),
)
# What may be asked about an order before it leaves; all else is about a parcel.
BEFORE: Final = (Ticket.Kind.REFUND_UNSHIPPED,)


def _tickets(shops: Sequence[Shop], now: datetime) -> Iterator[TicketDraft]:
    """Each ticket on an order of its own that was there when it was opened; where there is none it is left out."""
    taken: set[int] = set()
    by_code = {shop.code: shop for shop in shops}
    for row, (code, kind, ago, left, steps, reason) in enumerate(TICKETS, 1):
        opened_at = now - ago * HOUR
        order = _order(by_code.get(code), kind, opened_at, taken)
        if order is None:
            continue
        taken.add(order.pk)
        yield TicketDraft(
            order=order.number,
            shop=code,
            kind=kind,
            number=f"{now.astimezone(ZONE):%y%m%d}{row:04d}{order.pk:06d}",
            opened_at=opened_at,
            due_at=None if left is None else now + left * HOUR,
            amount=order.amount if kind in MONEY else None,
            reason=reason,
            steps={step: now - hours * HOUR for step, hours in steps.items()},
        )


MONEY: Final = (Ticket.Kind.REFUND_UNSHIPPED, Ticket.Kind.REFUND, Ticket.Kind.RETURN, Ticket.Kind.CLAIM)


def _order(shop: Shop | None, kind: Ticket.Kind, opened_at: datetime, taken: set[int]) -> Order | None:
    """The youngest order of the shop that could have such a ticket then."""
    found = Order.objects.filter(shop=shop).exclude(pk__in=taken)
    if kind in BEFORE:
        return found.filter(status=OrderStatus.TO_DISPATCH, paid_at__lt=opened_at).order_by("-paid_at", "pk").first()
    sent = found.filter(status=OrderStatus.DISPATCHED, dispatches__uploaded_at__lt=opened_at)
    return sent.order_by("-paid_at", "pk").first()


# Shop, what went wrong, who said so how many hours ago, and their words.
REPORTS: Final[tuple[tuple[str, Kind, str, float, str], ...]] = (
    ("MT-PDD", Kind.FALSE_DELIVERY, Report.Source.BUYER, 3, "显示放在门口，我回家没有看到，邻居也没有"),
    ("MT-TB", Kind.DAMAGE, Report.Source.BUYER, 1.5, "碗碎了两只，外箱压扁了，有照片"),
    ("MT-DY", Kind.LOSS, Report.Source.PASTE, 20, "网点回复找不到件"),
    ("MT-KS", Kind.MISDELIVERY, Report.Source.HAND, 5, "送到隔壁小区驿站"),
    ("MT-WX", Kind.FAILED_DELIVERY, Report.Source.BUYER, 2, "没有人打电话给我就显示派送失败"),
)


def tell_reports(merchant: Merchant, now: datetime) -> bool:
    """Report what buyers and colleagues say, each of an order of its own, unless there is a report; True where it was done."""
    if Report.objects.filter(order__shop__merchant=merchant).exists():
        return False
    taken = set(Ticket.objects.filter(order__shop__merchant=merchant).values_list("order_id", flat=True))
    colleague = _member(merchant, "zhaomin").user
    told = 0
    by_code = {shop.code: shop for shop in merchant.shops.all()}
    for code, kind, source, ago, words in REPORTS:
        order = _order(by_code.get(code), Ticket.Kind.REFUND, now - ago * HOUR, taken)
        if order is None:
            continue
        taken.add(order.pk)
        # Of the order as a whole: whether its parcel is booked by now depends on who was faster.
        said = reports.Said(order.pk, None, kind.value, words, now - ago * HOUR)
        told += len(reports.tell([said], source, now=now, by=None if source == Report.Source.BUYER else colleague))
    return bool(told)


@transaction.atomic
def file(merchant: Merchant, now: datetime) -> bool:
    """File for two late orders and note that the platform accepted one, unless there is a filing; True where it was done."""
    if Filing.objects.filter(order__shop__merchant=merchant).exists():
        return False
    seller = _member(merchant, "chenmo")
    late = list(_late(merchant, now)[:2])
    told = filings.file(
        seller,
        [(order.pk, Kind.LATE_DISPATCH.value) for order in late],
        now=now,
        reason="南通暴雨，仓库停运半天",
        reference=f"BB{now.astimezone(ZONE):%y%m%d}01",
    )
    for one in [one.filing for one in told if one.filing][1:]:
        filings.answer(seller, one.pk, True, now=now, new_due_at=now + 20 * HOUR)
    return bool(told)


# Name, what it shows, who sees it; by the admin.
VIEWS: Final = (
    ("今天要发货", "kind=late_dispatch&order=due", View.Scope.PINNED),
    ("物流不动了", "kind=late_pickup&kind=transit_stall", View.Scope.PINNED),
    ("抖音待处理", "platform=douyin", View.Scope.SHARED),
)


@transaction.atomic
def man_the_desk(merchant: Merchant, now: datetime) -> bool:
    """Put two people on duty, share new cases by load and keep the views of the team; True where nobody had said anything."""
    if DeskRules.objects.filter(merchant=merchant).exists() or View.objects.filter(merchant=merchant).exists():
        return False
    admin = _member(merchant, "linxiao")
    settings.save_rules(admin, {"sharing": DeskRules.Sharing.LOAD, "cases_each": 15}, now)
    for username in ("chenmo", "zhaomin"):
        team.go(_member(merchant, username), True, now)
    for name, query, scope in VIEWS:
        tabs.save_as(admin, name, query, scope)
    return True


NOTE: Final = "@linxiao 网点说今晚补扫，22 点前没有新扫描就要提工单，请盯一下"


def mention(merchant: Merchant, now: datetime) -> bool:
    """Let a colleague ask the admin to see to the dearest stalled parcel and watch it; True where a case is and no note was."""
    open_cases = Case.objects.filter(merchant=merchant, kind__in=[Kind.TRANSIT_STALL, Kind.LATE_PICKUP])
    case = open_cases.filter(state=State.OPEN.value).order_by("-at_stake", "pk").first()
    if case is None or CaseEntry.objects.filter(case__merchant=merchant, action=Action.NOTE).exists():
        return False
    colleague = _member(merchant, "chenmo")
    cases.act(colleague, case.pk, Action.NOTE, now=now, note=NOTE)
    inbox.watch(colleague, case.pk, True, now)
    return True


def _late(merchant: Merchant, now: datetime) -> QuerySet[Order]:
    """The orders still to dispatch whose promise is broken, the youngest first."""
    waiting = Order.objects.filter(shop__merchant=merchant, shop__code="MT-PDD", status=OrderStatus.TO_DISPATCH)
    return waiting.filter(promised_dispatch_at__lt=now, tickets=None).order_by("-promised_dispatch_at", "pk")


def _member(merchant: Merchant, username: str) -> access.Member:
    return access.of(
        Membership.objects.select_related("user", "merchant").get(merchant=merchant, user__username=username)
    )
