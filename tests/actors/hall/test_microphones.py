"""Microphones, as people in a space meet them."""

from __future__ import annotations

from typing import Any

import pytest

from actors.space.hall.deeds import (
    ConfigureMicrophone,
    CreateMicrophone,
    DeleteMicrophone,
    ListMicrophones,
    MuteOne,
    PassMicrophone,
    ReleaseMicrophone,
    RequestMicrophone,
    RevokeMicrophone,
    UnmuteOne,
)
from actors.space.hall.messages import ReloadStandings
from actors.store_hall import StandingRow, Usage
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR

EVERYBODY = ("ada", "mod", "pia", "sue", "tom", "bob")


def holder(meeting: Meeting, microphone: str) -> str | None:
    usage = meeting.hall.holding.get(microphone)
    return usage.user_account if usage else None


def uses(meeting: Meeting) -> list[tuple[str, int | None, str | None]]:
    rows = meeting.world.memory.hall.of(HARBOUR, Usage)
    return [(one.user_account, one.duration_seconds, one.ended_reason) for one in rows]


def test_a_free_microphone_is_granted_and_its_use_recorded() -> None:
    """SPEC 4: start, end, seconds, cost; everybody hears who has it and how it carries."""
    meeting = Meeting("ada", "bob", "guest1")
    mic = meeting.microphone(broadcast_mode="mixed", price_minor=250)
    answer = meeting.do("bob", RequestMicrophone(microphone_id=mic))
    assert answer["granted"]
    assert answer["microphone"]["broadcast_mode"] == "mixed"
    meeting.world.run(7)
    meeting.do("bob", ReleaseMicrophone(microphone_id=mic))

    (taken,) = meeting.heard("guest1", "microphone-taken")
    assert (taken["holder"], taken["broadcast_mode"]) == ("bob", "mixed")
    assert meeting.heard("guest1", "microphone-released") == [
        {"microphone_id": mic, "holder": "bob", "reason": "released"}
    ]
    (row,) = meeting.world.memory.hall.of(HARBOUR, Usage)
    assert (row.duration_seconds, row.cost_minor, row.cost_currency) == (7, 250, "DLUX")


def test_the_queue_goes_by_standing_then_by_arrival_and_shows_everybody_their_place() -> None:
    """SPEC 4: admin, moderator, premium ticket, subscriber, ticket; then who came first."""
    meeting = Meeting(*EVERYBODY, "cay")
    mic = meeting.microphone()
    meeting.do("cay", RequestMicrophone(microphone_id=mic))
    for name in reversed(EVERYBODY):
        assert not meeting.do(name, RequestMicrophone(microphone_id=mic))["granted"]
    places = [one["position"] for one in meeting.heard("bob", "microphone-queue")]
    assert places == [1, 2, 3, 4, 5, 6]
    order = []
    who = "cay"
    for _ in EVERYBODY:
        meeting.do(who, ReleaseMicrophone(microphone_id=mic))
        who = holder(meeting, mic) or ""
        order.append(who)

    assert tuple(order) == EVERYBODY
    places = [one["position"] for one in meeting.heard("bob", "microphone-queue")]
    assert places == [1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1]


def test_asking_twice_is_asking_once() -> None:
    """A client that repeats itself keeps its place and its microphone."""
    meeting = Meeting("ada", "bob", "cay")
    mic = meeting.microphone()
    first = meeting.do("bob", RequestMicrophone(microphone_id=mic))
    waiting = meeting.do("cay", RequestMicrophone(microphone_id=mic))

    assert meeting.do("bob", RequestMicrophone(microphone_id=mic))["granted"] is first["granted"]
    assert meeting.do("cay", RequestMicrophone(microphone_id=mic))["position"] == 1
    assert waiting["queue_position"] == 1
    assert uses(meeting) == [("bob", None, None)]
    listed = meeting.do("cay", ListMicrophones())["microphones"]
    assert [(one["holder"], one["position"], one["waiting"]) for one in listed] == [("bob", 1, 1)]


