"""Logging in and out, and what a person sets for themselves: language, theme, shortcuts, merchant."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from merchants import access
from merchants.forms import ProfileForm
from merchants.models import Membership, User

LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
# Digits of the largest id that fits its column for sure.
LONGEST_ID = 18


def back(request: HttpRequest) -> HttpResponse:
    """Go where the form says (`next`), else to the start page; never to another site."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    # Not redirect(): it takes what looks like the name of a page for one.
    return HttpResponseRedirect(target) if safe else redirect("start")


def myself(request: HttpRequest) -> QuerySet[User]:
    """The row of whoever is asking."""
    return User.objects.filter(username=request.user.get_username())


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read in another language from now on: kept with the person, or in a cookie before the log-in."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Http404
    response = back(request)
    if request.user.is_authenticated:
        myself(request).update(language=chosen)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device."""
    chosen = request.POST.get("theme", "")
    if chosen not in User.Theme.values:
        raise Http404
    myself(request).update(theme=chosen)
    return back(request)


@require_POST
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Switch single keys on or off."""
    chosen = request.POST.get("on", "")
    if chosen not in ("0", "1"):
        raise Http404
    myself(request).update(shortcuts=chosen == "1")
    return back(request)


@require_POST
def merchant(request: HttpRequest) -> HttpResponse:
    """Work for another of one's merchants; a merchant one does not work for is a 404."""
    asked = request.POST.get("merchant", "")
    mine = Membership.objects.filter(user__in=myself(request))
    if not asked.isdecimal() or len(asked) > LONGEST_ID or not mine.filter(merchant=int(asked)).exists():
        raise Http404
    request.session[access.SESSION_KEY] = int(asked)
    # Pages, filters and ids of one merchant mean nothing at the other.
    return redirect("start")


def profile(request: HttpRequest) -> HttpResponse:
    """One's own name, language, theme and shortcuts; open to everybody who is logged in."""
    person = myself(request).get()
    form = ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        myself(request).update(**form.cleaned_data)
        with override(form.cleaned_data["language"] or request.LANGUAGE_CODE):
            messages.success(request, _("Saved."))
        return redirect("profile")
    status = 422 if form.errors else 200
    return render(request, "merchants/profile.html", {"form": form}, status=status)
