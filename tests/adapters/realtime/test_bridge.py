"""The bridge: events in, frames out, and who is behind a socket decided by the token it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from actors.clients import CLIENTS, Acknowledge, Disconnect, Emit, EmitMany
from actors.kinds import product_kinds
from actors.limits import Limits, LimitSettings
from actors.person import Person
from actors.settings import ActorSettings
from actors.store import STORE
from adapters.identity.directory import LocalKeyDirectory
from adapters.identity.service import Identity, IdentitySettings
from adapters.identity.tokens import TokenKeys, Tokens
from adapters.realtime.app import Accepted, Handshake, Transport
from adapters.realtime.bridge import TOO_MANY_EVENTS, Bridge
from adapters.realtime.encoded import Encoded
from adapters.realtime.encoded_many import EncodedMany
from adapters.realtime.json_text import Json
from adapters.realtime.recovery import LogBounds
from engine.kernel import Kernel
from engine.refusal import Refused
from sim.store import MemoryStore
from tests.support.http_server import Clock, Entropy

EMPTY: dict[str, str] = {}


@dataclass(slots=True)
class Wire:
    """A socket that keeps what it is sent."""

    id: str
    transport: Transport = "websocket"
    behind: bool = False
    sent: list[Encoded] = field(default_factory=list)
    acks: dict[int, Any] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    changed: trio.Event = field(default_factory=trio.Event)

    def emit(self, encoded: Encoded) -> None:
        self.sent.append(encoded)
        self._note()

    def emit_with_ack(self, encoded: Encoded, on_ack: Callable[[list[Json]], None]) -> None:
        raise NotImplementedError

    def acknowledge(self, ack: int, *args: Json) -> None:
        assert ack not in self.acks
        (self.acks[ack],) = args
        self._note()

    def disconnect(self, *, close: bool) -> None:
        self.ended.append("close" if close else "leave")

    def reconnect(self) -> None:
        self.ended.append("reconnect")

    def _note(self) -> None:
        self.changed.set()
        self.changed = trio.Event()

    def got(self, event: str) -> list[Any]:
        alike = [encoded for encoded in self.sent if encoded.event == event]
        each = [one.events if isinstance(one, EncodedMany) else (one,) for one in alike]
        return [encoded.args[0] for some in each for encoded in some]

    async def until(self, event: str) -> Any:
        with trio.fail_after(5):
            while not self.got(event):
                await self.changed.wait()
        return self.got(event)[-1]

    async def answer(self, ack: int) -> Any:
        with trio.fail_after(5):
            while ack not in self.acks:
                await self.changed.wait()
        return self.acks[ack]


@dataclass(slots=True)
class House:
    """A bridge with a kernel and an identity behind it."""

    bridge: Bridge
    kernel: Kernel
    tokens: Tokens

    def connect(self, id_: str, *, transport: Transport = "websocket", auth: Json = None) -> Wire:
        wire = Wire(id_, transport)
        assert self.refusal(wire, auth) is None
        return wire

    def refusal(self, wire: Wire, auth: Json, query: dict[str, str] = EMPTY) -> Refused | None:
        handshake = Handshake(
            namespace="/",
            headers={},
            query=query,
            remote_address="127.0.0.1",
            auth={} if auth is None else auth,
            transport=wire.transport,
        )
        decision = self.bridge.connect(wire, handshake)
        assert not isinstance(decision, Accepted), "nobody may come back"
        return decision

    async def join(self, wire: Wire, payload: dict[str, Json]) -> Any:
        self.bridge.event(wire, "join-space", [payload], 1)
        await wire.answer(1)
        return (await wire.until("space-joined"))["users"][-1]

    def token(self, person: Person) -> str:
        return self.tokens.issue(person).text


@asynccontextmanager
async def house(
    tmp_path: Path,
    limits: LimitSettings | None = None,
    recovery: LogBounds | None = None,
    **settings: Any,
) -> AsyncIterator[House]:
    clock, entropy = Clock(), Entropy()
    store = MemoryStore(clock)
    tokens = Tokens(TokenKeys("1", {"1": b"k" * 32}), now_us=clock, entropy=entropy)
    identity = Identity(
        settings=IdentitySettings(site="example.test"),
        directory=LocalKeyDirectory(tmp_path / "keys"),
        tokens=tokens,
        store=store,
        now_us=clock,
        entropy=entropy,
    )
    kernel = Kernel(product_kinds(ActorSettings()), seed=b"bridge")
    bridge = Bridge(
        kernel,
        identity,
        Limits((limits or LimitSettings()).rates()),
        entropy=entropy,
        recovery=recovery,
        ice_servers=lambda _account, _host: [],
        now_us=Clock(),
        **settings,
    )
    kernel.core.ports = {STORE: store, CLIENTS: bridge}
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        yield House(bridge, kernel, tokens)
        nursery.cancel_scope.cancel()


async def test_a_token_says_who_connects_and_a_name_without_one_is_a_claim(tmp_path: Path) -> None:
    """WIRE 5: claims without proof give no rights."""
    async with house(tmp_path) as at:
        token = at.token(Person(account="ada"))
        ada = await at.join(at.connect("a", auth={"token": token}), {})
        bob = await at.join(at.connect("b", auth={"userAccount": "ada", "name": "Bob"}), {})

    assert (ada["userAccount"], ada["displayName"]) == ("ada", "ada")
    assert (bob["userAccount"], bob["claimed"], bob["displayName"]) == (None, "ada", "Bob (guest)")


async def test_a_bad_token_or_name_refuses_the_connection(tmp_path: Path) -> None:
    """SPEC 10: a login that silently is none would be worse."""
    async with house(tmp_path) as at:
        by_auth = at.refusal(Wire("a"), {"token": "nonsense"})
        by_query = at.refusal(Wire("b"), None, {"token": "nonsense"})
        by_name = at.refusal(Wire("c"), {"name": "\x00"})

        assert len(at.bridge) == 0
    assert by_auth is not None
    assert by_query is not None
    assert by_name is not None
    assert by_name.field == "name"


async def test_the_token_of_join_makes_a_guest_an_account(tmp_path: Path) -> None:
    """WIRE 1.2: join answers with a session token that `join-space` may carry."""
    async with house(tmp_path) as at:
        wire = at.connect("a")
        token = at.token(Person(account="ada"))
        user = await at.join(wire, {"session_token": token})
        at.bridge.event(wire, "join-space", [{"session_token": "bad"}], 2)
        answer = await wire.answer(2)

    assert user["userAccount"] == "ada"
    assert answer["success"] is False
    assert wire.got("space-error")[0]["code"] == answer["code"]


async def test_bad_input_is_answered_with_its_error_event_and_acknowledgement(
    tmp_path: Path,
) -> None:
    """Wrong types: a clear error."""
    async with house(tmp_path) as at:
        wire = at.connect("a")
        at.bridge.event(wire, "chat-message", [{"content": 3}], 1)
        at.bridge.event(wire, "dance", [], None)

    (error,) = wire.got("chat-error")
    assert (error["code"], error["field"], error["event"]) == (
        "bad_input", "content", "chat-message",
    )  # fmt: skip
    assert wire.acks[1] == {
        "success": False,
        "error": error["error"],
        "code": "bad_input",
        "field": "content",
        "retryable": False,
    }
    assert wire.got("error")[0]["code"] == "unknown_event"


async def test_yes_and_no_of_actors_are_acknowledged_alike(tmp_path: Path) -> None:
    """WIRE 2.1: `{success, ...}` or `{success: false, error, code}`."""
    async with house(tmp_path) as at:
        wire = at.connect("a")
        at.bridge.event(wire, "join-space", [{"spaceType": "global", "spaceId": "attic"}], 1)
        no = await wire.answer(1)
        at.bridge.event(wire, "join-space", [{}], 2)
        yes = await wire.answer(2)

    assert (no["success"], no["code"]) == (False, "space_not_found")
    assert (yes["success"], yes["spaceId"]) == (True, "lobby")


async def test_a_client_faster_than_its_session_is_told_and_its_end_is_not_lost(
    tmp_path: Path,
) -> None:
    """SPEC 2: over a limit the client is told; a disconnect always arrives."""
    async with house(tmp_path, LimitSettings(chat_per_s=10_000)) as at:
        bob = at.connect("b")
        await at.join(bob, {})
        wire = at.connect("a")
        await at.join(wire, {})
        for number in range(2100):
            at.bridge.event(wire, "chat-message", [{"content": "x"}], 10_000 + number)
        at.bridge.disconnect(wire, "transport close")
        left = await bob.until("user-left")

    assert left["socketId"] == "a"
    refused = [one for one in wire.acks.values() if one.get("code") == TOO_MANY_EVENTS.code]
    assert len(refused) == 2100 - 2048
    assert len(at.bridge) == 1


async def test_too_much_of_a_kind_is_refused_with_the_limit_and_the_time(tmp_path: Path) -> None:
    """SPEC 2: told which and when to retry, by event and by answer; others are not concerned."""
    async with house(tmp_path) as at:
        ada = at.token(Person(account="ada"))
        pages = [at.connect(name, auth={"token": ada}) for name in ("a", "b")]
        bob = at.connect("c")
        for wire in (*pages, bob):
            await at.join(wire, {})
        for number in range(22):
            at.bridge.event(pages[number % 2], "chat-message", [{"content": "x"}], 10 + number)
        at.bridge.event(bob, "chat-message", [{"content": "hello"}], 2)
        answer = await bob.answer(2)

    assert answer["success"] is True
    limited = {"code": "rate_limited", "limit": "chat", "retry_after_s": 1, "retryable": True}
    for wire, ack in ((pages[0], 30), (pages[1], 31)):
        assert limited.items() <= wire.acks[ack].items()
        (error,) = wire.got("chat-error")
        assert limited.items() <= error.items()
        assert error["event"] == "chat-message"


async def test_a_flood_is_cut_off_and_told_why(tmp_path: Path) -> None:
    """Even refusing costs: whoever goes on regardless is disconnected, and stays away."""
    async with house(tmp_path) as at:
        wire = at.connect("a")
        for _ in range(60_000):
            if wire.ended:
                break
            at.bridge.event(wire, "aframe-update", [{}], None)
        (error,) = wire.got("error")
        at.bridge.disconnect(wire, "server namespace disconnect")

    assert wire.ended == ["close"]
    assert (error["code"], error["limit"]) == ("rate_limited", "flood")


async def test_an_account_has_so_many_connections_and_no_more(tmp_path: Path) -> None:
    """SPEC 2; also when a guest proves in `join-space` to be that account."""
    async with house(tmp_path, sessions_per_account=1, guests_per_address=1) as at:
        token = at.token(Person(account="ada"))
        first = at.connect("a", auth={"token": token})
        refused = at.refusal(Wire("b"), {"token": token})
        guest = at.connect("c")
        crowded = at.refusal(Wire("d"), None)
        at.bridge.event(guest, "join-space", [{"token": token}], 1)
        at.bridge.disconnect(first, "transport close")
        again = at.refusal(Wire("a2"), {"token": token})

    assert refused is not None
    assert refused.code == "too_many_sessions"
    assert refused.details == {"limit": 1}
    assert crowded is not None
    assert crowded.code == "too_many_sessions"
    assert guest.acks[1]["code"] == "too_many_sessions"
    assert again is None


async def test_events_are_encoded_once_and_skip_their_cause(tmp_path: Path) -> None:
    """One event, one encoding, however many receive it; unknown sockets are passed over."""
    async with house(tmp_path) as at:
        a, b, c = (at.connect(name) for name in "abc")
        emit = Emit(to=("a", "b", "c", "gone"), event="user-joined", payload={}, but="a")
        at.bridge.start(emit, lambda _outcome: None)

    assert a.sent == []
    assert len(b.sent) == len(c.sent) == 1
    assert b.sent[0] is c.sent[0]


async def test_rooms_get_chat_as_user_and_message_too(tmp_path: Path) -> None:
    """WIRE 2.2: `{type, user, message}`."""
    async with house(tmp_path) as at:
        room, stock = at.connect("a", transport="json"), at.connect("b")
        payload = {"display_name": "ada", "content": "hi"}
        emit = Emit(to=("a", "b"), event="chat-message", payload=payload)
        at.bridge.start(emit, lambda _outcome: None)

        both = EmitMany(
            to=("a", "b"), event="chat-message", payloads=((None, payload), (None, payload))
        )
        at.bridge.start(both, lambda _outcome: None)

    assert room.got("chat-message") == [{**payload, "user": "ada", "message": "hi"}] * 3
    assert stock.got("chat-message") == [payload] * 3


async def test_sockets_end_as_the_actors_ask(tmp_path: Path) -> None:
    """With `reconnect` the stock client comes back; without, it stays away."""
    async with house(tmp_path) as at:
        a, b = at.connect("a"), at.connect("b")
        for to, again in (("a", True), ("b", False), ("gone", True)):
            at.bridge.start(Disconnect(to=to, reason="x", reconnect=again), lambda _outcome: None)
        at.bridge.start(Acknowledge(to="gone", ack=1, outcome={}), lambda _outcome: None)

    assert (a.ended, b.ended) == (["reconnect"], ["close"])


async def test_everybody_is_told_whether_in_a_space_or_not(tmp_path: Path) -> None:
    """SPEC 13: operators' words, such as of a drain, reach all sockets."""
    async with house(tmp_path) as at:
        a, b = at.connect("a"), at.connect("b")
        at.bridge.tell_everybody("server-draining", {"in_s": 3})

    assert a.got("server-draining") == b.got("server-draining") == [{"in_s": 3}]


