"""Socket.IO v5 on the wire, rule by rule, over WebSocket and long-polling."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trio
from trio_websocket import WebSocketConnection

from adapters.realtime import Encoded
from engine.refusal import Refused
from tests.adapters.realtime.support import QUICK, EchoApp, Served, close_code, serving, text

CALM = replace(QUICK, ping_interval_s=25.0, ping_timeout_s=20.0)
"""No pings between what a test sends and what it reads."""

TWO = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'


@asynccontextmanager
async def connected(served: Served) -> AsyncIterator[WebSocketConnection]:
    """A client of the root namespace, past its greeting."""
    async with served.websocket() as websocket:
        await websocket.get_message()
        await websocket.send_message("40")
        await websocket.get_message()
        await websocket.get_message()
        yield websocket


class TestConnect:
    @pytest.mark.parametrize(
        ("sent", "head", "auth"),
        [
            ("40", "40", "{}"),
            ('40{"token":"123"}', "40", '{"token":"123"}'),
            ("40/custom,", "40/custom,", "{}"),
            ('40/custom,{"token":"abc"}', "40/custom,", '{"token":"abc"}'),
        ],
    )
    async def test_a_namespace_is_connected(self, sent: str, head: str, auth: str) -> None:
        """Its id comes first, then whatever the App said while it decided."""
        async with serving(CALM) as served, served.websocket() as websocket:
            await websocket.get_message()
            await websocket.send_message(sent)
            answer = await text(websocket)
            socket = served.app.sockets[0]

            assert answer == f'{head}{{"sid":"{socket.id}"}}'
            assert len(socket.id) == 20
            namespace = head.removeprefix("40")
            assert await websocket.get_message() == f'42{namespace}["auth",{auth}]'

    async def test_an_unknown_namespace_is_refused_and_others_may_follow(self) -> None:
        """In the words that stock clients know."""
        async with serving(CALM) as served, served.websocket() as websocket:
            await websocket.get_message()
            await websocket.send_message("40/random")
            assert await websocket.get_message() == '44/random,{"message":"Invalid namespace"}'
            await websocket.send_message("40")
            assert (await text(websocket)).startswith("40{")

    async def test_a_refusal_says_why(self) -> None:
        """The client's `connect_error` has the sentence and the code."""
        app = EchoApp(namespaces=None)
        app.refuse = Refused(
            code="banned", text="You are banned.", field="auth", details={"days": 3}
        )
        async with serving(CALM, app) as served, served.websocket() as websocket:
            await websocket.get_message()
            await websocket.send_message("40/any/path")
            assert await websocket.get_message() == (
                '44/any/path,{"message":"You are banned.",'
                '"data":{"code":"banned","days":3,"field":"auth"}}'
            )
            assert app.gone == []

    async def test_a_connection_without_a_namespace_is_closed_in_time(self) -> None:
        """It would cost memory for nobody's sake."""
        settings = replace(CALM, connect_timeout_s=0.05)
        async with serving(settings) as served, served.websocket() as websocket:
            assert await close_code(websocket) == 1008

    async def test_so_many_namespaces_and_no_more(self) -> None:
        """A connection cannot fill the server's tables."""
        settings = replace(CALM, namespaces_max=2)
        async with serving(settings, EchoApp(None)) as served, served.websocket() as websocket:
            await websocket.get_message()
            for name in "abc":
                await websocket.send_message(f"40/{name}")
            answers = [await websocket.get_message() for _ in range(5)]
            assert answers[-1] == '44/c,{"message":"Too many namespaces"}'

    async def test_the_handshake_tells_the_app_how_the_client_came(self) -> None:
        """Headers, query, address and transport of the request that opened the connection."""
        async with serving(CALM) as served:
            async with served.websocket(
                "/socket.io/?EIO=4&transport=websocket&room=a%20b", headers=[(b"x-account", b"ada")]
            ) as websocket:
                await websocket.send_message("40/custom")
                await websocket.get_message()
                await websocket.get_message()
            handshake = served.app.handshakes[0]
            assert handshake.namespace == "/custom"
            assert handshake.headers["x-account"] == "ada"
            assert handshake.query["room"] == "a b"
            assert handshake.remote_address == "127.0.0.1"
            assert handshake.transport == "websocket"


