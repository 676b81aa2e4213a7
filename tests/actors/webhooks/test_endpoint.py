"""Endpoints: what they are sent, in which order, and what their owners may do."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from actors.webhooks.messages import (
    HERALD,
    By,
    DeleteEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    Redeliver,
    RotateSecret,
    SendPing,
    endpoint_address,
)
from engine.outcome import Ok
from sim.receivers import Received
from tests.actors.money.fair import code
from tests.actors.webhooks.hooks import DAY_S, ENDPOINTS_MAX, Hooks


def signatures(got: Received) -> tuple[str, list[str]]:
    time, *given = got.headers["Presence-Signature"].split(",")
    return time.removeprefix("t="), [one.removeprefix("v1=") for one in given]


def by_hand(secret: str, time_s: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{time_s}.".encode() + body, hashlib.sha256).hexdigest()


@pytest.fixture
def hooks() -> Hooks:
    hooks = Hooks()
    hooks.give("ann", 500)
    return hooks


def test_both_sides_of_a_tip_are_told_their_own(hooks: Hooks) -> None:
    """Who gave sees what went, who got what came; others see nothing, an operator every move."""
    ann, cleo, dora = (hooks.endpoint(name) for name in ("ann", "cleo", "dora"))
    everything = hooks.endpoint("op", all_=True)
    hooks.tip("ann", "cleo", 50)

    (given,), (got,), (whole,) = hooks.told(ann), hooks.told(cleo), hooks.told(everything)
    assert given["data"]["changes"] == [{"account": "main", "asset": "TOK", "amount": "-50"}]
    assert got["data"]["changes"] == [{"account": "main", "asset": "TOK", "amount": "50"}]
    assert (got["data"]["from"], got["data"]["to"], got["account"]) == ("ann", "cleo", "cleo")
    assert given["id"] == got["id"] == whole["id"]
    assert whole["account"] is None
    assert [move["kind"] for move in whole["data"]["moves"]] == ["tip"]
    assert hooks.told(dora) == []


def test_only_the_types_that_are_wanted_are_told(hooks: Hooks) -> None:
    """The others are not even kept."""
    row = hooks.endpoint("cleo", "ticket.sold")
    stream = hooks.stream("cleo")
    hooks.tip("ann", "cleo", 5)
    hooks.buy(stream, "ann")

    assert hooks.types(row) == ["ticket.sold"]
    assert len(list(hooks.memory.webhooks.of(row.id))) == 1


def test_nothing_is_asked_of_the_store_while_there_is_no_endpoint(hooks: Hooks) -> None:
    """The herald sleeps, and the ledger says no word to it."""
    hooks.requests.clear()
    hooks.tip("ann", "cleo", 5)
    hooks.run(600)

    assert hooks.requests["ReadNews"] == hooks.requests["FanOut"] == 0


def test_the_herald_sleeps_again_when_the_last_endpoint_is_gone(hooks: Hooks) -> None:
    """One more look, and it is told of commits no more."""
    row = hooks.endpoint("cleo")
    hooks.do(DeleteEndpoint, row)
    hooks.run(30)
    hooks.requests.clear()
    hooks.tip("ann", "cleo", 5)
    hooks.run(600)

    assert hooks.requests["ReadNews"] == hooks.requests["FanOut"] == 0
    again = hooks.endpoint("cleo")
    hooks.tip("ann", "cleo", 6)
    assert [said["data"]["changes"][0]["amount"] for said in hooks.told(again)] == ["6"]


def test_no_secret_is_shown_where_values_are_logged(hooks: Hooks) -> None:
    """Rows and messages end in logs and tracebacks."""
    row = hooks.endpoint("cleo")
    hooks.do(RotateSecret, row, secret="whsec-new")
    shown = f"{hooks.row(row)} {RotateSecret(by=By(account='cleo'), secret='whsec-new')}"

    assert "whsec" not in shown


def test_the_next_of_an_aggregate_waits_and_others_do_not(hooks: Hooks) -> None:
    """Tickets of one stream come in their order; a tip is not held up by them."""
    row = hooks.endpoint("cleo")
    stream = hooks.stream("cleo")
    hooks.give("bob", 100)
    hooks.behaves["ticket.sold"] = "fails"
    hooks.buy(stream, "ann")
    hooks.buy(stream, "bob")
    hooks.tip("ann", "cleo", 5)
    assert hooks.types(row) == ["tip.given"]
    hooks.behaves["ticket.sold"] = "ok"
    hooks.run(60)

    tickets = [said for said in hooks.told(row) if said["type"] == "ticket.sold"]
    assert [said["seq"] for said in tickets] == [1, 2]
    assert [said["data"]["from"] for said in tickets] == ["ann", "bob"]


def test_a_receiver_that_hangs_holds_up_nobody_else(hooks: Hooks) -> None:
    """Ann's and cleo's endpoints are different actors: cleo is told while ann's hangs."""
    ann, cleo = hooks.endpoint("ann"), hooks.endpoint("cleo")
    hooks.behaves[ann.url] = "hangs"
    for _ in range(6):
        hooks.core.tell("wallet:ann", hooks.tip_of("cleo", 1))
    hooks.run(5)

    assert len(hooks.told(cleo)) == 6
    assert hooks.told(ann) == []