def authenticate(at: House, wire: Wire) -> None:
    login = {"msgType": "authenticate", "msgData": {"apiVersion": "1.1.1"}}
    at.bridge.event(wire, "easyrtcAuth", [login], 1)


def room_join(room: str) -> dict[str, Json]:
    return {"msgType": "roomJoin", "msgData": {"roomJoin": {room: {"roomName": room}}}}


async def test_pages_that_read_the_same_share_an_encoding(tmp_path: Path) -> None:
    """A room's update is encoded once for each dialect, and nothing is kept of who has gone."""
    async with house(tmp_path) as at:
        easy = [at.connect(name) for name in "abc"]
        plain = [at.connect(name) for name in "de"]
        for wire in easy:
            authenticate(at, wire)
            at.bridge.event(wire, "easyrtcCmd", [room_join("hall")], 2)
            assert (await wire.answer(2))["msgType"] == "roomData"
        for wire in plain:
            at.bridge.event(wire, "joinRoom", [{"room": "hall"}], None)
            await wire.until("connectSuccess")
        update = {"msgType": "um", "msgData": {"d": []}, "targetRoom": "hall"}
        at.bridge.event(easy[0], "easyrtcMsg", [update], 3)
        for wire in easy[1:]:
            await wire.until("easyrtcMsg")
        for wire in plain:
            assert (await wire.until("broadcast"))["type"] == "um"
        assert easy[1].sent[-1] is easy[2].sent[-1]
        assert plain[0].sent[-1] is plain[1].sent[-1]
        assert (await easy[0].answer(3))["msgType"] == "ack"

        for wire in (*easy, *plain):
            at.bridge.disconnect(wire, "transport close")
        assert len(at.bridge) == len(at.bridge._naf) == len(at.bridge._hosts) == 0


