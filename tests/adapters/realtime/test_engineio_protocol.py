"""Engine.IO v4 on the wire, rule by rule, against the layer alone (no Socket.IO above it)."""

from __future__ import annotations

import json

import httpx
import pytest
import trio

from tests.adapters.realtime.support import UPGRADE, Served, close_code, serving, text

POLL = "/engine.io/?EIO=4&transport=polling"
WEBSOCKET = "/engine.io/?EIO=4&transport=websocket"
HANDSHAKE_KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


async def opened(client: httpx.AsyncClient) -> str:
    """Open a polling session; return the path that names it."""
    response = await client.get(POLL)
    return f"{POLL}&sid={json.loads(response.text[1:])['sid']}"


async def until_gone(served: Served) -> None:
    with trio.fail_after(5):
        while served.engine.table.sessions:
            await trio.lowlevel.checkpoint()


class TestHandshake:
    async def test_polling_opens_a_session(self) -> None:
        """The client learns its id, its intervals and that it may upgrade."""
        async with serving() as served, served.client() as client:
            response = await client.get(POLL)
            packet = json.loads(response.text.removeprefix("0"))

            assert response.status_code == 200
            assert response.text.startswith("0")
            assert packet.keys() == HANDSHAKE_KEYS
            assert packet["upgrades"] == ["websocket"]
            assert (packet["pingInterval"], packet["pingTimeout"]) == (300, 200)
            assert packet["maxPayload"] == 1_000_000

    async def test_a_websocket_opens_a_session(self) -> None:
        """With nothing left to upgrade to."""
        async with serving() as served, served.websocket(WEBSOCKET) as websocket:
            packet = json.loads((await text(websocket)).removeprefix("0"))

            assert packet.keys() == HANDSHAKE_KEYS
            assert packet["upgrades"] == []

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("transport=polling", 5),
            ("EIO=abc&transport=polling", 5),
            ("EIO=3&transport=polling", 5),
            ("EIO=4", 0),
            ("EIO=4&transport=abc", 0),
            ("EIO=4&transport=websocket", 3),
            ("EIO=4&transport=polling&sid=unknown", 1),
        ],
    )
    async def test_a_wrong_query_is_refused(self, query: str, code: int) -> None:
        """With the code that names what was wrong."""
        async with serving() as served, served.client() as client:
            response = await client.get(f"/engine.io/?{query}")

            assert response.status_code == 400
            assert response.json()["code"] == code

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
    async def test_only_get_opens_a_session(self, method: str) -> None:
        """Code 2, «Bad handshake method»."""
        async with serving() as served, served.client() as client:
            response = await client.request(method, POLL)

            assert response.status_code == 400
            assert not served.engine.table.sessions

    @pytest.mark.parametrize(
        "query",
        [
            "transport=websocket",
            "EIO=abc&transport=websocket",
            "EIO=4",
            "EIO=4&transport=abc",
            "EIO=4&transport=websocket&sid=unknown",
        ],
    )
    async def test_a_websocket_with_a_wrong_query_is_refused(self, query: str) -> None:
        """Before it opens, as an HTTP error with a body."""
        async with serving() as served, served.client() as client:
            response = await client.get(f"/engine.io/?{query}", headers=UPGRADE)

            assert response.status_code == 400
            assert response.json()["message"]

    async def test_another_path_is_not_found(self) -> None:
        """Engine.IO answers where it was put, with or without the final slash."""
        async with serving() as served, served.client() as client:
            assert (await client.get(POLL.replace("/?", "?"))).status_code == 200
            assert (await client.get("/engine.io/x?EIO=4&transport=polling")).status_code == 404


