"""The table of invariants is true: what it names is there, and says which invariant it proves."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sim.checkers import ALL

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "rules" / "invariants.md"
SPAN = re.compile(r"I(\d+) to I(\d+)")
"""`I35 to I42` in a docstring names all of them."""

PROMISED = {*range(1, 19), 33, *range(35, 45), 47, 48, 49, 50, 51}


def rows() -> dict[int, list[list[str]]]:
    """Return the names in each column, by invariant."""
    cells = [line.split("|")[1:-1] for line in TABLE.read_text("utf-8").splitlines()]
    return {
        int(row[0].strip().removeprefix("I")): [re.findall(r"`(\w+)`", cell) for cell in row[2:]]
        for row in cells
        if re.fullmatch(r" I\d+ ", row[0] if row else "")
    }


def docstrings() -> dict[str, str]:
    """Return the docstrings of all test functions of a name, joined."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[node.name] = f"{found.get(node.name, '')} {ast.get_docstring(node) or ''}"
    return found


def named(text: str) -> set[int]:
    """Return the invariants that a docstring names."""
    spans = {n for a, b in SPAN.findall(text) for n in range(int(a), int(b) + 1)}
    return spans | {int(number) for number in re.findall(r"\bI(\d+)\b", text)}


def test_every_invariant_is_proved_three_times() -> None:
    """On the pure model, on Postgres, and after every step of a scenario."""
    table = rows()

    assert table.keys() == PROMISED
    assert all(names for columns in table.values() for names in columns)


def test_what_the_table_names_is_there() -> None:
    """A test or checker that is renamed is renamed there."""
    known, checkers = docstrings(), {checker.name for checker in ALL}

    for number, (pure, postgres, checked) in rows().items():
        assert {*pure, *postgres} <= known.keys(), number
        assert set(checked) <= checkers, number


def test_some_docstring_names_each_invariant() -> None:
    """Whoever looks for an invariant finds its tests by its number."""
    known = docstrings()

    for number, (pure, postgres, _checked) in rows().items():
        assert any(number in named(known[each]) for each in (*pure, *postgres)), number
