"""Audio modes, connections, the speaker, microphones and questions over HTTP."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
import trio

from actors.person import Person
from actors.space.hearing.changes import change, no_codes
from actors.space.hearing.crowd import Mode
from actors.space.hearing.ledger import Ledger
from actors.space.hearing.told import LinkKind
from actors.store_hall import StandingRow
from tests.adapters.http.stack import LOBBY, LOBBY_PATH, Stack

ADA, BOB, CAY, GUEST = (
    Person(account="ada"), Person(account="bob"), Person(account="cay"),
    Person(guest_id="0a0b0c0d", name="Ann"),
)  # fmt: skip
MODES = ["announcement", "stage", "ambient", "superambient"]


class Hall:
    """The lobby with ada, who administers it, bob, cay and a guest."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.tokens = {
            "ada": stack.token(ADA), "bob": stack.token(BOB), "cay": stack.token(CAY),
            "guest": stack.token(GUEST), "stranger": stack.token(Person(account="eve")),
            "nobody": {},
        }  # fmt: skip

    @classmethod
    async def opened(cls, stack: Stack) -> Hall:
        row = StandingRow(account="ada", permissions=("admin",))
        stack.store.hall.standings[LOBBY.type, LOBBY.id, "ada"] = row
        await stack.enter(LOBBY, ADA, BOB, CAY, GUEST)
        return cls(stack)

    async def call(
        self, who: str, method: str, path: str, body: Any = None, *, status: int = 200
    ) -> Any:
        path = path if path.startswith("/") else f"{LOBBY_PATH}/{path}"
        answer = await self.stack.http.request(method, path, json=body, headers=self.tokens[who])
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    async def post(self, who: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        return await self.call(who, "POST", path, body or {}, status=status)

    async def get(self, who: str, path: str, *, status: int = 200) -> Any:
        return await self.call(who, "GET", path, status=status)

    async def microphone(self, **fields: Any) -> str:
        made = await self.post("ada", "microphones", {"microphone_name": "main", **fields})
        microphone_id: str = made["microphone"]["id"]
        return microphone_id


async def test_an_administrator_changes_the_mode_and_everybody_is_told(stack: Stack) -> None:
    """WIRE 1.6: the answer is the new configuration, the event the sockets'."""
    hall = await Hall.opened(stack)
    body = {"audio_mode": "stage", "spatial_audio_range_meters": 7.5, "current_speaker": "bob"}
    answer = await hall.post("ada", "audio/mode", body)

    assert answer["audio_config"] == {
        "audio_mode": "stage", "current_speaker": "bob", "spatial_audio_range_meters": 7.5,
        "superambient_neighbor_count": 2, "all_muted": False, "unmute_locked": False,
    }  # fmt: skip
    told = await stack.sockets.until("audio-mode-changed")
    assert (told["audio_mode"], told["changed_by"]) == ("stage", "ada")
    shown = await hall.get("guest", "audio")
    assert (shown["audio_mode"], shown["current_speaker"]) == ("stage", "bob")
    assert shown["abilities"]["standing"] == "guest"


@pytest.mark.parametrize("path", ["audio/mode", "/api/presence/spaces/global/lobby/audio"])
async def test_an_unknown_mode_is_answered_with_those_there_are(stack: Stack, path: str) -> None:
    """Issue 4 and WIRE 1.3, whoever asks, on both hosts' paths."""
    hall = await Hall.opened(stack)
    method = "PUT" if "presence" in path else "POST"
    for who in ("ada", "bob", "nobody"):
        problem = await hall.call(who, method, path, {"audio_mode": "loud"}, status=400)
        assert (problem["code"], problem["field"]) == ("bad_audio_mode", "audio_mode")
        assert problem["valid_modes"] == problem["details"]["valid_modes"] == MODES


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("bob", 403, "not_permitted"), ("stranger", 403, "not_permitted"),
        ("guest", 401, "guests_listen_only"), ("nobody", 401, "guests_listen_only"),
    ],
)  # fmt: skip
async def test_nobody_else_changes_the_mode(stack: Stack, who: str, status: int, code: str) -> None:
    """Issue 4: with a reason, and nothing changes."""
    hall = await Hall.opened(stack)
    for method, path in (
        ("POST", "audio/mode"), ("PUT", "/api/presence/spaces/global/lobby/audio"),
    ):  # fmt: skip
        body = {"audio_mode": "stage", "created_by": "ada"}
        problem = await hall.call(who, method, path, body, status=status)
        assert problem["code"] == code
        assert problem["error"]
    assert (await hall.get("ada", "audio"))["audio_mode"] == "ambient"


