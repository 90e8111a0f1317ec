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


CSS = (ROOT / "static" / "app.css").read_text()
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
}
ON_PAPER = ("ground", "surface", "raised", "accent-soft")
TEXT_ON = [
    *((ink, paper) for ink in ("ink", "ink-2", "ink-3", "accent", "soon", "broken", "kept") for paper in ON_PAPER),
    *((tone, f"{tone}-soft") for tone in ("soon", "broken", "grave", "kept")),
    *(("ink-2", "calm-soft"), ("ink-3", "calm-soft"), ("ink-3", "sunken"), ("accent-ink", "accent")),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("ink", "paper"), TEXT_ON, ids=[f"{ink} on {paper}" for ink, paper in TEXT_ON])
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_in_both_themes(ink: str, paper: str, theme: int) -> None:
    low, high = sorted((luminance(TOKENS[ink][theme]), luminance(TOKENS[paper][theme])))
    assert (high + 0.05) / (low + 0.05) >= 4.5
