"""What the rules of hearing are given: the bodies as arrays, and the terms in force."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.space.poses_table import BODIES_MAX

RANGE_MM_MIN = 1_001
"""WebAudio's linear model is full at 1 m, so it needs something beyond to fade over."""
RANGE_MM_MAX = 1_000_000
"""1 km: no voice carries farther, and 1.1 times that has 21 bits."""
NEAREST_MAX = 12
"""How many people by distance a listener hears by default: more is a din, and 12 streams of Opus
are what a phone decodes."""

ROW_BITS: Final = 16
assert BODIES_MAX <= 1 << ROW_BITS


class Mode(StrEnum):
    ANNOUNCEMENT = "announcement"
    STAGE = "stage"
    AMBIENT = "ambient"
    SUPERAMBIENT = "superambient"


class Broadcast(IntEnum):
    """How somebody who holds a microphone is heard; NONE for everybody else."""

    NONE = 0
    FULL_VOLUME = 1
    SPATIAL_ONLY = 2
    MIXED = 3


def no_pairs() -> NDArray[np.int64]:
    """Return an empty list of pairs: int64 (0, 2)."""
    return np.zeros((0, 2), np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The bodies of a space, a row each; rows without a body may hold anything.

    Attributes:
        life: int64 (n,), 0 where there is no body. Another body in the same row has another life,
            and so inherits neither links nor partners.
        position_mm: int32 or int64 (n, 3), within 1,000 km of the origin on each axis.
        placed: bool (n,), whether the position is known. Others hear only what needs no distance.
        yaw: uint16 (n,), rotation about y in 65,536ths of a turn; 0 faces -z, a quarter -x.
        may_speak: bool (n,), permission to be heard at all; who is muted has none.
        broadcast: uint8 (n,), of `Broadcast`.
        muted_pairs: int64 (m, 2) of (listener, source): the listener wants not to hear the source.
        blocked_pairs: int64 (b, 2): neither hears the other, in whichever order they are named.
    """

    life: NDArray[np.int64]
    position_mm: NDArray[np.signedinteger]
    placed: NDArray[np.bool_]
    yaw: NDArray[np.uint16]
    may_speak: NDArray[np.bool_]
    broadcast: NDArray[np.uint8]
    muted_pairs: NDArray[np.int64] = field(default_factory=no_pairs)
    blocked_pairs: NDArray[np.int64] = field(default_factory=no_pairs)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which rows hold a body: bool (n,)."""
        here: NDArray[np.bool_] = self.life != 0
        return here

    @property
    def heard(self) -> NDArray[np.bool_]:
        """Who may be heard by somebody: present and permitted; bool (n,)."""
        return self.present & self.may_speak


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The space's audio configuration in force at one tick.

    Attributes:
        mode: decides who is heard; `docs/rules/hearing.md` has the table.
        speaker: row of who has the speaker role, or None. Means nothing in the ambient modes.
        range_mm: distance at which a voice has faded to nothing, 1,001 to 1,000,000.
        neighbor_count: partners in super ambient, 1 or 2.
        nearest_max: how many people by distance a listener hears, at least 1.
    """

    mode: Mode
    speaker: int | None = None
    range_mm: int = 5_000
    neighbor_count: int = 2
    nearest_max: int = NEAREST_MAX

    def __post_init__(self) -> None:
        assert RANGE_MM_MIN <= self.range_mm <= RANGE_MM_MAX, self.range_mm
        assert self.neighbor_count in (1, 2), self.neighbor_count
        assert self.nearest_max >= 1, self.nearest_max

    @property
    def linger_mm(self) -> int:
        """Distance up to which a link once made is kept, whole millimetres."""
        return self.range_mm * 11 // 10


def link_keys(listener: NDArray[np.integer], source: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return one number a link, ascending by listener and then by source: int64 (m,)."""
    keys: NDArray[np.int64] = (listener.astype(np.int64) << ROW_BITS) | source
    return keys


@dataclass(frozen=True, slots=True)
class Bars:
    """Who must not hear whom: sorted link keys without repeats, from mutes and blocks of pairs."""

    keys: NDArray[np.int64]
    listens_barred: NDArray[np.bool_]
    """bool (n,): whether any link of this listener is barred; most have none."""
    listener_max: int
    """The most that any one listener has."""

    @classmethod
    def of(cls, crowd: Crowd) -> Bars:
        """Return the bars of a crowd, the same for any order in which its pairs are given."""
        muted, blocked = crowd.muted_pairs, crowd.blocked_pairs
        if not len(muted) and not len(blocked):
            return cls(np.zeros(0, np.int64), np.zeros(len(crowd.life), np.bool_), 0)
        listener = np.concatenate([muted[:, 0], blocked[:, 0], blocked[:, 1]])
        source = np.concatenate([muted[:, 1], blocked[:, 1], blocked[:, 0]])
        keys = np.unique(link_keys(listener, source))
        each = np.bincount(keys >> ROW_BITS, minlength=len(crowd.life))
        return cls(keys, each > 0, int(each.max(initial=0)))

    def forbid(
        self, listener: NDArray[np.integer], source: NDArray[np.integer]
    ) -> NDArray[np.bool_]:
        """Return which of these links must not be: bool (m,)."""
        forbidden = np.zeros(len(listener), np.bool_)
        if self.keys.size:
            asked = np.flatnonzero(self.listens_barred[listener])
            wanted = link_keys(listener[asked], source[asked])
            at = np.searchsorted(self.keys, wanted)
            at[at == len(self.keys)] = 0
            forbidden[asked] = self.keys[at] == wanted
        return forbidden
