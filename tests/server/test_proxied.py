"""A proxy keeps connections to us and sends whatever comes next on them."""

from __future__ import annotations

import json

import trio
from trio_websocket import wrap_client_stream

from tests.server.bare import BareHttp, connection
from tests.server.people import LOBBY, Crowd, Room
from tests.support.live_server import LiveServer


async def test_an_upgrade_may_come_on_a_used_connection(server: LiveServer, crowd: Crowd) -> None:
    """After two plain requests the same connection becomes a socket, of either protocol."""
    ann = await crowd.member("ann", server.url)
    host = server.url.removeprefix("http://")
    for path in ("/socket.io/?EIO=4&transport=websocket", "/"):
        with trio.fail_after(15):
            async with connection(server.url) as stream, trio.open_nursery() as nursery:
                http = BareHttp(stream)
                assert (await http.ask("GET", "/health"))[0] == 200
                assert (await http.ask("GET", "/api/spaces?limit=1"))[0] == 200
                websocket = await wrap_client_stream(nursery, stream, host, path)
                room = Room("page", websocket)
                if path == "/":
                    nursery.start_soon(room.listen)
                    await room.send("join-space", **LOBBY)
                    socket_id = (await room.hear("space-joined"))["users"][-1]["socketId"]
                else:
                    assert str(await websocket.get_message()).startswith("0{")
                    await websocket.send_message("40")
                    socket_id = json.loads(str(await websocket.get_message())[2:])["sid"]
                    await websocket.send_message(f'42["join-space",{json.dumps(LOBBY)}]')
                    assert str(await websocket.get_message()).startswith('42["space-joined"')
                await ann.hear("user-joined", socketId=socket_id)
                answer = await ann.say(f"to the one behind the proxy at {path}")
                assert answer["success"]
                if path == "/":
                    await room.hear("chat-message", content=answer["message"]["content"])
                else:
                    assert "behind the proxy" in str(await websocket.get_message())
                    await websocket.send_message("41")  # Else it would be waited for.
                await websocket.aclose()
                nursery.cancel_scope.cancel()
        await ann.hear("user-left", socketId=socket_id)
