"""Whoever has tokens hears of each change of them: theirs alone, and after it is durable."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.actor import Ledger
from actors.ledger.messages import LEDGER, PostBatch
from actors.person import Person
from actors.wallet.actor import wallet_address
from engine.outcome import Ok
from tests.actors.money.fair import Fair, code

QUARTER_S = 0.25


class Purse(Fair):
    """Ann and Cleo have two sockets each; a guest looks on."""

    def __init__(self, *, reply_us: int = 0) -> None:
        super().__init__(reply_us=reply_us)
        self.enrol("cleo", "ann")
        self.ann = [self.connect(f"a{n}", Person(account="ann")) for n in (1, 2)]
        self.cleo = [self.connect(f"c{n}", Person(account="cleo")) for n in (1, 2)]
        self.guest = self.connect("g1")
        self.run(0.1)

    def told(self, who: str) -> list[int]:
        """What every socket of somebody was told, and the same to each."""
        clients = self.ann if who == "ann" else self.cleo
        first, second = ([one["balance"] for one in c.got("balance-changed")] for c in clients)
        assert first == second
        assert not self.guest.got("balance-changed")
        return first


def test_each_change_is_told_to_ones_own_sockets() -> None:
    """Bought, given, and got; to nobody else."""
    purse = Purse()
    purse.give("ann", 100)
    purse.run(1)
    purse.tip("ann", "cleo", 30)
    purse.run(1)

    assert purse.told("ann") == [100, 70]
    assert purse.told("cleo") == [30]


def test_many_changes_are_told_as_one() -> None:
    """The first at once, then what it came to, four times a second at most."""
    purse = Purse()
    purse.give("ann", 100)
    purse.run(1)
    for number in range(50):
        tip = purse.tip_of("cleo", 1)
        purse.core.ask(wallet_address("ann"), tip, lambda _outcome: None, timeout_us=10_000_000)
        purse.run(0.01 * (number % 3))
    purse.run(1)

    told = purse.told("cleo")
    assert told[0] == 1
    assert told[-1] == 50
    assert len(told) < 10


def test_nothing_is_told_that_is_not_durable() -> None:
    """While the store is away nobody hears of tokens; refused, there is nothing to hear."""
    purse = Purse()
    purse.give("ann", 100)
    purse.run(1)
    purse.fault = lambda request: "err" if isinstance(request, PostBatch) else None
    assert not isinstance(purse.tip("ann", "cleo", 30), Ok)
    purse.heal()
    assert code(purse.tip("ann", "cleo", 130)) == "insufficient_balance"
    purse.run(1)

    assert purse.told("cleo") == []
    assert purse.told("ann") == [100]


def test_a_ledger_that_fell_is_watched_again_and_an_absent_person_is_not() -> None:
    """Nobody has to reconnect; who has no socket is watched no longer."""
    purse = Purse()
    purse.give("ann", 100)
    purse.crash(LEDGER)
    purse.tip("ann", "cleo", 1)
    purse.run(1)
    purse.tip("ann", "cleo", 30)
    purse.run(1)
    assert purse.told("cleo")[-1] == 31

    for client in purse.ann:
        client.disconnect()
    purse.run(1)
    ledger = purse.core.cells[LEDGER].actor
    assert isinstance(ledger, Ledger)
    assert list(ledger.watched) == [("user:cleo:main", "TOK")]


@settings(max_examples=40, deadline=None)
@given(
    amounts=st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=20),
    waits=st.lists(st.sampled_from([0.0, 0.1, 0.4]), min_size=20, max_size=20),
    reply_us=st.sampled_from([0, 3_000]),
)
def test_what_was_told_last_is_what_one_has(
    amounts: list[tuple[bool, int]], waits: list[float], reply_us: int
) -> None:
    """Whatever happens in whatever rhythm: every figure was true, in order, the last one is now."""
    purse = Purse(reply_us=reply_us)
    for who in ("ann", "cleo"):
        purse.give(who, 100)
    had = {who: [100] for who in ("ann", "cleo")}
    for (back, amount), wait in zip(amounts, waits, strict=False):
        payer, payee = ("cleo", "ann") if back else ("ann", "cleo")
        if isinstance(purse.tip(payer, payee, amount), Ok):
            had[payer].append(had[payer][-1] - amount)
            had[payee].append(had[payee][-1] + amount)
        purse.run(wait)
    purse.run(2 * QUARTER_S)

    for who, balances in had.items():
        told = purse.told(who)
        assert told[-1] == balances[-1] == purse.tokens(who)
        left = iter(balances)
        assert all(figure in left for figure in told)