class TestMessages:
    @pytest.mark.parametrize(
        "payload", ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==", "4", "4é€😀"]
    )
    async def test_polling_carries_text_and_binary(self, payload: str) -> None:
        """One POST may bring several packets and one GET take several."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            pushed = await client.post(session, content=payload.encode())
            polled = await client.get(session)

            assert (pushed.status_code, pushed.text) == (200, "ok")
            assert (polled.status_code, polled.text) == (200, payload)

    @pytest.mark.parametrize("payload", [b"abc", b"", b"4\xff", b"bxyz", b"2", b"5", b"4hi\x1eabc"])
    async def test_a_malformed_payload_ends_the_session(self, payload: bytes) -> None:
        """What it meant cannot be known, so nothing can be trusted after it."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            pushed = await client.post(session, content=payload)

            assert pushed.status_code == 400
            assert pushed.json()["error"]
            assert (await client.get(session)).status_code == 400
            assert [reason for _, reason in served.echo.closed] == ["parse error"]

    async def test_a_second_poll_ends_the_session(self) -> None:
        """Two polls would tear the order of packets apart."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            answers: list[httpx.Response] = []

            async def poll(task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
                answers.append(await client.get(session))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(poll)
                await until_polled(served)
                second = await client.get(session)

            assert (answers[0].status_code, answers[0].text) == (200, "1")
            assert second.status_code == 400
            assert (await client.get(session)).status_code == 400

    async def test_a_second_post_ends_the_session(self) -> None:
        """Two POSTs would tear the order of packets apart as well."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            stream = await trio.open_tcp_stream("127.0.0.1", served.port)
            await stream.send_all(
                f"POST {session} HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n4a".encode()
            )
            with trio.fail_after(5):
                while not any(s.carrier.posting for s in served.engine.table.sessions.values()):  # type: ignore[union-attr]
                    await trio.lowlevel.checkpoint()

            assert (await client.post(session, content="4b")).status_code == 400
            assert not served.engine.table.sessions
            await stream.aclose()

    async def test_an_abandoned_poll_ends_the_session(self) -> None:
        """What was sent into it would be lost, so nothing may follow."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(client.get, session)
                await until_polled(served)
                nursery.cancel_scope.cancel()
            await until_gone(served)

            assert (await client.get(session)).status_code == 400

    async def test_a_websocket_carries_text_and_binary(self) -> None:
        """Binary messages are bare frames."""
        async with serving() as served, served.websocket(WEBSOCKET) as websocket:
            await websocket.get_message()
            await websocket.send_message("4hello")
            await websocket.send_message(b"\1\2\3\4")

            assert await websocket.get_message() == "4hello"
            assert await websocket.get_message() == b"\1\2\3\4"

    @pytest.mark.parametrize("packet", ["abc", "", "2", "2probe", "5", "3probe", "6", "0{}"])
    async def test_a_malformed_packet_closes_its_websocket(self, packet: str) -> None:
        """With 1008 and a reason for the person who wrote the client."""
        async with serving() as served, served.websocket(WEBSOCKET) as websocket:
            await websocket.get_message()
            await websocket.send_message(packet)

            assert await close_code(websocket) == 1008


class TestHeartbeat:
    async def test_polling_pings_and_ponged_sessions_live(self) -> None:
        """The server pings; the client's pong arms the next ping."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            for _ in range(3):
                assert (await client.get(session)).text == "2"
                assert (await client.post(session, content="3")).status_code == 200

    async def test_a_silent_polling_session_ends(self) -> None:
        """Also when nobody asks."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            await until_gone(served)

            assert (await client.get(session)).status_code == 400
            assert [reason for _, reason in served.echo.closed] == ["ping timeout"]

    async def test_a_websocket_is_pinged_and_lives_on_pongs(self) -> None:
        """Pings come every interval, not sooner."""
        async with serving() as served, served.websocket(WEBSOCKET) as websocket:
            await websocket.get_message()
            for _ in range(3):
                start_s = trio.current_time()
                assert await websocket.get_message() == "2"
                assert 0.25 < trio.current_time() - start_s < 0.6
                await websocket.send_message("3")

    async def test_a_silent_websocket_is_closed(self) -> None:
        """A dead client must not stay in the roster."""
        async with serving() as served, served.websocket(WEBSOCKET) as websocket:
            assert await close_code(websocket) == 1001
            assert [reason for _, reason in served.echo.closed] == ["ping timeout"]


class TestClose:
    async def test_a_polling_client_may_close(self) -> None:
        """Its waiting poll ends with a noop."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            answers: list[httpx.Response] = []

            async def poll() -> None:
                answers.append(await client.get(session))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(poll)
                await until_polled(served)
                assert (await client.post(session, content="1")).text == "ok"

            assert (answers[0].status_code, answers[0].text) == (200, "6")
            assert (await client.get(session)).status_code == 400

    async def test_a_websocket_client_may_close(self) -> None:
        """By a close packet or by WebSocket's own closing."""
        async with serving() as served:
            async with served.websocket(WEBSOCKET) as websocket:
                await websocket.get_message()
                await websocket.send_message("1")
                assert await close_code(websocket) == 1000
            async with served.websocket(WEBSOCKET) as websocket:
                await websocket.get_message()
            await until_gone(served)
            assert [reason for _, reason in served.echo.closed] == ["transport close"] * 2

    async def test_the_last_packets_of_a_closed_polling_session_can_be_fetched(self) -> None:
        """The server may close between two polls; what it said before is not lost.

        The close packet comes alone: the stock client would act on it before anything beside it.
        """
        async with serving() as served, served.client() as client:
            session = await opened(client)
            await client.post(session, content="4bye")
            for each in list(served.engine.table.sessions.values()):
                each.close()

            assert (await client.get(session)).text == "4bye"
            assert (await client.get(session)).text == "1"
            assert (await client.get(session)).status_code == 400


