"""I50: what money does is told, at least once, signed, in order, and nobody else's."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import defaultdict
from typing import Any

from actors.ledger.transfer import derived_id
from actors.webhooks.events import PING, event_of
from actors.webhooks.herald import wants
from actors.webhooks.records import Delivery, EndpointRow
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.receivers import Received

SIGNED_WITHIN_S = 300


class EffectsAreTold(Checker):
    """Looks at all that arrives as a stranger would, and at the ledger for what should have."""

    name = "effects_are_told"
    sentence = (
        "Every endpoint is told each event of its owner's money at least once, under one id, with "
        "a valid signature and in order, and of nobody else's."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen = 0
        self._bodies: dict[tuple[str, str], bytes] = {}
        self._taken: dict[str, dict[str, None]] = defaultdict(dict)
        self._known: set[str] = set()
        self._rows = 0

    def every_step(self, cell: Cell) -> None:
        received = self.scene.received
        while self._seen < len(received):
            self._seen += 1
            self.checked += 1
            self._look(received[self._seen - 1])

    def at_end(self) -> None:
        books = self.scene.memory.webhooks
        for row in books.endpoints.values():
            self.checked += 1
            if row.disabled is not None:
                self.fail(f"{row.url} is disabled: {row.disabled}")
            expected = self._expected(row)
            missing = [each for each in expected if each not in self._taken[row.url]]
            if missing:
                self.fail(f"{row.url} was never told of {missing[0]}, {expected[missing[0]]}")
            unended = [one for one in books.of(row.id) if one.state != "delivered"]
            if unended:
                self.fail(f"{row.url} has taken {unended[0].aggregate}, which is not delivered")

    def _expected(self, row: EndpointRow) -> dict[str, str]:
        """Return the events that an endpoint should have been told, from the ledger's rows."""
        told = self.scene.memory.webhooks.groups(row.since, len(self.scene.memory.ledger.entries))
        events = [event_of(each.group) for each in told]
        return {
            event.id: event.aggregate
            for event in events
            if event is not None and wants(row, event.type, event.parties)
        }

    def _look(self, got: Received) -> None:
        row = next(
            each for each in self.scene.memory.webhooks.endpoints.values() if each.url == got.url
        )
        said = json.loads(got.body)
        event = said["id"]
        if problem := _unsigned(row, got):
            self.fail(f"{got.url} got {event} {problem}")
        if event != got.headers["Presence-Event-Id"]:
            self.fail(f"{got.url} got {event} under another id")
        if self._bodies.setdefault((got.url, event), got.body) != got.body:
            self.fail(f"{got.url} got {event} with another body than before")
        if said["type"] != PING and not self._happened(event):
            self.fail(f"{got.url} got {event}, which no command has made")
        if not row.all and (said["account"] != row.owner or b"user:" in got.body):
            self.fail(f"{got.url} got what is not its owner's: {said}")
        if got.taken:
            self._in_order(row, said)

    def _happened(self, event: str) -> bool:
        decisions = self.scene.memory.ledger.decisions
        if len(decisions) != self._rows:
            self._rows = len(decisions)
            self._known = {derived_id(command, "event") for command in decisions}
        return event in self._known

    def _in_order(self, row: EndpointRow, said: dict[str, Any]) -> None:
        """All before it of its aggregate have been taken, or were given up."""
        taken = self._taken[row.url]
        if said["id"] in taken:
            return
        before: list[Delivery] = [
            one
            for one in self.scene.memory.webhooks.of(row.id)
            if one.aggregate == said["aggregate"] and one.seq < said["seq"]
        ]
        early = [one for one in before if one.event not in taken and one.state != "failed"]
        if early or len(before) != said["seq"] - 1:
            self.fail(f"{row.url} got {said['aggregate']} {said['seq']} before {early[:1]}")
        taken[said["id"]] = None


def _unsigned(row: EndpointRow, got: Received) -> str:
    """Return what is wrong with a signature; nothing when it is right."""
    header = got.headers["Presence-Signature"]
    match = re.fullmatch(r"t=(\d+)((?:,v1=[0-9a-f]{64})+)", header)
    if match is None:
        return f"signed {header!r}"
    if abs(int(match[1]) - got.at_us // 1_000_000) > SIGNED_WITHIN_S:
        return f"signed at {match[1]}"
    signed = match[1].encode() + b"." + got.body
    good = [
        hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for secret in (row.secret, row.previous_secret)
        if secret is not None
    ]
    given = match[2].removeprefix(",v1=").split(",v1=")
    return "" if set(good) & set(given) else "with no signature of its secret"
