"""The rules in the browser: read in words, changed by an admin into a draft, published, undone."""


import pytest
from django.test import Client
from django.urls import reverse

from merchants.models import User

pytestmark = pytest.mark.django_db
CODE = "PDD-SHIP-48"


@pytest.fixture
def browser(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def page(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == status
    return response.content.decode()


def filled(client: Client, url: str) -> dict[str, str]:
    """What the form of an editor sends when nothing is touched."""
    response = client.get(url)
    assert response.status_code == 200
    forms = [response.context["form"], response.context["example"]]
    rows = [rows for rows in (forms[0].lanes, forms[0].tiers)]
    data: dict[str, object] = {}
    for form in [*forms, *(one for some in rows for one in [some.management_form, *some.forms])]:
        for bound in form:
            value = bound.value()
            if hasattr(value, "isoformat"):
                value = value.isoformat()
            if not (value is None or value is False or value == "" or value == []):
                data[bound.html_name] = "on" if value is True else value
    return data  # type: ignore[return-value]


class TestReading:
    def test_all(self, browser: Client) -> None:
        for name in (
            "rules",
            "rule-windows",
            "rule-waivers",
            "rule-hours",
            "rule-own-new",
            "rule-draft",
            "rule-versions",
        ):
            page(browser, name)
        for name in ("rule", "rule-change"):
            page(browser, name, CODE)
        page(browser, "rule-window-new")
        page(browser, "rule-waiver-new")
        for name in ("order", "parcel", "ticket"):
            page(browser, "rule-own-new", subject=name)
        for rule in browser.get(reverse("rules")).context["shelf"].rows:
            page(browser, "rule", rule.term.code)
            if rule.runs:
                page(browser, "rule-change", rule.term.code)
                url = reverse("rule-change", args=[rule.term.code])
                r = browser.post(url, filled(browser, url))
                assert r.status_code == 422
                assert "Nothing differs" in r.content.decode(), (rule.term.code, r.context["form"].errors)
                r = browser.get(reverse("rule", args=[rule.term.code]))
                print(rule.term.code, r.context["sentence"], r.context["tried"].why, r.context["tried"].lines)