class TestDisconnect:
    async def test_leaving_the_root_keeps_the_connection(self) -> None:
        """Pings go on; the client may connect again."""
        async with serving() as served, connected(served) as websocket:
            await websocket.send_message("41")
            assert await websocket.get_message() == "2"
            assert [reason for _, reason in served.app.gone] == ["client namespace disconnect"]
            await websocket.send_message("40")
            assert (await text(websocket)).startswith("40{")

    async def test_leaving_one_namespace_keeps_the_others(self) -> None:
        """What is still sent to the one that was left is ignored."""
        async with serving(CALM) as served, connected(served) as websocket:
            await websocket.send_message("40/custom")
            await websocket.get_message()
            await websocket.get_message()
            await websocket.send_message("41/custom")
            await websocket.send_message('42/custom,["message","late"]')
            await websocket.send_message('42["message","to the root"]')

            assert await websocket.get_message() == '42["message-back","to the root"]'

    async def test_the_server_may_disconnect_one_socket(self) -> None:
        """The stock client takes packet 41 as «stay away» and keeps the connection."""
        async with serving(CALM) as served, connected(served) as websocket:
            await websocket.send_message('42["leave"]')
            assert await websocket.get_message() == "41"
            assert [reason for _, reason in served.app.gone] == ["server namespace disconnect"]
            await websocket.send_message("40")
            assert (await text(websocket)).startswith("40{")

    async def test_the_server_may_close_the_connection(self) -> None:
        """After all its sockets were told."""
        async with serving(CALM) as served, connected(served) as websocket:
            await websocket.send_message("40/custom")
            await websocket.get_message()
            await websocket.get_message()
            await websocket.send_message('42["leave",true]')
            assert [await websocket.get_message() for _ in range(2)] == ["41", "41/custom,"]
            assert await close_code(websocket) == 1000
            assert len(served.app.gone) == 2

    async def test_a_lost_connection_is_told_once_for_each_socket(self) -> None:
        """However it was lost."""
        async with serving(CALM) as served:
            async with connected(served) as websocket:
                await websocket.send_message("40/custom")
                await served.app.until(lambda: len(served.app.sockets) == 2)
            await served.app.until(lambda: len(served.app.gone) == 2)
            assert {reason for _, reason in served.app.gone} == {"transport close"}


