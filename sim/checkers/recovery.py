"""What comes in order: each event once, over all connections of a socket, or a fresh start."""

from __future__ import annotations

from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.network import Device
from sim.people.visitor import Stage, Visitor


class EveryOrderedEventOnce(Checker):
    """Compares what each client was handed with everything that was ever for its socket."""

    name = "every_ordered_event_once"
    sentence = (
        "Whatever connections are lost, a client is handed every ordered event of its socket "
        "once and in order, or is given another socket and so told to start over."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._compared: dict[str, int] = {}

    def person_acted(self, cell: Cell, person: Visitor) -> None:
        self._compare(person, self.scene.network.devices[person.part.name])

    def at_end(self) -> None:
        for person in self.scene.people():
            device = self.scene.network.devices[person.part.name]
            self._compare(person, device)
            sent = self.scene.network.front.sent.get(device.received_by, [])
            if person.stage is Stage.INSIDE and len(device.received) < len(sent):
                missed = sent[len(device.received) :]
                self.fail(f"{person.part.name} has missed {missed[:5]}", _address(person))

    def _compare(self, person: Visitor, device: Device) -> None:
        socket_id, received = device.received_by, device.received
        sent = self.scene.network.front.sent.get(socket_id, [])
        for index in range(self._compared.get(socket_id, 0), len(received)):
            self.checked += 1
            expected = sent[index] if index < len(sent) else None
            if received[index] != expected:
                text = f"{person.part.name} was handed {received[index]}, {expected} was next"
                self.fail(text, _address(person))
        self._compared[socket_id] = len(received)


def _address(person: Visitor) -> str:
    return f"person:{person.part.name}"
