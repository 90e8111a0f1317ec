"""Steps on the case page, the editor of playbooks, and the same over REST."""

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.deadlines.kinds import Kind
from exceptions.models import Case, CaseStep, Playbook
from exceptions.playbooks import own
from exceptions.playbooks.shipped import SHIPPED
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup
from tests.test_translations import english

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "editor"}
KIND = Kind.LATE_PICKUP


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return late_pickup(shop, now)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def step_url(case: Case, code: str) -> str:
    return reverse("case-step", args=[case.pk, code])


def posted(kind: Kind = KIND, base: int = 0, **changes: str) -> dict[str, str]:
    """What the editor's form sends of a playbook as shipped."""
    names = ("code", "name_zh", "name_en", "do_zh", "do_en", "hours")
    data = {"base": str(base), "steps": str(len(SHIPPED[kind].steps))}
    for index, step in enumerate(SHIPPED[kind].steps):
        data |= {f"{index}-{name}": str(getattr(step, name)) for name in names}
        data |= {f"{index}-verb": step.verb.value if step.verb else "", f"{index}-when": step.when.value}
        data |= {f"{index}-after": step.after.value} | ({f"{index}-worktime": "on"} if step.worktime else {})
    return data | changes


def test_the_case_says_what_to_do_until_when_and_its_button_opens_the_form(seller: User, case: Case) -> None:
    response = browser_of(seller).get(reverse("case", args=[case.pk]))
    page, html = text(response), response.content.decode()
    assert "Tell the buyer by " in page
    assert "0 of 6 done" in page
    assert f'id="next-step" href="/cases/{case.pk}/?do=contact#do-contact" data-open="do-contact"' in html
    opened = browser_of(seller).get(f"/cases/{case.pk}/?do=contact").content.decode()
    assert re.search(r'id="do-contact"\s+open', opened)


def test_a_step_is_ticked_skipped_and_taken_back_on_the_page(seller: User, case: Case) -> None:
    browser = browser_of(seller)
    assert browser.post(step_url(case, "tell_buyer"), {"do": "tick"}).status_code == 303
    assert browser.post(step_url(case, "urge"), {"do": "skip", "reason": "网点已揽"}).status_code == 303
    page = text(browser.get(reverse("case", args=[case.pk])))
    assert "2 of 6 done" in page
    assert "skipped · chenmo · 网点已揽" in page
    assert "ticked the step “Tell the buyer”" in page
    browser.post(step_url(case, "urge"), {"do": "undo"})
    assert "1 of 6 done" in text(browser.get(reverse("case", args=[case.pk])))


def test_skipping_without_a_reason_is_refused_at_the_step(seller: User, case: Case) -> None:
    response = browser_of(seller).post(step_url(case, "urge"), {"do": "skip"})
    assert response.status_code == 422
    assert "Say why it is not needed." in text(response)
    assert not CaseStep.objects.exists()


def test_what_cannot_be_ticked_is_told_and_what_is_no_way_is_not_found(seller: User, case: Case) -> None:
    browser = browser_of(seller)
    assert browser.post(step_url(case, "nonsense"), {"do": "tick"}).status_code == 409
    assert browser.post(step_url(case, "urge"), {"do": "fly"}).status_code == 404
    assert browser.get(step_url(case, "urge")).status_code == 405


def test_a_step_without_an_act_is_done_by_the_button_of_the_headline(seller: User, shop: Shop, now: datetime) -> None:
    case = late_dispatch(shop, now)
    html = browser_of(seller).get(reverse("case", args=[case.pk])).content.decode()
    assert "Done: Check the stock" in html


def test_every_kind_is_listed_with_its_steps_and_what_was_changed(admin: User, seller: User, now: datetime) -> None:
    own.save(member_of(admin), KIND, SHIPPED[KIND].steps[1:], 0, now)
    page = text(browser_of(seller).get(reverse("playbooks")))
    assert all(str(kind.label) in page for kind in Kind)
    assert "1 change by us" in page
    assert page.count("As shipped") == len(Kind) - 1


def test_sellers_read_a_playbook_and_only_admins_change_it(seller: User, admin: User) -> None:
    url = reverse("playbook", args=["damage"])
    read = browser_of(seller).get(url)
    assert "Ask for pictures within 2 h of opening · Contact the buyer" in text(read)
    assert 'name="do"' not in read.content.decode().split("<main")[1]
    assert browser_of(seller).post(url, {"do": "save"}).status_code == 403
    assert 'name="do" value="save"' in browser_of(admin).get(url).content.decode()
    assert browser_of(admin).get(reverse("playbook", args=["nonsense"])).status_code == 404


def test_who_reads_chinese_reads_no_english(seller: User) -> None:
    User.objects.update(language="zh-hans", last_name="陈", first_name="默")
    browser = browser_of(seller)
    assert english(browser.get(reverse("playbooks")).content.decode()) == []
    for kind in Kind:
        page = browser.get(reverse("playbook", args=[kind.value])).content.decode()
        # Titles of sources are as their pages have them.
        assert english(page.split("来源")[0]) == []


