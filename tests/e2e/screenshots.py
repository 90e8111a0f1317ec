"""Every page × 1440/390 px × light/dark × 中文/English from a running product, into ./screenshots.

python -m tests.e2e.screenshots [URL]     default: SHIPOPS_PUBLIC_URL; `make screenshots` runs it beside a fresh demo
"""

import os
import re
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.chromium import FLAGS, executable

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
PERSON = os.environ.get("SHIPOPS_USER", "linxiao")
PASSWORD = os.environ.get("SHIPOPS_PASSWORD", "shipops-demo")
WIDTHS = {1440: 900, 390: 844}
TALLEST = 4000
# A fresh demo needs a little to judge its first orders.
PATIENCE = 90

# Name of the picture → where it is, or the page and the link on it that leads there.
PAGES: dict[str, str | tuple[str, str]] = {
    "login": "/login/",
    "start": "/",
    "desk": "/desk/",
    "desk-snoozed": "/desk/?state=snoozed",
    "case-dispatch": ("/desk/?kind=late_dispatch", "tr[data-case] a.strong"),
    "case-pickup": ("/desk/?kind=late_pickup", "tr[data-case] a.strong"),
    "case-stall": ("/desk/?kind=transit_stall", "tr[data-case] a.strong"),
    "case-answer": ("/desk/?kind=answer_due", "tr[data-case] a.strong"),
    "case-interception": ("/desk/?kind=interception_due", "tr[data-case] a.strong"),
    "case-damage": ("/desk/?kind=damage", "tr[data-case] a.strong"),
    "command-log": "/desk/log/",
    "command": ("/desk/log/", "a[href^='/desk/log/']:not([href='/desk/log/'])"),
    "handover": "/desk/handover/",
    "notices": "/notices/",
    "kinds": "/desk/kinds/",
    "report-new": "/reports/new/",
    "report-paste": "/reports/paste/",
    "incidents": "/incidents/",
    "incident": ("/incidents/", "a[href^='/incidents/']:not([href$='/new/']):not([href='/incidents/'])"),
    "incident-new": "/incidents/new/",
    "support": "/support/",
    "support-order": ("/desk/?kind=late_pickup", "a[href^='/support/']:not([href='/support/'])"),
    "blind": "/desk/blind/",
    "exposure": "/exposure/",
    "orders": "/orders/",
    "order": ("/desk/?kind=late_pickup", "a[href^='/orders/']:not([href='/orders/'])"),
    "order-tickets": ("/desk/?kind=answer_due", "a[href^='/orders/']:not([href='/orders/'])"),
    "order-limits": ("/desk/?kind=late_pickup", "a[href$='/limits/']"),
    "waybill": ("/desk/?kind=transit_stall", "a[href^='/waybills/']"),
    "imports": "/imports/",
    "import-new": "/imports/new/",
    "profile": "/profile/",
    "wordings": "/wordings/?show=all",
    "wording": ("/wordings/?show=all", "tr[data-case] a.strong"),
    "rules": "/rules/",
    "rule": ("/rules/", "a[href^='/rules/'].strong"),
    "rule-change": "/rules/PDD-SHIP-48/change/",
    "rule-windows": "/rules/windows/",
    "rule-window-new": "/rules/windows/new/",
    "rule-waivers": "/rules/waivers/",
    "rule-hours": "/rules/hours/",
    "playbooks": "/rules/playbooks/",
    "playbook": "/rules/playbooks/late_pickup/",
    "rule-own": "/rules/own/new/",
    "rule-draft": "/rules/draft/",
    "rule-versions": "/rules/versions/",
    "backtests": "/rules/backtests/",
    "setup": "/setup/",
    "setup-desk": "/setup/desk/",
    "setup-person": ("/setup/desk/", "a[href^='/setup/desk/']:not([href='/setup/desk/'])"),
    "setup-incidents": "/setup/incidents/",
    "account-choose": "/setup/accounts/new/",
    "account-new": "/setup/accounts/new/kuaidi100/",
    "account": ("/setup/", "a[href^='/setup/accounts/']:not([href$='/new/'])"),
    "not-found": "/nowhere/",
}


def main(argv: list[str]) -> int:
    url = argv[0] if argv else os.environ.get("SHIPOPS_PUBLIC_URL", "http://127.0.0.1:8000")
    path = executable()
    if path is None:
        print("No Chromium here: install Debian's package `chromium`.", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        state = log_in(browser, url)
        page = browser.new_context(base_url=url, storage_state=state).new_page()
        await_cases(page)
        found = {name: locate(page, where) for name, where in PAGES.items()}
        missing = sorted(name for name, address in found.items() if address is None)
        for theme in ("light", "dark"):
            for language in ("zh-hans", "en"):
                for width, height in WIDTHS.items():
                    shot = {"viewport": {"width": width, "height": height}, "color_scheme": theme, "base_url": url}
                    context = browser.new_context(**shot, storage_state=state)
                    context.add_cookies([{"name": "django_language", "value": language, "url": url}])
                    anonymous = browser.new_context(**shot, locale="zh-CN" if language == "zh-hans" else "en-US")
                    for name, address in found.items():
                        if address is not None:
                            target = FOLDER / f"{name}-{width}-{theme}-{language}.png"
                            take(anonymous if name == "login" else context, address, width, height, target)
                    context.close()
                    anonymous.close()
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.name}/")
    if missing:
        print(f"nothing to show yet on: {', '.join(missing)}", file=sys.stderr)
    return 0


def log_in(browser: Browser, url: str) -> object:
    """Return the cookies of a logged-in browser."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", PERSON)
    page.fill("[name=password]", PASSWORD)
    page.click("form.form button")
    page.wait_for_url(re.compile(r"/$"))
    state = context.storage_state()
    context.close()
    return state


def await_cases(page: Page) -> None:
    """Wait until the desk has something of each kind the pictures need, or patience ends."""
    until = time.monotonic() + PATIENCE
    for kind in ("late_dispatch", "late_pickup", "transit_stall"):
        page.goto(f"/desk/?kind={kind}")
        while page.locator("tr[data-case]").count() == 0 and time.monotonic() < until:
            time.sleep(2)
            page.reload()


def locate(page: Page, where: str | tuple[str, str]) -> str | None:
    """The address of a page: itself, or behind the first matching link, looked for one case deep too."""
    if isinstance(where, str):
        return where
    start, selector = where
    page.goto(start)
    if not page.locator(f"main {selector}").count() and page.locator("tr[data-case] a.strong").count():
        page.goto(page.locator("tr[data-case] a.strong").first.get_attribute("href") or start)
    link = page.locator(f"main {selector}")
    return link.first.get_attribute("href") if link.count() else None


def take(context: BrowserContext, address: str, width: int, height: int, target: Path) -> None:
    """One picture as tall as the page: what is fixed to the window stands at its end."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(tall, height), TALLEST)})
    page.wait_for_timeout(100)
    page.screenshot(path=target)
    page.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
