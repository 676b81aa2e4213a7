"""Who hears whom: found again in plain loops, and compared with what was decided and told."""

from __future__ import annotations

from math import isqrt
from typing import Any, ClassVar

from actors.clients import Emit
from actors.space.actor import Space
from actors.space.hall.people import name_of
from actors.space.hearing.crowd import NEAREST_MAX
from actors.space.messages import Tick
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.people.visitor import Stage, Visitor

Link = tuple[str, str]
"""Socket ids of who hears and who is heard."""

UPDATE = "spatial-connections-updated"


def links_of(space: Space) -> dict[Link, int]:
    """Return the gain of each link that a space has decided, in thousandths."""
    names = {body.pose_index: one for one, body in space.state.roster.bodies.items()}
    relation = space.hall.ears.rule.relation
    rows = (relation.listener, relation.source, relation.gain)
    return {
        (names[ear], names[mouth]): gain
        for ear, mouth, gain in zip(*(each.tolist() for each in rows), strict=True)
        if ear in names and mouth in names
    }


class _Room:
    """A space at one moment, as the rules see it."""

    def __init__(self, space: Space, now_us: int) -> None:
        people, hall = space.hall.people, space.state.hall
        self.space = space
        self.bodies = space.state.roster.bodies
        rows = space.state.roster.table.rows
        self.placed, self.at_mm = rows["placed"].tolist(), rows["position_mm"].tolist()
        self.names = {one: name_of(body.person) for one, body in self.bodies.items()}
        self.speaks = {
            name: people.abilities(name, hall, now_us).speak
            for name in dict.fromkeys(self.names.values())
        }

    def forbidden(self, ear: str, mouth: str) -> str | None:
        """Return why one must not hear the other; None when they may."""
        listener, source = self.names[ear], self.names[mouth]
        bars = self.space.state.hall.bars
        mine, theirs = bars.get((listener, source)), bars.get((source, listener))
        if listener == source:
            return "themself"
        if not self.speaks[source]:
            return "somebody who may not speak"
        if mine is not None:
            return "somebody they muted or blocked"
        return "somebody who blocked them" if theirs is not None and theirs.blocks else None

    def mouths(self, name: str) -> list[str]:
        """Return the body a person speaks with, if they are here."""
        rows = self.space.state.roster.table.rows
        own = [one for one in self.bodies if self.names[one] == name]
        open_ = [one for one in own if rows["speaking"][self.bodies[one].pose_index]]
        return (open_ or own)[:1]

    def away_mm2(self, ear: str, mouth: str) -> int | None:
        """Return the squared distance; None where a position is not known."""
        a, b = self.bodies[ear].pose_index, self.bodies[mouth].pose_index
        if not (self.placed[a] and self.placed[b]):
            return None
        (ax, ay, az), (bx, by, bz) = self.at_mm[a], self.at_mm[b]
        return int((ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2)

    def expected(self, before: set[Link]) -> dict[Link, int]:
        """Return the links of announcement, stage or ambient, a pair of people at a time."""
        hall = self.space.state.hall
        mode, range_mm = hall.config.audio_mode, hall.config.range_mm
        loud = [] if hall.speaker is None else self.mouths(hall.speaker)
        holders = {
            mouth
            for usage in hall.holding.values()
            for mouth in self.mouths(usage.user_account)
            if hall.microphones[usage.microphone_id].broadcast_mode == "full_volume"
        }
        found: dict[Link, int] = {}
        for ear in self.bodies:
            near: list[tuple[int, int, str]] = []
            for mouth in self.bodies:
                if self.forbidden(ear, mouth) is not None:
                    continue
                if mode != "ambient" and mouth in loud:
                    found[ear, mouth] = 1_000
                elif mode == "announcement":
                    continue
                elif mouth in holders:
                    found[ear, mouth] = 1_000
                else:
                    away_mm2 = self.away_mm2(ear, mouth)
                    lingers = (ear, mouth) in before
                    if away_mm2 is not None and (
                        away_mm2 < range_mm**2 or (lingers and 100 * away_mm2 <= 121 * range_mm**2)
                    ):
                        near.append((isqrt(away_mm2), self.bodies[mouth].pose_index, mouth))
            for away_mm, _row, mouth in sorted(near)[:NEAREST_MAX]:
                faded = 1_000 * (range_mm - away_mm) // (range_mm - 1_000)
                found[ear, mouth] = min(max(faded, 0), 1_000)
        return found


class HearingFollowsTheMode(Checker):
    """Finds who should hear whom anew, whenever a space has listened or people have walked."""

    name = "hearing_follows_the_mode"
    sentence = (
        "In announcement all hear exactly the speaker; in stage the speaker and who is near; in "
        "ambient who is near, kept to a tenth beyond the range, the nearest twelve; in super "
        "ambient their partners, and nobody is alone."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._links: dict[str, dict[Link, int]] = {}
        self._relation: dict[str, Any] = {}
        self._places: dict[str, bytes] = {}
        self._message: Any = None

    def space_born(self, cell: Cell) -> None:
        self._links.pop(cell.address, None)

    def space_handled(self, cell: Cell, space: Space) -> None:
        ears, address = space.hall.ears, cell.address
        relation = ears.rule.relation
        anew = self._relation.get(address) is not relation
        if not ears.settled or not (anew or isinstance(self._message, Tick)):
            return
        places = space.state.roster.table.rows["position_mm"].tobytes()
        if not anew and self._places.get(address) == places:
            return
        self._relation[address], self._places[address] = relation, places
        links, before = links_of(space), self._links.get(address, {})
        self._links[address] = links
        self.checked += 1
        room = _Room(space, self.scene.core.now_us)
        if space.state.hall.config.audio_mode == "superambient":
            self._check_partners(cell, room, set(links))
            return
        held = set(before if anew else links)
        expected = room.expected(held)
        wrong = set(expected) ^ set(links)
        if wrong:
            self.fail(f"{min(wrong)} should{'' if wrong & set(expected) else ' not'} be", address)
        elif anew and expected != links:
            louder = next(one for one in links if links[one] != expected[one])
            self.fail(f"{louder} has gain {links[louder]}, not {expected[louder]}", address)

    def space_told(self, cell: Cell, message: Any) -> None:
        self._message = message

    def _check_partners(self, cell: Cell, room: _Room, links: set[Link]) -> None:
        ears = room.space.hall.ears
        names = {body.pose_index: one for one, body in room.bodies.items()}
        partners: dict[str, set[str]] = {one: set() for one in room.bodies}
        for a, b in ears.rule.partners.pairs.tolist():
            partners[names[a]].add(names[b])
            partners[names[b]].add(names[a])
        count = room.space.state.hall.config.superambient_neighbor_count
        free = not room.space.state.hall.bars and len(set(room.names.values())) == len(partners)
        for one, own in partners.items():
            if len(own) > count + 1 or (free and count == 2 and len(own) > count):
                self.fail(f"{one} has {len(own)} partners", cell.address)
            if free and len(partners) > 1 and not own:
                self.fail(f"{one} is alone among {len(partners)}", cell.address)
        holders = {usage.user_account for usage in room.space.state.hall.holding.values()}
        for ear, own in partners.items():
            for mouth in room.bodies:
                heard = (ear, mouth) in links
                may = mouth in own and room.forbidden(ear, mouth) is None
                if heard != may and room.names[mouth] not in holders:
                    self.fail(
                        f"{ear} hears {mouth}: {heard}, partners: {sorted(own)}", cell.address
                    )


class NeverHeard(Checker):
    """Looks at every link of every answer."""

    name = "never_heard"
    sentence = (
        "Nobody hears themself, somebody who may not speak, somebody they muted, somebody on "
        "either side of a block, or somebody who is not in the space."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen: dict[str, Any] = {}

    def space_handled(self, cell: Cell, space: Space) -> None:
        relation = space.hall.ears.rule.relation
        if self._seen.get(cell.address) is relation or not space.hall.ears.settled:
            return
        self._seen[cell.address] = relation
        self.checked += 1
        rows = {body.pose_index for body in space.state.roster.bodies.values()}
        strangers = {*relation.listener.tolist(), *relation.source.tolist()} - rows
        if strangers:
            self.fail(f"rows {strangers} hold nobody", cell.address)
        room = _Room(space, self.scene.core.now_us)
        for ear, mouth in links_of(space):
            why = room.forbidden(ear, mouth)
            if why is not None:
                self.fail(f"{ear} hears {mouth}, {why}", cell.address)


class _Told(Checker):
    """Adds up what each client was sent of an event, and asks the clients at the end."""

    event: ClassVar[str]

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._told: dict[tuple[str, str], set[str]] = {}
        self._seen: dict[str, Any] = {}

    def added(self, payload: Any) -> set[str]:
        """Return the sockets that an event adds."""
        raise NotImplementedError

    def decided(self, space: Space) -> dict[str, set[str]]:
        """Return for each client what its space has decided."""
        raise NotImplementedError

    def known(self, person: Visitor) -> set[str]:
        """Return what a client knows."""
        raise NotImplementedError

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event == "space-joined":
            for to in emit.to:
                self._told[cell.address, to] = set()
        elif emit.event == "user-left":
            for (address, _to), told in self._told.items():
                if address == cell.address:
                    told.discard(emit.payload["socketId"])
        elif emit.event == self.event:
            for to in emit.to:
                told = self._told.setdefault((cell.address, to), set())
                if emit.payload["resync"]:
                    told.clear()
                told -= set(emit.payload["ended"])
                told |= self.added(emit.payload)

    def space_handled(self, cell: Cell, space: Space) -> None:
        relation = space.hall.ears.rule.relation
        if not space.hall.ears.settled or self._seen.get(cell.address) is relation:
            return
        self._seen[cell.address] = relation
        self.checked += 1
        for one, decided in self.decided(space).items():
            told = self._told.get((cell.address, one), set())
            if told != decided:
                self.fail(f"{one}: it is {sorted(decided)}, told {sorted(told)}", cell.address)

    def at_end(self) -> None:
        spaces = self.scene.spaces()
        for person in self.scene.people():
            space = spaces.get(person.space.address)
            if person.stage is not Stage.INSIDE or space is None:
                continue
            self.checked += 1
            decided = self.decided(space).get(person.view.socket_id or "", set())
            if self.known(person) != decided:
                text = f"{person.part.name} knows {sorted(self.known(person))}, it is {decided}"
                self.fail(text, f"person:{person.part.name}")


class LinksAreKnown(_Told):
    name = "links_are_known"
    sentence = "What a client was told of whom it hears adds up to what its space decided."
    event = UPDATE

    def added(self, payload: Any) -> set[str]:
        return {one["socketId"] for one in payload["connections"]}

    def decided(self, space: Space) -> dict[str, set[str]]:
        heard: dict[str, set[str]] = {one: set() for one in space.state.roster.bodies}
        for ear, mouth in links_of(space):
            heard[ear].add(mouth)
        return heard

    def known(self, person: Visitor) -> set[str]:
        return set(person.view.hall.heard)


class HearersAreKnown(_Told):
    name = "hearers_are_known"
    sentence = "Who asked is told exactly who hears them: their own links, read the other way."
    event = "spatial-hearers-updated"

    def added(self, payload: Any) -> set[str]:
        return set(payload["hearers"])

    def decided(self, space: Space) -> dict[str, set[str]]:
        """Return who hears each client, as far as it is to know."""
        bodies = space.state.roster.bodies
        found: dict[str, set[str]] = {one: set() for one in bodies}
        for ear, mouth in links_of(space):
            if bodies[mouth].told_hearers:
                found[mouth].add(ear)
        return found

    def known(self, person: Visitor) -> set[str]:
        return person.view.hall.hearers


class NoTickMixesModes(Checker):
    """Compares the mode of each update with the one that people were last told."""

    name = "no_tick_mixes_modes"
    sentence = "All links of an update are of the one audio mode that was announced before it."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._mode: dict[str, str] = {}

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event == "space-joined":
            self._mode[cell.address] = emit.payload["audio"]["audio_mode"]
        elif emit.event == "audio-mode-changed":
            self._mode[cell.address] = emit.payload["audio_mode"]
        elif emit.event == UPDATE:
            self.checked += 1
            mode = self._mode.get(cell.address, "ambient")
            kinds = {one["kind"] for one in emit.payload["connections"]}
            if emit.payload["audio_mode"] != mode or not kinds <= _KINDS[mode]:
                text = f"links of {emit.payload['audio_mode']} ({kinds}) while the mode is {mode}"
                self.fail(text, cell.address)


_KINDS = {
    "announcement": {"speaker"},
    "stage": {"speaker", "nearby", "microphone"},
    "ambient": {"nearby", "microphone"},
    "superambient": {"partner", "microphone"},
}
