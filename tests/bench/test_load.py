"""The load's decoders on recorded bytes: what they count is what was sent."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.space import pose_frame, poses_table
from actors.space.interest import Views
from bench.__main__ import table
from bench.load.walkers import ROW, pose
from bench.load.wire import (
    BINARY,
    close_code,
    entries,
    event_positions,
    frame_positions,
    frames,
    masked,
)

EVENT = (
    b'42["aframe-update",{"socketId":"a","userAccount":null,"entityData":{"position":'
    b'{"x":%s,"y":3,"z":17},"rotation":{"x":0,"y":1.5,"z":0}},"timestamp":1}]'
)


def framed(first: int, payload: bytes) -> bytes:
    size = len(payload)
    head = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    return bytes([first]) + head + payload


@given(st.lists(st.integers(0, 10**7), max_size=5), st.integers(1, 400))
def test_events_are_found_once_each_however_they_are_cut(xs_mm: list[int], cut: int) -> None:
    """A read ends anywhere, in the middle of a number too."""
    data = b"".join(framed(0x81, EVENT % (b"%.3f" % (x / 1000))) for x in xs_mm)
    found: list[list[int]] = []
    rest = b""
    for at in range(0, len(data), cut):
        positions_mm, rest = event_positions(rest + data[at : at + cut])
        found += positions_mm.tolist()
    assert found == [[x, 3000, 17000] for x in xs_mm]


def test_pose_frames_are_read_as_the_server_writes_them() -> None:
    """Near and far bodies both: as many, and where they are."""
    rows = np.zeros(2, poses_table.ROW)
    positions_mm = rows["position_mm"]
    positions_mm[:] = [[1500, 0, -2250], [90_000, 1000, 0]]
    shown = Views(
        receivers=np.array([0]),
        receivers_end=np.array([1]),
        origins_mm=np.array([[1000, 0, 0]]),
        view=np.zeros(2, np.intp),
        body=np.arange(2),
    )
    ((_, payload),) = pose_frame.encode_views(shown, rows, epoch=1, tick=2)
    assert entries(b"??" + payload, 2, 2 + len(payload)) == 2
    assert frame_positions(payload).tolist() == positions_mm.tolist()


@pytest.mark.parametrize("size", [0, 125, 126, 65_535])
def test_only_whole_frames_are_yielded(size: int) -> None:
    """What was cut off stays for the next read."""
    data = framed(BINARY, bytes(size))
    head = len(data) - size
    assert list(frames(data + data[:-1])) == [(BINARY, head, len(data))]


def test_a_close_frame_at_the_end_tells_its_code() -> None:
    """A stalled client reads it after all that was waiting."""
    assert close_code(framed(0x81, b"2") + framed(0x88, struct.pack(">H", 4008) + b"slow")) == 4008
    assert close_code(framed(0x81, b"2")) is None


@pytest.mark.parametrize("number", [0, 31, 32, 1999])
def test_a_pose_tells_whose_it_is_and_when_it_was_sent(number: int) -> None:
    """The observer takes both out of the position alone."""
    frame = pose(number, 12_034)
    assert frame == masked(frame[frame.index(b"42[") :].decode())
    [[x_mm, y_mm, z_mm]] = event_positions(frame)[0].tolist()
    assert (x_mm, (y_mm * ROW + z_mm) // 1000) == (12_034, number)


def test_goals_stand_in_columns() -> None:
    """One line a goal under the heading."""
    lines = table([["a", "1", "2", "3", "0.5x", "yes"]]).splitlines()
    assert [line.split()[-1] for line in lines] == ["held", "yes"]