@pytest.mark.parametrize(
    ("required", "name", "allowed"),
    [
        ("admin", "mod", False), ("moderator", "mod", True), ("moderator", "pia", False),
        ("subscriber", "pia", True), ("subscriber", "sue", True), ("subscriber", "tom", False),
        ("ticket", "tom", True), ("ticket", "bob", False), ("member", "bob", True),
    ],
)  # fmt: skip
def test_a_microphone_is_for_those_whose_standing_is_enough(
    required: str, name: str, *, allowed: bool
) -> None:
    """SPEC 4: its required permission; the refusal says what it needs."""
    meeting = Meeting("ada", name)
    mic = meeting.microphone(required_permission=required)

    if allowed:
        assert meeting.do(name, RequestMicrophone(microphone_id=mic))["granted"]
    else:
        refused = meeting.refused(name, RequestMicrophone(microphone_id=mic))
        assert (refused.code, refused.details) == ("not_permitted", {"needs": required})


def test_guests_listen() -> None:
    """SPEC 4: no microphone for them, whatever it requires and whoever passes it."""
    meeting = Meeting("ada", "guest1")
    mic = meeting.microphone()
    request = RequestMicrophone(microphone_id=mic)
    assert meeting.refused("guest1", request).code == "guests_listen_only"
    meeting.do("ada", request)
    passed = PassMicrophone(microphone_id=mic, target_user="guest:guest1")
    assert meeting.refused("ada", passed).code == "guests_listen_only"


def test_without_a_queue_who_comes_second_is_told_who_has_it() -> None:
    """SPEC 4: queue on or off; switching it off sends those who wait away."""
    meeting = Meeting("ada", "bob", "cay")
    mic = meeting.microphone()
    meeting.do("bob", RequestMicrophone(microphone_id=mic))
    meeting.do("cay", RequestMicrophone(microphone_id=mic))
    meeting.do("ada", ConfigureMicrophone(microphone_id=mic, changes=(("queue_enabled", False),)))

    assert meeting.heard("cay", "microphone-queue")[-1]["position"] is None
    refused = meeting.refused("cay", RequestMicrophone(microphone_id=mic))
    assert (refused.code, refused.details) == ("microphone_taken", {"holder": "bob"})


def test_time_runs_out_after_a_warning_and_the_next_gets_it() -> None:
    """SPEC 4: time limit, warning, time-out, next."""
    meeting = Meeting("ada", "bob", "cay")
    mic = meeting.microphone(time_limit_seconds=60)
    meeting.do("bob", RequestMicrophone(microphone_id=mic))
    meeting.do("cay", RequestMicrophone(microphone_id=mic))
    meeting.world.run(49)
    assert meeting.heard("bob", "microphone-ending") == []
    meeting.world.run(2)
    assert meeting.heard("bob", "microphone-ending") == [{"microphone_id": mic, "seconds_left": 10}]
    assert holder(meeting, mic) == "bob"
    meeting.world.run(9)

    assert holder(meeting, mic) == "cay"
    assert uses(meeting) == [("bob", 60, "time limit"), ("cay", None, None)]
    assert meeting.heard("cay", "microphone-ending") == []


def test_a_quota_ends_a_use_and_comes_back_after_a_day() -> None:
    """SPEC 4: every use counts against quotas, within any 24 hours."""
    meeting = Meeting("ada", "bob")
    mic = meeting.microphone(daily_quota_seconds=30)
    request, release = RequestMicrophone(microphone_id=mic), ReleaseMicrophone(microphone_id=mic)
    meeting.do("bob", request)
    meeting.world.run(20)
    meeting.do("bob", release)
    meeting.do("bob", request)
    meeting.world.run(12)
    assert uses(meeting)[-1] == ("bob", 9, "time limit")
    refused = meeting.refused("bob", request)
    assert (refused.code, refused.retryable) == ("quota_exhausted", True)
    assert 86_350 < refused.details["retry_after_s"] <= 86_400
    meeting.crash()
    assert meeting.refused("bob", request).code == "quota_exhausted"
    for _ in range(25):
        meeting.world.run(3_600)
        meeting.people["bob"].move(position=None)

    assert meeting.do("bob", request)["granted"]