async def test_the_data_hosts_form_changes_the_mode_too(stack: Stack) -> None:
    """WIRE 1.3; from pages of every origin, and `created_by` proves nothing."""
    hall = await Hall.opened(stack)
    path = "/api/presence/spaces/global/lobby/audio"
    answer = await hall.call("ada", "PUT", path, {"audio_mode": "superambient", "created_by": "x"})

    assert answer["success"]
    assert answer["audio_config"]["audio_mode"] == "superambient"
    assert (await stack.sockets.until("audio-mode-changed"))["changed_by"] == "ada"


async def test_people_see_their_own_connections_and_administrators_everybodys(
    stack: Stack,
) -> None:
    """WIRE 1.6; who is not there is told to join, who is nobody too."""
    hall = await Hall.opened(stack)
    await hall.post("ada", "audio/mode", {"audio_mode": "stage", "current_speaker": "bob"})
    everything: dict[str, Any] = {"total": 0}
    with trio.fail_after(5):
        while everything["total"] != 3:
            everything = await hall.get("ada", "audio/connections")

    heard = {(one["listener"], one["userAccount"]) for one in everything["connections"]}
    assert heard == {("ada", "bob"), ("cay", "bob"), (None, "bob")}
    assert everything["everybody"]
    (own,) = (await hall.get("cay", "audio/connections"))["connections"]
    assert (own["listener"], own["userAccount"], own["kind"]) == ("cay", "bob", "speaker")
    assert (own["gain"], own["pan"]) == (1.0, 0.0)
    assert (await hall.get("bob", "audio/connections"))["connections"] == []
    page = await hall.get("ada", "audio/connections?limit=2&offset=1")
    assert page["connections"] == everything["connections"][1:3]
    for who in ("stranger", "nobody"):
        problem = await hall.get(who, "audio/connections", status=403)
        assert problem["code"] == "not_in_space"
    problem = await hall.get("ada", "audio/connections?limit=0", status=400)
    assert problem["field"] == "limit"


async def test_connections_are_calculated_for_positions_that_the_caller_supplies(
    stack: Stack,
) -> None:
    """The seed's own example: 3.6 m apart in ambient, range 5 m."""
    hall = await Hall.opened(stack)
    body = {
        "user_positions": [
            {"user_account": "user1", "position": {"x": 0, "y": 0, "z": 0}},
            {"user_account": "user2", "position": {"x": 3, "y": 0, "z": 2}},
        ]
    }
    answer = await hall.post("bob", "audio/calculate-connections", body)

    assert answer["audio_mode"] == "ambient"
    assert [
        (one["listener"], one["userAccount"], one["kind"], one["gain"])
        for one in answer["connections"]
    ] == [("user1", "user2", "nearby", 0.348), ("user2", "user1", "nearby", 0.348)]
    assert all("socketId" not in one for one in answer["connections"])
    await hall.post("guest", "audio/calculate-connections", body, status=401)


@pytest.mark.parametrize(
    ("positions", "field"),
    [
        (None, "user_positions"),
        ([], "user_positions"),
        ([{"user_account": "bob"}], "user_positions[0].position"),
        ([{"user_account": "bob", "position": {"x": 0, "y": 0}}], "user_positions[0].position.z"),
        ([{"user_account": "bob", "position": {"x": 0, "y": 0, "z": 2e6}}],
         "user_positions[0].position.z"),
        ([{"user_account": "", "position": {"x": 0, "y": 0, "z": 0}}], "user_account"),
        ([{"user_account": "bob", "position": {"x": 0, "y": 0, "z": 0}}] * 2, "user_positions"),
    ],
)  # fmt: skip
async def test_positions_that_are_none_are_refused_by_name(
    stack: Stack, positions: Any, field: str
) -> None:
    """SPEC, everywhere."""
    hall = await Hall.opened(stack)
    body = {} if positions is None else {"user_positions": positions}
    problem = await hall.post("bob", "audio/calculate-connections", body, status=400)

    assert problem["field"].replace("[...]", "[0]") == field


