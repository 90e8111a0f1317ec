"""The support view: one box, and one order with everything in one stream."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exceptions import shown
from exceptions.desk import finding
from exceptions.errors import Incomplete, NotAllowed
from exceptions.support import lookups, situation, stream
from exceptions.support.forms import Asked, ToldForm
from exceptions.support.story import MOST_SCANS, SCANS, story
from merchants import access
from merchants.access import Member, Right
from orders import masking
from orders.asked import LONGEST
from orders.models import Order
from orders.search import REASONS, Found
from shipops.kit.htmx import see_other, whole_or_part

# Rows of a result; more is narrowed down by typing more.
ROWS: Final = 50


@require_GET
def support(request: HttpRequest) -> HttpResponse:
    """The box: one order found opens at once, several are listed with why; without a search, those looked at last."""
    member = access.member(request, Right.VIEW)
    q = request.GET.get("q", "").strip()[:LONGEST]
    found = finding.find(member, q) if q else Found([])
    if len(found.pks) == 1:
        return see_other(reverse("support-order", args=[found.pks[0]]))
    context = {
        "q": q,
        "rows": _rows(member, found),
        "count": len(found.pks),
        "cut": found.cut or len(found.pks) > ROWS,
        "recent": [] if q else lookups.recent(member),
    }
    return whole_or_part(request, "exceptions/support/find.html", {}, context)


def _rows(member: Member, found: Found) -> list[dict[str, Any]]:
    """One row an order, newest first, with why it was found."""
    pks = found.pks[:ROWS]
    orders = access.scoped(member, Order.objects.filter(pk__in=pks)).select_related("shop").defer("buyer")
    read = orders.prefetch_related("lines", "dispatches").in_bulk() if pks else {}
    return [
        {
            "order": read[pk],
            "why": ", ".join(str(REASONS[reason]) for reason in found.by.get(pk, ())),
            "goods": next((str(line) for line in read[pk].lines.all()), ""),
        }
        for pk in pks
        if pk in read
    ]


@require_GET
def support_order(request: HttpRequest, pk: int) -> HttpResponse:
    """One order: what happened, what the buyer may be told, and what is beside it."""
    member = access.member(request, Right.VIEW)
    return _page(request, member, pk, timezone.now())


def _page(
    request: HttpRequest,
    member: Member,
    pk: int,
    now: datetime,
    *,
    buyer: lookups.Buyer | None = None,
    status: int = 200,
) -> HttpResponse:
    asked = Asked.from_query(request.GET)
    told = story(member, pk, scans=asked.scans, parcel=asked.parcel)
    if request.method == "GET":
        lookups.remember(member, told.order, now)
    moments = stream.moments(told, now)
    texts = situation.texts(told, now)
    say = asked.say or ("zh" if told.order.currency == "CNY" else "en")
    open_rows = [shown.row(case, now) for case in told.open_cases]
    context = {
        "now": now,
        "story": told,
        "order": told.order,
        "moments": stream.chosen(moments, asked.only, asked.parcel),
        "chips": [
            (chip, _url(asked, only=_toggled(asked.only, chip.value)))
            for chip in stream.chips(told, moments, asked.only, asked.parcel)
        ],
        "parcels": [(waybill, _url(asked, parcel=waybill.pk)) for waybill in told.waybills],
        "asked": asked,
        "all_url": _url(asked, only=(), parcel=0),
        "any_parcel_url": _url(asked, parcel=0),
        "earlier_url": _url(asked, scans=asked.scans * 2) if told.more and asked.scans < MOST_SCANS else "",
        "cases": open_rows,
        "settled": len(told.cases) - len(open_rows),
        "buyer": buyer or _masked(told.order),
        "revealed": buyer is not None,
        "summary": texts[say],
        "say": say,
        "says": [("zh", "中文", _url(asked, say="zh")), ("en", "English", _url(asked, say="en"))],
        "may_triage": member.may(Right.TRIAGE),
        "may_note": member.may(Right.TRIAGE) and bool(told.open_cases),
    }
    parts = {"stream": "stream", "buyer": "buyer", "summary": "summary"}
    return whole_or_part(request, "exceptions/support/order.html", parts, context, status)


def _toggled(only: tuple[str, ...], group: str) -> tuple[str, ...]:
    return tuple(one for one in only if one != group) if group in only else (*only, group)


def _url(asked: Asked, **changes: Any) -> str:
    """The page's query string with some of it changed; it starts with `?`."""
    state = {"only": asked.only, "parcel": asked.parcel, "scans": asked.scans, "say": asked.say} | changes
    if state["scans"] == SCANS:
        state["scans"] = 0
    return "?" + urlencode({name: value for name, value in state.items() if value}, doseq=True)


def _masked(order: Order) -> lookups.Buyer:
    told = order.buyer or {}
    return lookups.Buyer(
        masking.name(told.get("name", "")), masking.phone(told.get("phone", "")), "", masking.text(told.get("note", ""))
    )


@require_POST
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the buyer in full, once; the audit trail says who looked."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    response = _page(request, member, pk, now, buyer=lookups.reveal(member, pk, now))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Note on the order's most urgent open case that the buyer was told this."""
    member = access.member(request, Right.TRIAGE)
    order = access.get(member, Order.objects.all(), pk=pk)
    form = ToldForm(request.POST)
    try:
        if not form.is_valid():
            raise Incomplete("text", str(next(iter(form.errors.values()))[0]))
        lookups.note_told(member, order, form.cleaned_data["text"], timezone.now())
        messages.success(request, _("Noted that the buyer was told."))
    except (Incomplete, NotAllowed) as error:
        messages.error(request, error.sentence)
    return see_other(reverse("support-order", args=[pk]))
