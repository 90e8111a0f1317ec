"""How work is shared: the set-up for the admin, and the button of the desk."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from exceptions.deadlines.kinds import Kind
from exceptions.desk.queue import PAGE
from exceptions.together import giving, inbox, settings, team
from exceptions.together.forms import RulesForm, TakesForm
from merchants import access
from merchants.access import Right
from shipments.models import Carrier
from shipops.kit.htmx import see_other
from shipops.kit.query import row_ids


@require_http_methods(["GET", "HEAD", "POST"])
def setup_desk(request: HttpRequest) -> HttpResponse:
    """How cases are shared out and how long a claim lasts; who is on duty and what they take."""
    member = access.member(request, Right.ADMINISTER)
    form = RulesForm(request.POST or None, instance=team.rules_of(member.merchant))
    if form.is_valid():
        settings.save_rules(member, form.cleaned_data, timezone.now())
        messages.success(request, _("Saved."))
        return see_other(reverse("setup-desk"))
    mates = team.mates(member.merchant)
    shops = {shop.pk: shop.name for shop in member.merchant.shops.all()}
    carriers = Carrier.objects.in_bulk(set().union(*(mate.carriers for mate in mates)))
    labels = {kind.value: str(kind.label) for kind in Kind}
    context = {
        "form": form,
        "people": [
            {
                "mate": mate,
                "kinds": [labels[kind] for kind in sorted(mate.kinds)],
                "carriers": [carriers[pk].name for pk in sorted(mate.carriers)],
                "shops": [shops.get(pk, "–") for pk in sorted(mate.takes_shops)],
                "sees": None if mate.shops is None else [shops.get(pk, "–") for pk in sorted(mate.shops)],
            }
            for mate in mates
        ],
        "nobody": not any(mate.on for mate in mates),
    }
    return render(request, "exceptions/together/setup.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def setup_person(request: HttpRequest, pk: int) -> HttpResponse:
    """What one person takes, by the number of their membership."""
    member = access.member(request, Right.ADMINISTER)
    mate = settings.mate_of(member, pk)
    form = TakesForm(request.POST or None, mate=mate, carriers=_carriers(member))
    if request.method == "POST":
        form = TakesForm(request.POST, mate=mate, carriers=_carriers(member))
        if form.is_valid():
            told = form.cleaned_data | {"kinds": [Kind(kind) for kind in form.cleaned_data["kinds"]]}
            settings.save_takes(member, mate, **told, now=timezone.now())
            inbox.forget(member)
            messages.success(request, _("Saved."))
            return see_other(reverse("setup-desk"))
    status = 422 if form.is_bound else 200
    return render(request, "exceptions/together/person.html", {"form": form, "mate": mate}, status=status)


def _carriers(member: access.Member) -> list[Carrier]:
    """Carriers that carry something for the merchant."""
    return list(Carrier.objects.filter(waybills__merchant=member.merchant).distinct().order_by("code"))


@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """Share out the chosen cases (`case`, several), as far as nobody has them in charge."""
    member = access.member(request, Right.TRIAGE)
    chosen = row_ids(request.POST.getlist("case")[:PAGE])
    if not chosen:
        messages.warning(request, _("Select at least one case first."))
    else:
        shared = giving.share_out(member, chosen, timezone.now())
        _tell(request, shared)
    query = request.GET.urlencode()
    return see_other(f"{reverse('desk')}{'?' if query else ''}{query}")


def _tell(request: HttpRequest, shared: giving.Shared) -> None:
    if shared.nobody:
        messages.warning(
            request, _("Nobody is on duty, so nobody was given anything. Go on duty in the menu at the top right.")
        )
        return
    if shared.total:
        said = ngettext("{n} case shared out.", "{n} cases shared out.", shared.total)
        messages.success(request, said.format(n=shared.total))
    if shared.left:
        said = ngettext(
            "{n} case was left: somebody has it already, or nobody on duty takes it or has room.",
            "{n} cases were left: somebody has them already, or nobody on duty takes them or has room.",
            shared.left,
        )
        messages.warning(request, said.format(n=shared.left))