async def test_a_page_that_sends_too_much_is_told_in_its_words(tmp_path: Path) -> None:
    """EasyRTC's client gets an error for each message there was no room for, never silence."""
    async with house(tmp_path, limits=LimitSettings(entities_per_s=10_000)) as at:
        wire = at.connect("a")
        authenticate(at, wire)
        at.bridge.event(wire, "easyrtcCmd", [room_join("hall")], 2)
        await wire.answer(2)
        update = {"msgType": "um", "msgData": {"d": []}, "targetRoom": "hall"}
        for number in range(2100):
            at.bridge.event(wire, "easyrtcMsg", [update], 10 + number)
        answers = [await wire.answer(10 + number) for number in range(2100)]

    codes = [answer["msgData"].get("errorCode") for answer in answers]
    assert codes.count("MSG_REJECT_GEN_FAIL") == 2100 - 2048
    assert codes.count(None) == 2048


async def test_a_page_may_change_as_much_as_other_clients(tmp_path: Path) -> None:
    """Updates for the room share the limit of entities; what goes to one member does not use it."""
    async with house(tmp_path, limits=LimitSettings(entities_per_s=1)) as at:
        wire, plain = at.connect("a"), at.connect("b")
        authenticate(at, wire)
        at.bridge.event(wire, "easyrtcCmd", [room_join("hall")], 2)
        at.bridge.event(plain, "joinRoom", [{"room": "hall"}], None)
        await wire.answer(2)
        await plain.until("connectSuccess")
        update = {"msgType": "um", "msgData": {"d": []}, "targetRoom": "hall"}
        for ack in (3, 4, 5):
            at.bridge.event(wire, "easyrtcMsg", [update], ack)
            at.bridge.event(plain, "broadcast", [{"type": "um", "data": {"d": []}}], ack)
        theirs = {"msgType": "u", "msgData": {}, "targetEasyrtcid": "b"}
        at.bridge.event(wire, "easyrtcMsg", [theirs], 6)
        answers = [await wire.answer(ack) for ack in (3, 4, 5, 6)]
        refused = await plain.answer(5)

    assert [answer["msgType"] for answer in answers] == ["ack", "ack", "error", "ack"]
    assert "try again" in answers[2]["msgData"]["errorText"]
    assert (refused["code"], refused["limit"]) == ("rate_limited", "entities")


