"""Who somebody is: proven by a signature, or a guest who may claim what they like."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.accounts import Account
from tests.server.people import Crowd, open_room, websocket_url
from tests.support.live_server import LiveServer

JOIN = "/api/spaces/global/lobby/join"


@pytest.fixture
def space(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A space of the test's own on the shared server."""
    return {"spaceType": "document", "spaceId": f"identity {request.node.name}"}


async def test_a_name_without_a_token_is_a_claim(
    server: LiveServer, crowd: Crowd, space: dict[str, Any]
) -> None:
    """`auth.userAccount` and `join-space.userAccount` show as claimed; `userAccount` is null."""
    watcher = await crowd.connect("watcher", server.url)
    await watcher.join(**space)
    by_auth = await crowd.connect("by auth", server.url, auth={"userAccount": "ann"})
    by_join = await crowd.connect("by join", server.url)
    await by_auth.join(**space)
    roster = (await by_join.join(**space, userAccount="ben"))["users"]
    for person, claim in ((by_auth, "ann"), (by_join, "ben")):
        seen = await watcher.hear("user-joined", socketId=person.id)
        assert (seen["userAccount"], seen["claimed"]) == (None, claim)
        (listed,) = [user for user in roster if user["socketId"] == person.id]
        assert (listed["userAccount"], listed["claimed"]) == (None, claim)
        assert listed["displayName"].startswith("Guest-")
        answer = await person.say(f"I am {claim}, believe me")
        assert answer["message"]["user_account"] is None
        assert answer["message"]["display_name"] == listed["displayName"]


async def test_a_session_token_shows_the_account(
    server: LiveServer, http: httpx.AsyncClient, crowd: Crowd, space: dict[str, Any]
) -> None:
    """Challenge, signature, login, connect: from then on everybody sees the account."""
    token = await Account(server, "carol").log_in(http)
    watcher = await crowd.connect("watcher", server.url)
    await watcher.join(**space)
    carol = await crowd.connect("carol", server.url, auth={"token": token})
    await carol.join(**space, userAccount="somebody-else")
    seen = await watcher.hear("user-joined")
    assert (seen["userAccount"], seen.get("claimed")) == ("carol", None)
    await carol.say("it is me")
    assert (await watcher.hear("chat-message"))["display_name"] == "carol"
    await carol.emit("aframe-update", {"position": {"x": 0, "y": 0, "z": 0}})
    assert (await watcher.hear("aframe-update"))["userAccount"] == "carol"
    await carol.disconnect()
    assert (await watcher.hear("user-left"))["userAccount"] == "carol"


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "e30.e30.", "x" * 10_000])
@pytest.mark.parametrize("namespace", ["/", "/socket.io/"])
async def test_a_bad_token_is_refused_at_the_door(
    server: LiveServer, crowd: Crowd, token: str, namespace: str
) -> None:
    """`connect_error` says so; a login that silently is none would be worse."""
    ann = await crowd.dial(
        "ann", f"{server.url}{namespace}", auth={"token": token}, reconnection=False
    )
    error = await ann.hear("connect_error")
    assert error["data"]["code"] in {"token_invalid", "bad_token"}, error
    assert error["message"]
    assert not ann.all("connect")


async def test_the_token_of_the_join_answer_works_in_join_space(
    server: LiveServer, http: httpx.AsyncClient, crowd: Crowd, space: dict[str, Any]
) -> None:
    """Over HTTP one proves who one is, and shows the result on the socket or in the room."""
    dora = Account(server, "dora")
    challenge, signature = await dora.signed(http)
    answer = await http.post(
        JOIN,
        json={"user_account": "dora", "challenge": challenge},
        headers={"Authorization": f"Bearer {signature}:dora"},
    )
    token = answer.json()["session_token"]
    watcher = await crowd.connect("watcher", server.url)
    await watcher.join(**space)
    socket = await crowd.connect("socket", server.url)
    joined = await socket.join(**space, session_token=token)
    assert [user["userAccount"] for user in joined["users"]] == [None, "dora"]
    async with open_room("room", websocket_url(server.url)) as room:
        await room.send("join-space", **space, session_token=token)
        await room.hear("space-joined")
        await watcher.hear("user-joined", nth=2, userAccount="dora")
        bad = await crowd.connect("bad", server.url)
        await bad.emit("join-space", {**space, "session_token": "a.b.c"})
        assert (await bad.hear("space-error"))["code"]
        await room.send("join-space", **space, session_token="a.b.c")
        await room.hear("space-error")
    guest = (await http.post(JOIN, json={})).json()
    visitor = await crowd.connect("visitor", server.url)
    users = (await visitor.join(**space, session_token=guest["session_token"]))["users"]
    assert users[-1]["guestId"] == guest["guest_id"]


