"""Choosing a provider, making an account, and its page: how it fares, its settings, its push address, one question to try."""

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchants import access
from merchants.access import Member, Right
from shipments import accounts, carriers, standing
from shipments.carriers import Provider
from shipments.models import CarrierAccount
from shipments.setting_up import book, trying
from shipments.setting_up.forms import AccountForm, TryForm
from shipops.kit.htmx import see_other, whole_or_part


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """The providers there are, and whom each can be asked about."""
    access.member(request, Right.ADMINISTER)
    return render(request, "shipments/account_choose.html", {"offers": book.offers()})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, provider: str) -> HttpResponse:
    """The form of a new account; 422 where it cannot be made."""
    member = access.member(request, Right.ADMINISTER)
    try:
        module = carriers.provider(provider)
    except LookupError:
        raise Http404 from None
    form = AccountForm(request.POST or None, provider=module)
    if request.method == "POST" and form.is_valid():
        try:
            account = book.create(member, provider, form.said, timezone.now())
        except book.NamedTwice as error:
            form.add_error("name", str(error))
        else:
            messages.success(
                request, _("The account is made. Try it with a number, and give the provider its push address.")
            )
            return see_other(reverse("account", args=[account.pk]))
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "label": module.LABEL}
    return render(request, "shipments/account_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """An account: read it, or save its settings; 422 where they cannot be, 409 where somebody else was faster."""
    member = access.member(request, Right.ADMINISTER)
    found = _found(member, pk)
    now = timezone.now()
    if request.method != "POST":
        return _page(request, found, now)
    form = AccountForm(request.POST, provider=_provider(found), account=found)
    status = 422
    if form.is_valid():
        try:
            book.change(member, pk, form.said, form.cleaned_data["seen"], now)
        except book.NamedTwice as error:
            form.add_error("name", str(error))
        except book.ChangedMeanwhile as error:
            # Shown as it is now: what was typed is gone, what the other person set is not.
            messages.error(request, str(error))
            return _page(request, _found(member, pk), now, status=409)
        else:
            messages.success(request, _("Saved."))
            return see_other(reverse("account", args=[pk]))
    return _page(request, found, now, form=form, status=status)


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account on (`on=1`) or off."""
    member = access.member(request, Right.ADMINISTER)
    _found(member, pk)
    is_on = request.POST.get("on") == "1"
    book.switch(member, pk, is_on, timezone.now())
    said = (
        _("Switched on. Waybills that nobody follows are asked about now.")
        if is_on
        else _("Switched off. Its waybills go to another account that fits when they are due.")
    )
    messages.success(request, said)
    return see_other(reverse("account", args=[pk]))


# One question may take 25 s: it must not hold a transaction open, whatever the installation sets.
@transaction.non_atomic_requests
@require_POST
def try_it(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask about one number and show what came; 422 where it can be none."""
    member = access.member(request, Right.ADMINISTER)
    found = _found(member, pk)
    now = timezone.now()
    form = TryForm(request.POST, provider=_provider(found))
    if not form.is_valid():
        return _page(request, found, now, trial=form, status=422)
    asked = form.cleaned_data
    tried = trying.ask_about(found, asked["number"], asked["carrier"], asked["phone_tail"], now)
    return _page(request, found, now, trial=form, tried=tried)


def _found(member: Member, pk: int) -> CarrierAccount:
    found = book.mine(member).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _provider(found: CarrierAccount) -> Provider:
    provider = accounts.provider_of(found)
    if provider is None:  # its package is gone: there is nothing to set or try
        raise Http404
    return provider


def _page(
    request: HttpRequest,
    found: CarrierAccount,
    now: datetime,
    *,
    form: AccountForm | None = None,
    trial: TryForm | None = None,
    tried: trying.Tried | None = None,
    status: int = 200,
) -> HttpResponse:
    provider = accounts.provider_of(found)
    context = {
        "now": now,
        "account": found,
        "standing": standing.standing(found, now),
        "provider": provider,
        "daily": provider.DAILY if provider else 0,
        "spacing": provider.SPACING if provider else None,
        "rate": provider.RATE if provider else 0,
        "batch": provider.BATCH if provider else 0,
        "signed": bool(provider and provider.SIGNED),
        "subscribes": bool(provider and provider.SUBSCRIBES),
        "push_address": accounts.contract(found).callback_url,
        "form": form or (AccountForm(provider=provider, account=found) if provider else None),
        "trial": trial or (TryForm(provider=provider) if provider else None),
        "tried": tried,
    }
    return whole_or_part(request, "shipments/account.html", {"trying": "trying"}, context, status)
