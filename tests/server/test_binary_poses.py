"""Frames over real sockets: a stock client that asks for them, beside one that does not."""

from __future__ import annotations

import pytest

from actors.space import pose_frame
from tests.server.people import LOBBY, Crowd
from tests.support.live_server import LiveServer


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]])
async def test_a_stock_client_reads_frames_when_it_asks_for_them(
    server: LiveServer, crowd: Crowd, transports: list[str]
) -> None:
    """One binary event a tick; the other client gets the same move as `aframe-update`."""
    subspace = f"frames-{transports[0]}"
    ann = await crowd.connect("ann", server.url, transports=transports)
    ben = await crowd.connect("ben", server.url, transports=transports)
    assert (await ann.join(subspace=subspace))["poses"] == "events"
    joined = await ben.join(subspace=subspace, poses="binary")
    assert joined["poses"] == "binary"
    indices = {user["socketId"]: user["poseIndex"] for user in joined["users"]}
    assert (await ann.hear("user-joined"))["poseIndex"] == indices[ben.id]

    await ann.emit("aframe-update", {"position": {"x": 1.5, "y": 0, "z": -2}})
    data = (await ben.hear("poses"))["data"]
    frame = pose_frame.decode(bytes(data))
    assert frame.poses == {indices[ann.id]: ((1500, 0, -2000), (0, 0, 0))}
    assert frame.epoch == joined["epoch"]

    await ben.emit("aframe-update", {"position": {"x": 3, "y": 0, "z": 0}})
    assert (await ann.hear("aframe-update"))["socketId"] == ben.id
    assert not ben.all("aframe-update")
    assert not ann.all("poses")


async def test_an_unknown_form_is_refused_by_field(server: LiveServer, crowd: Crowd) -> None:
    """A misspelt wish is said, not passed over."""
    ann = await crowd.connect("ann", server.url)
    await ann.emit("join-space", {**LOBBY, "poses": "protobuf"})
    error = await ann.hear("space-error")
    assert (error["code"], error["field"]) == ("bad_input", "poses")
