"""Whether a published waiver covers an incident's place, and what a new one for it would say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from exceptions.deadlines.kinds import Kind
from exceptions.models import Case, Incident, Policy
from merchants.access import Member, Right
from shipments.sites import province_of
from shipments.status import Cause

KINDS: Final = (Kind.NO_MOVEMENT, Kind.TRANSIT_STALL, Kind.DELIVERY_OVERDUE)
# Bad weather is rarely over sooner; the admin changes it in the form.
LONG: Final = timedelta(days=3)
PUT_OFF: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Cover:
    """What rests an incident's limits, or could."""

    # A parcel of it reports weather or a disaster.
    weather: bool
    # Names of published waivers that hold there today.
    waivers: tuple[str, ...]
    # Where a new one is made, filled in; blank = the province is not known, or the member may not.
    new_url: str


def cover(member: Member, incident: Incident, today: date) -> Cover:
    """Three queries at most."""
    weather = Case.objects.filter(incident=incident.pk, waybill__cause=Cause.WEATHER.value).exists()
    published = Policy.objects.filter(merchant=incident.merchant_id, state=Policy.State.PUBLISHED)
    document = published.order_by("-number").values_list("document", flat=True).first() or {}
    names = tuple(str(one["name"]) for one in document.get("waivers", ()) if holds(one, incident, today))
    provinces = provinces_of(incident)
    url = ""
    if weather and provinces and not names and member.may(Right.ADMINISTER):
        url = f"{reverse('rule-waiver-new')}?{urlencode(_given(incident, provinces, today), doseq=True)}"
    return Cover(weather, names, url)


def provinces_of(incident: Incident) -> list[str]:
    """The provinces, in short form, that an incident's places surely lie in."""
    found = (province_of(place) for place in (incident.place, incident.to_place) if place)
    return sorted({province for province in found if province})


def holds(waiver: Mapping[str, Any], incident: Incident, today: date) -> bool:
    """Whether a waiver as a document has it rests limits of parcels at this place today."""
    if not waiver["opens"] <= today.isoformat() <= max(waiver["closes"], waiver.get("until") or ""):
        return False
    areas = waiver.get("areas") or ()
    places, provinces = (incident.place, incident.to_place), provinces_of(incident)
    return not areas or any(
        province_of(area) in provinces and (area in places or len(area) <= 3 or area[:2] in "".join(places))
        for area in areas
    )


def _given(incident: Incident, provinces: list[str], today: date) -> dict[str, Any]:
    """The fields of the form of a waiver."""
    return {
        "name": _("{place}: standstill").format(place="、".join(provinces)),
        "area": provinces,
        "kind": [kind.value for kind in KINDS],
        "opens": min(incident.began_at.date(), today).isoformat(),
        "closes": (today + LONG).isoformat(),
        "until": (today + LONG + PUT_OFF).isoformat(),
    }