async def test_many_events_are_one_message_without_ones_own(tmp_path: Path) -> None:
    """A publication of poses is one write a socket, and nobody hears of their own."""
    async with house(tmp_path) as home:
        ann, bob, cay = (home.connect(name) for name in ("ann", "bob", "cay"))
        for to, payloads in (
            (("ann", "bob", "cay"), (("ann", {"of": "ann"}), ("bob", {"of": "bob"}))),
            (("ann", "bob", "gone"), (("ann", {"of": "ann, again"}),)),
        ):
            request = EmitMany(to=to, event="aframe-update", payloads=payloads, passing=True)
            home.bridge.start(request, lambda _outcome: None)

    def heard(wire: Wire) -> list[str]:
        return ["".join(map(str, one.for_namespace("/").messages)) for one in wire.sent]

    a, b, again = (f'42["aframe-update",{{"of":"{who}"}}]' for who in ("ann", "bob", "ann, again"))
    assert (heard(ann), heard(bob), heard(cay)) == ([b], [a, again], [a + b])


async def test_a_snapshot_is_left_out_for_a_socket_that_is_behind(tmp_path: Path) -> None:
    """A later one makes up for it; events must arrive."""
    async with house(tmp_path) as home:
        ann, bob = home.connect("ann"), home.connect("bob")
        bob.behind = True
        for snapshot in (True, False):
            emit = Emit(to=("ann", "bob"), event="poses", payload=snapshot, snapshot=snapshot)
            home.bridge.start(emit, lambda _outcome: None)

    assert (ann.got("poses"), bob.got("poses")) == ([True, False], [False])


