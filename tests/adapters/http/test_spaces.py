"""Finding spaces, looking into them, joining."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from actors.person import Person
from actors.settings import ActorSettings
from actors.space.space_id import SpaceId
from actors.store import ActivateSpace, SaveSettings, SpaceSettings
from adapters.identity.hive_keys import sign
from sim.replica import Document, Post
from tests.adapters.http.stack import LOBBY, LOBBY_PATH, Stack, running

ALICE, ANN = Person(account="alice"), Person(guest_id="0a0b0c0d", name="Ann")


def add_content(stack: Stack) -> None:
    stack.store.add_post(
        Post(author="ada", permlink="harbour", type="aframe", title="Harbour", created_at_us=2)
    )
    stack.store.add_post(
        Post(author="ada", permlink="news", type="hive", title="No space", created_at_us=3)
    )
    stack.store.add_post(
        Post(author="bob", permlink="secret", type="360", hidden=True, created_at_us=4)
    )
    stack.store.add_post(
        Post(author="bob", permlink="pier", type="360", title="Pier ⛵", created_at_us=5)
    )
    stack.store.add_document(Document(id="7", owner="alice", document_name="Notes"))


async def settings(stack: Stack, space: SpaceId, **changed: Any) -> None:
    """Save a space's settings as its actor would."""
    actor = "space:test:test:main"
    activated = await stack.store.perform(ActivateSpace(actor=actor, space=space))
    await stack.store.perform(
        SaveSettings(
            actor=actor,
            epoch=activated.epoch,
            space=space,
            settings=SpaceSettings(**changed),
        )
    )


async def test_the_list_has_the_lobby_first_then_posts_then_documents(stack: Stack) -> None:
    """On every page; only posts that are spaces, and documents the caller may see."""
    add_content(stack)
    everything = (await stack.http.get("/api/spaces", headers=stack.token(ALICE))).json()
    names = [(one["space_type"], one["space_id"]) for one in everything["spaces"]]

    assert names == [
        ("global", "lobby"),
        ("post", "bob/pier"),
        ("post", "ada/harbour"),
        ("document", "7"),
    ]
    assert everything["total"] == 4
    assert everything["node"] == "node-1"

    page = (await stack.http.get("/api/spaces?limit=1&offset=1&include_events=true")).json()
    assert [one["space_id"] for one in page["spaces"]] == ["lobby", "ada/harbour"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("type=all", ["lobby", "bob/pier", "ada/harbour"]),
        ("type=", ["lobby", "bob/pier", "ada/harbour"]),
        ("type=post", ["bob/pier", "ada/harbour"]),
        ("type=360", ["bob/pier"]),
        ("space_type=aframe", ["ada/harbour"]),
        ("type=global", ["lobby"]),
        ("type=document", []),
        ("type=nothing", []),
    ],
)
async def test_the_list_is_filtered_by_type(stack: Stack, query: str, ids: list[str]) -> None:
    """By a space's type or a post's; a guest sees no private document."""
    add_content(stack)
    answer = (await stack.http.get(f"/api/spaces?{query}")).json()

    assert [one["space_id"] for one in answer["spaces"]] == ids


@pytest.mark.parametrize("path", ["/api/spaces", "/api/presence/spaces"])
async def test_the_list_and_the_details_say_who_is_there(stack: Stack, path: str) -> None:
    """Counts are JSON numbers and people appear with what others may know of them."""
    await stack.enter(LOBBY, ALICE, ANN)
    listed = (await stack.http.get(path)).json()["spaces"][0]
    answer = (await stack.http.get(f"{path}/global/lobby")).json()
    space = answer["space"]

    assert listed["active_users"] == space["active_users"] == 2
    assert [one["user_account"] for one in space["connected_users"]] == ["alice", None]
    assert space["connected_users"][1]["display_name"] == "Ann (guest)"
    assert space["authenticated_users"] == ["alice"]
    assert space["max_users"] == 50
    assert space["tick_hz"] is None
    assert answer["has_access"] is True


async def test_a_subspace_shows_its_own_people(stack: Stack) -> None:
    """The count is of all subspaces together, as in the list."""
    await stack.enter(SpaceId("global", "lobby", "stage"), ALICE)
    await stack.enter(LOBBY, ANN)
    stage = (await stack.http.get(f"{LOBBY_PATH}?subspace=stage")).json()["space"]

    assert [one["user_account"] for one in stage["connected_users"]] == ["alice"]
    assert stage["active_users"] == 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("post/ada/harbour", 200),
        ("post/ada%2Fharbour", 200),
        ("post/ada/news", 404),  # a post, and not a space
        ("post/bob/secret", 404),  # hidden: the same answer as if it were not there
        ("document/7", 404),  # private
        ("global/kitchen", 404),
        ("event/concert", 404),
        ("castle/1", 404),
        ("Post/ada", 400),
        (f"post/{'x' * 256}", 400),
        ("post/a%00b", 400),
    ],
)
async def test_what_is_not_there_or_not_for_the_caller_is_404(
    stack: Stack, path: str, status: int
) -> None:
    """One text for both, so that nobody learns what is hidden; malformed ids are named."""
    add_content(stack)
    answer = await stack.http.get(f"/api/spaces/{path}")

    assert answer.status_code == status
    if status == 404:
        assert answer.json()["error"] == "Space not found or not accessible"
    if status == 400:
        assert answer.json()["field"] in {"space_type", "space_id"}


