"""Webhooks in memory: endpoints, their deliveries, and the herald's cursor over the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from actors.ledger.book import Entry
from actors.store import FENCED
from actors.webhooks.events import Group, body_of
from actors.webhooks.records import (
    KEPT_FOR_DISABLED_US,
    AddEndpoint,
    AddPing,
    Delivery,
    Due,
    EndpointOpened,
    EndpointRow,
    FanOut,
    ForgetDeliveries,
    ListDeliveries,
    ListEndpoints,
    NewDelivery,
    News,
    OpenEndpoint,
    OpenHerald,
    ReadConcerned,
    ReadDue,
    ReadEndpoint,
    ReadNews,
    ReadWaiting,
    RemoveEndpoint,
    SaveAttempt,
    SaveSecrets,
    SendAgain,
    SetDisabled,
    Told,
)
from engine.refusal import Refusal
from sim.ledger_store import LedgerBooks


class _Fenced(Refusal):
    code = FENCED


@dataclass(slots=True)
class WebhookBooks:
    """Endpoints by id, deliveries by endpoint and event.

    Attributes:
        cursor: the last row of the ledger that deliveries were made of.
        commands: of each row of the ledger, the command it belongs to.
    """

    ledger: LedgerBooks
    epochs: dict[str, int]
    endpoints: dict[str, EndpointRow] = field(default_factory=dict)
    deliveries: dict[str, dict[str, Delivery]] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    cursor: int = 0
    commands: list[str | None] = field(default_factory=list)
    _decisions: int = 0

    def answers(self) -> dict[type, Callable[[Any], Any]]:
        """Return what answers each request."""
        return {
            OpenEndpoint: self._open,
            ReadEndpoint: lambda request: self.endpoints.get(request.id),
            ListEndpoints: self._list,
            AddEndpoint: self._add,
            SaveSecrets: self._save_secrets,
            SetDisabled: self._set_disabled,
            RemoveEndpoint: self._remove,
            SaveAttempt: self._save_attempt,
            AddPing: self._ping,
            SendAgain: self._again,
            ReadDue: self._due,
            ListDeliveries: self._listed,
            OpenHerald: lambda request: self._bump(request.actor),
            ReadNews: self._news,
            ReadConcerned: self._concerned,
            FanOut: self._fan_out,
            ReadWaiting: self._waiting,
            ForgetDeliveries: self._forget,
        }

    def of(self, endpoint: str) -> Iterable[Delivery]:
        """Return an endpoint's deliveries."""
        return self.deliveries.get(endpoint, {}).values()

    def groups(self, after: int, until: int) -> tuple[Told, ...]:
        """Return the commands whose rows are behind one and up to another."""
        commands = self._commands()
        groups: dict[str, list[Entry]] = {}
        for entry in self.ledger.entries[after:until]:
            command = commands[entry.sequence - 1]
            if command is not None:
                groups.setdefault(command, []).append(entry)
        return tuple(
            Told(
                sequence=entries[0].sequence,
                group=Group(command_id=command, entries=tuple(entries)),
            )
            for command, entries in groups.items()
        )

    def _commands(self) -> list[str | None]:
        """Return the command of each row, of new ones too."""
        missing = len(self.ledger.entries) - len(self.commands)
        self.commands += [None] * missing
        decisions = self.ledger.decisions
        new = len(decisions) - self._decisions
        for decision in islice(reversed(decisions.values()), new):
            for entry in decision.entries:
                self.commands[entry.sequence - 1] = decision.command_id
        self._decisions = len(decisions)
        return self.commands

    # Endpoints.

    def _open(self, request: OpenEndpoint) -> EndpointOpened:
        return EndpointOpened(epoch=self._bump(request.actor), row=self.endpoints.get(request.id))

    def _list(self, request: ListEndpoints) -> tuple[EndpointRow, ...]:
        rows = [row for row in self._rows() if request.owner in (None, row.owner)]
        return tuple(rows[: request.limit])

    def _rows(self) -> list[EndpointRow]:
        return sorted(self.endpoints.values(), key=lambda row: (row.created_at_us, row.id))

    def _add(self, request: AddEndpoint) -> EndpointRow | None:
        self._check(request)
        row = request.row
        owned = sum(each.owner == row.owner for each in self.endpoints.values())
        if row.id not in self.endpoints and owned < request.endpoints_max:
            self.endpoints[row.id] = replace(row, since=len(self.ledger.entries))
        return self.endpoints.get(row.id)

    def _save_secrets(self, request: SaveSecrets) -> None:
        self._check(request)
        new, row = request.row, self.endpoints.get(request.row.id)
        if row is not None:
            self.endpoints[row.id] = replace(
                row,
                secret=new.secret,
                previous_secret=new.previous_secret,
                previous_until_us=new.previous_until_us,
            )

    def _set_disabled(self, request: SetDisabled) -> None:
        self._check(request)
        row = self.endpoints.get(request.id)
        if row is None:
            return
        if request.because is not None:
            self.endpoints[row.id] = replace(
                row, disabled=request.because, disabled_us=request.at_us
            )
            return
        until_us = request.at_us - KEPT_FOR_DISABLED_US
        lapsed = row.disabled_us is not None and row.disabled_us <= until_us
        since = len(self.ledger.entries) if lapsed else row.since
        self.endpoints[row.id] = replace(row, disabled=None, disabled_us=None, since=since)
        for each in [one for one in self.of(row.id) if one.state == "pending"]:
            self._put(replace(each, attempts=0, first_us=None, next_us=request.at_us))

    def _remove(self, request: RemoveEndpoint) -> None:
        self._check(request)
        self.endpoints.pop(request.id, None)
        self.deliveries.pop(request.id, None)
        for key in [key for key in self.counts if key[0] == request.id]:
            del self.counts[key]

    # Deliveries.

    def _put(self, delivery: Delivery) -> None:
        self.deliveries[delivery.endpoint][delivery.event] = delivery

    def _save_attempt(self, request: SaveAttempt) -> None:
        self._check(request)
        one = request.delivery
        row = self.endpoints.get(one.endpoint)
        if row is not None and request.disables is not None:
            self.endpoints[row.id] = replace(
                row, disabled=request.disables, disabled_us=one.last_us
            )
        if one.event in self.deliveries.get(one.endpoint, {}):
            self._put(one)

    def _again(self, request: SendAgain) -> bool:
        self._check(request)
        one = self.deliveries.get(request.endpoint, {}).get(request.event)
        if one is None:
            return False
        anew = replace(one, state="pending", attempts=0, first_us=None, next_us=request.at_us)
        self._put(anew)
        return True

    def _ping(self, request: AddPing) -> None:
        self._check(request)
        self._keep([request.delivery], request.at_us)

    def _keep(self, new: Iterable[NewDelivery], at_us: int) -> None:
        for each in new:
            known = self.deliveries.setdefault(each.endpoint, {})
            if each.endpoint not in self.endpoints or each.event in known:
                continue
            self.counts[each.endpoint, each.aggregate] += 1
            seq = self.counts[each.endpoint, each.aggregate]
            known[each.event] = Delivery(
                endpoint=each.endpoint,
                event=each.event,
                type=each.type,
                aggregate=each.aggregate,
                seq=seq,
                body=body_of(each.until_seq, seq),
                created_at_us=at_us,
                next_us=at_us,
            )

    def _due(self, request: ReadDue) -> Due:
        pending = [one for one in self.of(request.endpoint) if one.state == "pending"]
        heads: dict[str, Delivery] = {}
        for one in sorted(pending, key=lambda one: one.seq):
            heads.setdefault(one.aggregate, one)
        due = [one for one in heads.values() if one.next_us <= request.now_us]
        due.sort(key=lambda one: (one.next_us, one.aggregate.encode(), one.seq))
        later = [one.next_us for one in pending if one.next_us > request.now_us]
        return Due(deliveries=tuple(due[: request.limit]), next_us=min(later, default=None))

    def _listed(self, request: ListDeliveries) -> tuple[Delivery, ...]:
        found = [one for one in self.of(request.endpoint) if request.state in (None, one.state)]
        found.sort(key=lambda one: (one.created_at_us, one.aggregate.encode(), one.seq))
        return tuple(found[::-1][: request.limit])

    # The herald.

    def _news(self, request: ReadNews) -> News:
        told = self._told(request.now_us)
        if not told:
            return News(follows=self.cursor, cursor=self.cursor, told=(), wanted=False, more=False)
        begin = max(self.cursor, min(row.since for row in told))
        rows, end = len(self.ledger.entries), begin + request.rows_max
        more = rows > end
        if more:
            commands = self._commands()
            cut = commands[end]
            while cut is not None and commands[end - 1] == cut:
                end -= 1
        end = min(rows, end)
        return News(
            follows=self.cursor,
            cursor=end,
            told=self.groups(begin, end),
            wanted=True,
            more=more,
        )

    def _told(self, now_us: int) -> list[EndpointRow]:
        """Return the endpoints for which what happens is kept."""
        lapsed_us = now_us - KEPT_FOR_DISABLED_US
        rows = self._rows()
        return [row for row in rows if row.disabled_us is None or row.disabled_us > lapsed_us]

    def _concerned(self, request: ReadConcerned) -> tuple[EndpointRow, ...]:
        rows = self._told(request.now_us)
        return tuple(row for row in rows if row.all or row.owner in request.owners)

    def _fan_out(self, request: FanOut) -> None:
        self._check(request)
        if request.follows != self.cursor:
            raise _Fenced(f"the cursor is at {self.cursor}, not at {request.follows}")
        self.cursor = request.cursor
        self._keep(request.deliveries, request.at_us)

    def _waiting(self, request: ReadWaiting) -> tuple[str, ...]:
        waiting = [
            row.id
            for row in self.endpoints.values()
            if row.disabled is None
            and any(
                one.state == "pending" and one.next_us <= request.now_us for one in self.of(row.id)
            )
        ]
        return tuple(sorted(waiting)[: request.limit])

    def _forget(self, request: ForgetDeliveries) -> int:
        over = [
            one
            for row in self.endpoints
            for one in self.of(row)
            if one.state != "pending" and one.created_at_us < request.before_us
        ]
        over.sort(key=lambda one: one.created_at_us)
        for one in over[: request.limit]:
            del self.deliveries[one.endpoint][one.event]
        return len(over[: request.limit])

    def _bump(self, actor: str) -> int:
        self.epochs[actor] = self.epochs.get(actor, 0) + 1
        return self.epochs[actor]

    def _check(self, request: Any) -> None:
        if self.epochs.get(request.actor) != request.epoch:
            raise _Fenced(f"{request.actor} was activated again after epoch {request.epoch}")
