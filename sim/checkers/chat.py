"""What is said: one order, nothing twice, and nothing lost that was acknowledged."""

from __future__ import annotations

from actors.clients import Acknowledge, Emit
from actors.space.space_id import SpaceId
from engine.actor import Address
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.people.visitor import Stage


class OneChatOrder(Checker):
    """Follows the messages each space shows."""

    name = "one_chat_order"
    sentence = (
        "Everybody sees a space's messages in the one order of their ids, "
        "none twice, and only what is durable."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._last: dict[Address, int] = {}

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event != "chat-message":
            return
        self.checked += 1
        number = emit.payload["id"]
        last = self._last.get(cell.address, 0)
        if number <= last:
            self.fail(f"message {number} is shown after {last}", cell.address)
        self._last[cell.address] = number
        space = SpaceId.parse(cell.address)
        rows = reversed(self.scene.memory.messages_of(space))
        row = next((row for row in rows if row.id == number), None)
        if row is None or row.content != emit.payload["content"]:
            self.fail(f"message {number} is shown and the store has {row}", cell.address)

    def at_end(self) -> None:
        for person in self.scene.people():
            for space, chat in person.view.chat.items():
                rows = {row.id: row.content for row in self.scene.memory.messages_of(space)}
                for heard in chat.values():
                    self.checked += 1
                    if rows.get(heard.id) != heard.content:
                        text = f"{person.part.name} heard {heard}, the store has not"
                        self.fail(text, f"person:{person.part.name}")


class AcknowledgedStays(Checker):
    """Looks each acknowledged message up in the store, when it is acknowledged and at the end."""

    name = "acknowledged_stays"
    sentence = "A message that was acknowledged is in the store, then and for ever, once."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._promised: dict[int, tuple[SpaceId, str]] = {}

    def acknowledged(self, cell: Cell, acknowledge: Acknowledge) -> None:
        outcome = acknowledge.outcome
        if isinstance(outcome, dict) and "message" in outcome:
            message = outcome["message"]
            space = SpaceId(message["space_type"], message["space_id"], message["subspace"])
            self._promised[message["id"]] = (space, message["content"])
            self._look(message["id"], cell.address)

    def at_end(self) -> None:
        for number in self._promised:
            self._look(number, "")
        for person in self.scene.people():
            for key, (space, number) in person.acknowledged.items():
                self.checked += 1
                rows = self.scene.memory.messages_of(space)
                kept = [row.id for row in rows if row.key.endswith(f":{key}")]
                if kept != [number]:
                    text = f"{person.part.name} was promised message {number}, there is {kept}"
                    self.fail(text, f"person:{person.part.name}")

    def _look(self, number: int, address: Address) -> None:
        self.checked += 1
        space, content = self._promised[number]
        rows = reversed(self.scene.memory.messages_of(space))
        row = next((row for row in rows if row.id == number), None)
        if row is None or row.content != content:
            self.fail(f"message {number} was acknowledged, the store has {row}", address)


class ChatIsWhole(Checker):
    """Compares each person's chat with the store when all is calm."""

    name = "chat_is_whole"
    sentence = "In the end everybody inside has every message of their space."

    def at_end(self) -> None:
        for person in self.scene.people():
            if person.stage is Stage.INSIDE:
                self.checked += 1
                rows = [row.id for row in self.scene.memory.messages_of(person.space)]
                heard = person.view.chat.get(person.space, {})
                missed = [number for number in rows if number not in heard]
                if missed:
                    text = f"{person.part.name} has missed messages {missed[:5]}"
                    self.fail(text, f"person:{person.part.name}")
