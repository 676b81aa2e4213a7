"""A fair whose people are told of their money: endpoints, receivers, and what should be there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from actors.webhooks.events import event_of
from actors.webhooks.herald import wants
from actors.webhooks.messages import (
    HERALD,
    WEBHOOKS,
    BeginHerald,
    By,
    CreateEndpoint,
    PostEvent,
    endpoint_address,
)
from actors.webhooks.records import EndpointRow
from engine.outcome import Ok, Outcome
from sim.receivers import Received, Receivers
from tests.actors.money.fair import Fair

ENDPOINTS_MAX = 3
DAY_S = 24 * 3600


class Hooks(Fair):
    """See the module's text. `behaves` says what becomes of requests, by type or by URL."""

    def __init__(self, **more: Any) -> None:
        super().__init__(system_admins=("op",), **more)
        self.behaves: dict[str, str] = {}
        self.outside = Receivers(self.core, self._behave)
        self.core.ports[WEBHOOKS] = self.outside
        self.begin()
        self.enrol("cleo", "dora")

    def begin(self) -> None:
        """What a node does when it starts."""
        self.core.tell(HERALD, BeginHerald())

    def _behave(self, post: PostEvent, _now_us: int) -> str:
        by_url = self.behaves.get(post.url, "ok")
        return self.behaves.get(json.loads(post.body)["type"], by_url)

    def endpoint(self, owner: str, *events: str, all_: bool = False, name: str = "") -> EndpointRow:
        outcome = self.create(self.new_id(), owner, *events, all_=all_, name=name)
        assert isinstance(outcome, Ok), outcome
        row: EndpointRow = outcome.value
        return row

    def create(self, id_: str, owner: str, *events: str, all_: bool = False,
               name: str = "") -> Outcome:  # fmt: skip
        wish = CreateEndpoint(
            owner=owner,
            all=all_,
            url=f"https://{name or owner}.example/hook",
            events=events,
            secret=f"whsec-{owner}",
            endpoints_max=ENDPOINTS_MAX,
        )
        return self.ask(endpoint_address(id_), wish)

    def do(self, kind: Callable[..., Any], row: EndpointRow, by: str | None = None, *,
           operator: bool = False, **fields: Any) -> Outcome:  # fmt: skip
        who = By(account=by or row.owner, operator=operator)
        return self.ask(endpoint_address(row.id), kind(by=who, **fields))

    def row(self, row: EndpointRow) -> EndpointRow:
        return self.memory.webhooks.endpoints[row.id]

    def got(self, row: EndpointRow) -> list[Received]:
        return [one for one in self.outside.received if one.url == row.url]

    def told(self, row: EndpointRow) -> list[dict[str, Any]]:
        """What an endpoint has taken, in order, repeats too."""
        return [json.loads(one.body) for one in self.got(row) if one.taken]

    def types(self, row: EndpointRow) -> list[str]:
        return [said["type"] for said in self.told(row)]

    def expected(self, row: EndpointRow) -> list[str]:
        """The ids of what an endpoint should have been told, from the ledger's rows."""
        told = self.memory.webhooks.groups(row.since, len(self.memory.ledger.entries))
        events = [event_of(each.group) for each in told]
        return [e.id for e in events if e is not None and wants(row, e.type, e.parties)]