class TestMessages:
    @pytest.mark.parametrize(
        ("sent", "received"),
        [
            (
                ['42["message",1,"2",{"3":[true]}]'],
                ['42["message-back",1,"2",{"3":[true]}]'],
            ),
            (
                [f'452-["message",{TWO}]', b"\1\2\3", b"\4\5\6"],
                [f'452-["message-back",{TWO}]', b"\1\2\3", b"\4\5\6"],
            ),
            (
                ['42456["message-with-ack",1,"2",{"3":[false]}]'],
                ['43456[1,"2",{"3":[false]}]'],
            ),
            (
                [f'452-789["message-with-ack",{TWO}]', b"\1\2\3", b"\4\5\6"],
                [f"462-789[{TWO}]", b"\1\2\3", b"\4\5\6"],
            ),
        ],
    )
    async def test_events_and_acknowledgements_with_and_without_binary(
        self, sent: list[str | bytes], received: list[str | bytes]
    ) -> None:
        """Byte for byte as the reference server answers."""
        async with serving(CALM) as served, connected(served) as websocket:
            for message in sent:
                await websocket.send_message(message)
            assert [await websocket.get_message() for _ in received] == received

    @pytest.mark.parametrize(
        "packet",
        ["4abc", "42{}", '42abc["message-with-ack",1]', "42[]", "42[1]", "40", '42/no,["x"]'],
    )
    async def test_a_malformed_packet_closes_its_connection_and_no_other(self, packet: str) -> None:
        """A second client notices nothing."""
        async with serving(CALM) as served, connected(served) as other:
            async with connected(served) as websocket:
                await websocket.send_message(packet)
                assert await close_code(websocket) == 1008
            await other.send_message('42["message",1]')
            assert await other.get_message() == '42["message-back",1]'
            assert [reason for _, reason in served.app.gone] == ["parse error"]

    async def test_binary_travels_by_polling(self) -> None:
        """As base64 packets between the text ones."""
        async with serving(CALM) as served, served.client() as client:
            path = "/socket.io/?EIO=4&transport=polling"
            path += "&sid=" + json.loads((await client.get(path)).text[1:])["sid"]
            await client.post(path, content="40")
            await client.get(path)
            sent = f'452-["message",{TWO}]\x1ebAQID\x1ebBAUG'
            assert (await client.post(path, content=sent)).status_code == 200
            assert (await client.get(path)).text == sent.replace("message", "message-back")

    async def test_the_server_may_ask_for_an_answer(self) -> None:
        """Each answer goes to its question; an answer nobody asked for is passed over."""
        async with serving(CALM) as served, connected(served) as websocket:
            await websocket.send_message('42["ask-me","a"]')
            await websocket.send_message('42["ask-me","b"]')
            assert await websocket.get_message() == '420["question","a"]'
            assert await websocket.get_message() == '421["question","b"]'
            await websocket.send_message("4399[]")
            await websocket.send_message('431["to b"]')
            await websocket.send_message('430["to a"]')
            await websocket.send_message('430["again"]')
            await served.app.until(lambda: len(served.app.answers) == 2)
            assert served.app.answers == [["to b"], ["to a"]]

    async def test_questions_nobody_answers_are_forgotten(self) -> None:
        """The oldest first, so that a silent client holds a bounded number."""
        settings = replace(CALM, acks_pending_max=2)
        async with serving(settings) as served, connected(served) as websocket:
            for _ in range(3):
                await websocket.send_message('42["ask-me"]')
                await websocket.get_message()
            await websocket.send_message("430[0]")
            await websocket.send_message("432[2]")
            await served.app.until(lambda: served.app.answers)
            assert served.app.answers == [[2]]

    async def test_a_bug_in_the_app_ends_one_connection(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is logged, and everybody else goes on."""
        async with serving(CALM) as served, connected(served) as other:
            async with connected(served) as websocket:
                await websocket.send_message('42["fail"]')
                assert await close_code(websocket) == 1011
            await other.send_message('42["message"]')
            assert await other.get_message() == '42["message-back"]'
        assert "the App has a bug" in caplog.text

    async def test_a_socket_that_has_gone_takes_no_more(self) -> None:
        """Its methods do nothing rather than fail: the App may not know yet."""
        async with serving(CALM) as served:
            async with connected(served):
                socket = served.app.sockets[0]
            await served.app.until(lambda: served.app.gone)
            socket.emit(Encoded("late", ()))
            socket.acknowledge(1)
            socket.disconnect(close=True)
            assert len(served.app.gone) == 1


async def test_a_broadcast_reaches_every_transport() -> None:
    """One encoded event, written to a WebSocket, a polling client and a JSON room."""
    async with serving(CALM) as served, served.client() as client, connected(served) as websocket:
        path = "/socket.io/?EIO=4&transport=polling"
        path += "&sid=" + json.loads((await client.get(path)).text[1:])["sid"]
        await client.post(path, content="40/custom,")
        await client.get(path)
        async with served.websocket("/room") as room:
            await room.get_message()
            encoded = served.server.encode("moved", {"x": 1, "raw": b"\1"})
            for socket in served.app.sockets:
                socket.emit(encoded)
            assert {each.transport for each in served.app.sockets} == {
                "websocket",
                "polling",
                "json",
            }
            moved = '["moved",{"x":1,"raw":{"_placeholder":true,"num":0}}]'
            assert await websocket.get_message() == "451-" + moved
            assert await websocket.get_message() == b"\1"
            assert (await client.get(path)).text == f"451-/custom,{moved}\x1ebAQ=="
            assert await room.get_message() == '{"x":1,"raw":"AQ==","type":"moved"}'
            await trio.lowlevel.checkpoint()
