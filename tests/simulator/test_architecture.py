"""The simulator stands alone: it imports the standard library only, and no module of the product imports it."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("shipops", "merchants", "orders", "shipments", "exceptions", "insights")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def test_the_simulator_imports_nothing_but_the_standard_library() -> None:
    modules = list((ROOT / "simulator").rglob("*.py"))
    foreign = {
        path.name: names for path in modules if (names := imported(path) - sys.stdlib_module_names - {"simulator"})
    }
    assert len(modules) > 15
    assert foreign == {}


def test_no_module_of_the_product_imports_the_simulator() -> None:
    users = [path for room in PRODUCT for path in (ROOT / room).rglob("*.py") if "simulator" in imported(path)]
    assert users == []


def test_no_module_of_the_simulator_is_longer_than_four_hundred_lines() -> None:
    lengths = {
        path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "simulator").rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}
