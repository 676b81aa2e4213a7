"""Whose standing is known: it is read when somebody comes or does something, and when it changes.

Deeds wait here until it is known who does them, and to whom.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from actors.space.hall.messages import Act, ReloadStandings
from actors.space.hall.people import People
from actors.space.hall.refusals import HallBusy
from actors.space.space_id import SpaceId
from actors.store import STORE
from actors.store_hall import ReadStandings, StandingRow
from engine.actor import ReplyTo
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Err, Ok, Outcome

PENDING_MAX = 1_000  # deeds that wait to learn who their doer is
READ_AGAIN_US = SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A deed, and who is to be answered."""

    act: Act
    asker: ReplyTo | None


class Standings:
    """See the module's text.

    Args:
        learn: what follows from a row that was read.
        go_on: does a deed whose people are known now.
        unknown: whom a deed is about whose standing is not known.
    """

    def __init__(
        self,
        space: SpaceId,
        people: People,
        *,
        learn: Callable[[StandingRow, Context], None],
        go_on: Callable[[Pending, Context], None],
        unknown: Callable[[Act], list[str]],
    ) -> None:
        self._space = space
        self._people = people
        self._learn = learn
        self._go_on = go_on
        self._unknown = unknown
        self._pending: list[Pending] = []
        self._to_read: dict[str, None] = {}
        self._reading: tuple[str, ...] = ()
        self._visitors: list[str] = []  # accounts elsewhere whose standing is known for now

    @property
    def settled(self) -> bool:
        """Whether no deed waits."""
        return not self._pending

    def wait(self, pending: Pending, unknown: list[str], ctx: Context) -> None:
        """Let a deed wait until these accounts' standings are known.

        Raises:
            HallBusy: too many wait.
        """
        if len(self._pending) >= PENDING_MAX:
            raise HallBusy
        self._pending.append(pending)
        self.read(unknown, ctx)

    def reload(self, message: ReloadStandings, ctx: Context) -> None:
        """Read again what those who are here rest on."""
        named = message.accounts
        here = [one for one in self._people.here if not one.startswith("guest:")]
        self.read(here if named is None else [one for one in here if one in named], ctx)

    def read(self, accounts: list[str], ctx: Context) -> None:
        """Read the standings of these accounts, after those that are being read."""
        self._to_read.update(dict.fromkeys(accounts))
        self._read_on(ctx)

    def _read_on(self, ctx: Context) -> None:
        if self._to_read and not self._reading:
            self._reading, self._to_read = tuple(self._to_read), {}
            request = ReadStandings(space=self._space, accounts=self._reading)
            ctx.io(STORE, request, tag="standings")

    def answered(self, outcome: Outcome, ctx: Context) -> None:
        """Standings have come, or could not: then those who wait for them are told."""
        accounts, self._reading = self._reading, ()
        rows: tuple[StandingRow, ...] = outcome.value if isinstance(outcome, Ok) else ()
        for row in rows:
            self._learn(row, ctx)
        here = self._people.here
        self._visitors += [one for one in accounts if one not in here]
        pending, self._pending = self._pending, []
        for one in pending:
            if isinstance(outcome, Ok) or not set(self._unknown(one.act)) & set(accounts):
                self._go_on(one, ctx)
            elif one.asker is not None:
                ctx.reply(Err("the standing of somebody could not be read"), to=one.asker)
        again = tuple(one for one in accounts if one in here)
        if not isinstance(outcome, Ok) and again:
            ctx.after(READ_AGAIN_US, ReloadStandings(accounts=again), key="standings")
        if not self._pending:
            visitors, self._visitors = self._visitors, []
            for account in visitors:
                if account not in here:
                    self._people.standings.pop(account, None)
        self._read_on(ctx)
