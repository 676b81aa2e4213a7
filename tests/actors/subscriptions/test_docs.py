"""The figures of docs/rules/subscriptions.md are those of the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from actors.money.policy import DEFAULT_POLICIES, read_policies
from sim.subscription_store import TIERS

PAGE = (Path(__file__).parents[3] / "docs" / "rules" / "subscriptions.md").read_text()


def test_the_documented_configuration_is_the_default() -> None:
    """The TOML on the page, read as the server reads it."""
    block = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None

    assert read_policies(tomllib.loads(block[1])) == DEFAULT_POLICIES


def test_the_documented_tiers_are_those_that_are_there() -> None:
    """Each row of the table: HIVE, and the half of it in HBD and dollars."""
    rows = re.findall(
        r"^\| (basic|premium|pro) \| (\d+) / (\d+) \| ([\d.]+) / (\d+) \| (\d+) \| ",
        PAGE,
        re.MULTILINE,
    )
    tiers = {tier.code: tier for tier in TIERS}
    assert len(rows) == 3
    for code, *figures, attendees in rows:
        tier = tiers[code]
        month, year, half_month, half_year = (int(float(one) * 1000) for one in figures)
        assert (month, half_month, half_month // 10) == tier.monthly
        assert (year, half_year, half_year // 10) == tier.yearly
        assert int(attendees) == tier.event_attendees
