"""Who is in a space: one body a session, made only by joining."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from actors.naf import NafMember
from actors.person import Person
from actors.space.poses_table import LONG_AGO, PosesTable
from actors.space.space_id import SpaceId
from actors.store import SessionRow
from actors.wire_time import iso_utc

JsonObject = dict[str, Any]

LEAP_MM_MAX: Final = 10_000_000
"""A body may leap 10 km, a world's teleport."""


@dataclass(slots=True, kw_only=True)
class Body:
    """Somebody's presence here.

    Attributes:
        life: tells this body from earlier ones of the same socket.
        binary_poses: whether the client reads `poses` frames.
        told_hearers: whether the client is told who hears it.
        naf: who they are to Networked-A-Frame pages, if theirs is one.
        attended: whether its client is connected; else it is waited for.
        extras: what the newest update held besides the pose.
        extras_for: how many had come in by then; those who came later have not heard it.
        pose_index: the body's row, and its name in frames; the roster gives it.
        published_us: when its newest pose went out.
        leap_mm: how far it could leap at `leap_at_us`; it has got some back since.
        connected_at: as the wire has it; a crowd is shown often.
    """

    socket_id: str
    life: int
    person: Person
    position: JsonObject | None
    rotation: JsonObject | None = None
    avatar_data: Any
    voice_enabled: bool
    binary_poses: bool = False
    told_hearers: bool = False
    naf: NafMember | None = None
    connected_at_us: int
    active_at_us: int
    attended: bool = True
    extras: JsonObject = field(default_factory=dict)
    extras_for: int = 0
    pose_index: int = -1
    published_us: int = LONG_AGO
    leap_mm: int = LEAP_MM_MAX
    leap_at_us: int = LONG_AGO
    connected_at: str = field(init=False)

    def __post_init__(self) -> None:
        self.connected_at = iso_utc(self.connected_at_us)

    def view(self) -> JsonObject:
        """Return the user object of `space-joined`."""
        return {
            "socketId": self.socket_id,
            "userAccount": self.person.account,
            "guestId": self.person.guest_id,
            "displayName": self.person.display_name,
            "claimed": self.person.claimed,
            "position": self.position,
            "rotation": self.rotation,
            "avatar_data": self.avatar_data,
            "voice_enabled": self.voice_enabled,
            "poseIndex": self.pose_index,
            "connected_at": self.connected_at,
        }

    def row(self, space: SpaceId) -> SessionRow:
        """Return the row of presence_sessions."""
        return SessionRow(
            socket_id=self.socket_id,
            space=space,
            account=self.person.account,
            guest_id=self.person.guest_id,
            position=self.position,
            avatar_data=self.avatar_data,
            voice_enabled=self.voice_enabled,
            connected_at_us=self.connected_at_us,
            last_activity_us=self.active_at_us,
        )


class Roster:
    """The bodies by socket id, in the order they came."""

    def __init__(self) -> None:
        self.bodies: dict[str, Body] = {}
        self.table = PosesTable()
        self.arrivals = 0
        self._everybody: tuple[str, ...] | None = ()
        self._stock: tuple[str, ...] | None = ()
        self.naf_ids: dict[str, str] = {}
        """Socket ids by NAF id, of those who speak it."""
        self._naf_sockets: tuple[str, ...] | None = ()
        self._binary: tuple[str, ...] | None = ()
        self._names: list[str] | None = None
        self.changed: dict[str, None] = {}
        """Socket ids whose presence row is out of date."""

    def __len__(self) -> int:
        return len(self.bodies)

    def __contains__(self, socket_id: object) -> bool:
        return socket_id in self.bodies

    @property
    def everybody(self) -> tuple[str, ...]:
        """All socket ids; the same tuple until somebody comes or goes."""
        if self._everybody is None:
            self._everybody = tuple(self.bodies)
        return self._everybody

    @property
    def stock(self) -> tuple[str, ...]:
        """The socket ids whose clients get an event per mover."""
        if self._stock is None:
            bodies = self.bodies.values()
            self._stock = tuple(body.socket_id for body in bodies if not body.binary_poses)
        return self._stock

    @property
    def naf_sockets(self) -> tuple[str, ...]:
        """The socket ids of Networked-A-Frame pages, in the order they came."""
        if self._naf_sockets is None:
            self._naf_sockets = tuple(self.naf_ids.values())
        return self._naf_sockets

    @property
    def binary(self) -> tuple[str, ...]:
        """The socket ids whose clients get frames."""
        if self._binary is None:
            bodies = self.bodies.values()
            self._binary = tuple(body.socket_id for body in bodies if body.binary_poses)
        return self._binary

    @property
    def names(self) -> list[str]:
        """The socket id of each row of the table; empty where there is nobody."""
        if self._names is None:
            self._names = [""] * len(self.table.rows)
            for body in self.bodies.values():
                self._names[body.pose_index] = body.socket_id
        return self._names

    def add(self, body: Body) -> None:
        """Add a body, replacing an earlier one of the same socket."""
        self.remove(body.socket_id)
        self.arrivals += 1
        body.pose_index = self.table.add(
            position=body.position,
            rotation=body.rotation,
            speaking=body.voice_enabled,
            receives=body.binary_poses,
        )
        self.bodies[body.socket_id] = body
        self.changed[body.socket_id] = None
        self._everybody = self._stock = self._binary = self._names = None
        if body.naf is not None:
            self.naf_ids[body.naf.id] = body.socket_id
            self._naf_sockets = None

    def remove(self, socket_id: str) -> Body | None:
        """Remove and return a body; None when there is none."""
        body = self.bodies.pop(socket_id, None)
        if body is not None:
            self.changed[socket_id] = None
            self._everybody = self._stock = self._binary = self._names = None
            if body.naf is not None:
                del self.naf_ids[body.naf.id]
                self._naf_sockets = None
            self.table.remove(body.pose_index)
        return body

    def views(self) -> tuple[JsonObject, ...]:
        """Return everybody as the users of `space-joined`."""
        return tuple(body.view() for body in self.bodies.values())

    def take_changes(self, space: SpaceId) -> tuple[tuple[SessionRow, ...], tuple[str, ...]]:
        """Return the rows to write and the socket ids to remove, and forget that they changed."""
        bodies = self.bodies
        present = tuple(bodies[one].row(space) for one in self.changed if one in bodies)
        gone = tuple(one for one in self.changed if one not in bodies)
        self.changed = {}
        return present, gone