def test_no_more_than_four_aggregates_are_under_way(hooks: Hooks) -> None:
    """Who receives is spared a rush."""
    row = hooks.endpoint("cleo")
    hooks.behaves[row.url] = "hangs"
    for _ in range(9):
        hooks.core.tell("wallet:ann", hooks.tip_of("cleo", 1))
    hooks.run(5)
    actor: Any = hooks.core.cells[endpoint_address(row.id)].actor

    assert len(actor.flying) == 4


def test_a_secret_is_rotated_with_a_day_of_both(hooks: Hooks) -> None:
    """For a day either secret verifies; after it only the new one signs."""
    row = hooks.endpoint("cleo")
    assert code(hooks.do(RotateSecret, row, secret="whsec-new")) == "ok"
    hooks.tip("ann", "cleo", 5)
    hooks.run(DAY_S)
    hooks.tip("ann", "cleo", 5)

    both, one = hooks.got(row)
    time_s, given = signatures(both)
    assert given == [by_hand(each, time_s, both.body) for each in ("whsec-new", row.secret)]
    time_s, given = signatures(one)
    assert given == [by_hand("whsec-new", time_s, one.body)]


def test_each_attempt_is_signed_anew(hooks: Hooks) -> None:
    """The same body under the same id, with the time of the attempt."""
    row = hooks.endpoint("cleo")
    hooks.behaves[row.url] = "fails"
    hooks.tip("ann", "cleo", 5)
    hooks.run(10)

    first, second, *_ = hooks.got(row)
    assert first.body == second.body
    assert first.headers["Presence-Event-Id"] == second.headers["Presence-Event-Id"]
    assert int(signatures(second)[0]) - int(signatures(first)[0]) == 10
    assert signatures(second)[1] == [by_hand(row.secret, signatures(second)[0], second.body)]


def test_who_answers_410_is_told_nothing_until_they_enable_it(hooks: Hooks) -> None:
    """What waits stays as it is, what happens is kept, and then all of it comes, in order."""
    row = hooks.endpoint("cleo")
    stream = hooks.stream("cleo")
    hooks.behaves[row.url] = "gone"
    hooks.buy(stream, "ann")
    hooks.run(3600)
    assert [got.status for got in hooks.got(row)] == [410]
    assert hooks.row(row).disabled == "it answered 410"
    hooks.behaves[row.url] = "ok"
    hooks.give("bob", 100)
    hooks.buy(stream, "bob")
    hooks.run(3600)
    assert len(hooks.got(row)) == 1
    assert code(hooks.do(EnableEndpoint, row)) == "ok"

    assert [said["seq"] for said in hooks.told(row)] == [1, 2]
    assert hooks.row(row).disabled is None


