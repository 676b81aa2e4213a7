"""Streams and their tickets: who may what, at which price, and never one seat too many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.messages import LEDGER
from actors.money.records import FindTicket, ReadStream, SaveStream, StreamView
from actors.stream.messages import BuyTicket, CreateStream, TicketSold, stream_address
from engine.outcome import Ok, Outcome, Unknown
from engine.refusal import Refused
from tests.actors.money.fair import Fair, code


@pytest.fixture
def fair() -> Fair:
    fair = Fair()
    fair.enrol("cleo")
    fair.give("ann", 100)
    fair.give("bob", 100)
    return fair


def view(fair: Fair, stream: str) -> StreamView:
    outcome = fair.memory.answer(ReadStream(id=stream))
    assert isinstance(outcome, Ok)
    found: StreamView = outcome.value
    return found


def sold(outcome: Outcome) -> TicketSold:
    assert isinstance(outcome, Ok), outcome
    assert isinstance(outcome.value, TicketSold)
    return outcome.value


def test_a_stream_is_announced_goes_live_and_ends(fair: Fair) -> None:
    """Each step once, by its creator; the end is the end; those who watch are told."""
    row = fair.stream("cleo")
    watching = fair.viewer("s1", "cleo", row.channel)
    assert row.status == "scheduled"
    assert row.channel.startswith("stream_")

    assert code(fair.start(row, "eve")) == "unauthorized_party"
    started = fair.start(row, "cleo")
    assert isinstance(started, Ok)
    assert started.value.status == "live"
    assert fair.start(row, "cleo") == started
    ended = fair.end(row, "cleo")
    assert isinstance(ended, Ok)
    assert fair.end(row, "cleo") == ended
    assert code(fair.start(row, "cleo")) == "stream_ended"
    assert view(fair, row.id).row == ended.value
    assert [told["status"] for told in watching.got("stream-status")] == ["live", "ended"]


def test_only_creators_stream(fair: Fair) -> None:
    """Others enrol first."""
    create = CreateStream(
        creator="ann", type="public", title="x", description="", category="", price=0, seats=None
    )
    assert code(fair.ask(stream_address(fair.new_id()), create)) == "only_creators_can_stream"
    assert code(fair.start(fair.stream("cleo"), "ann")) == "unauthorized_party"
    assert code(fair.ask(stream_address(fair.new_id()), BuyTicket(
        ticket=fair.new_id(), buyer="ann", price=None))) == "stream_not_found"  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": "\0"}, "description"),
        ({"price": -1}, "ticketPrice"),
        ({"price": 10**9 + 1}, "ticketPrice"),
        ({"type": "public", "price": 5}, "ticketPrice"),
        ({"seats": 0}, "maxTickets"),
    ],
)
def test_what_is_no_stream_is_refused(fair: Fair, fields: dict[str, Any], at: str) -> None:
    """With the field named, and nothing written."""
    whole = {"type": "private", "title": "x", "description": "", "category": "", "price": 1}
    create = CreateStream(**{"creator": "cleo", "seats": None, **whole, **fields})

    outcome = fair.ask(stream_address(fair.new_id()), create)

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("bad_input", at)
    assert not fair.memory.money.streams


def test_a_ticket_costs_what_the_stream_says(fair: Fair) -> None:
    """A price that the buyer was shown and is not the stream's is refused, not charged."""
    row = fair.stream("cleo", price=40)

    wrong = fair.buy(row, "ann", price=1)
    bought = sold(fair.buy(row, "ann", price=40))

    assert isinstance(wrong, Refused)
    assert (wrong.code, wrong.details["priceTokens"]) == ("invalid_price", 40)
    assert (bought.ticket.price, bought.balance) == (40, 60)
    assert (fair.tokens("ann"), fair.tokens("cleo")) == (60, 40)
    assert fair.memory.answer(FindTicket(stream=row.id, account="ann")) == Ok(bought.ticket)


def test_one_ticket_a_person(fair: Fair) -> None:
    """A second purchase names the first ticket and costs nothing; a retry is answered alike."""
    row = fair.stream("cleo", price=40)
    first = sold(fair.buy(row, "ann", id_=fair.new_id()))

    second = fair.buy(row, "ann")

    assert isinstance(second, Refused)
    assert second.code == "ticket_already_purchased"
    assert second.details["ticketId"] == first.ticket.id
    assert sold(fair.buy(row, "ann", id_=first.ticket.id)).ticket == first.ticket
    assert fair.tokens("ann") == 60


def test_who_cannot_pay_is_told_what_is_missing(fair: Fair) -> None:
    """And may buy when they can: another purchase, another id."""
    row = fair.stream("cleo", price=130)

    short = fair.buy(row, "ann")

    assert isinstance(short, Refused)
    assert short.code == "insufficient_tokens"
    assert (short.details["required"], short.details["current"]) == (130, 100)
    assert short.details["shortfall"] == 30
    fair.give("ann", 30)
    assert sold(fair.buy(row, "ann")).balance == 0


