"""Who hears whom, how loudly and from which side; and what changed between two answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.space.hearing.crowd import ROW_BITS
from actors.space.hearing.sound import GAIN_FULL, PAN_FULL

_SOURCE = (1 << ROW_BITS) - 1
_GAIN_BITS = GAIN_FULL.bit_length()
_PAN_BITS = (2 * PAN_FULL).bit_length()


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """The links, each once, ascending by listener and then by source.

    Attributes:
        keys: int64 (m,), `listener << 16 | source`, ascending, no repeats.
        gain: int16 (m,), 0 to 1,000: thousandths of full loudness.
        pan: int16 (m,), -1,000 (left) to 1,000 (right) of the listener.
    """

    keys: NDArray[np.int64]
    gain: NDArray[np.int16]
    pan: NDArray[np.int16]

    @classmethod
    def of(
        cls, keys: NDArray[np.int64], gain: NDArray[np.integer], pan: NDArray[np.integer]
    ) -> Relation:
        """Return the relation of these links, given in any order, each once.

        A link with its gain and pan is one number of 54 bits, so that numbers are sorted and not
        their places: a third of the time.
        """
        links = (keys << _GAIN_BITS) | gain
        links = (links << _PAN_BITS) | (pan + PAN_FULL)
        links.sort()
        return cls(
            links >> (_GAIN_BITS + _PAN_BITS),
            (links >> _PAN_BITS & ((1 << _GAIN_BITS) - 1)).astype(np.int16),
            ((links & ((1 << _PAN_BITS) - 1)) - PAN_FULL).astype(np.int16),
        )

    @property
    def listener(self) -> NDArray[np.int64]:
        """Rows of those who hear: int64 (m,), ascending."""
        return self.keys >> ROW_BITS

    @property
    def source(self) -> NDArray[np.int64]:
        """Rows of those who are heard: int64 (m,)."""
        return self.keys & _SOURCE

    def sources_of(self, listener: int) -> Relation:
        """Return the links of one listener, found in O(log m)."""
        first, last = np.searchsorted(
            self.keys, [listener << ROW_BITS, (listener + 1) << ROW_BITS]
        ).tolist()
        return Relation(self.keys[first:last], self.gain[first:last], self.pan[first:last])

    def where(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Relation:
        """Return some of the links."""
        return Relation(self.keys[which], self.gain[which], self.pan[which])

    def __len__(self) -> int:
        return len(self.keys)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relation) and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("keys", "gain", "pan")
        )

    __hash__ = None  # type: ignore[assignment] # Arrays can be written to.

    def __repr__(self) -> str:
        links = zip(self.listener, self.source, self.gain, self.pan, strict=True)
        return f"<Relation {[tuple(map(int, link)) for link in links]}>"


def silence() -> Relation:
    """Return the relation in which nobody hears anybody."""
    return Relation(np.zeros(0, np.int64), np.zeros(0, np.int16), np.zeros(0, np.int16))


@dataclass(frozen=True, slots=True)
class Differences:
    """What turns one relation into the next: links made, ended, and heard otherwise than before."""

    added: Relation
    removed: Relation
    """With the gain and pan they last had."""
    changed: Relation
    """With the gain and pan they now have."""

    def __bool__(self) -> bool:
        return bool(len(self.added) or len(self.removed) or len(self.changed))


def diff(old: Relation, new: Relation) -> Differences:
    """Return what changed; applied to `old` it gives `new`. O(m log m) with a small constant."""
    at = _places(old.keys, new.keys)
    known = at >= 0
    was = at[known]
    altered = (old.gain[was] != new.gain[known]) | (old.pan[was] != new.pan[known])
    stayed = np.zeros(len(old), np.bool_)
    stayed[was] = True
    return Differences(
        added=new.where(~known),
        removed=old.where(~stayed),
        changed=new.where(np.flatnonzero(known)[altered]),
    )


def apply(old: Relation, differences: Differences) -> Relation:
    """Return what `old` becomes by the differences.

    Raises:
        ValueError: a link to remove or change is not there, or one to add is: these are the
            differences of another relation. Ask for the whole relation instead.
    """
    ended = _places(old.keys, differences.removed.keys)
    altered = _places(old.keys, differences.changed.keys)
    if (ended < 0).any() or (altered < 0).any():
        raise ValueError("differences remove or change a link that the relation does not have")
    if (_places(old.keys, differences.added.keys) >= 0).any():
        raise ValueError("differences add a link that the relation already has")
    gain, pan = old.gain.copy(), old.pan.copy()
    gain[altered], pan[altered] = differences.changed.gain, differences.changed.pan
    stay = np.ones(len(old), np.bool_)
    stay[ended] = False
    added = differences.added
    return Relation.of(
        np.concatenate([old.keys[stay], added.keys]),
        np.concatenate([gain[stay], added.gain]),
        np.concatenate([pan[stay], added.pan]),
    )


def _places(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return where each wanted key stands among the sorted keys, -1 where it does not."""
    if not keys.size:
        return np.full(len(wanted), -1, np.intp)
    at = np.searchsorted(keys, wanted)
    at[at == len(keys)] = 0
    at[keys[at] != wanted] = -1
    return at