@pytest.mark.parametrize("after_us", range(2_000, 9_000, 300))
def test_an_endpoint_that_is_disabled_while_it_reads_goes_on_when_enabled(after_us: int) -> None:
    """Seed 70 of the scenario: what was read too late was kept, and nothing went on after it."""
    hooks = Hooks(reply_us=700)
    hooks.give("ann", 50)
    row = hooks.endpoint("cleo")
    hooks.core.tell("wallet:ann", hooks.tip_of("cleo", 1))
    hooks.core.timers.at(
        hooks.core.now_us + after_us,
        lambda: hooks.core.tell(endpoint_address(row.id), DisableEndpoint(by=By(account="cleo"))),
    )
    hooks.run(30)
    hooks.do(EnableEndpoint, row)
    hooks.run(30)

    assert hooks.types(row) == ["tip.given"]


def test_what_waits_for_long_is_tried_in_time_however_busy_the_ledger_is(hooks: Hooks) -> None:
    """Though its actor is gone: the herald looks for such every ten seconds, come what may."""
    row = hooks.endpoint("cleo")
    hooks.endpoint("op", all_=True)
    hooks.behaves[row.url] = "fails"
    hooks.tip("ann", "cleo", 1)
    for number in range(240):
        hooks.core.tell("wallet:ann", hooks.tip_of("dora", 1))
        hooks.run(3)
        if number == 50:
            hooks.core.lifecycle.kill(endpoint_address(row.id))

    times_s = [(got.at_us - hooks.got(row)[0].at_us) // 1_000_000 for got in hooks.got(row)]
    assert times_s[:3] == [0, 10, 70]
    assert 670 <= times_s[3] <= 681


def test_an_endpoint_with_nothing_to_wait_for_sleeps(hooks: Hooks) -> None:
    """One that failed stays awake until its time; one that has told everything does not."""
    quiet, failing = hooks.endpoint("cleo"), hooks.endpoint("ann")
    hooks.behaves[failing.url] = "fails"
    hooks.tip("ann", "cleo", 1)
    hooks.run(400)

    assert endpoint_address(quiet.id) not in hooks.core.cells
    assert endpoint_address(failing.id) in hooks.core.cells


def test_after_three_days_the_next_goes_on(hooks: Hooks) -> None:
    """What was given up is `failed`, and can be sent again."""
    row = hooks.endpoint("cleo")
    stream = hooks.stream("cleo")
    hooks.behaves[row.url] = "fails"
    hooks.buy(stream, "ann")
    hooks.give("bob", 100)
    hooks.buy(stream, "bob")
    hooks.run(3 * DAY_S)
    hooks.behaves[row.url] = "ok"
    hooks.run(120)
    assert [said["seq"] for said in hooks.told(row)] == [2]
    first = next(one for one in hooks.memory.webhooks.of(row.id) if one.seq == 1)
    assert (first.state, first.attempts) == ("failed", 12)
    assert code(hooks.do(Redeliver, row, event=first.event)) == "ok"

    assert [said["seq"] for said in hooks.told(row)] == [2, 1]


def test_a_ping_tries_an_endpoint(hooks: Hooks) -> None:
    """It is signed like all, and says nothing of money."""
    row = hooks.endpoint("cleo")
    event = hooks.new_id()
    assert code(hooks.do(SendPing, row, event=event)) == "ok"
    assert code(hooks.do(SendPing, row, event=event)) == "ok"

    (said,) = hooks.told(row)
    assert (said["id"], said["type"], said["data"]) == (event, "ping", {"changes": []})


def test_only_its_owner_and_operators_manage_an_endpoint(hooks: Hooks) -> None:
    """To everybody else it is not there."""
    row = hooks.endpoint("cleo")
    wishes: list[tuple[Any, dict[str, Any]]] = [
        (RotateSecret, {"secret": "x"}), (EnableEndpoint, {}), (DisableEndpoint, {}),
        (SendPing, {"event": row.id}), (Redeliver, {"event": row.id}), (DeleteEndpoint, {}),
    ]  # fmt: skip
    for kind, fields in wishes:
        assert code(hooks.do(kind, row, "dora", **fields)) == "endpoint_not_found"
    assert code(hooks.create(row.id, "dora")) == "endpoint_not_found"
    assert code(hooks.do(DisableEndpoint, row, "op", operator=True)) == "ok"

    assert hooks.row(row).disabled == "by an operator"
    assert code(hooks.do(SendPing, row, event=row.id)) == "endpoint_disabled"
    assert code(hooks.do(Redeliver, row, event=row.id)) == "endpoint_disabled"


def test_an_endpoint_is_deleted_with_what_waits(hooks: Hooks) -> None:
    """Nothing is sent any more, and the id is good for nothing."""
    row = hooks.endpoint("cleo")
    hooks.behaves[row.url] = "fails"
    hooks.tip("ann", "cleo", 5)
    assert code(hooks.do(DeleteEndpoint, row)) == "ok"
    before = len(hooks.got(row))
    hooks.run(3600)

    assert len(hooks.got(row)) == before
    assert code(hooks.do(EnableEndpoint, row)) == "endpoint_not_found"
    assert row.id not in hooks.memory.webhooks.deliveries


def test_an_account_has_only_so_many_endpoints(hooks: Hooks) -> None:
    """Asked for again under its id, the same one is answered."""
    rows = [hooks.endpoint("cleo", name=f"hook{n}") for n in range(ENDPOINTS_MAX)]

    assert code(hooks.create(hooks.new_id(), "cleo")) == "too_many_endpoints"
    again = hooks.create(rows[0].id, "cleo")
    assert isinstance(again, Ok)
    assert again.value == rows[0]


def test_who_is_no_operator_any_more_is_told_nothing_of_others(hooks: Hooks) -> None:
    """Neither what waits nor what is new: who is one is asked again each time."""
    row = hooks.endpoint("former", all_=True)
    hooks.tip("ann", "cleo", 5)
    hooks.run(60)

    assert hooks.got(row) == []
    assert not hooks.memory.webhooks.deliveries.get(row.id)


def test_a_receiver_that_did_not_answer_is_asked_one_at_a_time(hooks: Hooks) -> None:
    """Whoever hangs takes little of what all share, and has all four again when it answers."""
    row = hooks.endpoint("cleo")
    hooks.behaves[row.url] = "hangs"
    for _ in range(9):
        hooks.core.tell("wallet:ann", hooks.tip_of("cleo", 1))
    actor: Any = hooks.core.cells[endpoint_address(row.id)].actor
    hooks.run(15)
    assert len(actor.flying) == 1
    hooks.behaves[row.url] = "late"
    hooks.run(15)

    assert len(actor.flying) == 4


def test_a_crash_in_between_repeats_and_loses_nothing(hooks: Hooks) -> None:
    """The herald or the endpoint falls at each of its next deliveries in turn."""
    row = hooks.endpoint("cleo")
    for address in (HERALD, endpoint_address(row.id)):
        for place in range(1, 6):
            hooks.crash(address, at_delivery=place)
            hooks.tip("ann", "cleo", 1)
            hooks.run(30)
    hooks.heal()
    hooks.run(60)

    ids = [said["id"] for said in hooks.told(row)]
    assert list(dict.fromkeys(ids)) == hooks.expected(row)
    assert len(ids) < 2 * len(set(ids))
    bodies = {json.loads(got.body)["id"]: got.body for got in hooks.got(row)}
    assert all(got.body == bodies[json.loads(got.body)["id"]] for got in hooks.got(row))