class TestUpgrade:
    async def test_polling_moves_to_a_websocket(self) -> None:
        """Polls are released with a noop, and messages go on where they were."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            async with served.websocket(session.replace("polling", "websocket")) as websocket:
                await websocket.send_message("2probe")
                assert await websocket.get_message() == "3probe"
                assert (await client.get(session)).text == "6"
                await websocket.send_message("5")
                await websocket.send_message("4hello")
                assert await websocket.get_message() == "4hello"

    async def test_a_waiting_poll_is_released_and_its_packets_are_not_lost(self) -> None:
        """What is sent while the client changes over arrives on the new transport."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            answers: list[httpx.Response] = []

            async def poll() -> None:
                answers.append(await client.get(session))

            async with served.websocket(session.replace("polling", "websocket")) as websocket:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(poll)
                    await until_polled(served)
                    await websocket.send_message("2probe")
                    assert await websocket.get_message() == "3probe"
                assert answers[0].text == "6"
                await client.post(session, content="4between")
                await websocket.send_message("5")
                assert await websocket.get_message() == "4between"

    async def test_polling_ends_once_upgraded(self) -> None:
        """Requests with the old transport are refused and disturb nothing."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            async with served.websocket(session.replace("polling", "websocket")) as websocket:
                await websocket.send_message("2probe")
                assert await websocket.get_message() == "3probe"
                await websocket.send_message("5")
                await websocket.send_message("4upgraded")
                assert await websocket.get_message() == "4upgraded"

                assert (await client.get(session)).json()["code"] == 3
                assert (await client.post(session, content="4x")).status_code == 400
                await websocket.send_message("4hello")
                assert await websocket.get_message() == "4hello"

    async def test_a_second_websocket_is_closed(self) -> None:
        """While the first is trying and after it has taken over."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            path = session.replace("polling", "websocket")
            async with served.websocket(path) as first:
                async with served.websocket(path) as second:
                    assert await close_code(second) == 1008
                await first.send_message("2probe")
                await first.get_message()
                await first.send_message("5")
                async with served.websocket(path) as third:
                    assert await close_code(third) == 1008
                await first.send_message("4hello")
                assert await first.get_message() == "4hello"

    @pytest.mark.parametrize("steps", [["2"], ["3probe"], ["5"], ["4hello"], ["2probe", "2probe"]])
    async def test_a_wrong_probe_closes_the_websocket_and_polling_goes_on(
        self, steps: list[str]
    ) -> None:
        """A proxy that mangles WebSockets must not cost the session."""
        async with serving() as served, served.client() as client:
            session = await opened(client)
            async with served.websocket(session.replace("polling", "websocket")) as websocket:
                for step in steps:
                    await websocket.send_message(step)
                assert await close_code(websocket) == 1008
            await client.post(session, content="4still")
            assert "4still" in (await client.get(session)).text


async def until_polled(served: Served) -> None:
    """Wait until a GET is waiting for packets."""
    with trio.fail_after(5):
        while not any(
            each.transport == "polling" and each.carrier.polled is not None  # type: ignore[union-attr]
            for each in served.engine.table.sessions.values()
        ):
            await trio.lowlevel.checkpoint()
