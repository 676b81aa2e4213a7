"""A real session, recorded, replays to the same outputs in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import trio

from tests.server.people import Crowd, open_room, websocket_url
from tests.support.live_server import LiveServer

ROOT = Path(__file__).parents[2]


def replayed(recording: Path) -> subprocess.CompletedProcess[str]:
    """Run `presence sim replay` as a person would."""
    program = "from adapters.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "sim", "replay", str(recording)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_a_recorded_session_replays_to_the_same_outputs(tmp_path: Path, crowd: Crowd) -> None:
    """Joins, poses, chat, refusals, rooms, pages and departures: every effect is as it was.

    And one flipped bit does not go unnoticed.
    """
    recording = tmp_path / "session.recording"
    server = LiveServer(tmp_path, "--record", str(recording))
    await trio.to_thread.run_sync(server.start)
    try:
        ann, ben = await crowd.member("ann", server.url), await crowd.member("ben", server.url)
        for number in range(20):
            await ann.emit("aframe-update", {"position": {"x": number, "y": 0, "z": 0}})
            await ben.say(f"message {number}")
        assert not (await ann.say(""))["success"]
        await ann.emit("webrtc-offer", {"targetSocketId": ben.id, "offer": {"sdp": "ö"}})
        await ben.hear("webrtc-offer")
        async with open_room("page", websocket_url(server.url)) as page:
            await page.send("join-space", spaceType="post", spaceId="ann/post")
            await page.hear("space-joined")
        for person in (ann, ben):
            await person.emit("joinRoom", {"room": "ann-post-main"})
            await person.hear("connectSuccess")
        await ann.emit("broadcast", {"type": "u", "data": {"networkId": "n", "parts": [1, None]}})
        await ben.hear("broadcast")
        for person in (ann, ben):
            await person.join()
        async with httpx.AsyncClient(base_url=server.url, timeout=15) as http:
            body = {"content": "over REST"}
            posted = await http.post("/api/chat/global/lobby/messages", json=body)
            assert posted.status_code == 200
        await ann.hear("chat-message", content="over REST")
        await ben.disconnect()
        await ann.hear("user-left")
        assert await trio.to_thread.run_sync(server.terminate) == 0
    finally:
        await trio.to_thread.run_sync(server.stop)
    done = await trio.to_thread.run_sync(replayed, recording)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every effect was as recorded." in done.stdout
    assert int(done.stdout.split(" deliveries")[0].replace(",", "")) > 60

    data = bytearray(recording.read_bytes())
    data[len(data) // 2] ^= 1
    damaged = tmp_path / "damaged.recording"
    damaged.write_bytes(data)
    assert "ends in the middle" in (await trio.to_thread.run_sync(replayed, damaged)).stdout
