"""The simulator's console in a browser: the world is watched, bent and broken, on a telephone as on a desk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.simulator.conftest import Client, Serve, serve

__all__ = ["serve"]


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve("--orders", "400")


@pytest.fixture
def console(chromium: Browser, client: Client, complaints: list[str]) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(10_000)

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://127.0.0.1:{client.port}/")
    expect(page.locator("#parcels li").first).to_be_visible()
    yield page
    context.close()


def test_time_moves_and_parcels_are_found_lost_and_called_back(
    console: Page, client: Client, complaints: list[str]
) -> None:
    expect(console.locator("#now")).to_have_text("2026-11-22 12:00:00")
    console.get_by_role("button", name="+1 h").click()
    expect(console.locator("#now")).to_have_text("2026-11-22 13:00:00")
    parcel = next(
        one
        for one in client.parcels("normal", "yunda")
        if one["ended_at"] and one["ended_at"] > "2026-11-23"
        and client.get(f"/control/parcels/{one['waybill']}")["scans"][0]["known"]
    )  # fmt: skip
    console.fill("#search", parcel["waybill"])
    expect(console.locator("#parcels li")).to_have_count(1)
    console.locator("#parcels button").click()
    expect(console.locator("#parcel-h")).to_contain_text(f"{parcel['waybill']} · normal")
    expect(console.locator("#scans .future").first).to_be_visible()
    console.get_by_role("button", name="Call it back").click()
    expect(console.locator("#parcel-h")).to_contain_text("called back")
    console.get_by_role("button", name="Lose it").click()
    expect(console.locator("#parcel-h")).to_contain_text("lost")
    expect(console.locator("#scans .future")).to_have_count(0)
    assert client.get(f"/control/parcels/{parcel['waybill']}")["scenario"] == "lost"
    assert complaints == []


def test_a_provider_is_taken_down_and_a_fault_is_switched_for_it_alone(
    console: Page, client: Client, complaints: list[str]
) -> None:
    row = console.locator("#providers tr", has_text="SF Express")
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_have_text("Bring back")
    assert client.get("/control/faults")["sf.outage"] == 1.0
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_have_text("Take down")
    console.select_option("#scope", "kuaidi100")
    console.locator("#fault-throttle").fill("0.5")
    console.locator("#fault-throttle").dispatch_event("change")
    expect(console.locator("[data-fault=throttle]")).to_have_class("fault on")
    faults = client.get("/control/faults")
    assert (faults["throttle"], faults["kuaidi100.throttle"]) == (0.0, 0.5)
    console.get_by_role("button", name="Switch all of these off").click()
    expect(console.locator("[data-fault=throttle]")).to_have_class("fault inherited")
    assert "kuaidi100.throttle" not in client.get("/control/faults")
    assert complaints == []


def test_a_hub_is_slowed_and_a_refused_wish_is_told(console: Page, client: Client) -> None:
    console.select_option("#city", "南通市")
    console.get_by_role("button", name="Stand still").click()
    expect(console.locator("#still")).to_contain_text("南通市 stands still until 2026-11-23 12:00:00")
    expect(console.locator("#still")).to_contain_text("parcels wait in 南通市")
    console.fill("#address", "ftp://nowhere")
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_role("alert")).to_contain_text("no address to push to")


def test_the_page_speaks_chinese_and_fits_a_telephone_in_both_languages(console: Page, complaints: list[str]) -> None:
    wide = "document.documentElement.scrollWidth"
    assert console.evaluate(wide) == 390
    console.get_by_role("button", name="中文").click()
    expect(console.locator("h1")).to_have_text("物流模拟器")
    expect(console.locator("#providers-h")).to_have_text("物流接口")
    assert console.evaluate("document.documentElement.lang") == "zh-CN"
    assert console.evaluate(wide) == 390
    console.reload()
    expect(console.locator("h1")).to_have_text("物流模拟器")
    assert complaints == []