async def test_the_speaker_role_goes_round(stack: Stack) -> None:
    """WIRE 1.6: request, pass, release; the seed shows the last two without an account: 401."""
    hall = await Hall.opened(stack)
    await hall.post("ada", "audio/mode", {"audio_mode": "stage"})
    assert (await hall.post("bob", "audio/speaker/request"))["position"] == 1
    assert (await hall.post("ada", "audio/speaker/grant", {"target_user": "bob"}))[
        "speaker"
    ] == "bob"
    answer = await hall.post("bob", "audio/speaker/pass", {"target_user": "cay"})
    assert (answer["success"], answer["speaker"]) == (True, "cay")
    told = await stack.sockets.until("speaker-role-passed")
    assert (told["from_user"], told["to_user"]) == ("bob", "cay")
    for who, status in (("bob", 403), ("guest", 401), ("nobody", 401)):
        await hall.post(who, "audio/speaker/release", status=status)
        await hall.post(who, "audio/speaker/pass", {"target_user": "bob"}, status=status)
    await hall.post("cay", "audio/speaker/release")
    problem = await hall.post("ada", "audio/speaker/grant", {"target_user": "eve"}, status=404)
    assert (problem["code"], problem["field"]) == ("person_not_here", "target_user")
    assert (await hall.post("ada", "audio/speaker/pass", status=400))["field"] == "target_user"


async def test_microphones_are_found_by_their_id_alone(stack: Stack) -> None:
    """WIRE 1.6: request answers the microphone with its broadcast mode, or a place in the queue."""
    hall = await Hall.opened(stack)
    microphone = await hall.microphone(broadcast_mode="mixed")
    granted = await hall.post("bob", f"/api/microphones/{microphone}/request")
    queued = await hall.post("cay", f"/api/microphones/{microphone}/request")

    assert (granted["granted"], granted["microphone"]["broadcast_mode"]) == (True, "mixed")
    assert (queued["granted"], queued["queue_position"]) == (False, 1)
    (shown,) = (await hall.get("cay", "microphones"))["microphones"]
    assert (shown["holder"], shown["position"]) == ("bob", 1)
    await hall.post("guest", f"/api/microphones/{microphone}/request", status=401)
    await hall.post("bob", f"/api/microphones/{microphone}/revoke", status=403)
    await hall.post("ada", f"/api/microphones/{microphone}/revoke")
    assert (await hall.get("ada", "microphones"))["microphones"][0]["holder"] == "cay"
    changed = await hall.call("ada", "PUT", f"/api/microphones/{microphone}", {"price_minor": 5})
    assert changed["microphone"]["price_minor"] == 5
    await hall.call("ada", "DELETE", f"/api/microphones/{microphone}")
    problem = await hall.post("bob", f"/api/microphones/{microphone}/request", status=404)
    assert problem["code"] == "no_such_microphone"


async def test_a_session_of_questions_is_led_and_its_record_exported(stack: Stack) -> None:
    """SPEC 4: recorded in order; JSON and CSV say the same."""
    hall = await Hall.opened(stack)
    microphone = await hall.microphone()
    opened = await hall.post(
        "ada", "questions/open", {"microphone_id": microphone, "title": "Ask!", "by_votes": True}
    )
    round_id = opened["questions"]["id"]
    await hall.post("bob", "questions", {"text": "first, or not?"})
    await hall.post("cay", "questions", {"text": '=SUM("1")'})
    assert (await hall.post("bob", "questions/2/vote"))["votes"] == 1
    waiting = (await hall.get("guest", "questions"))["questions"]["waiting"]
    assert [one["number"] for one in waiting] == [2, 1]
    assert (await hall.post("ada", "questions/pick"))["question"]["user"] == "cay"
    await hall.post("bob", "questions/done", status=403)
    await hall.post("ada", "questions/done")
    await hall.post("ada", "questions/pick", {"number": 1})
    await hall.post("ada", "questions/close")
    assert (await hall.get("bob", "questions"))["questions"] is None

    record = await hall.get("nobody", f"questions/{round_id}/export")
    assert [(one["turn"], one["user_account"]) for one in record["questions"]] == [
        (1, "cay"), (2, "bob"),
    ]  # fmt: skip
    answer = await stack.http.get(f"{LOBBY_PATH}/questions/{round_id}/export?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"questions-{round_id}.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["text"] for row in rows] == ['\'=SUM("1")', "first, or not?"]
    assert (await hall.get("ada", f"questions/{round_id}/export?format=x", status=400))[
        "field"
    ] == "format"
    await hall.get("ada", "questions/unknown/export", status=404)
    assert (await hall.post("ada", "questions/x/vote", status=400))["field"] == "number"


