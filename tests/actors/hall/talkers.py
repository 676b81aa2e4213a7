"""People in a space who do things in its hall, and what they are told."""

from __future__ import annotations

from typing import Any

from actors.person import Person
from actors.session.messages import DoDeed
from actors.space.hall.deeds import CreateMicrophone, Deed, Look
from actors.space.hall.state import Hall
from actors.space.space_id import SpaceId
from actors.store_hall import StandingRow
from engine.refusal import Refused
from tests.actors.support import HARBOUR, Client, World

STANDINGS = {
    "mod": StandingRow(account="mod", permissions=("moderate",)),
    "pia": StandingRow(account="pia", tickets=("premium",)),
    "sue": StandingRow(account="sue", subscriber=True),
    "tom": StandingRow(account="tom", tickets=("qna_access",)),
}
"""In the harbour: a moderator, a premium ticket, a subscriber, a ticket. ada administers."""


class Meeting:
    """The harbour with the people named, each connected once under their own name."""

    def __init__(self, *names: str, **settings: Any) -> None:
        self.world = World(system_admins=("ada",), **settings)
        for name, row in STANDINGS.items():
            self.world.memory.hall.standings[HARBOUR.type, HARBOUR.id, name] = row
        self.people: dict[str, Client] = {}
        for name in names:
            self.join(name)
        for client in self.people.values():
            client.inbox.clear()

    def join(self, name: str, space: SpaceId = HARBOUR) -> Client:
        """Connect somebody and bring them in; `guest…` is a guest."""
        person = Person(guest_id=name) if name.startswith("guest") else Person(account=name)
        number = len(self.world.clients) + 1
        client = self.people[name] = self.world.connect(f"{name}-{number}", person)
        client.join(space, hearers=name != "ada")
        self.world.run(0.1)
        return client

    def start(self, name: str, deed: Deed | Look) -> int:
        """Have somebody do something; return the number of the answer to come."""
        client = self.people[name]
        client.asked.append(len(client.asked) + 1)
        client.tell(DoDeed(deed=deed, error_event="hall-error", ack=client.asked[-1]))
        return client.asked[-1]

    def do(self, name: str, deed: Deed | Look) -> dict[str, Any]:
        """Have somebody do something that is allowed; return the answer."""
        ack = self.start(name, deed)
        self.world.run(0.1)
        answer = self.people[name].answer(ack)
        assert isinstance(answer, dict), answer
        return answer

    def refused(self, name: str, deed: Deed | Look) -> Refused:
        """Have somebody do something that is not allowed; return why."""
        ack = self.start(name, deed)
        self.world.run(0.1)
        answer = self.people[name].answer(ack)
        assert isinstance(answer, Refused), answer
        return answer

    def microphone(self, **fields: Any) -> str:
        """Have ada make a microphone; return its id."""
        deed = CreateMicrophone(**{"microphone_name": "main", **fields})
        made: str = self.do("ada", deed)["microphone"]["id"]
        return made

    def heard(self, name: str, event: str) -> list[Any]:
        """Return what somebody was told in events of this name, without the time."""
        told = self.people[name].got(event)
        return [{key: one[key] for key in one if key != "timestamp"} for one in told]

    @property
    def hall(self) -> Hall:
        space = self.world.space(HARBOUR)
        assert space is not None
        return space.state.hall

    def crash(self) -> None:
        """Crash the harbour and let it come back."""
        self.world.crash(HARBOUR.address)
        self.world.core.tell(HARBOUR.address, "anything")
        self.world.run(1)