async def test_poses_reach_the_space_without_a_turn_of_the_session(tmp_path: Path) -> None:
    """Ten thousand poses a second must not be as many turns; what is wrong with one is answered."""
    async with house(tmp_path) as home:
        ann, bob = home.connect("ann"), home.connect("bob")
        for wire in (ann, bob):
            await home.join(wire, {"spaceType": "global", "spaceId": "lobby"})
        turns: list[Any] = []
        home.kernel.core.before_delivery = lambda cell, message: (
            turns.append(message) if cell.address == "session:ann" else None
        )
        pose: dict[str, Json] = {"position": {"x": 1, "y": 0, "z": 0}}
        home.bridge.event(ann, "aframe-update", [pose], None)
        assert (await bob.until("aframe-update"))["entityData"] == pose
        home.bridge.event(ann, "aframe-update", [{"position": {"x": 1}}], None)

    assert turns == []
    assert [error["field"] for error in ann.got("error")] == ["position"]


async def test_entities_beside_a_pose_take_a_turn_only_when_they_are_new(tmp_path: Path) -> None:
    """The short way is for poses; what is shared must not get lost on it."""
    async with house(tmp_path) as at:
        ann, bob = at.connect("ann"), at.connect("bob")
        for wire in (ann, bob):
            await at.join(wire, {"spaceType": "global", "spaceId": "lobby"})
        turns: list[Any] = []
        at.kernel.core.before_delivery = lambda cell, message: (
            turns.append(message) if cell.address == "session:ann" else None
        )
        for x, color in ((1, "red"), (2, "red"), (3, "blue"), (4, "blue")):
            update: dict[str, Json] = {
                "position": {"x": x, "y": 0, "z": 0},
                "entities": [{"entityId": "box", "components": {"color": color}}],
            }
            at.bridge.event(ann, "aframe-update", [update], None)
            with trio.fail_after(5):
                while [one["entityData"]["position"]["x"] for one in bob.got("aframe-update")][
                    -1:
                ] != [x]:
                    await bob.changed.wait()
        with trio.fail_after(5):
            while not any(
                entity["components"] == {"color": "blue"}
                for event in bob.got("entities-updated")
                for entity in event["entities"]
            ):
                await bob.changed.wait()

    assert len(turns) == 2