async def test_administrators_read_who_could_hear_whom(stack: Stack) -> None:
    """Nobody else may; JSON and CSV say the same; of other moments nothing is known."""
    hall = await Hall.opened(stack)
    ledger = Ledger()
    people = {0: ("ada", "s-ada"), 1: ("guest:=1", "s-guest")}
    codes = np.array([1 << 3, (1 << 19) | LinkKind.SPEAKER], np.int64)
    taken = change(no_codes(), codes)
    ledger.heard(1_000_000, Mode.STAGE, taken, people)
    batch = ledger.cut(2_000_000)
    assert batch is not None
    stack.store.audibility.rows[LOBBY, 1, 1] = batch
    path = "audio/audibility?at=1500"

    everything = await hall.get("ada", path)
    assert (everything["known"], everything["audio_mode"]) == (True, "stage")
    assert everything["people"] == ["ada", "guest:=1"]
    assert [(one["listener"], one["kind"]) for one in everything["links"]] == [
        ("ada", "nearby"), ("guest:=1", "speaker"),
    ]  # fmt: skip
    for one, links in (("listener=ada", 1), ("source=s-ada", 1), ("listener=ada&source=ada", 0)):
        assert len((await hall.get("ada", f"{path}&{one}"))["links"]) == links
    answer = await stack.http.get(
        f"{LOBBY_PATH}/{path}&format=csv", headers=stack.token(Person(account="ada"))
    )
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["source"] for row in rows] == ["guest:=1", "ada"]

    unknown = await hall.get("ada", "audio/audibility?at=2000")
    assert (unknown["known"], unknown["audio_mode"], unknown["links"]) == (False, None, [])
    problem = await hall.get("bob", path, status=403)
    assert (problem["code"], problem["error"]) == (
        "not_permitted",
        "This needs admin rights in this space",
    )
    for stranger in ("guest", "nobody"):
        assert (await hall.get(stranger, path, status=401))["code"]
    assert (await hall.get("ada", "audio/audibility", status=400))["field"] == "at"
    assert (await hall.get("ada", "audio/audibility?at=-1", status=400))["field"] == "at"
    assert (await hall.get("ada", f"{path}&format=x", status=400))["field"] == "format"


async def test_clients_record_their_own_audio_sessions(stack: Stack) -> None:
    """WIRE 1.3: start, end once; nobody writes for another."""
    hall = await Hall.opened(stack)
    body = {"space_type": "global", "space_id": "lobby", "audio_mode": "stage", "listener_count": 4}
    path = "/api/presence/audio/sessions"
    session = (await hall.post("bob", path, body))["session"]
    assert (session["user_account"], session["session_end"]) == ("bob", None)
    ended = await hall.call("bob", "PUT", f"{path}/{session['id']}/end", {"passed_to": "cay"})
    assert (ended["session"]["ended_reason"], ended["session"]["passed_to"]) == ("manual", "cay")
    await hall.call("bob", "PUT", f"{path}/{session['id']}/end", {}, status=404)
    await hall.call("bob", "PUT", f"{path}/x/end", {}, status=400)
    await hall.call("cay", "PUT", f"{path}/1/end", {}, status=404)
    problem = await hall.post("bob", path, {**body, "user_account": "cay"}, status=403)
    assert problem["code"] == "other_account"
    await hall.post("guest", path, body, status=401)
    problem = await hall.post("bob", path, {**body, "audio_mode": "loud"}, status=400)
    assert problem["valid_modes"] == MODES


async def test_what_cannot_be_a_space_has_no_hall(stack: Stack) -> None:
    """404 for every route, as for joining."""
    hall = await Hall.opened(stack)
    for path in ("audio", "audio/connections", "microphones", "questions"):
        problem = await hall.get("ada", f"/api/spaces/castle/1/{path}", status=404)
        assert problem["code"] == "space_not_found"
    await hall.post("ada", "/api/spaces/castle/1/audio/mode", {"audio_mode": "stage"}, status=404)


async def test_a_ban_is_listed_and_lifted(stack: Stack) -> None:
    """Moderators read who is banned and let them in again; others are told why they may not."""
    hall = await Hall.opened(stack)
    await hall.post("ada", "bans", {"target_user": "bob", "reason": "noise"})
    await hall.get("bob", "audio", status=403)
    assert (await hall.get("cay", "bans", status=403))["code"] == "not_permitted"
    assert (await hall.get("nobody", "bans", status=401))["code"] == "guests_listen_only"
    (ban,) = (await hall.get("ada", "bans"))["bans"]
    assert (ban["user"], ban["by"], ban["reason"], ban["until"]) == ("bob", "ada", "noise", None)
    await hall.post("cay", "bans/lift", {"target_user": "bob"}, status=403)
    await hall.post("ada", "bans/lift", {"target_user": "bob"})
    assert (await hall.get("ada", "bans"))["bans"] == []
    missing = await hall.post("ada", "bans/lift", {"target_user": "bob"}, status=404)
    assert missing["code"] == "person_not_here"
