"""What the browser is given: pinned third-party files, one style sheet, no inline code."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
CSS_BUDGET = 30 * 1024


@pytest.mark.parametrize("entry", MANIFEST, ids=[entry["name"] for entry in MANIFEST])
def test_a_vendored_file_is_the_one_that_was_read(entry: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (VENDOR / entry["licence_file"]).stat().st_size > 100


def test_no_vendored_file_is_outside_the_manifest() -> None:
    known = {entry["file"] for entry in MANIFEST} | {entry["licence_file"] for entry in MANIFEST} | {"manifest.json"}
    assert {path.name for path in VENDOR.iterdir()} == known


def test_the_style_sheet_stays_small() -> None:
    assert (ROOT / "static" / "app.css").stat().st_size <= CSS_BUDGET


def test_no_template_has_inline_style_or_script() -> None:
    inline = re.compile(r"\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|hx-on", re.IGNORECASE)
    guilty = [
        str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html") if inline.search(path.read_text())
    ]
    assert guilty == []
