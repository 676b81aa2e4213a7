"""The binary pose frame, in Python and as the page's JavaScript reads it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

import adapters.web
from actors.space import pose_frame
from actors.space.interest import Views
from actors.space.poses_table import ROW
from adapters.realtime import json_text
from tests.support.node import node

millimetres = st.integers(-1_000_000_000, 1_000_000_000) | st.integers(-40_000, 40_000)
places = st.tuples(millimetres, millimetres, millimetres)
rotations = st.tuples(*[st.integers(0, 65_535)] * 3)
crowds = st.dictionaries(st.integers(0, 65_535), st.tuples(places, rotations), max_size=20)

SCRIPT = """
let text = '';
for await (const chunk of process.stdin) text += chunk;
const bytes = (line) => Buffer.from(line, 'base64');
console.log(JSON.stringify(JSON.parse(text).map((line) => decodePoseFrame(bytes(line)))));
"""


def encoded(
    crowd: dict[int, Any], origin: tuple[int, ...] = (0, 0, 0), epoch: int = 1, tick: int = 1
) -> bytes:
    """Return the frame of a crowd as one view shows it to somebody far away from everybody."""
    bodies = np.array(list(crowd), np.intp)
    rows = np.zeros(1 << 16, ROW)
    for index, (place, turned) in crowd.items():
        rows["position_mm"][index], rows["rotation"][index] = place, turned
    shown = Views(
        receivers=np.array([1, 2]),
        receivers_end=np.array([2]),
        origins_mm=np.array([origin], np.int64),
        view=np.zeros(len(crowd), np.intp),
        body=bodies,
    )
    frames = [data for _, data in pose_frame.encode_views(shown, rows, epoch=epoch, tick=tick)]
    return frames[0] if frames else pose_frame.HEADER.pack(1, 0, epoch, tick, *origin)


@given(crowds, places, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_frame_says_what_was_put_into_it(
    crowd: dict[int, Any], origin: tuple[int, ...], epoch: int, tick: int
) -> None:
    """Short and long entries hold whole millimetres: nothing is lost or moved to another body."""
    frame = pose_frame.decode(encoded(crowd, origin, epoch, tick))

    assert (frame.epoch, frame.tick, frame.poses) == (epoch, tick, crowd)


@given(st.binary(max_size=80))
def test_what_is_no_frame_is_refused_or_read(data: bytes) -> None:
    """Arbitrary bytes raise the one error that is documented, and nothing else."""
    try:
        pose_frame.decode(data)
    except ValueError as error:
        assert "pose frame" in str(error)  # noqa: PT017 - both outcomes are allowed.


def test_frames_are_less_than_15_percent_of_the_events_they_replace() -> None:
    """Issue 3: the figures of docs/rules/poses.md, in a crowd wider than the short form reaches."""
    crowd = {n: ((97 * n - 48_500, 1600, 31 * n), (0, 64 * n, 0)) for n in range(1000)}
    events = [
        {
            "socketId": "A" * 20,
            "userAccount": None,
            "entityData": {
                "position": {"x": x / 1000, "y": y / 1000, "z": z / 1000},
                "rotation": {"x": 0, "y": turned[1] * 360 / 65_536, "z": 0},
            },
            "timestamp": 1_700_000_000_000,
        }
        for (x, y, z), turned in crowd.values()
    ]
    as_events = sum(len(json_text.write(["aframe-update", event])) for event in events)

    assert len(encoded(crowd)) < 0.15 * as_events


@pytest.mark.parametrize("origin", [(0, 0, 0), (1_000_000_000, -5, 12_345)])
async def test_the_page_reads_the_same(origin: tuple[int, ...]) -> None:
    """The page's decoder, run by Node, gives the same bodies, metres and degrees."""
    crowd = {
        0: ((0, 0, 0), (0, 16_384, 65_535)),
        7: ((-32_767, 32_767, 1), (1, 2, 3)),
        65_535: ((999_999_999, -1_000_000_000, 32_768), (0, 0, 0)),
    }
    frames = [encoded(crowd, origin, 2**32 - 1, 9), encoded({}, origin), b"", b"\x02" * 40]
    module = Path(next(iter(adapters.web.__path__))) / "static" / "js" / "pose_frame.js"
    source = await trio.Path(module).read_text()
    with trio.fail_after(30):
        done = await trio.run_process(
            [node(), "--input-type=module", "-e", source + SCRIPT],
            stdin=json.dumps([base64.b64encode(frame).decode() for frame in frames]).encode(),
            capture_stdout=True,
        )
    whole, empty, *bad = json.loads(done.stdout)

    assert bad == [None, None]
    assert empty["poses"] == []
    assert (whole["epoch"], whole["tick"]) == (2**32 - 1, 9)
    read = {
        pose["index"]: (
            tuple(round(metres * 1000) for metres in pose["position"].values()),
            tuple(round(degrees * 65_536 / 360) for degrees in pose["rotation"].values()),
        )
        for pose in whole["poses"]
    }
    assert read == crowd
