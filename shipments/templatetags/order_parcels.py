"""What a number is for its order, for the order's page: orders may not know of parcels, so its template asks here."""

from typing import Any, Final

from django import template
from django.utils.translation import gettext_lazy as _

from shipments.models import Parcel
from shipments.parcels import BY_PEOPLE

register = template.Library()

MEANINGS: Final = {
    Parcel.Role.ORIGINAL: _("The platform judges dispatch and pickup by it."),
    Parcel.Role.EXTRA: _("Sent after: no effect on dispatch, its own track is watched."),
    Parcel.Role.REPLACED: _("The platform took another number in its place; no goods travel under it."),
}


@register.inclusion_tag("shipments/_role.html", takes_context=True)
def role_menu(context: template.Context, parcel: Parcel) -> dict[str, Any]:
    """`{% role_menu parcel %}`: the menu that says what an uploaded number is."""
    roles = [(role.value, role.label, MEANINGS[role]) for role in BY_PEOPLE]
    return {"parcel": parcel, "roles": roles, "csrf_token": context.get("csrf_token")}
