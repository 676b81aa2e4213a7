"""The bridge: who is behind a socket, what it may ask, and how it is answered."""

from __future__ import annotations

from pathlib import Path

from actors.limits import LimitSettings
from actors.person import Person
from adapters.realtime.bridge import TOO_MANY_EVENTS
from tests.adapters.realtime.bridged import Wire, authenticate, house, room_join


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
