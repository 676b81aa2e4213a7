"""The plain JSON room protocol: any path, one object a frame."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from engine.refusal import Refused
from tests.adapters.realtime.support import QUICK, UPGRADE, EchoApp, close_code, serving, text


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("path", ["/", "/socket.io/", "/event/jazz?token=1"])
async def test_an_upgrade_without_engine_io_is_a_json_room(path: str, *, raw: bool) -> None:
    """Pages open `new WebSocket(websocket_url)` and speak JSON, wherever that URL points."""
    async with serving(raw=raw) as served, served.websocket(path) as websocket:
        assert await websocket.get_message() == '{"type":"auth"}'
        await websocket.send_message('{"type":"message","text":"hi"}')
        assert await websocket.get_message() == '{"type":"message-back","text":"hi"}'

        handshake = served.app.handshakes[0]
        assert handshake.transport == "json"
        assert handshake.namespace == path.partition("?")[0]
        assert len(served.app.sockets[0].id) == 20
    await served.app.until(lambda: served.app.gone)
    assert served.server.snapshot().json_rooms == 0


async def test_a_malformed_frame_is_answered_and_the_third_in_a_row_ends_it() -> None:
    """An author learns what was wrong; a broken client does not go on for ever."""
    async with serving() as served, served.websocket("/") as websocket:
        await websocket.get_message()
        frames: list[tuple[str | bytes, str | None]] = [
            ("not json", "not JSON"),
            ("[1]", "expected a JSON object"),
            ('{"type":"message"}', None),
            ('{"type":5}', "expected a JSON object with its type, a string"),
            (b"\1", "expected a text frame with a JSON object"),
            ('{"a":1}', "expected a JSON object with its type, a string"),
        ]
        for frame, why in frames:
            await websocket.send_message(frame)
            answer = await text(websocket)
            if why is None:
                assert answer == '{"type":"message-back"}'
            else:
                assert answer.startswith(f'{{"type":"error","error":"{why}')
                assert '"code":"bad_frame"' in answer
        assert await close_code(websocket) == 1008


async def test_a_refused_client_is_told_why() -> None:
    """As an error frame, since such clients know no other."""
    app = EchoApp()
    app.refuse = Refused(code="full", text="The space is full.")
    async with serving(app=app) as served, served.websocket("/") as websocket:
        assert (
            await websocket.get_message()
            == '{"type":"error","error":"The space is full.","code":"full"}'
        )
        assert await close_code(websocket) == 1008
        assert app.gone == []


async def test_a_client_that_answers_pings_stays_and_may_be_disconnected() -> None:
    """WebSocket's own ping tells whether somebody is there: such clients know no heartbeat."""
    async with serving() as served, served.websocket("/") as websocket:
        await websocket.get_message()
        with trio.move_on_after(1.2):
            await websocket.get_message()
        await websocket.send_message('{"type":"leave"}')
        assert await close_code(websocket) == 1000
        assert [reason for _, reason in served.app.gone] == ["server namespace disconnect"]


async def test_a_client_that_answers_no_ping_is_closed() -> None:
    """Its body would stay in the room for ever."""
    async with serving() as served:
        stream = await trio.open_tcp_stream("127.0.0.1", served.port)
        lines = ["GET / HTTP/1.1", "Host: h", *(f"{name}: {UPGRADE[name]}" for name in UPGRADE)]
        await stream.send_all(("\r\n".join(lines) + "\r\n\r\n").encode())
        await served.app.until(lambda: served.app.gone)
        assert [reason for _, reason in served.app.gone] == ["ping timeout"]
        await stream.aclose()


async def test_a_bug_in_the_app_ends_one_room(caplog: pytest.LogCaptureFixture) -> None:
    """With 1011; the log has the rest."""
    settings = replace(QUICK, ping_interval_s=9)
    async with serving(settings) as served, served.websocket("/") as websocket:
        await websocket.get_message()
        await websocket.send_message('{"type":"fail"}')
        assert await close_code(websocket) == 1011
    assert "the App has a bug" in caplog.text
