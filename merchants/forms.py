"""What a person sets for themselves."""

from django import forms
from django.utils.translation import gettext_lazy as _

from merchants.models import User


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["last_name", "first_name", "language", "theme", "shortcuts"]
        labels = {
            "last_name": _("Family name"),
            "first_name": _("Given name"),
            "language": _("Language"),
            "theme": _("Theme"),
            "shortcuts": _("Keyboard shortcuts"),
        }
        help_texts = {"shortcuts": _("Single keys such as J, K and A act on the desk; every one is a button too.")}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = self.fields["language"].choices  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", _("As the browser")), *(c for c in choices if c[0])]  # type: ignore[attr-defined]
        self.fields["theme"].choices = User.Theme.choices  # type: ignore[attr-defined]
