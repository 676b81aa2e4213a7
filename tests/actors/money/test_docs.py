"""The figures of docs/rules/money.md are those of the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from actors.money.policy import DEFAULT_POLICIES, read_policies

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "money.md"


def test_the_documented_policies_are_the_defaults() -> None:
    """The TOML on the page, read as the server reads it."""
    block = re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block is not None

    assert read_policies(tomllib.loads(block[1])) == DEFAULT_POLICIES


def test_the_documented_shares_are_right() -> None:
    """Each row of the table of shares."""
    rows = re.findall(
        r"^\| (\d+) \| (space|event|tip) \| ([^|]*) \|$", PAGE.read_text(), re.MULTILINE
    )
    assert len(rows) == 3
    for amount, product, text in rows:
        shares = DEFAULT_POLICIES.products[product].split.shares(int(amount))
        figures = [int(figure) for figure in re.findall(r"\d+", text)]
        assert sorted(figures) == sorted(share.amount for share in shares)
