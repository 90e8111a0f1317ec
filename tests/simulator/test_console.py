"""The console's page is served beside the controls, to this machine alone, with a word for everything in two languages."""

import re
from pathlib import Path

import pytest

from simulator import console
from tests.simulator.conftest import Client

FOLDER = Path(console.__file__).parent
WORDS = (FOLDER / "words.js").read_text("utf-8")
KNOWN = set(re.findall(r'^  (\w+): \["[^"]+", "[^"]+"\],$', WORDS, re.MULTILINE))


def test_the_page_and_its_files_are_served_with_their_types(client: Client) -> None:
    assert client.raw("GET", "/")[1].startswith(b"<!doctype html>")
    for name in ("console.css", "console.js", "words.js", "wire.js", "faults.js", "parcels.js"):
        assert client.raw("GET", f"/console/{name}")[0] == 200
    answer = client.simulator.answer("GET", "/console/console.js", b"", loopback=True)
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert "default-src 'self'" in dict(answer.headers)["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/console/nothing.js", "/console/../server.py", "/console/__init__.py", "/console/"])
def test_nothing_else_of_the_folder_is_served(client: Client, path: str) -> None:
    assert client.simulator.answer("GET", path, b"", loopback=True).status == 404


def test_the_page_is_for_this_machine_and_for_no_other_site(client: Client) -> None:
    assert client.simulator.answer("GET", "/", b"", loopback=False).status == 403
    assert client.simulator.answer("GET", "/console/console.js", b"", loopback=False).status == 403
    ours, theirs = (
        {"host": "127.0.0.1:9100", "origin": "http://127.0.0.1:9100"},
        {
            "host": "127.0.0.1:9100",
            "origin": "http://somewhere.example",
        },
    )
    for headers, status in ((ours, 200), (theirs, 403), ({**theirs, "origin": "null"}, 403)):
        answer = client.simulator.answer("POST", "/control/faults", b"{}", loopback=True, headers=headers)
        assert answer.status == status


def test_every_word_the_page_asks_for_is_there_in_english_and_chinese(client: Client) -> None:
    asked = set(re.findall(r'data-(?:word|label|placeholder)="(\w+)"', (FOLDER / "index.html").read_text("utf-8")))
    for script in FOLDER.glob("*.js"):
        asked |= set(re.findall(r'\bword\("(\w+)"', script.read_text("utf-8")))
    choices = client.get("/control/choices")
    asked |= {*choices["rates"], *choices["seconds"], *choices["scenarios"], *choices["bends"], *choices["providers"]}
    assert len(KNOWN) > 60
    assert asked - KNOWN == set()


def test_the_page_holds_no_script_and_no_style_of_its_own() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*src=)|\son\w+=|<style|style=", page) == []


def test_parcels_are_found_by_a_part_of_their_number(client: Client) -> None:
    parcel = client.parcels("normal", "yunda")[3]
    for search in (parcel["waybill"], parcel["waybill"][4:], parcel["order"]):
        found = client.get(f"/control/parcels?scenario=&carrier=&search={search}&limit=5")
        assert parcel["waybill"] in {one["waybill"] for one in found["parcels"]}
    assert client.get("/control/parcels?search=ZZZ")["count"] == 0


def test_the_state_tells_what_each_provider_serves(client: Client) -> None:
    for _ in range(4):
        client.raw("POST", "/poll/query.do", "customer=x")
    told = client.get("/control/state")["providers"]
    assert (told["kuaidi100"]["served"], told["sf"]["served"]) == (4, 0)
    assert told["kuaidi100"]["per_second"] > 0 == told["sf"]["per_second"]
