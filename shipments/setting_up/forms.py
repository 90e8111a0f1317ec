"""The form of an account, made from its provider's fields, and the number to try it with."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator, URLValidator
from django.utils.translation import gettext_lazy as _

from shipments.carriers import Provider
from shipments.models import Carrier, CarrierAccount
from shipments.numbers import cleaned, is_number
from shipments.setting_up import book
from shipments.setting_up.book import Said

# What the credentials' fields begin with, so that none is taken for `name` or `seen`.
GIVEN = "c-"
FORGET = "forget-"
LONGEST_CREDENTIAL = 4000


class AccountForm(forms.Form):
    """Name, credentials and address. A secret is never sent to the browser: a blank one is kept."""

    name = forms.CharField(label=_("Account name"), max_length=80)
    base_url = forms.CharField(
        label=_("Base address"),
        required=False,
        max_length=200,
        validators=[URLValidator(schemes=["http", "https"], message=_("This is no web address."))],
        help_text=_(
            "Leave it blank to ask the provider itself. Fill it in for its test system, a relay or the simulator."
        ),
        widget=forms.URLInput(attrs={"spellcheck": "false"}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, provider: Provider, account: CarrierAccount | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.provider, self.account = provider, account
        known = (account.credentials or {}) if account else {}
        self.initial = {"name": str(provider.LABEL)}
        if account:
            self.initial = {"name": account.name, "base_url": account.base_url, "seen": book.version(account)}
        for one in provider.FIELDS:
            is_set = bool(known.get(one.name))
            attrs = {"autocomplete": "new-password" if one.secret else "off", "spellcheck": "false"}
            self.fields[GIVEN + one.name] = forms.CharField(
                label=one.label,  # type: ignore[arg-type]
                required=False,  # book.problems says what is missing
                max_length=LONGEST_CREDENTIAL,
                widget=(forms.PasswordInput if one.secret else forms.TextInput)(attrs=attrs),
                help_text=_("Set. Leave it blank to keep it.") if one.secret and is_set else "",
            )
            # What the label of the field shows; whether blank will do is the book's to say.
            self.fields[GIVEN + one.name].needed = one.required  # type: ignore[attr-defined]
            if is_set and not one.secret:
                self.initial[GIVEN + one.name] = known[one.name]
            if is_set and one.secret and not one.required:
                label = _("Forget: %(field)s") % {"field": one.label}
                self.fields[FORGET + one.name] = forms.BooleanField(label=label, required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "base_url" in found:
            for name, problem in book.problems(self.provider, self.said, self.account).items():
                self.add_error(GIVEN + name, str(problem))
        return found

    @property
    def said(self) -> Said:
        """What is to be, once the form is valid."""
        data = self.cleaned_data
        given = {one.name: str(data.get(GIVEN + one.name) or "") for one in self.provider.FIELDS}
        # A blank that the browser was sent filled was emptied on purpose.
        emptied = {one.name for one in self.provider.FIELDS if not one.secret and not given[one.name]}
        forgotten = {one.name for one in self.provider.FIELDS if data.get(FORGET + one.name)}
        return Said(data.get("name", ""), data.get("base_url", ""), given, frozenset(emptied | forgotten))

    @property
    def credentials(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith((GIVEN, FORGET))]


class TryForm(forms.Form):
    """A number, the carrier it is of where the provider answers for several, and the phone's last digits."""

    number = forms.CharField(label=_("Waybill number"), max_length=60)
    carrier = forms.ModelChoiceField(Carrier.objects.none(), label=_("Carrier"), to_field_name="code")
    phone_tail = forms.CharField(
        label=_("Last four digits of the phone"),
        required=False,
        validators=[RegexValidator(r"^\d{4}\Z", _("Four digits."))],
        help_text=_("Of the sender or the buyer; SF and ZTO answer only with them."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4}),
    )

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        carriers = Carrier.objects.order_by("code")
        if provider.CARRIERS is not None:
            carriers = carriers.filter(code__in=provider.CARRIERS)
            if len(provider.CARRIERS) == 1:
                self.initial.setdefault("carrier", next(iter(provider.CARRIERS)))
        self.fields["carrier"].queryset = carriers  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        number = cleaned(self.cleaned_data["number"])
        if not is_number(number):
            raise forms.ValidationError(_("This can be no waybill number."))
        return number
