"""Random lives of a ledger, and a second opinion on them: a naive model, one command at a time."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from actors.ledger.accounts import floor
from actors.ledger.transfer import Command, Transfer, derived_id

ROOT = "6f9619ff-8b86-4011-b42d-00cf4fc964ff"
HOLD_US = 30_000_000

amounts = st.one_of(st.integers(1, 60), st.integers(1, 10**37))
people = st.sampled_from(["ada", "bob", "cy"])


@st.composite
def moves(draw: st.DrawFn) -> dict[str, Any]:
    """One transfer of a command, before it has ids: numbers stand for earlier pendings."""
    flag = draw(st.sampled_from(["plain", "plain", "plain", "pending", "post", "void"]))
    payer, payee = draw(st.permutations(["ada", "bob", "cy", "issuance"]))[:2]
    return {
        "flag": flag,
        "payer": payer,
        "payee": payee,
        "asset": draw(st.sampled_from(["TOK", "TOK", "USD"])),
        "amount": draw(amounts),
        "pending": draw(st.integers(0, 5)),
        "timeout_us": draw(st.sampled_from([None, HOLD_US])),
    }


@dataclass(frozen=True)
class Step:
    """What happens: a group of transfers, again an earlier one, or time that passes."""

    moves: tuple[dict[str, Any], ...] = ()
    again: int | None = None
    pass_us: int = 0


steps = st.one_of(
    st.builds(Step, moves=st.lists(moves(), min_size=1, max_size=3).map(tuple)),
    st.builds(Step, moves=st.lists(moves(), min_size=1, max_size=3).map(tuple)),
    st.builds(Step, again=st.integers(0, 8)),
    st.builds(Step, pass_us=st.sampled_from([1, HOLD_US // 2, HOLD_US])),
)
stories = st.lists(steps, max_size=30)


def long_story(seed: int, length: int) -> list[Step]:
    """Return a story of so many steps; hypothesis alone would rarely make one that long."""
    luck = random.Random(seed)
    return [_random_step(luck) for _ in range(length)]


def _random_step(luck: random.Random) -> Step:
    if luck.random() < 0.15:
        return Step(again=luck.randrange(30))
    if luck.random() < 0.1:
        return Step(pass_us=luck.choice([1, HOLD_US // 2, HOLD_US]))
    return Step(moves=tuple(_random_move(luck) for _ in range(luck.choice([1, 1, 1, 2, 3]))))


def _random_move(luck: random.Random) -> dict[str, Any]:
    payer, payee = luck.sample(["ada", "bob", "cy", "issuance"], 2)
    if luck.random() < 0.3:
        payer, payee = "issuance", luck.choice(["ada", "bob", "cy"])
    return {
        "flag": luck.choice(["plain", "plain", "pending", "pending", "post", "void"]),
        "payer": payer,
        "payee": payee,
        "asset": luck.choice(["TOK", "TOK", "USD"]),
        "amount": luck.randint(30, 90) if payer == "issuance" else luck.randint(1, 40),
        "pending": luck.randrange(6),
        "timeout_us": luck.choice([None, HOLD_US]),
    }


class Author:
    """Turns steps into commands; `tag` keeps the ids and accounts of one story apart."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.commands: list[Command] = []
        self._pendings: list[Transfer] = []

    def account(self, name: str) -> str:
        return f"issuance:{self.tag}" if name == "issuance" else f"user:{self.tag}.{name}:main"

    def command(self, step: Step) -> Command | None:
        """Return the step's command; None when there is nothing to repeat or resolve."""
        if step.again is not None:
            return self.commands[-1 - step.again % len(self.commands)] if self.commands else None
        number = len(self.commands)
        transfers = tuple(
            transfer
            for place, move in enumerate(step.moves)
            if (transfer := self._transfer(move, f"{self.tag}/{number}/{place}")) is not None
        )
        if not transfers:
            return None
        command = Command(id=derived_id(ROOT, f"{self.tag}/{number}"), transfers=transfers)
        self.commands.append(command)
        self._pendings += [each for each in transfers if each.flag == "pending"]
        return command

    def _transfer(self, move: dict[str, Any], name: str) -> Transfer | None:
        debit, credit, asset = self.account(move["payer"]), self.account(move["payee"]), "TOK"
        fields: dict[str, Any] = {"amount": move["amount"], "asset": move["asset"]}
        if move["flag"] in ("post", "void"):
            if not self._pendings:
                return None
            pending = self._pendings[-1 - move["pending"] % len(self._pendings)]
            debit, credit, asset = pending.debit, pending.credit, pending.asset
            fields = {"amount": pending.amount, "asset": asset, "pending_id": pending.id}
            if move["flag"] == "post" and move["pending"] % 2:
                fields["amount"] = max(1, pending.amount // 2)
        elif move["flag"] == "pending":
            fields["timeout_us"] = move["timeout_us"]
        return Transfer(
            id=derived_id(ROOT, name),
            kind="tip",
            debit=debit,
            credit=credit,
            flag=move["flag"],
            **fields,
        )


@dataclass
class Naive:
    """A ledger as one would first write it: no batches, no undo, everything copied."""

    posted: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    holds: dict[str, tuple[Transfer, int | None]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    def available(self, account: str, asset: str) -> int:
        held = sum(
            hold.amount
            for hold, _ in self.holds.values()
            if (hold.debit, hold.asset) == (account, asset)
        )
        return self.posted[account, asset] - held

    def command(self, command: Command, now_us: int) -> str:
        """Return the code of a refusal, or "ok"."""
        self.let_expire(now_us)
        if command.id not in self.answers:
            before = (self.posted.copy(), dict(self.holds))
            self.answers[command.id] = next(
                (code for code in self._codes(command, now_us) if code != "ok"), "ok"
            )
            if self.answers[command.id] != "ok":
                self.posted, self.holds = before
        return self.answers[command.id]

    def let_expire(self, now_us: int) -> None:
        """Release what is over."""
        self.holds = {
            key: (hold, until)
            for key, (hold, until) in self.holds.items()
            if until is None or until > now_us
        }

    def _codes(self, command: Command, now_us: int) -> Iterator[str]:
        for transfer in command.transfers:
            yield self._code(transfer, now_us)

    def _code(self, transfer: Transfer, now_us: int) -> str:
        amount, asset = transfer.amount, transfer.asset
        if transfer.pending_id is not None:
            hold, _ = self.holds.pop(transfer.pending_id, (None, None))
            if hold is None:
                return "pending_resolved"
            if transfer.flag == "post":
                self.posted[transfer.debit, asset] -= amount
                self.posted[transfer.credit, asset] += amount
            return "ok"
        limit = floor(transfer.debit)
        if limit is not None and self.available(transfer.debit, asset) - amount < limit:
            return "insufficient_funds"
        if transfer.flag == "pending":
            until = None if transfer.timeout_us is None else now_us + transfer.timeout_us
            self.holds[transfer.id] = (transfer, until)
        else:
            self.posted[transfer.debit, asset] -= amount
            self.posted[transfer.credit, asset] += amount
        return "ok"
