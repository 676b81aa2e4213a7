"""Payers: they send money to each other, insist on an answer, and remember what they were told.

A payer makes a command, keeps it and sends it until the ledger decides, as a careful caller does.
Now and then one repeats a command that is done, or uses its id for something else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from actors.ledger.accounts import user_main
from actors.ledger.messages import LEDGER, Post, Posted
from actors.ledger.transfer import Command, Flag, Transfer, derived_id
from actors.store import FENCED
from engine.actor import Actor, AskDone
from engine.cell import Birth, Kind, Lane
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok
from engine.refusal import Refused
from sim.reading import Table

PATIENCE_US = 8 * SECOND_US
TRY_AGAIN_US = SECOND_US // 3
HOLD_US = 4 * SECOND_US
ROOT = "3f2b7a52-6c1e-4e0c-9d39-6f8d3a0b1c55"
ASSETS = ("TOK", "USD")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerPart:
    """One `[[payers]]` table's payer; times are microseconds from the scenario's beginning.

    Attributes:
        name: unique in the scenario.
        others: whom they pay.
        funds: what they are given of each asset at the beginning, minor units.
        pays_every_us: about how far apart their payments are.
        amount_max: of one payment.
    """

    name: str
    others: tuple[str, ...]
    funds: int
    pays_every_us: int
    amount_max: int


def read_payers(tables: list[Table]) -> tuple[PayerPart, ...]:
    """Return the payers that `[[payers]]` tables describe.

    Raises:
        ScenarioError: names the key and what was expected.
    """
    payers: list[PayerPart] = []
    for table in tables:
        name = table.text("name")
        count = table.whole("count", 1, low=1, high=10_000)
        if not name.isascii() or not name.isalnum() or any(p.name == name for p in payers):
            table.wrong("name", "letters and digits that no other [[payers]] has", name)
        part = PayerPart(
            name=name,
            others=(),
            funds=table.whole("funds", 100, low=1, high=10**30),
            pays_every_us=table.seconds("pays_every_s", 1),
            amount_max=table.whole("amount_max", 40, low=1, high=10**30),
        )
        table.done()
        names = [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
        payers += [replace(part, name=each) for each in names]
    names = [part.name for part in payers]
    if len(names) == 1:
        tables[0].wrong("count", "at least two payers", 1)
    return tuple(
        replace(part, others=tuple(name for name in names if name != part.name)) for part in payers
    )


@dataclass(frozen=True, slots=True)
class PayerInit:
    """How a payer's actor starts; no new payment is begun after `until_us`."""

    part: PayerPart
    until_us: int


@dataclass(frozen=True, slots=True)
class Pay:
    """It is time for another payment."""


@dataclass(frozen=True, slots=True)
class Again:
    """It is time to ask again."""

    number: int