async def test_a_signature_joins_once(server: LiveServer, http: httpx.AsyncClient) -> None:
    """Form A1, challenge in the body: a replay is 401, whoever sends it."""
    erin = Account(server, "erin")
    challenge, signature = await erin.signed(http)
    body = {"user_account": "erin", "challenge": challenge}
    headers = {"Authorization": f"Bearer {signature}:erin"}
    first = await http.post(JOIN, json=body, headers=headers)
    replay = await http.post(JOIN, json=body, headers=headers)
    assert first.status_code == 200
    assert first.json()["user_account"] == "erin"
    assert (replay.status_code, replay.json()["code"]) == (401, "challenge_used")


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        pytest.param("Bearer [object Object]:frank", "{challenge}", id="A4"),
        pytest.param("Bearer {signature}", "{challenge}", id="A5"),
        pytest.param("Bearer {signature}:frank", None, id="A6"),
    ],
)
async def test_what_cannot_be_verified_is_401(
    server: LiveServer, http: httpx.AsyncClient, authorization: str, challenge: str | None
) -> None:
    """Forms that pretend to prove something are refused, for they would be no login (WIRE 5, 1)."""
    frank = Account(server, f"frank-{len(authorization)}")
    text, signature = await frank.signed(http)
    sent = {"challenge": text, "signature": signature}
    header = authorization.replace("frank", frank.name).format(**sent)
    body = {"user_account": frank.name, "challenge": challenge and challenge.format(**sent)}
    answer = await http.post(JOIN, json=body, headers={"Authorization": header})
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"]


async def test_signals_stay_within_the_space(
    server: LiveServer, http: httpx.AsyncClient, crowd: Crowd, space: dict[str, Any]
) -> None:
    """To a member they come with who sent them; to anybody else they are refused, unseen."""
    token = await Account(server, "grace").log_in(http)
    grace = await crowd.connect("grace", server.url, auth={"token": token})
    inside = await crowd.connect("inside", server.url)
    outside = await crowd.connect("outside", server.url)
    nowhere = await crowd.connect("nowhere", server.url)
    await grace.join(**space)
    await inside.join(**space)
    await outside.join(**{**space, "subspace": "main-other"})
    signals = [
        ("webrtc-offer", "offer", {"type": "offer", "sdp": "v=0"}),
        ("webrtc-answer", "answer", {"type": "answer", "sdp": "v=0"}),
        ("webrtc-ice-candidate", "candidate", {"candidate": "", "sdpMid": None}),
    ]
    for count, (event, field, content) in enumerate(signals, 1):
        sent = {"targetSocketId": inside.id, field: content, "fromUser": "forged", "more": 1}
        assert (await grace.ask(event, sent))["success"]
        signal = await inside.hear(event)
        sender = {} if event == "webrtc-ice-candidate" else {"fromUser": "grace"}
        assert signal == {field: content, "fromSocketId": grace.id, **sender}
        for number, target in enumerate((outside.id, nowhere.id, "x" * 20), 1):
            answer = await grace.ask(event, {"targetSocketId": target, field: content})
            assert answer["success"] is False
            error = await grace.hear("webrtc-error", nth=3 * (count - 1) + number)
            assert error["code"] == answer["code"] == "no_such_member"
        refused = await nowhere.ask(event, {"targetSocketId": inside.id, field: content})
        assert refused["code"] == "not_in_space"
    assert (await outside.say("a later event"))["success"]
    await outside.hear("chat-message")
    names = {event for event, *_ in signals}
    assert not names.intersection(event for event, _ in outside.heard + nowhere.heard)
