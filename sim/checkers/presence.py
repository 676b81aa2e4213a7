"""Who is where: one body a session, made by joining, shown to everybody alike, gone once."""

from __future__ import annotations

from typing import Any

from actors.clients import Emit
from actors.space.actor import Space
from actors.space.messages import Enter, Reenter
from engine.actor import Address
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.people.visitor import Stage, Visitor


class RostersAgree(Checker):
    """Compares what each member has been sent with the roster, after every change of it."""

    name = "rosters_agree"
    sentence = (
        "Everybody in a space is shown exactly the people who are in it, "
        "and those are exactly the ones whose sessions are connected and inside."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._shown: dict[tuple[Address, str], set[str]] = {}

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        match emit.event:
            case "space-joined":
                users = {user["socketId"] for user in emit.payload["users"]}
                for to in emit.to:
                    self._shown[cell.address, to] = set(users)
            case "user-joined":
                for to in emit.to:
                    if to != emit.but:
                        self._shown.setdefault((cell.address, to), set()).add(
                            emit.payload["socketId"]
                        )
            case "user-left":
                who = emit.payload["socketId"]
                self._shown.pop((cell.address, who), None)
                for to in emit.to:
                    self._shown.setdefault((cell.address, to), set()).discard(who)

    def space_settled(self, cell: Cell, space: Space) -> None:
        if space.awaited:
            return  # It is being rebuilt after a crash and shows nothing until it is whole.
        bodies = space.state.roster.bodies
        there = bodies.keys() | {socket_id for socket_id, _ in space.state.departures}
        for member in bodies:
            self.checked += 1
            shown = self._shown.get((cell.address, member), set())
            if shown != there:
                text = f"{member} has been shown {sorted(shown)}, in the space are {list(bodies)}"
                self.fail(text, cell.address)
                return

    def at_end(self) -> None:
        scene = self.scene
        spaces = scene.spaces()
        inside: dict[Address, set[str]] = {address: set() for address in spaces}
        for session in scene.sessions().values():
            if session.where.inside and session.where.space is not None:
                inside.setdefault(session.where.space.address, set()).add(session.socket_id)
        for address, members in inside.items():
            self.checked += 1
            space = spaces.get(address)
            bodies = set() if space is None else set(space.state.roster.bodies)
            if members != bodies:
                text = f"sessions inside are {sorted(members)}, bodies {sorted(bodies)}"
                self.fail(text, address)
        for person in scene.people():
            if person.stage is Stage.INSIDE:
                self.checked += 1
                seen = set(person.view.roster)
                there = inside.get(person.space.address, set())
                if seen != there:
                    text = f"{person.part.name} sees {sorted(seen)}, there are {sorted(there)}"
                    self.fail(text, f"person:{person.part.name}")


class OneBodyASession(Checker):
    """Follows each stay of each session through all spaces."""

    name = "one_body_a_session"
    sentence = "A session has at most one body, and no roster shows anybody twice."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._where: dict[tuple[str, int], Address] = {}

    def space_settled(self, cell: Cell, space: Space) -> None:
        self._forget(cell)
        for body in space.state.roster.bodies.values():
            self.checked += 1
            stay = (body.socket_id, body.life)
            elsewhere = self._where.setdefault(stay, cell.address)
            if elsewhere != cell.address:
                self.fail(f"{body.socket_id} is in {elsewhere} as well", cell.address)

    def space_gone(self, cell: Cell, reason: str) -> None:
        self._forget(cell)

    def at_end(self) -> None:
        bodies: dict[str, Address] = {}
        for address, space in self.scene.spaces().items():
            for socket_id in space.state.roster.bodies:
                self.checked += 1
                elsewhere = bodies.setdefault(socket_id, address)
                if elsewhere != address:
                    self.fail(f"{socket_id} is in {elsewhere} as well", address)

    def _forget(self, cell: Cell) -> None:
        gone = [stay for stay, address in self._where.items() if address == cell.address]
        for stay in gone:
            del self._where[stay]


class OnlyJoiningMakesABody(Checker):
    """Remembers who asked to enter each space."""

    name = "only_joining_makes_a_body"
    sentence = "A body appears only for a session that entered, or re-entered after a crash."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._asked: dict[Address, dict[tuple[str, int], None]] = {}

    def space_told(self, cell: Cell, message: Any) -> None:
        if isinstance(message, Enter | Reenter):
            asked = self._asked.setdefault(cell.address, {})
            asked[message.socket_id, message.life] = None

    def space_settled(self, cell: Cell, space: Space) -> None:
        asked = self._asked.get(cell.address, {})
        for body in space.state.roster.bodies.values():
            self.checked += 1
            if (body.socket_id, body.life) not in asked:
                self.fail(f"{body.socket_id} has a body and never entered", cell.address)


class NoPoseAfterLeaving(Checker):
    """Looks at every pose a space publishes."""

    name = "no_pose_after_leaving"
    sentence = "A pose is published only of somebody who is there: a leave is a tombstone."

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event == "aframe-update":
            self.checked += 1
            who = emit.payload["socketId"]
            if who not in self.inside[cell.address]:
                self.fail(f"a pose of {who}, who is not in the space", cell.address)


class LeftExactlyOnce(Checker):
    """Follows arrivals and departures in each space's order of events."""

    name = "left_exactly_once"
    sentence = "user-left comes once for each body, after its user-joined and never without it."

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event == "user-left":
            self.checked += 1
            who = emit.payload["socketId"]
            if who not in self.inside[cell.address]:
                self.fail(f"user-left for {who}, who is not in the space", cell.address)


class OnlyMembersHear(Checker):
    """Compares the receivers of every event of a space with its roster."""

    name = "only_members_hear"
    sentence = "No event of a space goes to a socket that is not in it."

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        self.checked += 1
        inside = self.inside[cell.address]
        gone = emit.payload["socketId"] if emit.event == "user-left" else None
        for to in emit.to:
            if to == gone or (to != emit.but and to not in inside):
                self.fail(f"{emit.event} goes to {to}, who is not in the space", cell.address)


class SignalsStayInside(Checker):
    """Looks at both ends of every WebRTC signal."""

    name = "signals_stay_inside"
    sentence = "WebRTC signals pass only between two members of one space."

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event.startswith("webrtc-"):
            self.checked += 1
            inside = self.inside[cell.address]
            for end in (*emit.to, emit.payload["fromSocketId"]):
                if end not in inside:
                    self.fail(f"{emit.event} concerns {end}, not in the space", cell.address)


class PosesGoForward(Checker):
    """Complaints of people's views come under this name when a pose came after a later one."""

    name = "poses_go_forward"
    sentence = "Nobody is shown a pose older than the one they have, and the last one arrives."

    def person_acted(self, cell: Cell, person: Visitor) -> None:
        self.checked += 1

    def at_end(self) -> None:
        people = {person.view.socket_id: person for person in self.scene.people()}
        for viewer in people.values():
            if viewer.stage is not Stage.INSIDE:
                continue
            for socket_id in viewer.view.roster:
                walker = people.get(socket_id)
                if walker is None or walker is viewer or walker.place is None:
                    continue
                self.checked += 1
                place = viewer.view.places.get(socket_id)
                if place != walker.place:
                    self.fail(
                        f"{viewer.part.name} sees {walker.part.name} at {place}, "
                        f"who went to {walker.place}",
                        f"person:{viewer.part.name}",
                    )
