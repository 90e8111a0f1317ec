"""The waybill page, and the door providers push to."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from merchants import access
from merchants.access import Member, Right
from shipments import accounts, tasks
from shipments import push as pushes
from shipments.breaker import Health
from shipments.models import Parcel, Waybill
from shipments.parcels import set_role
from shipments.track import refresh as ask_now
from shipments.track import track
from shipops.kit import times

TO_SHOP = "parcels__dispatch__order__shop"
TO_ORDERS_SHOP = "dispatch__order__shop"


def _waybill(member: Member, pk: int) -> Waybill:
    return access.get(member, Waybill.objects.select_related("carrier", "account"), TO_SHOP, pk=pk)


@require_GET
def waybill(request: HttpRequest, pk: int) -> HttpResponse:
    """One waybill: its scans raw beside readable, how old they are, when it is asked next, its orders."""
    member = access.member(request, Right.VIEW)
    found = _waybill(member, pk)
    now = timezone.now()
    context = {
        "now": now,
        "track": track(found, member.shop_ids, now),
        "waybill": found,
        "may_triage": member.may(Right.TRIAGE),
    }
    return render(request, "shipments/waybill.html", context)


@require_POST
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the provider asked now, unless it was asked just before."""
    member = access.member(request, Right.TRIAGE)
    found = _waybill(member, pk)
    now = timezone.now()
    if found.account is None:
        messages.error(request, _("No account follows this carrier; an admin can add one."))
        return redirect("waybill", pk=pk)
    refused = ask_now(found, now)
    if refused is not None:
        wait = times.spell(refused.at - now)
        messages.info(request, _("{why} It may be asked again in {t}.").format(why=refused.why.label, t=wait))
    elif accounts.health(found.account, now) is Health.RESTING:
        messages.info(request, _("The account rests; the parcel is asked about as soon as it is back."))
    else:
        transaction.on_commit(tasks.nudge_poll)
        messages.success(request, _("The carrier is being asked. What is new shows here within a minute."))
    return redirect("waybill", pk=pk)


@require_POST
def parcel_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what a number is for its order; back to the order, with the way to take it back."""
    member = access.member(request, Right.TRIAGE)
    parcel = access.get(member, Parcel.objects.select_related("dispatch", "waybill"), TO_ORDERS_SHOP, pk=pk)
    role = request.POST.get("role", "")
    try:
        changed = set_role(parcel, role, member.user, timezone.now())
    except ValueError:
        raise Http404 from None
    if changed:
        said = _("{number}: {role}. Its deadlines are worked out anew within seconds.")
        messages.success(request, said.format(number=parcel.waybill.number, role=Parcel.Role(role).label))
    return redirect("order", pk=parcel.dispatch.order_id)


@csrf_exempt
@login_not_required
@require_POST
def push(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """Take a provider's push: stored as it came, then acknowledged in the provider's own words."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        # No provider compresses, and what is signed and kept is the body as it came.
        return HttpResponse("Send the body as it is.", status=415, content_type="text/plain")
    if _too_large(request):
        return HttpResponse("The body is too large.", status=413, content_type="text/plain")
    try:
        body = request.read(pushes.LARGEST + 1)
    except UnreadablePostError:
        return HttpResponse("The body is cut.", status=400, content_type="text/plain")
    if len(body) > pushes.LARGEST:
        return HttpResponse("The body is too large.", status=413, content_type="text/plain")
    try:
        said = pushes.receive(provider, token, request.headers, body, timezone.now())
    except pushes.UnknownAddress:
        raise Http404 from None
    except pushes.BadSignature:
        return HttpResponse("The signature is wrong.", status=403, content_type="text/plain")
    transaction.on_commit(tasks.nudge_read)
    return HttpResponse(said.body, status=said.status, content_type=said.headers["Content-Type"])


def _too_large(request: HttpRequest) -> bool:
    length = request.headers.get("Content-Length", "")
    return length.isdigit() and int(length) > pushes.LARGEST