async def test_the_owner_of_a_private_document_gets_in_as_its_admin(stack: Stack) -> None:
    """And the system's admins everywhere they may enter."""
    add_content(stack)
    mine = (await stack.http.get("/api/spaces/document/7", headers=stack.token(ALICE))).json()
    root = stack.token(Person(account="root-admin"))
    lobby = (await stack.http.get(LOBBY_PATH, headers=root)).json()

    assert mine["space"]["display_name"] == "Notes"
    assert mine["permission"] == "admin"
    assert lobby["permission"] == "admin"
    assert (await stack.http.get(LOBBY_PATH)).json()["permission"] == "access"


async def test_join_answers_all_a_client_needs(stack: Stack) -> None:
    """Both spellings of the TURN secret, the socket's address, and a token that names the guest."""
    await stack.enter(LOBBY, ALICE)
    answer = await stack.http.post(f"{LOBBY_PATH}/join", json={"user_account": "alice"})
    body = answer.json()

    assert answer.status_code == 200
    assert body["success"] is True
    assert body["space"]["space_id"] == "lobby"
    assert body["subspace"] == "main"
    turn = body["turn_credentials"]
    assert turn["password"] == turn["credential"]
    assert turn["username"] == "1763693600:temp"
    assert turn["ttl"] == 3600
    assert len(turn["uris"]) == 4
    assert body["iceServers"][0]["credential"] == turn["credential"]
    assert body["websocket_url"] == f"ws{stack.url.removeprefix('http')}/socket.io/"
    assert body["state"]["active_users"] == 1
    assert body["state"]["users"][0]["user_account"] == "alice"
    assert body["user_account"] is None, "a name in the body proves nothing"
    caller = stack.identity.from_token(body["session_token"])
    assert caller.person == Person(guest_id=body["guest_id"])


async def test_two_guests_who_join_are_two(stack: Stack) -> None:
    """Two tabs of one browser too; a guest who brings the token stays who they are."""
    first, second = [(await stack.http.post(f"{LOBBY_PATH}/join")).json() for _ in range(2)]
    bearer = {"Authorization": f"Bearer {first['session_token']}"}
    again = (await stack.http.post(f"{LOBBY_PATH}/join", headers=bearer)).json()

    assert first["guest_id"] != second["guest_id"]
    assert again["guest_id"] == first["guest_id"]


@pytest.mark.parametrize("path", ["/api/spaces", "/api/presence/spaces"])
async def test_join_with_a_signed_challenge_joins_the_account(stack: Stack, path: str) -> None:
    """Form A1, once; the token it answers spares the next signature."""
    secret = stack.account("alice")
    text = f"dlux_vr_{stack.clock.us // 1000}_k3j9x0q2z"
    headers = {"Authorization": f"Bearer {sign(secret, text)}:alice"}
    body = {"subspace": "main", "user_account": "alice", "challenge": text}
    first = await stack.http.post(f"{path}/global/lobby/join", headers=headers, json=body)
    repeated = await stack.http.post(f"{path}/global/lobby/join", headers=headers, json=body)

    assert first.json()["user_account"] == "alice"
    assert first.json()["turn_credentials"]["username"].endswith(":alice")
    assert repeated.status_code == 401
    assert repeated.json()["code"] == "challenge_used"
    bearer = {"Authorization": f"Bearer {first.json()['session_token']}"}
    again = await stack.http.post(f"{path}/global/lobby/join", headers=bearer)
    assert again.json()["user_account"] == "alice"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("", 200),  # A3
        ("Bearer :alice", 200),  # A2
        ("Bearer [object Object]:alice", 401),  # A4
        (f"Bearer {'ab' * 65}", 401),  # A5
        (f"Bearer {'ab' * 65}:alice", 401),  # A6
        ("Bearer not-a-token", 401),
        ("Bearer a.b.c", 401),
    ],
)
async def test_the_forms_of_authorization(stack: Stack, header: str, status: int) -> None:
    """What proves nothing joins as a guest; what pretends to is refused and says why."""
    answer = await stack.http.post(f"{LOBBY_PATH}/join", headers={"Authorization": header})

    assert answer.status_code == status
    if status == 200:
        assert answer.json()["user_account"] is None
    else:
        assert answer.json()["field"]
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_space_shows_the_rate_its_owner_set(stack: Stack) -> None:
    """It is among the settings, as the store has them."""
    await settings(stack, LOBBY, tick_hz=20)

    assert (await stack.http.get(LOBBY_PATH)).json()["space"]["tick_hz"] == 20


async def test_a_full_space_is_429(stack: Stack) -> None:
    """The text is the one that clients look for."""
    await settings(stack, LOBBY, max_users=1)
    await stack.enter(LOBBY, ALICE)
    answer = await stack.http.post(f"{LOBBY_PATH}/join")

    assert answer.status_code == 429
    assert answer.json()["error"] == "Space is full"
    assert answer.json()["code"] == "space_full"
    assert answer.json()["details"] == {"people": 1, "people_max": 1}
    assert "Retry-After" in answer.headers