def test_passing_does_not_make_a_queue_wait_longer() -> None:
    """A pass keeps the end of the time; a moderator's begins anew."""
    meeting = Meeting("ada", "mod", "bob", "cay", "dan")
    mic = meeting.microphone(time_limit_seconds=60)
    meeting.do("bob", RequestMicrophone(microphone_id=mic))
    meeting.do("dan", RequestMicrophone(microphone_id=mic))
    until_us = meeting.hall.holding[mic].until_us
    meeting.world.run(30)
    meeting.do("bob", PassMicrophone(microphone_id=mic, target_user="cay"))
    assert (holder(meeting, mic), meeting.hall.holding[mic].until_us) == ("cay", until_us)
    assert meeting.refused("bob", PassMicrophone(microphone_id=mic, target_user="dan")).code == (
        "not_holder"
    )
    meeting.do("mod", PassMicrophone(microphone_id=mic, target_user="dan"))

    assert meeting.hall.holding[mic].until_us == (until_us or 0) + 30_400_000
    assert not meeting.hall.waiting


def test_a_moderator_revokes_and_an_administrator_deletes() -> None:
    """SPEC 4: revoke; an audit row says who did it. A deleted one's uses stay on record."""
    meeting = Meeting("ada", "mod", "bob", "cay")
    mic = meeting.microphone()
    meeting.do("bob", RequestMicrophone(microphone_id=mic))
    meeting.do("cay", RequestMicrophone(microphone_id=mic))
    assert meeting.refused("cay", RevokeMicrophone(microphone_id=mic)).code == "not_permitted"
    meeting.do("mod", RevokeMicrophone(microphone_id=mic))
    assert holder(meeting, mic) == "cay"
    assert meeting.refused("mod", DeleteMicrophone(microphone_id=mic)).code == "not_permitted"
    meeting.do("ada", DeleteMicrophone(microphone_id=mic))

    assert uses(meeting) == [("bob", 0, "revoked"), ("cay", 0, "deleted")]
    assert not meeting.hall.microphones
    request = RequestMicrophone(microphone_id=mic)
    assert meeting.refused("bob", request).code == "no_such_microphone"
    actions = [one.action for one in meeting.world.memory.audit]
    for action in ("microphone_create", "microphone_revoke", "microphone_delete"):
        assert action in actions


def test_who_drops_keeps_microphone_and_place_for_the_grace() -> None:
    """SPEC 3's grace, for holders and for those who wait; who is away is passed over."""
    meeting = Meeting("ada", "bob", "cay", "dan")
    mic = meeting.microphone()
    for name in ("bob", "cay", "dan"):
        meeting.do(name, RequestMicrophone(microphone_id=mic))
    meeting.people["bob"].disconnect()
    meeting.people["cay"].disconnect()
    meeting.world.run(9)
    assert holder(meeting, mic) == "bob"
    meeting.join("cay")
    assert meeting.do("cay", RequestMicrophone(microphone_id=mic))["position"] == 1
    meeting.people["cay"].disconnect()
    meeting.world.run(2)

    assert holder(meeting, mic) == "dan"
    assert uses(meeting)[0][2] == "connection lost"
    meeting.join("cay")
    assert meeting.do("cay", RequestMicrophone(microphone_id=mic))["position"] == 1


def test_who_is_muted_keeps_the_place_and_is_passed_over() -> None:
    """A microphone nobody hears would only keep the others waiting."""
    meeting = Meeting("ada", "mod", "bob", "cay", "dan")
    mic = meeting.microphone()
    for name in ("bob", "cay", "dan"):
        meeting.do(name, RequestMicrophone(microphone_id=mic))
    meeting.do("mod", MuteOne(person="cay"))
    meeting.do("bob", ReleaseMicrophone(microphone_id=mic))
    assert holder(meeting, mic) == "dan"
    meeting.do("dan", ReleaseMicrophone(microphone_id=mic))
    assert holder(meeting, mic) is None
    meeting.do("mod", UnmuteOne(person="cay"))

    assert holder(meeting, mic) == "cay"


