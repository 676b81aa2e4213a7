"""The courier over real sockets: what is sent, what is not, and where it goes."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.webhooks.messages import Answered, PostEvent
from adapters.webhooks.courier import Courier
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import BadInput
from tests.support.receiver import Receiver

BODY = b'{"id":"1","seq":1}'


Make = Callable[..., Courier]


@pytest.fixture
async def courier(nursery: trio.Nursery) -> AsyncIterator[Make]:
    """Makes couriers, and closes them at the end."""
    made: list[Courier] = []

    def make(**more: Any) -> Courier:
        made.append(Courier(nursery.start_soon, **{"private_allowed": True, **more}))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


async def sent(courier: Courier, url: str) -> Outcome:
    """Return what becomes of a request through the port."""
    answered = trio.Event()
    outcomes: list[Outcome] = []

    def reply(outcome: Outcome) -> None:
        outcomes.append(outcome)
        answered.set()

    headers = (("Content-Type", "application/json"), ("Presence-Event-Id", "1"))
    courier.start(PostEvent(url=url, headers=headers, body=BODY), reply)
    with trio.fail_after(10):
        await answered.wait()
    return outcomes[0]


async def test_the_body_arrives_byte_for_byte(courier: Make) -> None:
    """With its headers, once."""
    with Receiver() as receiver:
        assert await sent(courier(), receiver.url) == Ok(Answered(200))

    (got,) = receiver.got
    assert got.body == BODY
    assert got.headers["presence-event-id"] == "1"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["content-length"] == str(len(BODY))


@pytest.mark.parametrize("status", [201, 301, 307, 404, 410, 500])
async def test_a_status_is_told_and_redirects_are_not_followed(courier: Make, status: int) -> None:
    """Where it leads to is asked nothing: it could be anywhere."""
    with Receiver() as other, Receiver(lambda _said: status) as receiver:
        receiver.headers["Location"] = other.url
        assert await sent(courier(), receiver.url) == Ok(Answered(status))

    assert other.got == []


async def test_private_addresses_are_refused_when_connecting(courier: Make) -> None:
    """Whatever the name was when the endpoint was made."""
    with Receiver() as receiver:
        guarded = courier(private_allowed=False)
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"):
            outcome = await sent(guarded, f"https://{host}:{receiver.port}/")
            assert isinstance(outcome, Err), (host, outcome)
            with pytest.raises(BadInput):
                await guarded.check(f"https://{host}:{receiver.port}/")

    assert receiver.got == []


async def test_a_name_that_turns_private_is_refused(courier: Make) -> None:
    """Rebinding: the name was public when it was checked, and is not when it is sent to."""
    answers = [["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34", "127.0.0.1"]]

    async def look_up(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    with Receiver() as receiver:
        guarded = courier(private_allowed=False, look_up=look_up)
        url = f"https://turns.example:{receiver.port}/"
        await guarded.check(url)
        for _ in range(2):
            outcome = await sent(guarded, url)
            assert isinstance(outcome, Err)
            assert outcome.reason == "turns.example has an address that is not a public one"

    assert receiver.got == []


async def test_it_connects_to_what_was_looked_up_and_keeps_the_name(courier: Make) -> None:
    """One look-up a connection; Host is the name, and further addresses are tried in turn."""
    looked: list[str] = []

    async def look_up(host: str, _port: int) -> list[str]:
        looked.append(host)
        return ["127.9.9.9", "127.0.0.1"]

    with Receiver() as receiver:
        named = courier(look_up=look_up)
        url = f"http://hooks.example:{receiver.port}/"
        assert await sent(named, url) == Ok(Answered(200))
        assert receiver.got[0].headers["host"] == f"hooks.example:{receiver.port}"
    assert looked == ["hooks.example"]


async def test_who_does_not_listen_was_not_told(courier: Make) -> None:
    """Nothing was sent: `Err`. A name without an address is the same."""
    with Receiver() as receiver:
        closed = receiver.url
    assert isinstance(await sent(courier(), closed), Err)

    async def look_up(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    nowhere = courier(look_up=look_up)
    assert isinstance(await sent(nowhere, "http://nowhere.example/"), Err)
    with pytest.raises(BadInput, match="all public"):
        await nowhere.check("http://nowhere.example/")


async def test_who_hangs_may_have_been_told(courier: Make, nursery: trio.Nursery) -> None:
    """Somebody accepts and says nothing, or dribbles for ever: after the time it is `Unknown`."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    said: list[bytes] = [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]

    async def hang(stream: trio.SocketStream) -> None:
        begin = said.pop(0)
        while True:
            await stream.send_all(begin or b"")
            begin = b"x" if begin else b""
            await trio.sleep(0.05)

    nursery.start_soon(trio.serve_listeners, hang, listeners)
    slow = courier(within_s=0.3)
    for _ in range(2):
        outcome = await sent(slow, f"http://127.0.0.1:{port}/")
        assert isinstance(outcome, Unknown)
        assert "TooSlow" in outcome.reason


async def test_attempts_are_counted_by_what_came_of_them(courier: Make) -> None:
    """Figures for an alarm: who is not reached, and who says no."""
    statuses, over = [200, 201, 500], threading.Event()

    def answers(_said: Any) -> int:
        if statuses:
            return statuses.pop(0)
        over.wait(10)
        return 200

    counting = courier(within_s=0.5)
    with Receiver(answers) as receiver:
        for _ in range(4):
            await sent(counting, receiver.url)
        over.set()
    await sent(counting, receiver.url)

    assert counting.deliveries == {"delivered": 2, "refused": 1, "unanswered": 1, "unreached": 1}


async def test_a_huge_answer_is_not_read(courier: Make) -> None:
    """The status is all that counts; after some KB the connection is dropped."""
    with Receiver(answer_body=b"x" * 20_000_000) as receiver:
        assert await sent(courier(), receiver.url) == Ok(Answered(200))


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, Path]:
    """A key, and a certificate for hooks.example that it has signed itself."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2",
            "-subj", "/CN=hooks.example", "-addext", "subjectAltName=DNS:hooks.example",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return key, certificate


async def test_certificates_are_verified_for_the_name(
    courier: Make, certified: tuple[Path, Path]
) -> None:
    """Not trusted, or of another name: nothing is sent. Trusted and of this name: it is."""
    key, certificate = certified
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def look_up(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    with Receiver(tls=ours) as receiver:
        named, other = (f"https://{name}.example:{receiver.port}/" for name in ("hooks", "other"))
        assert isinstance(await sent(courier(look_up=look_up), named), Err)
        trusted = courier(look_up=look_up, tls=trusting)
        assert isinstance(await sent(trusted, other), Err)
        assert receiver.got == []
        assert await sent(trusted, named) == Ok(Answered(200))
    assert len(receiver.got) == 1
