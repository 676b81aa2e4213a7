"""The bridge keeps the place of a lost connection, and gives it back to its owner alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
import trio.testing

from actors.clients import Disconnect, Emit, Forget
from actors.person import Person
from adapters.realtime import json_text
from adapters.realtime.app import Accepted, Handshake
from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.pipe import GOING_AWAY, LOST, TRANSPORT_CLOSE
from adapters.realtime.recovery import LogBounds
from engine.outcome import Ok, Outcome
from engine.refusal import Refused
from tests.adapters.realtime.bridged import House, Wire, house

BOUNDS = LogBounds(events_max=4, bytes_max=64_000)
ADA = Person(account="ada")


@asynccontextmanager
async def keeping(tmp_path: Path) -> AsyncIterator[House]:
    """A house that keeps lost places."""
    async with house(tmp_path, recovery=BOUNDS) as at:
        yield at


def knock(
    at: House, id_: str, auth: dict[str, Json] | None = None
) -> tuple[Wire, Accepted | Refused | None]:
    """Connect; return the socket, with the id it then has, and the decision."""
    wire = Wire(id_)
    handshake = Handshake(
        namespace="/",
        headers={},
        query={},
        remote_address="127.0.0.1",
        auth=auth or {},
        transport="websocket",
    )
    decision = at.bridge.connect(wire, handshake)
    if isinstance(decision, Accepted) and decision.id is not None:
        wire.id = decision.id
    return wire, decision


def accepted(at: House, id_: str, auth: dict[str, Json] | None = None) -> tuple[Wire, Accepted]:
    """Connect somebody who may come back."""
    wire, decision = knock(at, id_, auth)
    assert isinstance(decision, Accepted)
    return wire, decision


def emit(at: House, number: int, *to: str, **how: Any) -> None:
    """Send a numbered event."""
    at.bridge.start(Emit(to=to, event="beat", payload={"n": number}, **how), lambda _: None)


def numbers(outgoing: Any) -> list[int]:
    """Return the numbers of packets."""
    found = []
    for one in outgoing:
        assert isinstance(one, Outgoing)
        (text,) = one.messages
        assert isinstance(text, str)
        found.append(json_text.read(text[2:])[1]["n"])
    return found


def offset(encoded: Encoded) -> str:
    """Return an event's position, which its Socket.IO form carries last and a JSON room's not."""
    (text,) = encoded.for_namespace("/").messages
    assert isinstance(text, str)
    assert json_text.read(text[2:])[-1] == encoded.offset
    assert encoded.offset is not None
    assert encoded.offset not in str(encoded.for_json_room().messages)
    return encoded.offset


async def test_a_lost_client_gets_what_it_missed_and_its_own_socket(tmp_path: Path) -> None:
    """What passes is not part of it; what others alone were sent neither."""
    async with keeping(tmp_path) as at:
        ada, first = accepted(at, "a")
        accepted(at, "b")
        emit(at, 1, "a", "b")
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        emit(at, 2, "a", "b")
        emit(at, 3, "b")
        emit(at, 4, "a", passing=True)
        emit(at, 5, "a", snapshot=True)
        emit(at, 6, "a")
        claim: dict[str, Json] = {"pid": first.pid, "offset": offset(ada.sent[0])}
        back, again = accepted(at, "c", claim)
        emit(at, 7, "a")

        assert (again.pid, again.id, numbers(again.missed)) == (first.pid, "a", [2, 6])
        assert [one["n"] for one in back.got("beat")] == [7]
        assert [one["n"] for one in ada.got("beat")] == [1]
        assert at.bridge.away == 0


async def test_the_newer_connection_wins_while_the_older_looks_alive(tmp_path: Path) -> None:
    """The server may not have noticed the loss; the older may be alive after all, and come back."""
    async with keeping(tmp_path) as at:
        ada, first = accepted(at, "a")
        emit(at, 1, "a")
        _back, again = accepted(at, "b", {"pid": first.pid})
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)

        assert (again.id, numbers(again.missed)) == ("a", [1])
        assert ada.ended == ["reconnect"]
        assert (len(at.bridge), at.bridge.away) == (1, 0)


async def test_another_person_does_not_get_the_place(tmp_path: Path) -> None:
    """Whoever shows another's token starts over, and the place waits on for its owner."""
    async with keeping(tmp_path) as at:
        token = at.token(ADA)
        ada, first = accepted(at, "a", {"token": token})
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        stranger: dict[str, Json] = {"pid": first.pid, "token": at.token(Person(account="eve"))}
        _wire, other = accepted(at, "b", stranger)
        assert other.id is None
        assert other.pid != first.pid
        _wire, again = accepted(at, "c", {"pid": first.pid, "token": token})
        assert again.id == "a"


async def test_what_cannot_be_recovered_whole_is_not_at_all(tmp_path: Path) -> None:
    """The client starts over, and its old self does not stand beside it."""
    async with keeping(tmp_path) as at:
        ada, first = accepted(at, "a")
        user = await at.join(ada, {})
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        for number in range(6):
            emit(at, number, "a")
        _wire, again = accepted(at, "b", {"pid": first.pid})

        assert user["socketId"] == "a"
        assert again.id is None
        assert (len(at.bridge), at.bridge.away) == (1, 0)
        with trio.fail_after(5):
            while "session:a" in at.kernel.core.cells:
                await trio.testing.wait_all_tasks_blocked()


