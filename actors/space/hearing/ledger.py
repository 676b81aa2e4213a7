"""The audibility ledger's bytes: who could hear whom at each moment, as differences. Pure.

A chain of batches begins with everything (its key) and goes on with what changed. A batch holds
for a span of time, and batches of a chain follow each other without a hole; where no batch holds,
nothing is known, and nothing is invented.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from actors.space.hearing.changes import (
    KIND_BITS,
    LISTENER_SHIFT,
    Change,
    Codes,
    change,
    columns,
    no_codes,
)
from actors.space.hearing.crowd import ROW_BITS, Mode
from actors.space.hearing.told import LinkKind
from actors.store_audibility import CHAIN_MAX, Batch

RAW_BYTES_MAX = 8_000_000
"""What may gather for one batch; more is given up, and the ledger has a gap."""

_MODES = tuple(Mode)
_HEAD = struct.Struct("<qBBIIII")  # time, mode, whole, rows gone, bytes of names, made, ended

Who = tuple[str, str]
"""A person (account or `guest:<id>`) and the socket id of one of their connections."""


@dataclass(slots=True)
class Audible:
    """Who hears whom at one moment.

    Attributes:
        mode: the audio mode of the last answer.
        people: row to who is in it.
        codes: int64 (m,), ascending, `listener << 19 | source << 3 | kind`.
    """

    mode: Mode = Mode.AMBIENT
    people: dict[int, Who] = field(default_factory=dict)
    codes: Codes = field(default_factory=no_codes)

    def links(self) -> list[tuple[Who, Who, LinkKind]]:
        """Return who hears whom and by what right, by the listener's row and then the source's."""
        rows = (each.tolist() for each in columns(self.codes))
        return [
            (self.people[ear], self.people[mouth], LinkKind(kind))
            for ear, mouth, kind in zip(*rows, strict=True)
        ]

    def vacate(self, rows: Sequence[int]) -> None:
        """Take people away, and every link of theirs."""
        if not rows:
            return
        for row in rows:
            self.people.pop(row, None)
        gone = np.zeros(1 << ROW_BITS, np.bool_)
        gone[list(rows)] = True
        ear, mouth, _ = columns(self.codes)
        self.codes = self.codes[~(gone[ear] | gone[mouth])]


class Ledger:
    """Writes down what a space decides, until it is cut into batches."""

    def __init__(self) -> None:
        self.now = Audible()
        self._people: dict[int, Who] | None = None
        self._number = 1
        self._key_number = 1
        self._from_us: int | None = None
        self._frames: list[bytes] = []
        self._raw_bytes = 0
        self._overflowed = False

    @property
    def running(self) -> bool:
        """Whether anything is being written down."""
        return self._from_us is not None

    @property
    def changed(self) -> bool:
        """Whether anything has changed since the last cut."""
        return bool(self._frames)

    @property
    def begun_us(self) -> int:
        """When the batch being gathered began; 0 when none is."""
        return self._from_us or 0

    def heard(self, now_us: int, mode: Mode, taken: Change, people: dict[int, Who]) -> None:
        """Write down an answer.

        Args:
            now_us: when it was given.
            mode: of it.
            taken: its codes, and how they differ from what listeners knew before. That is how they
                differ from what is written down, too, but after a beginning; then it is found anew.
            people: who is in which row; everybody present. Not altered later: who comes or goes
                makes another.
        """
        codes = taken.now
        if self._from_us is None:
            self._from_us, self._key_number = now_us, self._number
            self.now, self._people = Audible(mode, dict(people), codes), people
            self._write(now_us, [], self.now.people, codes, codes[:0], whole=True)
            return
        was = self.now
        came: dict[int, Who] = {}
        gone: list[int] = []
        if people is not self._people:
            came = {row: who for row, who in people.items() if was.people.get(row) != who}
            gone = [row for row in was.people if row not in people or row in came]
            self._people = people
        same_mode = was.mode is mode
        was.mode = mode
        was.vacate(gone)
        was.people |= came
        if not np.array_equal(was.codes, taken.before):
            taken = change(was.codes, codes)
        was.codes = codes
        if came or gone or len(taken.made) or len(taken.ended) or not same_mode:
            self._write(now_us, gone, came, codes[taken.made], taken.ended)

    def went(self, now_us: int, row: int) -> None:
        """Write down that somebody has gone: nobody hears them from now on."""
        if self.running and row in self.now.people:
            self.now.vacate([row])
            self._people = None
            self._write(now_us, [row], {}, self.now.codes[:0], self.now.codes[:0])

    def cut(self, now_us: int) -> Batch | None:
        """Return what was written down since the last cut, as true until now; None for no time.

        With nobody left the ledger rests until somebody hears again. What was too much is given
        up: then there is no batch, and the next one is a key.
        """
        if self._from_us is None or now_us <= self._from_us:
            return None
        batch = None
        if not self._overflowed:
            batch = Batch(
                number=self._number,
                key_number=self._key_number,
                from_us=self._from_us,
                until_us=now_us,
                data=zlib.compress(b"".join(self._frames), 1),
            )
            self._number += 1
        if not self.now.people:
            self._empty()
            self._from_us = None
        elif self._overflowed or self._number - self._key_number >= CHAIN_MAX:
            self.restart(now_us)
        else:
            self._empty()
            self._from_us = now_us
        return batch

    def restart(self, now_us: int) -> None:
        """Begin a new chain with everything, giving up what was not cut."""
        self._empty()
        self._number += 1
        self._from_us, self._key_number = now_us, self._number
        now = self.now
        self._write(now_us, [], now.people, now.codes, now.codes[:0], whole=True)

    def _empty(self) -> None:
        self._frames, self._raw_bytes, self._overflowed = [], 0, False

    def _write(
        self,
        now_us: int,
        gone: list[int],
        came: dict[int, Who],
        made: Codes,
        ended: Codes,
        *,
        whole: bool = False,
    ) -> None:
        names = json.dumps([[row, *who] for row, who in came.items()]).encode() if came else b""
        head = _HEAD.pack(
            now_us,
            _MODES.index(self.now.mode),
            whole,
            len(gone),
            len(names),
            len(made),
            len(ended),
        )
        rows = np.array(gone, "<u2").tobytes()
        frame = b"".join((head, rows, names, _pack(made), _pack(ended)))
        self._raw_bytes += len(frame)
        if self._raw_bytes > RAW_BYTES_MAX and self._frames:
            self._frames, self._overflowed = [], True
        if not self._overflowed:
            self._frames.append(frame)


def holds(batches: Sequence[Batch], at_us: int) -> bool:
    """Return whether these say who could hear whom at a moment; see `audible_at`."""
    if not batches or not batches[-1].from_us <= at_us < batches[-1].until_us:
        return False
    key = batches[-1].key_number
    return [one.number for one in batches] == list(range(key, batches[-1].number + 1))


def audible_at(batches: Sequence[Batch], at_us: int) -> Audible | None:
    """Return who could hear whom at a moment, or None where the ledger doesn't say.

    Args:
        batches: of one activation, ascending: from the key of the batch that holds at that moment
            to that batch.
        at_us: the moment.
    """
    return Replay(batches).until(at_us) if holds(batches, at_us) else None


class Replay:
    """Goes through batches that follow each other, from a key on, as far as it is asked to."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = iter(batches)
        self._raw, self._at = b"", 0
        self._now = Audible()

    def until(self, at_us: int) -> Audible:
        """Return who could hear whom at a moment, not before the last; the next call changes it."""
        while True:
            while self._at < len(self._raw):
                if not self._step(at_us):
                    return self._now
            batch = next(self._batches, None)
            if batch is None:
                return self._now
            self._raw, self._at = zlib.decompress(batch.data), 0

    def _step(self, at_us: int) -> bool:
        """Take in one frame; False when it is of a later moment."""
        now, raw, at = self._now, self._raw, self._at
        now_us, mode, whole, gone_n, names_n, made_n, ended_n = _HEAD.unpack_from(raw, at)
        if now_us > at_us:
            return False
        at += _HEAD.size
        gone = np.frombuffer(raw, "<u2", gone_n, at).tolist()
        at += 2 * gone_n
        came = json.loads(raw[at : at + names_n]) if names_n else []
        at += names_n
        made, ended = _unpack(raw, at, made_n), _unpack(raw, at + 5 * made_n, ended_n)
        self._at = at + 5 * (made_n + ended_n)
        if whole:
            now.people, now.codes = {}, no_codes()
        now.mode = _MODES[mode]
        now.vacate(gone)
        now.people |= {row: (person, socket_id) for row, person, socket_id in came}
        if ended.size:
            now.codes = now.codes[~np.isin(now.codes, ended)]
        if made.size:
            now.codes = np.sort(np.concatenate([now.codes, made]))
        return True


def _pack(codes: Codes) -> bytes:
    """Return 5 bytes a link, column by column: like stands beside like and shrinks well."""
    links = columns(codes)
    listener = np.diff(links.listener, prepend=0).astype("<u2")
    source, kind = links.source.astype("<u2"), links.kind.astype(np.uint8)
    return listener.tobytes() + source.tobytes() + kind.tobytes()


def _unpack(raw: bytes, at: int, n: int) -> Codes:
    if not n:
        return no_codes()
    listener = np.cumsum(np.frombuffer(raw, "<u2", n, at).astype(np.int64))
    source = np.frombuffer(raw, "<u2", n, at + 2 * n).astype(np.int64)
    kind = np.frombuffer(raw, np.uint8, n, at + 4 * n)
    codes: Codes = (listener << LISTENER_SHIFT) | (source << KIND_BITS) | kind
    return codes
