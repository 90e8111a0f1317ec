"""The editor of a playbook: one form a step; buttons add, remove and move steps in the form before anything is saved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from secrets import token_hex
from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from exceptions.desk.workflow import Action
from exceptions.playbooks.steps import (
    ASKABLE,
    MOST_HOURS,
    MOST_STEPS,
    NAME_LENGTH,
    TEXT_LENGTH,
    After,
    Playbook,
    Step,
    StepError,
    When,
)

NAMES = ("code", "name_zh", "name_en", "do_zh", "do_en", "verb", "when", "hours", "worktime", "after")


class StepForm(forms.Form):
    """One step. A name or text in one language stands for the other where that is left blank."""

    code = forms.CharField(widget=forms.HiddenInput)
    name_zh = forms.CharField(label=_("Name, Chinese"), max_length=NAME_LENGTH, required=False)
    name_en = forms.CharField(label=_("Name, English"), max_length=NAME_LENGTH, required=False)
    verb = forms.ChoiceField(
        label=_("Asks for"),
        required=False,
        choices=[("", _("A plain tick")), *((verb.value, verb.label) for verb in ASKABLE)],
    )
    when = forms.ChoiceField(label=_("Applies"), choices=When.choices())
    hours = forms.DecimalField(
        label=_("Hours"),
        min_value=0,
        max_value=MOST_HOURS,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.5"}),
    )
    after = forms.ChoiceField(label=_("Counted"), choices=After.choices())
    worktime = forms.BooleanField(label=_("Working hours only"), required=False)
    do_zh = forms.CharField(
        label=_("What to do, Chinese"), max_length=TEXT_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    do_en = forms.CharField(
        label=_("What to do, English"), max_length=TEXT_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("name", "do"):
            zh, en = cleaned.get(f"{name}_zh", ""), cleaned.get(f"{name}_en", "")
            cleaned |= {f"{name}_zh": zh or en, f"{name}_en": en or zh}
        if not cleaned["name_zh"] and not {"name_zh", "name_en"} & set(self.errors):
            self.add_error("name_zh", _("Give the step a name."))
        return cleaned

    def step(self) -> Step:
        """The step it tells, of a valid form."""
        told = {name: self.cleaned_data[name] for name in NAMES}
        verb = Action(told["verb"]) if told["verb"] else None
        return Step(**told | {"verb": verb, "after": After(told["after"]), "when": When(told["when"])})


Row = dict[str, Any]


@dataclass
class Editor:
    """A playbook as its form shows it, saved or not. `base` = the number of the playbook the form was made from."""

    playbook: Playbook
    base: int
    rows: list[Row]
    # Something in it is not saved yet.
    dirty: bool = False
    # Why the whole was refused.
    sentence: str = ""
    refused: bool = False
    _forms: list[StepForm] = field(default_factory=list)

    @classmethod
    def of(cls, playbook: Playbook) -> Self:
        rows = [{name: _plain(getattr(step, name)) for name in NAMES} for step in playbook.steps]
        return cls(playbook, playbook.number, rows)

    @classmethod
    def posted(cls, data: Mapping[str, str], playbook: Playbook) -> Self:
        """What was posted: steps in the order of their numbers, 0 and on."""
        count = min(_number(data.get("steps", "")), MOST_STEPS + 1)
        rows = [{name: data.get(f"{index}-{name}", "") for name in NAMES} for index in range(count)]
        return cls(playbook, _number(data.get("base", "")), rows, dirty=True)

    def change(self, way: str) -> None:
        """Change the form: `add`, `drop:2`, `up:2`, `down:2` (steps by their place); anything else leaves it as it is."""
        name, _colon, place = way.partition(":")
        at = _number(place)
        if name == "add" and len(self.rows) < MOST_STEPS:
            # A code of its own: no case remembers another step by it.
            new = {
                "code": f"own-{token_hex(4)}",
                "hours": "4",
                "when": When.ALWAYS.value,
                "after": After.PREVIOUS.value,
            }
            closing = self.rows and self.rows[-1]["verb"] == Action.RESOLVE.value
            self.rows.insert(len(self.rows) - bool(closing), dict.fromkeys(NAMES, "") | new)
        elif at < len(self.rows):
            if name == "drop":
                del self.rows[at]
            other = {"up": at - 1, "down": at + 1}.get(name, at)
            if 0 <= other < len(self.rows) and name in ("up", "down"):
                self.rows[at], self.rows[other] = self.rows[other], self.rows[at]

    @property
    def forms(self) -> list[StepForm]:
        """One form a step; with what was wrong with it once somebody wanted it saved."""
        if self.refused:
            return self._bound()
        return [StepForm(initial=row, prefix=str(index), auto_id=_id(row)) for index, row in enumerate(self.rows)]

    def _bound(self) -> list[StepForm]:
        if not self._forms:
            self._forms = [
                StepForm({f"{index}-{name}": value for name, value in row.items()}, prefix=str(index), auto_id=_id(row))
                for index, row in enumerate(self.rows)
            ]
        return self._forms

    def steps(self) -> tuple[Step, ...]:
        """The steps the forms tell; raises StepError where one of them cannot be."""
        for index, form in enumerate(self._bound()):
            if not form.is_valid():
                name, sentences = next(iter(form.errors.items()))
                raise StepError(str(sentences[0]), index, name)
        return tuple(form.step() for form in self._bound())

    def refuse(self, error: StepError) -> None:
        """Show why it was refused: at the field of the step it is about, or over the whole."""
        self.refused = True
        if error.index is None:
            self.sentence = error.sentence
            return
        form = self._bound()[error.index]
        shown = [str(one) for sentences in form.errors.values() for one in sentences]
        if error.sentence not in shown:
            visible = error.field in form.fields and error.field != "code"
            form.add_error(error.field if visible else None, error.sentence)


def _id(row: Row) -> str:
    """Fields are known by the step's code, not by its place: what has the focus keeps it when the step moves."""
    return f"{row['code']}_%s"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if value is not None else ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0