async def test_a_guest_who_starts_over_with_the_secret_is_the_same_guest(tmp_path: Path) -> None:
    """The events cannot be recovered; who they are the secret proves, also a second time."""
    async with keeping(tmp_path) as at:
        ada, pids = Wire("none"), [""]
        people: list[Any] = []
        for number, auth in enumerate(({"name": "Ada"}, {}, {})):
            claim: dict[str, Json] = {**auth, "pid": pids[-1]} if number else {**auth}
            ada, decision = accepted(at, f"a{number}", claim)
            pids.append(decision.pid or "")
            assert decision.id is None
            people.append(await at.join(ada, {}))
            at.bridge.disconnect(ada, TRANSPORT_CLOSE)
            for beat in range(6):
                emit(at, beat, f"a{number}")
        stranger, _decision = accepted(at, "b")
        other = await at.join(stranger, {})

        assert len(set(pids)) == 4
        assert {one["guestId"] for one in people} == {people[0]["guestId"]} != {other["guestId"]}
        assert {one["displayName"] for one in people} == {"Ada (guest)"}
        assert [one["socketId"] for one in people] == ["a0", "a1", "a2"]


async def test_an_account_is_proven_by_its_token_and_not_by_the_secret_alone(
    tmp_path: Path,
) -> None:
    """Where nothing can be recovered; a token says more than a secret of one connection."""
    async with keeping(tmp_path) as at:
        ada, first = accepted(at, "a", {"token": at.token(ADA)})
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        for number in range(6):
            emit(at, number, "a")
        again, _decision = accepted(at, "b", {"pid": first.pid})
        assert (await at.join(again, {}))["userAccount"] is None


async def test_who_comes_back_without_the_secret_is_not_there_twice(tmp_path: Path) -> None:
    """A reloaded page has forgotten it; its token still says who it is."""
    async with keeping(tmp_path) as at:
        token = at.token(ADA)
        ada, first = accepted(at, "a", {"token": token})
        tab, _second = accepted(at, "tab", {"token": token})
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        accepted(at, "b", {"token": token})
        assert (len(at.bridge), at.bridge.away, tab.ended) == (2, 0, [])
        _wire, again = accepted(at, "c", {"token": token, "pid": first.pid})
        assert again.id is None


async def test_only_a_lost_connection_is_waited_for(tmp_path: Path) -> None:
    """A goodbye, a closed page, a fault of the client's and our own restart end it at once."""
    async with keeping(tmp_path) as at:
        reasons = {GOING_AWAY, "client namespace disconnect", "parse error", "server shutting down"}
        for number, reason in enumerate(sorted(reasons | LOST)):
            wire, _accepted = accepted(at, f"s{number}")
            at.bridge.disconnect(wire, reason)
        assert at.bridge.away == len(at.bridge) == len(LOST)


async def test_a_place_is_forgotten_unless_its_client_is_back(tmp_path: Path) -> None:
    """The session asks when the grace is over; the sockets know better."""
    async with keeping(tmp_path) as at:
        ada, first = accepted(at, "a")
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        accepted(at, "b", {"pid": first.pid})
        answers: list[Outcome] = []
        at.bridge.start(Forget(to="a"), answers.append)
        assert answers == [Ok(value=False)]
        ben, second = accepted(at, "ben")
        at.bridge.disconnect(ben, TRANSPORT_CLOSE)
        at.bridge.start(Forget(to="ben"), answers.append)
        assert answers[1:] == [Ok(value=True)]
        _wire, again = accepted(at, "c", {"pid": second.pid})
        assert again.id is None


async def test_a_session_that_ends_meanwhile_gives_up_its_place(tmp_path: Path) -> None:
    """Its client must start over: there is nothing to go on with."""
    async with keeping(tmp_path) as at:
        ada, first = accepted(at, "a")
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        at.bridge.start(Disconnect(to="a", reason="idle", reconnect=False), lambda _: None)
        _wire, again = accepted(at, "b", {"pid": first.pid})
        assert again.id is None


async def test_json_rooms_are_not_recovered(tmp_path: Path) -> None:
    """Their protocol has no place for a secret or a position."""
    async with keeping(tmp_path) as at:
        room = Wire("room", "json")
        handshake = Handshake(
            namespace="/room",
            headers={},
            query={},
            remote_address="127.0.0.1",
            auth={},
            transport="json",
        )
        assert at.bridge.connect(room, handshake) is None
        at.bridge.disconnect(room, TRANSPORT_CLOSE)
        assert len(at.bridge) == 0


async def test_a_networked_aframe_page_starts_over(tmp_path: Path) -> None:
    """What pages tell each other is in no log: a page must know that it missed something."""
    async with keeping(tmp_path) as at:
        ada, first = accepted(at, "a")
        at.bridge.event(ada, "joinRoom", [{"room": "hall"}], None)
        await ada.until("connectSuccess")
        bob, _ = accepted(at, "b")
        at.bridge.event(bob, "joinRoom", [{"room": "hall"}], None)
        await bob.until("connectSuccess")
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        assert (await bob.until("user-left"))["socketId"] == "a"
        _, again = accepted(at, "c", {"pid": first.pid})

        assert (again.id, again.missed) == (None, ())
        assert again.pid != first.pid
        assert len(at.bridge._naf) == 1


async def test_a_lost_connection_counts_until_its_client_is_back(tmp_path: Path) -> None:
    """Whoever comes back, by recovery or anew, is not kept out by the place they have left."""
    async with house(tmp_path, recovery=BOUNDS, sessions_per_account=1) as at:
        token: dict[str, Json] = {"token": at.token(ADA)}
        ada, first = accepted(at, "a", token)
        _, refused = knock(at, "b", token)
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        ada, back = accepted(at, "c", {**token, "pid": first.pid})
        _, still = knock(at, "d", token)
        at.bridge.disconnect(ada, TRANSPORT_CLOSE)
        _, anew = accepted(at, "e", token)
        _, full = knock(at, "f", token)

    assert back.id == "a"
    assert anew.id is None
    for one in (refused, still, full):
        assert isinstance(one, Refused)
        assert one.code == "too_many_sessions"
