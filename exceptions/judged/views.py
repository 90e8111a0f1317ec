"""What rules make of one order, and what cannot be judged."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from exceptions import blindspots, limits
from exceptions.judged.forms import AtForm
from merchants import access
from merchants.access import Right
from orders.models import Order


@require_GET
def order_limits(request: HttpRequest, pk: int) -> HttpResponse:
    """Every rule of its shop for one order, as judged now or by what was known `?at=`; 422 where that is no instant."""
    member = access.member(request, Right.VIEW)
    order = access.get(member, Order.objects.select_related("shop"), pk=pk)
    now = timezone.now()
    with timezone.override(order.shop.zone):
        form = AtForm(request.GET or None)
        at = form.cleaned_data["at"] if form.is_valid() else None
        context = {"now": now, "order": order, "form": form, "at": at, "told": limits.told(order, now, at)}
        return render(request, "exceptions/limits.html", context, status=422 if form.errors else 200)


@require_GET
def blind(request: HttpRequest) -> HttpResponse:
    """What cannot be judged: how much by reason and by shop, and each with what helps."""
    member = access.member(request, Right.VIEW)
    filters = blindspots.Filters.from_query(request.GET)
    page = blindspots.page(member, filters)
    context = {
        "now": timezone.now(),
        "filters": filters,
        "reason": blindspots.REASONS.get(filters.reason),
        "counts": blindspots.counts(member),
        "by_shop": blindspots.by_shop(member, filters),
        "rows": blindspots.reasons_of(page.rows),
        "next_url": _url(filters, page.next) if page.next else "",
    }
    return render(request, "exceptions/blindspots.html", context)


def _url(filters: blindspots.Filters, after: int) -> str:
    given = {"reason": filters.reason, "shop": filters.shop, "after": after}
    return f"{reverse('blindspots')}?{urlencode({name: value for name, value in given.items() if value})}"
