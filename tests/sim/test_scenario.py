"""A scenario that cannot be used is refused with the key at fault and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.reading import ScenarioError
from sim.scenario import load, read

GOOD = """
title = "Title"
because = "Because"
lasts_s = 60
[[people]]
kind = "visitor"
name = "ada"
"""

FAN = GOOD.replace("visitor", "fan")
JUDGE = GOOD.replace("visitor", "operator") + "account = true\n"


def complaint(text: str) -> str:
    """Return why a scenario is refused."""
    with pytest.raises(ScenarioError) as refused:
        read(text, path="story.toml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("", "story.toml: title: missing"),
        (f"{GOOD}walks = 1", "people[0].walks: unknown key; did you mean walks_mm?"),
        (f"{GOOD}arrives_s = -1", "people[0].arrives_s: expected seconds, 0 or more; got -1"),
        (f"{GOOD}arrives_s = nan", "expected seconds"),
        (f"{GOOD}arrives_s = 20", "ada arrives in the quiet at the end"),
        (f"{GOOD}walks_mm = [[0.5, 1]]", "a list of [x, z] in whole millimetres"),
        (f"{GOOD}space = 'lobby'", "type:id:subspace"),
        (f"{GOOD}count = true", "people[0].count: expected a whole number from 1 to 10000"),
        (f"{GOOD}says = [{{ at_s = 1 }}]", "people[0].says[0].text: missing"),
        (f"{GOOD}[[people]]\nkind='visitor'\nname='ada'", "two are called ada"),
        (
            f"{GOOD}[[people]]\nkind='robot'\nname='bob'",
            "expected one of visitor, fan, creator, caller, operator; got 'robot'",
        ),
        (f"{GOOD}[[people]]\nkind='visitor'\nname='no spaces'", "letters, digits and dashes"),
        (f"{GOOD}[network]\nloss = 1.5", "network.loss: expected a number from 0 to 1; got 1.5"),
        (f"{GOOD}[network]\nloss = 1", "at most 0.9"),
        (f"{GOOD}[network]\nlatency_ms = -3", "milliseconds"),
        (f"{GOOD}tokens = 5", "people[0].tokens: unknown key"),
        (f"{FAN}account = false", "people[0].account: expected true: only a proven account"),
        (f"{FAN}account = true\ntokens = -1", "people[0].tokens: expected a whole number"),
        (f"{FAN}account = true\ntips = [{{ at_s = 1 }}]", "people[0].tips[0].to: missing"),
        (f"{FAN}account = true\n[expect.at_end]\nwallets = {{ bob = 1 }}", "by names of"),
        (f"{FAN}account = true\ndisputes = []", "people[0].disputes: unknown key"),
        (f"{JUDGE}disputes = [{{ at_s = 1, of = 'cake' }}]", "of: expected one of tip, seat,"),
        (
            f"{JUDGE}disputes = [{{ at_s = 1, of = 'tip', by = 'ada', payee = 'bob' }}]",
            "disputes: ada names bob, who is nobody here",
        ),
        (f"{FAN}account = true\nlooks_s = ['soon']", "looks_s: expected a list of seconds"),
        (f"{GOOD}[money.policies.tip]\nrelease = '5s'", "money: expected what PRESENCE_MONEY_"),
        (f"{GOOD}[[faults]]\nkind = 'flood'", "faults[0].kind: expected one of crash,"),
        (
            f"{GOOD}[[faults]]\nkind = 'crash'\nactor = 'cook'",
            "session, directory, ledger, wallet, stream, channel, booth, call, calls, user",
        ),
        (f"{GOOD}[[faults]]\nkind = 'crash'\nactor = 'space'", "expected a chance, or at_s"),
        (f"{GOOD}[[faults]]\nkind = 'reset'", "expected either at_s or every_s"),
        (f"{GOOD}[[faults]]\nkind = 'reset'\nat_s = [5, 2]", "the earlier time first"),
        (f"{GOOD}[[faults]]\nkind = 'reset'\nat_s = 5\nwho = ['bob']", "names of [[people]]"),
        (f"{GOOD}[[faults]]\nkind = 'reset'\nat_s = 5\nlasts_s = 5", "unknown key"),
        (f"{GOOD}[expect.at_end]\npresent = ['bob']", "a list of names of [[people]]"),
        (f"{GOOD}[expect.at_end]\nmet = [['ada']]", "a list of pairs"),
        (
            f"{GOOD}does = [{{ at_s = 1, event = 'dance' }}]",
            "people[0].does[0].event: expected one",
        ),
        (
            f"{GOOD}does = [{{ at_s = 1, event = 'audio-mode', with = {{ reason = 5 }} }}]",
            "people[0].does[0].with: expected what audio-mode takes: reason: expected text",
        ),
        (f"{GOOD}passes_to = 'bob'", "ada passes_to 'bob'; expected a name with account"),
        (f"{GOOD}[standings]\nada = ['admin']", "standings.ada: expected the name of somebody"),
        (f"{GOOD}account = true\n[standings]\nada = 'admin'", "standings.ada: expected a list of"),
        (f"{GOOD}[expect.at_end]\naudio_mode = 'loud'", "one of announcement, stage, ambient"),
        (f"{GOOD}[expect.at_end]\nheld = 'ada'", "expect.at_end.held: expected a list of texts"),
        ("title = ", "story.toml: not TOML"),
        (GOOD.replace("60", "40"), "lasts_s: expected more than the 50 s of quiet_s"),
        (GOOD.partition("[[people]]")[0], "at least one [[people]] or [[payers]] table"),
        (f"{GOOD}[[payers]]\nname='a-b'\ncount=2", "payers[0].name: expected letters and digits"),
        (f"{GOOD}[[payers]]\nname='fan'", "payers[0].count: expected at least two payers"),
        (f"{GOOD}[[payers]]\nname='fan'\ncount=2\nfunds=0", "payers[0].funds: expected a whole"),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_was_expected(change: str, expected: str) -> None:
    """An operator writes these by hand, so every mistake must be found by reading one line."""
    assert expected in complaint(change)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The file's name is in the message."""
    with pytest.raises(ScenarioError, match=r"nowhere\.toml: cannot be read"):
        load(tmp_path / "nowhere.toml")


def test_standings_hold_in_every_space_of_the_scenario() -> None:
    """Permissions, a subscription and tickets by their words."""
    text = f"""{GOOD}account = true
moves = [{{ at_s = 5, space = "post:host/harbour:main" }}]
[standings]
ada = ["admin", "subscriber", "premium"]"""
    rows = read(text, path="story.toml").standing_rows()

    assert set(rows) == {("global", "lobby", "ada"), ("post", "host/harbour", "ada")}
    (row,) = set(rows.values())
    assert (row.permissions, row.subscriber, row.tickets) == (("admin",), True, ("premium",))


def test_a_crowd_gets_names_and_arrives_one_after_another() -> None:
    """`count` makes many of one description."""
    scenario = read(f"{GOOD}count = 3\narrives_s = 2\napart_s = 0.5", path="story.toml")

    assert [part.name for part in scenario.people] == ["ada-1", "ada-2", "ada-3"]
    assert [part.arrives_us for part in scenario.people] == [2_000_000, 2_500_000, 3_000_000]