def test_tickets_are_sold_for_what_needs_them(fair: Fair) -> None:
    """Not for public streams, not to the creator, not after the end."""
    public = fair.stream("cleo", type_="public")
    private = fair.stream("cleo", price=1)
    fair.give("cleo", 10)
    assert code(fair.buy(public, "ann")) == "no_ticket_needed"
    assert code(fair.buy(private, "cleo")) == "no_ticket_needed"
    fair.end(private, "cleo")
    assert code(fair.buy(private, "ann")) == "stream_ended"


def test_a_free_ticket_is_a_ticket(fair: Fair) -> None:
    """A private stream at no price still counts its seats."""
    row = fair.stream("cleo", price=0, seats=1)

    assert sold(fair.buy(row, "ann")).balance == 100
    assert code(fair.buy(row, "bob")) == "sold_out"


def test_a_private_channel_is_for_ticket_holders(fair: Fair) -> None:
    """And its creator; a ticket bought later lets one in."""
    row = fair.stream("cleo", price=40)
    stranger = fair.viewer("s1", "ann", row.channel)
    guest = fair.viewer("s2", None, row.channel)
    creator = fair.viewer("s3", "cleo", row.channel)

    for client in (stranger, guest):
        assert client.code(client.asked[-1]) == "no_ticket"
        assert client.got("room-error")
    sold(fair.buy(row, "ann"))
    ack = fair.watch(stranger, row.channel)
    assert stranger.answer(ack) == {"channel": row.channel, "viewers": 2}
    fair.tip("bob", "cleo", 5, channel=row.channel)
    assert len(creator.got(f"tip:new:{row.channel}")) == 1
    assert len(stranger.got(f"tip:new:{row.channel}")) == 1
    assert guest.got(f"tip:new:{row.channel}") == []


def test_viewers_are_counted(fair: Fair) -> None:
    """By socket, as they come and go."""
    row = fair.stream("cleo", type_="public")
    clients = [fair.viewer(f"s{number}", None, row.channel) for number in range(3)]
    fair.run(2)
    clients[0].disconnect()
    fair.run(2)

    counts = [told["count"] for told in clients[1].got("viewer-count")]
    assert counts[-1] == 2
    assert 3 in counts
    assert all(told["streamId"] == row.id for told in clients[1].got("viewer-count"))


def test_nobody_watches_everything(fair: Fair) -> None:
    """A session has a bound."""
    client = fair.viewer("s1", None, "stream_0")
    for number in range(1, 16):
        fair.watch(client, f"stream_{number}")

    assert client.code(fair.watch(client, "stream_16")) == "too_many_channels"
    fair.unwatch(client, "stream_0")
    assert client.answer(fair.watch(client, "stream_16"))["viewers"] == 1


def test_a_stream_survives_its_actor(fair: Fair) -> None:
    """Rows are durable, and an activation that was taken over writes nothing."""
    row = fair.stream("cleo", price=10, seats=1)
    fair.crash(stream_address(row.id))
    fair.start(row, "cleo")
    fair.run(5)
    assert code(fair.start(row, "cleo")) == "ok"
    fair.memory.epochs[stream_address(row.id)] += 1
    assert code(fair.end(row, "cleo")) == "fenced"
    assert view(fair, row.id).row.status == "live"
    assert code(fair.end(row, "cleo")) == "ok"


def test_a_write_whose_answer_is_lost_is_made_once(fair: Fair) -> None:
    """The row is there, and so says the answer."""
    lost: list[Any] = []

    def lose(request: Any) -> Any:
        if isinstance(request, SaveStream) and not lost:
            lost.append(request)
            return "unknown"
        return None

    fair.fault = lose
    row = fair.stream("cleo")
    assert view(fair, row.id).row == row


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", "cy", "dan", "eli"]),
            st.sampled_from([None, None, "stream", LEDGER]),
            st.booleans(),
        ),
        max_size=20,
    ),
)
def test_never_a_seat_too_many(seats: int, story: list[tuple[str, str | None, bool]]) -> None:
    """I28, I34: sold is at most what there is, one a person, paid each; whatever crashes."""
    fair = Fair()
    fair.enrol("cleo")
    for fan in ("ann", "bob", "cy", "dan", "eli"):
        fair.give(fan, 45)
    row = fair.stream("cleo", price=40, seats=seats)
    holders = set()
    for fan, crash, together in story:
        if crash is not None:
            fair.crash(stream_address(row.id) if crash == "stream" else crash, at_delivery=2)
        ticket = fair.new_id()
        if together:  # Another purchase by the same person races it.
            rival = BuyTicket(ticket=fair.new_id(), buyer=fan, price=None)
            fair.core.tell(stream_address(row.id), rival)
        outcome = fair.buy(row, fan, id_=ticket)
        if isinstance(outcome, Unknown):
            fair.heal()
            outcome = fair.buy(row, fan, id_=ticket)
        if isinstance(outcome, Ok):
            holders.add(fan)
        found = {
            each
            for each in ("ann", "bob", "cy", "dan", "eli")
            if fair.memory.money._find_ticket(FindTicket(stream=row.id, account=each))
        }
        assert holders <= found
        assert len(found) == view(fair, row.id).sold <= seats
        assert fair.tokens("cleo") == 40 * len(found)
        assert all(fair.tokens(each) == 5 for each in found)