def test_permissions_change_live_in_both_directions() -> None:
    """SPEC 4: without reconnecting; who asked by right loses it with the right."""
    meeting = Meeting("ada", "sue", "bob", "tom")
    mic = meeting.microphone(required_permission="subscriber")
    meeting.do("sue", RequestMicrophone(microphone_id=mic))
    request = RequestMicrophone(microphone_id=mic)
    assert meeting.refused("bob", request).code == "not_permitted"
    standings = meeting.world.memory.hall.standings
    standings[HARBOUR.type, HARBOUR.id, "bob"] = StandingRow(account="bob", subscriber=True)
    standings.pop((HARBOUR.type, HARBOUR.id, "sue"))
    meeting.world.core.tell(HARBOUR.address, ReloadStandings(accounts=("bob", "sue")))
    meeting.world.run(0.1)

    assert meeting.do("bob", request)["granted"]
    assert uses(meeting)[0] == ("sue", 0, "permission lost")
    assert meeting.heard("bob", "abilities-changed")[-1]["abilities"]["standing"] == "subscriber"
    assert meeting.heard("sue", "abilities-changed")[-1]["abilities"]["standing"] == "member"
    assert meeting.heard("tom", "abilities-changed")[1:] == []


def test_a_passed_microphone_needs_no_standing() -> None:
    """SPEC 4's conference: the stage microphone goes to speakers who could not ask for it."""
    meeting = Meeting("ada", "bob")
    mic = meeting.microphone(required_permission="admin")
    meeting.do("ada", RequestMicrophone(microphone_id=mic))
    meeting.do("ada", PassMicrophone(microphone_id=mic, target_user="bob"))
    meeting.world.core.tell(HARBOUR.address, ReloadStandings())
    meeting.world.run(1)

    assert holder(meeting, mic) == "bob"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("microphone_name", ""), ("microphone_name", "x" * 101), ("broadcast_mode", "loud"),
        ("required_permission", "guest"), ("price_minor", -1), ("price_minor", True),
        ("price_currency", "dollar$"), ("time_limit_seconds", 4), ("time_limit_seconds", "60"),
        ("daily_quota_seconds", 86_401), ("queue_enabled", 1),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_changes_nothing(field: str, value: Any) -> None:
    """SPEC, everywhere: a clear error naming the field."""
    meeting = Meeting("ada")
    fields: dict[str, Any] = {"microphone_name": "main", field: value}
    refused = meeting.refused("ada", CreateMicrophone(**fields))
    assert (refused.code, refused.field) == ("bad_input", field)
    assert not meeting.hall.microphones
    mic = meeting.microphone()
    before = meeting.hall
    changed = ConfigureMicrophone(microphone_id=mic, changes=((field, value),))
    assert meeting.refused("ada", changed).field == field
    assert meeting.hall is before


def test_a_space_has_so_many_microphones_and_no_more() -> None:
    """Each is shown to everybody who comes in."""
    meeting = Meeting("ada")
    for _ in range(32):
        meeting.microphone()

    refused = meeting.refused("ada", CreateMicrophone(microphone_name="one more"))
    assert refused.code == "too_many_microphones"


def test_holder_and_queue_survive_crashes_of_the_space_and_of_the_server() -> None:
    """Issue 4: queue state is durable; after a restart everybody has the grace to be back."""
    meeting = Meeting("ada", "bob", "cay", "dan")
    mic = meeting.microphone(time_limit_seconds=60)
    for name in ("bob", "cay", "dan"):
        meeting.do(name, RequestMicrophone(microphone_id=mic))
    meeting.world.run(5)
    before = (meeting.hall.holding, meeting.hall.waiting)
    meeting.crash()
    assert (meeting.hall.holding, meeting.hall.waiting) == before
    meeting.world.run(56)
    assert holder(meeting, mic) == "cay"

    after = Meeting(memory=meeting.world.memory)
    for name in ("ada", "dan"):
        after.join(name)
    assert holder(after, mic) == "cay"
    after.world.run(11)
    assert holder(after, mic) == "dan"