def test_steps_are_moved_removed_and_added_before_anything_is_saved(admin: User, case: Case) -> None:
    browser, url = browser_of(admin), reverse("playbook", args=[KIND.value])
    moved = browser.post(url, posted() | {"do": "down:0"}, headers=HTMX).content.decode()
    codes = re.findall(r'name="\d+-code" value="([^"]+)"', moved)
    assert codes[:2] == ["urge", "tell_buyer"]
    assert "Moved" in moved and "Not saved yet" in moved and "1 open case follows it at once" in moved
    dropped = browser.post(url, posted() | {"do": "drop:1"}, headers=HTMX).content.decode()
    assert 'value="urge"' not in dropped.split("Difference")[0].replace('option value="urge"', "")
    added = browser.post(url, posted() | {"do": "add"}, headers=HTMX).content.decode()
    codes = re.findall(r'name="\d+-code" value="([^"]+)"', added)
    assert (codes[-2][:4], codes[-1]) == ("own-", "close"), "before the step that closes the case"
    assert not Playbook.objects.exists()


def test_a_changed_playbook_is_saved_and_set_back(admin: User) -> None:
    browser, url = browser_of(admin), reverse("playbook", args=[KIND.value])
    response = browser.post(url, posted(**{"0-name_en": "Ring the buyer", "0-worktime": "on", "do": "save"}))
    assert response.status_code == 303
    page = text(browser.get(url))
    assert "Tell the buyer Ring the buyer" in page
    assert "within 2 h of opening within 2 working h of opening" in page
    assert Playbook.objects.get().changed_by == admin
    assert browser.post(url, posted(base=1) | {"do": "reset"}).status_code == 303
    assert not Playbook.objects.exists()
    assert "None: these are the steps shipped." in text(browser.get(url))


def test_a_name_in_one_language_stands_for_the_other(admin: User, shop: Shop) -> None:
    browser, url = browser_of(admin), reverse("playbook", args=[KIND.value])
    browser.post(url, posted(**{"0-name_zh": "问仓库", "0-name_en": "", "do": "save"}))
    step = own.of_merchant(shop.merchant.pk)[KIND].steps[0]
    assert (step.name_zh, step.name_en) == ("问仓库", "问仓库")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"0-name_zh": "", "0-name_en": ""}, "Give the step a name."),
        ({"0-hours": "900"}, "Ensure this value is less than or equal to 720."),
        ({"0-after": "limit", "0-worktime": "on"}, "Before the limit every hour counts"),
        ({"1-code": "tell_buyer"}, "Two steps have the code tell_buyer."),
        ({"steps": "0"}, "A playbook has 1 to 20 steps."),
    ],
)
def test_a_playbook_that_cannot_be_is_refused_where_it_is_wrong(admin: User, changes: dict, sentence: str) -> None:
    response = browser_of(admin).post(reverse("playbook", args=[KIND.value]), posted(**changes, do="save"))
    assert response.status_code == 422
    assert sentence in text(response)
    assert not Playbook.objects.exists()


def test_saving_over_somebody_elses_change_is_refused(admin: User, now: datetime) -> None:
    own.save(member_of(admin), KIND, SHIPPED[KIND].steps[1:], 0, now)
    response = browser_of(admin).post(reverse("playbook", args=[KIND.value]), posted(do="save"))
    assert response.status_code == 409
    assert "Somebody else has changed this playbook meanwhile." in text(response)


def test_playbooks_over_rest_are_read_changed_and_set_back(admin: User) -> None:
    browser, url = browser_of(admin), reverse("api-playbook", args=[KIND.value])
    assert len(browser.get(reverse("api-playbooks")).json()) == len(Kind)
    body = browser.get(url).json()
    assert (body["number"], body["steps"][0]["verb"]) == (0, "contact")
    body["steps"] = body["steps"][::-1]
    changed = browser.put(url, body, content_type="application/json")
    assert (changed.status_code, changed.json()["number"]) == (200, 1)
    assert [step["code"] for step in browser.get(url).json()["steps"]] == [s["code"] for s in body["steps"]]
    assert browser.put(url, body, content_type="application/json").status_code == 409
    wrong = body | {"number": 1, "steps": [body["steps"][0], body["steps"][0]]}
    refused = browser.put(url, wrong, content_type="application/json")
    assert (refused.status_code, list(refused.json())) == (400, ["steps.1.code"])
    assert browser.delete(f"{url}?number=1").json()["number"] == 0
    assert browser.delete(url).status_code == 400


def test_steps_of_a_case_over_rest(seller: User, case: Case) -> None:
    browser = browser_of(seller)
    told = browser.get(reverse("api-case-steps", args=[case.pk])).json()
    assert (told["round"], told["next"], told["done"]) == (0, "tell_buyer", [])
    url = reverse("api-case-step", args=[case.pk, "tell_buyer"])
    assert browser.post(url, {"do": "skip"}, content_type="application/json").status_code == 400
    told = browser.post(url, {"do": "skip", "reason": "twice"}, content_type="application/json").json()
    assert (told["next"], told["done"][0]["skipped"], told["done"][0]["by"]) == ("urge", True, "chenmo")
    assert browser.post(url, {"do": "undo"}, content_type="application/json").json()["next"] == "tell_buyer"
    assert browser.post(url, {"do": "undo"}, content_type="application/json").status_code == 409
