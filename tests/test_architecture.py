"""The layout is a rule, not a wish (docs/architecture.md): who may import whom, what stays pure, how long a module may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("merchants", "orders", "shipments", "exceptions", "insights", "shipops")
LONGEST = 400

# App → the apps it may import. shipops.kit is the floor everybody may stand on; shipops itself wires them all.
ARROWS: dict[str, set[str]] = {
    "shipops.kit": set(),
    "merchants": {"shipops.kit"},
    "orders": {"shipops.kit", "merchants"},
    "shipments": {"shipops.kit", "merchants", "orders"},
    "exceptions": {"shipops.kit", "merchants", "orders", "shipments"},
    "insights": {"shipops.kit", "merchants", "orders", "shipments", "exceptions"},
    "shipops": {"shipops.kit", "merchants", "orders", "shipments", "exceptions", "insights"},
    "simulator": set(),
}

# Modules that decide without asking a clock, a database or the network.
PURE = (
    "orders/asked.py",
    "orders/drafts.py",
    "orders/sources/*.py",
    "shipments/status.py",
    "shipments/cadence.py",
    "shipments/answers.py",
    "shipments/bodies.py",
    "shipments/texts.py",
    "shipments/wording/*.py",
    "shipments/accuracy.py",
    "shipments/phrases.py",
    "shipments/reading.py",
    "shipments/plausible.py",
    "shipments/_provinces.py",
    "shipments/moments.py",
    "shipments/places.py",
    "shipments/sites.py",
    "shipments/carriers/*.py",
    "exceptions/deadlines/blindness.py",
    "exceptions/deadlines/comparing.py",
    "exceptions/deadlines/checks.py",
    "exceptions/deadlines/errors.py",
    "exceptions/deadlines/facts.py",
    "exceptions/deadlines/clocks.py",
    "exceptions/deadlines/kinds.py",
    "exceptions/deadlines/lengths.py",
    "exceptions/deadlines/moments.py",
    "exceptions/deadlines/penalties.py",
    "exceptions/deadlines/policy.py",
    "exceptions/deadlines/rulebook.py",
    "exceptions/deadlines/shoplimits.py",
    "exceptions/deadlines/rules.py",
    "exceptions/deadlines/sources.py",
    "exceptions/deadlines/terms.py",
    "exceptions/deadlines/troubles.py",
    "exceptions/deadlines/workdays.py",
    "exceptions/deadlines/worktime.py",
    "exceptions/explaining.py",
    "exceptions/desk/acts.py",
    "exceptions/desk/advice.py",
    "exceptions/desk/deciding.py",
    "exceptions/desk/holding.py",
    "exceptions/desk/kind_words.py",
    "exceptions/desk/risk.py",
    "exceptions/desk/saying.py",
    "exceptions/desk/sharing.py",
    "exceptions/desk/verbs.py",
    "exceptions/desk/workflow.py",
    "exceptions/headlines.py",
    "exceptions/incidents/grouping.py",
    "exceptions/incidents/whereabouts.py",
    "exceptions/playbooks/shipped.py",
    "exceptions/playbooks/steps.py",
    "exceptions/support/summary.py",
    "exceptions/together/mentions.py",
    "exceptions/together/pictures.py",
    "exceptions/together/words.py",
    "exceptions/pasting.py",
)
IMPURE = ("django.db", "django.conf", "django.http", "django.core", "httpx", "requests", "socket", "celery", "redis")
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}

# Edges may call services; nothing but edges, urls and the Celery app may call edges.
EDGES = {"views", "forms", "urls", "api", "tasks", "admin", "commands"}
JUNK_DRAWERS = {"utils", "util", "core", "common", "helpers", "misc"}


def modules(*folders: str) -> list[Path]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in paths if "migrations" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything the module imports, function-level imports included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the arrow"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def app_of(dotted: str) -> str:
    return "shipops.kit" if dotted.startswith("shipops.kit") else dotted.split(".")[0]


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", modules(*APPS, "simulator"), ids=dotted)
def test_imports_follow_the_arrows(path: Path) -> None:
    here = app_of(dotted(path))
    ours = {app_of(name) for name in imports(path)} & set(ARROWS)
    assert ours - {here} <= ARROWS[here]


def test_every_folder_of_ours_has_its_arrows() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert folders == {app.split(".")[0] for app in ARROWS}


@pytest.mark.parametrize("path", [p for pattern in PURE for p in sorted(ROOT.glob(pattern))], ids=dotted)
def test_pure_modules_ask_no_clock_no_database_and_no_network(path: Path) -> None:
    assert [name for name in imports(path) if name.startswith(IMPURE)] == []
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    asked = [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]
    assert asked == []


@pytest.mark.parametrize("path", modules(*APPS), ids=dotted)
def test_only_edges_call_edges(path: Path) -> None:
    parts = dotted(path).split(".")
    if EDGES & set(parts) or dotted(path) in {"shipops.celery", "shipops.urls"}:
        return
    called = [name for name in imports(path) if app_of(name) in ARROWS and EDGES & set(name.split(".")[1:])]
    assert called == []


@pytest.mark.parametrize("path", modules(*APPS, "simulator", "tests", "benchmarks"), ids=dotted)
def test_modules_stay_short_and_have_names_that_say_what_they_do(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST
    assert path.stem not in JUNK_DRAWERS