class Payer(Actor):
    """See the module's text.

    Attributes:
        sent: every command, in order.
        told: number of the command to what the ledger decided.
        wrong: what no ledger may say.
    """

    def __init__(self, init: PayerInit) -> None:
        self.part = init.part
        self.sent: list[Command] = []
        self.told: dict[int, str] = {}
        self.answers: dict[int, Posted] = {}
        self.wrong: list[str] = []
        self._until_us = init.until_us
        self._holds: list[Transfer] = []

    def __repr__(self) -> str:
        return f"<Payer {self.part.name} {len(self.told)} of {len(self.sent)} answered>"

    def started(self, ctx: Context) -> None:
        name = self.part.name
        grants = tuple(
            _transfer(f"{name}/grant/{asset}", f"issuance:{asset}", user_main(name), asset,
                      self.part.funds)
            for asset in ASSETS
        )  # fmt: skip
        self._send(Command(id=derived_id(ROOT, f"{name}/grant"), transfers=grants), ctx)
        self._rest(ctx)

    def handle(self, message: Any, ctx: Context) -> None:
        match message:
            case Pay() if ctx.now_us < self._until_us:
                self._pay(ctx)
                self._rest(ctx)
            case Again(number=number):
                self._ask(number, ctx)
            case AskDone(tag=("paid", number), outcome=outcome):
                self._paid(number, outcome, ctx)
            case AskDone(tag=("twisted", _), outcome=Ok()):
                self.wrong.append("an id was taken for two different commands")
            case _:
                pass

    def _rest(self, ctx: Context) -> None:
        every_us = self.part.pays_every_us
        pause_us = every_us // 2 + ctx.chance("rest").below(every_us + 1)
        ctx.after(pause_us, Pay(), key="pay")

    def _pay(self, ctx: Context) -> None:
        luck = ctx.chance("pay")
        kind = luck.below(10)
        if kind == 0 and self.told:
            self._ask(luck.choice(list(self.told)), ctx)
        elif kind == 1 and self.told:
            self._twist(luck.choice(list(self.told)), ctx)
        elif kind in (2, 3) and self._holds:
            hold = self._holds.pop(luck.below(len(self._holds)))
            flag: Flag = "void" if kind == 2 else "post"
            amount = hold.amount if flag == "void" else 1 + luck.below(hold.amount)
            self._send_one(replace(
                hold, id=self._next_id(0), flag=flag, amount=amount, pending_id=hold.id,
                timeout_us=None,
            ), ctx)  # fmt: skip
        else:
            count = 1 + luck.below(3) // 2
            flag = "pending" if kind in (4, 5) else "plain"
            transfers = tuple(
                replace(
                    _transfer(
                        f"{self.part.name}/{len(self.sent)}/{place}",
                        user_main(self.part.name),
                        user_main(luck.choice(self.part.others)),
                        luck.choice(ASSETS),
                        1 + luck.below(self.part.amount_max),
                    ),
                    flag=flag,
                    timeout_us=HOLD_US if flag == "pending" else None,
                )
                for place in range(count)
            )
            self._holds += [each for each in transfers if flag == "pending"]
            self._send(self._command(transfers), ctx)

    def _next_id(self, place: int) -> str:
        return derived_id(ROOT, f"{self.part.name}/{len(self.sent)}/{place}")

    def _command(self, transfers: tuple[Transfer, ...]) -> Command:
        id_ = derived_id(ROOT, f"{self.part.name}/{len(self.sent)}")
        return Command(id=id_, transfers=transfers)

    def _send_one(self, transfer: Transfer, ctx: Context) -> None:
        self._send(self._command((transfer,)), ctx)

    def _send(self, command: Command, ctx: Context) -> None:
        self.sent.append(command)
        self._ask(len(self.sent) - 1, ctx)

    def _ask(self, number: int, ctx: Context) -> None:
        post = Post(command=self.sent[number])
        ctx.ask(LEDGER, post, tag=("paid", number), timeout_us=PATIENCE_US)

    def _twist(self, number: int, ctx: Context) -> None:
        """Use an id for something else: whatever comes of it, it must not be paid."""
        command = self.sent[number]
        first, *others = command.transfers
        twisted = replace(command, transfers=(replace(first, ref="twisted"), *others))
        ctx.ask(LEDGER, Post(command=twisted), tag=("twisted", number), timeout_us=PATIENCE_US)

    def _paid(self, number: int, outcome: Any, ctx: Context) -> None:
        match outcome:
            case Ok(value=Posted() as posted):
                said = "ok"
                before = self.answers.setdefault(number, posted)
                if before.entries != posted.entries:
                    self.wrong.append(f"{number} was answered {before.entries}, {posted.entries}")
            case Refused(code=code) if code != FENCED:
                said = code
            case _:
                ctx.after(TRY_AGAIN_US, Again(number), key=("again", number))
                return
        first = self.told.setdefault(number, said)
        if first != said:
            self.wrong.append(f"{number} was answered {first}, then {said}")


def _transfer(name: str, debit: str, credit: str, asset: str, amount: int) -> Transfer:
    return Transfer(
        id=derived_id(ROOT, name), kind="tip", debit=debit, credit=credit, asset=asset,
        amount=amount,
    )  # fmt: skip


def payer_kind() -> Kind:
    """Return the kind of simulated payers; spawned, never started by mail."""

    def build(birth: Birth) -> Payer:
        return Payer(birth.init)

    return Kind(name="payer", build=build, starts_on_tell=False, lane=Lane(size_max=1 << 16))
