"""A real browser against a live server; skipped with a named reason where Chromium is not installed."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from merchants.models import User
from tests.e2e.chromium import FLAGS, executable

# Playwright's own event loop runs in this thread; the ORM is still used by one thread alone.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = executable()
    if path is None:
        pytest.skip("NO BROWSER: install Debian's chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained about; a page that is right leaves it empty."""
    return []


Opener = Callable[..., Page]


@pytest.fixture
def open_as(chromium: Browser, live_server, complaints: list[str]) -> Iterator[Opener]:
    """Log somebody in by the form and return their page."""
    contexts: list[BrowserContext] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def open_page(person: User | None, **options: object) -> Page:
        settings = {"viewport": {"width": 1440, "height": 900}, "locale": "en-US"} | options
        context = chromium.new_context(base_url=live_server.url, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if person is not None:
            page.goto("/login/")
            page.fill("[name=username]", person.username)
            page.fill("[name=password]", PASSWORD)
            page.click("form.form button")
            page.wait_for_url("**/")
        return page

    yield open_page
    for context in contexts:
        context.close()
