"""Log-in, language, theme, merchant switch, profile."""

import pytest
from django.test import Client
from django.urls import reverse

from merchants.models import Membership, Role, User

PASSWORD = "correct horse battery"


@pytest.fixture
def browser(seller: User) -> Client:
    client = Client()
    client.force_login(seller)
    return client


def test_a_person_logs_in_and_lands_on_the_start_page(seller: User) -> None:
    client = Client()
    assert client.get("/").headers["Location"] == "/login/?next=/"
    response = client.post("/login/", {"username": "chenmo", "password": PASSWORD, "next": "/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_a_wrong_password_is_said_and_logs_nobody_in(seller: User) -> None:
    client = Client()
    response = client.post("/login/", {"username": "chenmo", "password": "wrong"})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert client.get("/").status_code == 302


def test_the_language_before_the_log_in_is_kept_in_a_cookie(db: None) -> None:
    client = Client()
    response = client.post(reverse("language"), {"language": "en", "next": "/login/"})
    assert response.headers["Location"] == "/login/"
    assert '<html lang="en"' in client.get("/login/").content.decode()


def test_the_language_of_a_person_is_kept_with_the_person(browser: Client, seller: User) -> None:
    browser.post(reverse("language"), {"language": "zh-hans"})
    seller.refresh_from_db()
    assert seller.language == "zh-hans"
    assert '<html lang="zh-Hans"' in browser.get("/").content.decode()


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_the_language_form_never_leads_to_another_site(browser: Client, target: str) -> None:
    response = browser.post(reverse("language"), {"language": "en", "next": target})
    assert response.headers["Location"] == "/"


def test_an_unknown_language_changes_nothing(browser: Client, seller: User) -> None:
    assert browser.post(reverse("language"), {"language": "tlh"}).status_code == 404
    seller.refresh_from_db()
    assert seller.language == "en"


def test_the_theme_is_kept_with_the_person_and_shown(browser: Client, seller: User) -> None:
    browser.post(reverse("theme"), {"theme": "dark"})
    assert '<html lang="en" data-theme="dark">' in browser.get("/").content.decode()
    assert browser.post(reverse("theme"), {"theme": "pink"}).status_code == 404
    seller.refresh_from_db()
    assert seller.theme == "dark"


def test_a_person_of_two_merchants_switches_between_them(browser: Client, seller: User, stranger_shop) -> None:
    Membership.objects.create(user=seller, merchant=stranger_shop.merchant, role=Role.SUPPORT)
    response = browser.post(reverse("merchant"), {"merchant": stranger_shop.merchant.pk}, follow=True)
    assert response.context["frame"].member.merchant == stranger_shop.merchant
    assert response.context["frame"].member.role == Role.SUPPORT


@pytest.mark.parametrize("asked", ["", "x", "999999", "-1"])
def test_nobody_switches_to_a_merchant_they_do_not_work_for(browser: Client, stranger_shop, asked: str) -> None:
    assert browser.post(reverse("merchant"), {"merchant": asked}).status_code == 404
    assert browser.post(reverse("merchant"), {"merchant": stranger_shop.merchant.pk}).status_code == 404
    assert browser.get("/").context["frame"].member.merchant.code == "miantian"


def test_the_profile_changes_what_it_names_and_nothing_else(browser: Client, seller: User) -> None:
    form = {"last_name": "陈", "first_name": "默", "language": "zh-hans", "theme": "light", "is_superuser": "1"}
    assert browser.post(reverse("profile"), form).headers["Location"] == "/profile/"
    seller.refresh_from_db()
    assert (seller.display_name, seller.language, seller.theme, seller.shortcuts) == ("陈默", "zh-hans", "light", False)
    assert not seller.is_superuser


def test_a_bad_profile_is_told_at_its_field_and_stores_nothing(browser: Client, seller: User) -> None:
    response = browser.post(reverse("profile"), {"last_name": "陈", "theme": "pink"})
    assert response.status_code == 422
    assert 'class="errors"' in response.content.decode()
    seller.refresh_from_db()
    assert seller.last_name == ""


@pytest.mark.parametrize(
    ("target", "location"), [("nowhere", "nowhere"), ("case", "case"), ("/desk/?q=1", "/desk/?q=1")]
)
def test_where_to_go_next_is_an_address_and_never_the_name_of_a_page(
    browser: Client, target: str, location: str
) -> None:
    response = browser.post(reverse("language"), {"language": "en", "next": target})
    assert (response.status_code, response.headers["Location"]) == (302, location)


@pytest.mark.parametrize("number", ["9" * 40, "9" * 5000, "²"])
def test_a_merchant_no_number_can_name_does_not_exist(browser: Client, number: str) -> None:
    assert browser.post(reverse("merchant"), {"merchant": number}).status_code == 404
