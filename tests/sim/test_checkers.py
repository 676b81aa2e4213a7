"""Each invariant's checker looks at something, and reports the bug planted for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actors.space.messages import Leave
from sim.checkers import (
    ALL,
    Checker,
    audibility,
    booths,
    disputes,
    hall,
    hearing,
    people,
    premium,
)
from sim.checkers.calls import CallChecker
from sim.checkers.payouts import PayoutsArePaidOnce
from sim.checkers.subscriptions import SubscriptionChecker
from sim.checkers.webhooks import EffectsAreTold
from tests.sim.call_bugs import CALL_BUGS
from tests.sim.hall_bugs import HALL_BUGS, LEDGER_OF_HEARING_BUGS, keeps_a_moment, never_cuts
from tests.sim.money_bugs import BOOTH_BUGS, DISPUTE_BUGS, MONEY_BUGS
from tests.sim.space_bugs import SPACE_BUGS
from tests.sim.stories import (
    BOOTH,
    CALL,
    DISPUTING,
    EARNING,
    HALL,
    MEETING,
    SUBSCRIBING,
    TELLING,
    Tamper,
    run,
    run_with_bug,
    story,
)
from tests.sim.tampering import reposted, twice, without_event
from tests.sim.webhook_bugs import MORE_WEBHOOK_BUGS, WEBHOOK_BUGS

TALES = (MEETING, HALL, SUBSCRIBING, BOOTH, EARNING, DISPUTING, TELLING)
BUGS: list[tuple[type[Checker], str, Tamper]] = [
    *SPACE_BUGS,
    *CALL_BUGS,
    (people.StoryEndsAsTold, "space", without_event("user-joined")),
    *HALL_BUGS,
    *MONEY_BUGS,
    *LEDGER_OF_HEARING_BUGS,
    *BOOTH_BUGS,
    *DISPUTE_BUGS,
    *WEBHOOK_BUGS,
]


@pytest.mark.parametrize(("checker", "kind", "tamper"), BUGS, ids=lambda x: getattr(x, "name", ""))
def test_a_planted_bug_is_reported(checker: type[Checker], kind: str, tamper: Tamper) -> None:
    """A checker that cannot fail checks nothing."""
    in_hall = checker.__module__ in {hall.__name__, hearing.__name__, audibility.__name__}
    tale = CALL if issubclass(checker, CallChecker) else HALL if in_hall else MEETING
    tale = SUBSCRIBING if issubclass(checker, SubscriptionChecker) else tale
    tale = EARNING if checker is PayoutsArePaidOnce else tale
    tale = BOOTH if checker.__module__ in {booths.__name__, premium.__name__} else tale
    tale = DISPUTING if checker.__module__ == disputes.__name__ else tale
    tale = TELLING if checker is EffectsAreTold else tale
    done = run_with_bug(story(tale), kind, tamper, [checker])

    assert done.violation is not None
    assert done.violation.checker == checker.name


@pytest.mark.parametrize("tamper", [keeps_a_moment, never_cuts], ids=lambda one: one.__name__)
def test_the_ledger_is_whole(tamper: Tamper) -> None:
    """To say little is no way of being true: what people were told must be in it."""
    done = run_with_bug(story(HALL), "space", tamper, [audibility.LedgerIsTrue])

    assert done.violation is not None
    assert done.violation.checker == "ledger_is_true"


@pytest.mark.parametrize(("kind", "tamper"), MORE_WEBHOOK_BUGS)
def test_every_promise_about_webhooks_can_be_broken(kind: str, tamper: Tamper) -> None:
    """Lost, told to others, wrongly signed, out of order, under another id: all of it is seen."""
    done = run_with_bug(story(TELLING), kind, tamper, [EffectsAreTold])

    assert done.violation is not None
    assert done.violation.checker == "effects_are_told"


def test_a_debt_that_takes_half_again_and_again_is_reported() -> None:
    """The second of two cash-outs counts what the first has counted."""
    forgetful = reposted(lambda one: replace(one, details={"counted": "0"}), "debt")
    done = run_with_bug(story(DISPUTING), "wallet", forgetful, [disputes.DebtsTakeHalf])

    assert done.violation is not None
    assert "cleo has paid 20 of 20 earned" in done.violation.text


def test_a_bug_is_planted_for_every_checker() -> None:
    """A new checker comes with the bug that it finds."""
    assert [checker for checker, _kind, _tamper in BUGS] == list(ALL)


def test_the_product_as_it_is_breaks_nothing_and_every_checker_looked() -> None:
    """The meeting that the planted bugs spoil is otherwise without fault, and seen by all."""
    runs = [run(story(tale)) for tale in TALES]

    assert [done.violation for done in runs] == [None] * len(TALES)
    assert all(max(done.checked[one.name] for done in runs) > 0 for one in ALL)


def test_a_violation_tells_when_where_and_what_came_before() -> None:
    """Whoever reads the report sees the failing actor's last deliveries."""
    done = run_with_bug(story(), "space", twice("user-left"), ALL)

    assert done.violation is not None
    assert done.violation.address == "space:global:lobby:main"
    assert isinstance(done.violation.trail[-1][1], Leave)
    assert done.violation.trail[-1][0] == done.violation.now_us