async def test_a_space_without_guests_is_403_for_them(stack: Stack) -> None:
    """They may look, and are told that they may not enter."""
    await settings(stack, LOBBY, guests_allowed=False)
    refused = await stack.http.post(f"{LOBBY_PATH}/join")
    seen = (await stack.http.get(LOBBY_PATH)).json()
    admitted = await stack.http.post(f"{LOBBY_PATH}/join", headers=stack.token(ALICE))

    assert refused.status_code == 403
    assert refused.json()["code"] == "guests_not_allowed"
    assert seen["has_access"] is False
    assert seen["permission"] is None
    assert admitted.status_code == 200


async def test_hidden_and_private_spaces_cannot_be_joined(stack: Stack) -> None:
    """403 says that they exist, as the old server did; what is no space is 404."""
    add_content(stack)
    for path, status in (("post/bob/secret", 403), ("document/7", 403), ("post/ada/news", 404)):
        answer = await stack.http.post(f"/api/spaces/{path}/join")
        assert answer.status_code == status, path


async def test_unlisted_posts_are_closed_where_the_operator_says_so(tmp_path: Path) -> None:
    """With a replica, what it does not know does not exist."""
    async with running(
        tmp_path / "keys", policy=ActorSettings(open_unlisted=False), open_unlisted=False
    ) as stack:
        for method, path in (
            ("GET", "/api/spaces/post/x/y"),
            ("POST", "/api/spaces/post/x/y/join"),
            ("GET", "/api/chat/post/x/y/messages"),
        ):
            answer = await stack.http.request(method, path)
            assert answer.status_code == 404, path


async def test_the_join_body_survives_btoa(stack: Stack) -> None:
    """Clients put it into a URL with `btoa`, which throws on anything past Latin-1."""
    add_content(stack)
    harbour = SpaceId("post", "bob/pier")
    await stack.enter(harbour, Person(guest_id="1", name="Zoë ☃"))
    await stack.enter(SpaceId("document", "схема"), ANN)
    named = await stack.http.post("/api/spaces/post/bob/pier/join")
    odd_id = await stack.http.post("/api/spaces/document/%D1%81%D1%85%D0%B5%D0%BC%D0%B0/join")

    for answer in (named, odd_id):
        text = json.dumps(answer.json(), ensure_ascii=False, separators=(",", ":"))
        base64.b64encode(text.encode("latin-1"))
        assert len(text) < 4000
    assert named.json()["space"]["display_name"] == "Pier ?"
    assert named.json()["state"]["users"][0]["display_name"] == "Zoë ? (guest)"
    assert odd_id.json()["space"]["space_id"] == "%D1%81%D1%85%D0%B5%D0%BC%D0%B0"


async def test_who_was_let_in_and_who_was_not_is_in_the_audit_log(stack: Stack) -> None:
    """With the address, and the claim only as a claim."""
    await stack.http.post(f"{LOBBY_PATH}/join", headers=stack.token(ALICE))
    await stack.http.post("/api/spaces/castle/1/join", json={"user_account": "alice"})
    admitted, refused = (one for one in stack.store.audit if one.action.startswith("join_"))

    assert (admitted.action, admitted.account, admitted.ip) == (
        "join_admitted",
        "alice",
        "127.0.0.1",
    )
    assert (refused.action, refused.account) == ("join_refused", None)
    assert refused.details == {"code": "space_not_found", "claimed": "alice"}


async def test_behind_a_proxy_the_public_address_is_answered(tmp_path: Path) -> None:
    """The socket's address is the browser's, and the client is who the proxy says."""
    async with running(tmp_path / "keys", trust_forwarded=True) as stack:
        headers = {
            "Host": "presence.example",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "6.6.6.6, 10.1.2.3",
        }
        body = (await stack.http.post(f"{LOBBY_PATH}/join", headers=headers)).json()
        assert body["websocket_url"] == "wss://presence.example/socket.io/"
        assert {one.ip for one in stack.store.audit if one.action == "join_admitted"} == {
            "10.1.2.3"
        }
    async with running(tmp_path / "keys", public_url="https://presence.example/") as stack:
        body = (await stack.http.post(f"{LOBBY_PATH}/join", headers={"Host": "evil.test"})).json()
        assert body["websocket_url"] == "wss://presence.example/socket.io/"


async def test_people_in_a_post_nobody_listed_can_be_found(stack: Stack) -> None:
    """Discovery lists spaces with who is there now (SPEC part 1), also without a replica."""
    await stack.enter(SpaceId("post", "ada/harbour"), ALICE)
    await stack.enter(SpaceId("document", "secret-draft"), ALICE)
    listed = (await stack.http.get("/api/spaces")).json()["spaces"]

    assert [(one["space_type"], one["space_id"], one["active_users"]) for one in listed] == [
        ("global", "lobby", 0),
        ("post", "ada/harbour", 1),
    ]
