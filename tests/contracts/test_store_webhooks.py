"""Endpoints, deliveries and the herald's cursor, on every store."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from actors.ledger.transfer import Command, Transfer, derived_id
from actors.store import FENCED
from actors.store_answers import RefusedByStore
from actors.webhooks.events import event_of
from actors.webhooks.herald import deliveries_of
from actors.webhooks.messages import HERALD, endpoint_address
from actors.webhooks.records import (
    KEPT_FOR_DISABLED_US,
    AddEndpoint,
    AddPing,
    Delivery,
    Due,
    EndpointOpened,
    EndpointRow,
    FanOut,
    ForgetDeliveries,
    ListDeliveries,
    ListEndpoints,
    NewDelivery,
    News,
    OpenEndpoint,
    OpenHerald,
    ReadConcerned,
    ReadDue,
    ReadEndpoint,
    ReadNews,
    ReadWaiting,
    RemoveEndpoint,
    SaveAttempt,
    SaveSecrets,
    SendAgain,
    SetDisabled,
)
from tests.contracts.stores import Store
from tests.contracts.teller import Teller

T0 = 1_700_000_000_000_000
MINUTE_US = 60_000_000


def id_of(name: str) -> str:
    return derived_id("webhooks", name)


def tip(name: str, amount: int = 5, *, ref: str | None = None, parts: int = 1) -> Command:
    """Return a tip from ann to cleo, in so many transfers."""
    return Command(
        id=id_of(name),
        transfers=tuple(
            Transfer(
                id=derived_id(id_of(name), f"{number}"),
                kind="tip",
                debit="issuance:tokens",
                credit="user:cleo:main",
                asset="TOK",
                amount=amount,
                ref=ref or f"tip:{name}",
            )
            for number in range(parts)
        ),
    )


class Office:
    """Does what the herald and endpoints do with a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.teller = Teller(store)
        self.epochs: dict[str, int] = {}

    async def do(self, kind: Any, name: str, **fields: Any) -> Any:
        actor = endpoint_address(id_of(name))
        request = kind(actor=actor, epoch=self.epochs[name], **fields)
        return await self.store.perform(request)

    async def open(self, name: str) -> EndpointRow | None:
        actor = endpoint_address(id_of(name))
        opened: EndpointOpened = await self.store.perform(OpenEndpoint(actor=actor, id=id_of(name)))
        self.epochs[name] = opened.epoch
        return opened.row

    async def endpoint(self, name: str, **fields: Any) -> EndpointRow:
        await self.open(name)
        made = {"owner": "cleo", "all": False, "events": (), "created_at_us": T0 + len(name)}
        row = EndpointRow(
            id=id_of(name), url=f"https://{name}.example/", secret=f"s-{name}", **{**made, **fields}
        )
        kept: EndpointRow | None = await self.do(AddEndpoint, name, row=row, endpoints_max=3)
        assert kept is not None
        return kept

    async def tell(self, at_us: int = T0) -> News:
        """Keep what is new for whoever wants it."""
        epoch = await self.store.perform(OpenHerald(actor=HERALD))
        news: News = await self.store.perform(ReadNews(now_us=at_us, rows_max=100))
        deliveries = await self.deliveries(news, at_us)
        await self.store.perform(
            FanOut(
                actor=HERALD,
                epoch=epoch,
                follows=news.follows,
                cursor=news.cursor,
                deliveries=deliveries,
                at_us=at_us,
            )
        )
        return news

    async def deliveries(self, news: News, at_us: int = T0) -> tuple[NewDelivery, ...]:
        events = [(told.sequence, event_of(told.group)) for told in news.told]
        concerned = ReadConcerned(owners=("cleo", "dora"), now_us=at_us)
        rows = await self.store.perform(concerned)
        made = [(sequence, event) for sequence, event in events if event is not None]
        return deliveries_of(made, rows, ())

    async def due(self, endpoint: str, now_us: int = T0, limit: int = 10) -> list[Delivery]:
        due: Due = await self.store.perform(
            ReadDue(endpoint=id_of(endpoint), now_us=now_us, limit=limit)
        )
        return list(due.deliveries)

    async def listed(self, endpoint: str, state: Any = None) -> list[str]:
        found: tuple[Delivery, ...] = await self.store.perform(
            ListDeliveries(endpoint=id_of(endpoint), state=state)
        )
        return [f"{one.aggregate} {one.seq} {one.state}" for one in found]


@pytest.fixture
async def office(store: Store) -> Office:
    return Office(store)


async def test_an_endpoint_is_kept_read_and_deleted(office: Office) -> None:
    """What was saved is what is read; the first under an id stays; only its activation writes."""
    row = await office.endpoint("one", events=("tip.given",))
    turned = replace(row, secret="new", previous_secret="s-one", previous_until_us=T0 + 5)

    assert await office.do(AddEndpoint, "one", row=replace(row, url="x"), endpoints_max=9) == row
    await office.do(SaveSecrets, "one", row=turned)
    assert await office.store.perform(ReadEndpoint(id=row.id)) == turned
    await office.open("one")
    office.epochs["one"] -= 1
    for kind, fields in (
        (SaveSecrets, {"row": row}),
        (SetDisabled, {"id": row.id, "because": "x", "at_us": T0}),
        (RemoveEndpoint, {"id": row.id}),
    ):
        with pytest.raises(RefusedByStore) as refused:
            await office.do(kind, "one", **fields)
        assert refused.value.code == FENCED
    assert await office.open("one") == turned
    await office.do(RemoveEndpoint, "one", id=row.id)
    assert await office.store.perform(ReadEndpoint(id=row.id)) is None


async def test_an_account_has_only_so_many(office: Office) -> None:
    """The fourth of three is not kept; others' are not counted."""
    rows = [await office.endpoint("n" * n) for n in (1, 2, 3)]
    await office.open("four")
    row = replace(rows[0], id=id_of("four"))

    assert await office.do(AddEndpoint, "four", row=row, endpoints_max=3) is None
    other = await office.endpoint("five", owner="dora")
    assert await office.store.perform(ListEndpoints(owner="cleo")) == tuple(rows)
    assert await office.store.perform(ListEndpoints()) == (*rows, other)


async def test_only_who_is_concerned_is_read(office: Office) -> None:
    """The endpoints of these accounts and those that are told everything, but for lapsed ones."""
    mine = await office.endpoint("mine")
    await office.endpoint("theirs", owner="zoe")
    all_ = await office.endpoint("everything", owner="op", all=True)
    gone = await office.endpoint("gone")
    await office.do(SetDisabled, "gone", id=gone.id, because="x", at_us=T0)

    async def concerned(*owners: str, now_us: int) -> set[str]:
        rows = await office.store.perform(ReadConcerned(owners=owners, now_us=now_us))
        return {row.id for row in rows}

    assert await concerned("cleo", now_us=T0) == {mine.id, all_.id, gone.id}
    assert await concerned("cleo", now_us=T0 + KEPT_FOR_DISABLED_US) == {mine.id, all_.id}
    assert await concerned(now_us=T0) == {all_.id}


async def test_news_begin_with_the_endpoint_and_are_told_once(office: Office) -> None:
    """What was before it is not told; the cursor moves with the deliveries, and only once."""
    await office.teller.batch(tip("before"))
    assert not (await office.tell()).wanted
    await office.endpoint("one")
    await office.teller.batch(tip("first", 7), tip("second", 8))
    news = await office.tell()

    assert [each.group.command_id for each in news.told] == [id_of("first"), id_of("second")]
    assert (await office.tell()).told == ()
    first, second = await office.due("one")
    said = json.loads(first.body)
    assert (said["type"], said["aggregate"], said["seq"]) == ("tip.given", "tip:first", 1)
    assert said["data"]["changes"] == [{"account": "main", "asset": "TOK", "amount": "7"}]
    assert (first.event, second.event) == tuple(
        derived_id(id_of(name), "event") for name in ("first", "second")
    )


async def test_a_group_is_read_whole(office: Office) -> None:
    """Where a page would end inside of a group it ends before it."""
    await office.endpoint("one")
    await office.teller.batch(tip("a", parts=3), tip("b", parts=4), tip("c", parts=1))
    pages = [
        await office.store.perform(ReadNews(now_us=T0, rows_max=rows)) for rows in (4, 6, 7, 8)
    ]

    assert [(page.cursor, len(page.told), page.more) for page in pages] == [
        (3, 1, True),
        (3, 1, True),
        (7, 2, True),
        (8, 3, False),
    ]


async def test_two_heralds_fan_out_once(office: Office) -> None:
    """Neither an older herald nor one that read before the cursor moved writes anything."""
    await office.endpoint("one")
    await office.teller.batch(tip("a"))
    old = await office.store.perform(OpenHerald(actor=HERALD))
    news: News = await office.store.perform(ReadNews(now_us=T0, rows_max=9))
    await office.tell()
    new = await office.store.perform(OpenHerald(actor=HERALD))
    deliveries = await office.deliveries(news)
    for epoch, follows in ((old, news.cursor), (new, news.follows)):
        fan_out = FanOut(
            actor=HERALD, epoch=epoch, follows=follows, cursor=news.cursor,
            deliveries=deliveries, at_us=T0,
        )  # fmt: skip
        with pytest.raises(RefusedByStore) as refused:
            await office.store.perform(fan_out)
        assert refused.value.code == FENCED
    assert await office.listed("one") == ["tip:a 1 pending"]


async def test_only_the_first_of_an_aggregate_is_due(office: Office) -> None:
    """The second comes when the first has ended; other aggregates are not held up."""
    await office.endpoint("one")
    await office.teller.batch(tip("a", ref="call:x"), tip("b", ref="call:x"), tip("c"))
    await office.tell()
    first, other = await office.due("one")
    assert [(one.aggregate, one.seq) for one in (first, other)] == [("call:x", 1), ("tip:c", 1)]
    tried = replace(
        first, attempts=1, first_us=T0, last_us=T0, status=500, error="answered 500",
        next_us=T0 + MINUTE_US,
    )  # fmt: skip
    await office.do(SaveAttempt, "one", delivery=tried)
    assert await office.due("one") == [other]
    due: Due = await office.store.perform(ReadDue(endpoint=id_of("one"), now_us=T0, limit=9))
    assert due.next_us == T0 + MINUTE_US
    assert await office.due("one", T0 + MINUTE_US) == [other, tried]
    await office.do(SaveAttempt, "one", delivery=replace(tried, state="failed", attempts=2))
    (second, _) = await office.due("one", T0 + MINUTE_US)
    assert (second.aggregate, second.seq) == ("call:x", 2)
    assert await office.listed("one", "failed") == ["call:x 1 failed"]
    assert await office.listed("one") == ["tip:c 1 pending", "call:x 2 pending", "call:x 1 failed"]


async def test_a_disabled_endpoint_waits_as_it_is(office: Office) -> None:
    """What waits and what happens meanwhile is kept; enabled, its schedule begins anew."""
    row = await office.endpoint("one")
    await office.teller.batch(tip("a"))
    await office.tell()
    (first,) = await office.due("one")
    gone = replace(first, attempts=4, first_us=T0, last_us=T0, status=410, next_us=T0 + 9)
    await office.do(SaveAttempt, "one", delivery=gone, disables="it answered 410")
    kept = await office.store.perform(ReadEndpoint(id=row.id))
    assert kept == replace(row, disabled="it answered 410", disabled_us=T0)
    assert await office.store.perform(ReadWaiting(now_us=T0 + 99)) == ()
    await office.teller.batch(tip("meanwhile"))
    await office.tell()
    await office.do(SetDisabled, "one", id=row.id, because=None, at_us=T0 + 50)
    assert await office.store.perform(ReadEndpoint(id=row.id)) == row
    assert await office.store.perform(ReadWaiting(now_us=T0 + 99)) == (row.id,)
    assert await office.store.perform(ReadWaiting(now_us=T0 + 49)) == ()
    again, meanwhile = await office.due("one", T0 + 99)
    assert meanwhile.aggregate == "tip:meanwhile"
    assert again == replace(gone, attempts=0, first_us=None, next_us=T0 + 50)


async def test_nothing_is_kept_for_one_that_is_disabled_for_long(office: Office) -> None:
    """After three days it is passed over; enabled, it is told of what happens from then on."""
    row = await office.endpoint("one")
    await office.do(SetDisabled, "one", id=row.id, because="by its owner", at_us=T0)
    lapsed_us = T0 + KEPT_FOR_DISABLED_US
    await office.teller.batch(tip("kept"))
    await office.tell(lapsed_us - 1)
    await office.teller.batch(tip("passed over"))
    assert not (await office.tell(lapsed_us)).wanted
    await office.do(SetDisabled, "one", id=row.id, because=None, at_us=lapsed_us)
    await office.teller.batch(tip("after"))
    await office.tell(lapsed_us)
    assert sorted(await office.listed("one")) == ["tip:after 1 pending", "tip:kept 1 pending"]


async def test_a_delivery_begins_anew_and_a_ping_is_counted(office: Office) -> None:
    """Whatever became of it; of one that there is not the store says so."""
    await office.endpoint("one")
    await office.teller.batch(tip("a"))
    await office.tell()
    (first,) = await office.due("one")
    done = replace(first, state="delivered", attempts=1, first_us=T0, last_us=T0, status=200)
    await office.do(SaveAttempt, "one", delivery=done)
    again = {"endpoint": id_of("one"), "at_us": T0 + 7}
    assert await office.do(SendAgain, "one", event=first.event, **again)
    assert not await office.do(SendAgain, "one", event=id_of("nothing"), **again)
    ping = NewDelivery(
        endpoint=id_of("one"), event=id_of("ping"), type="ping", aggregate="endpoint:x",
        until_seq='{"seq":',
    )  # fmt: skip
    for _ in range(2):
        await office.do(AddPing, "one", delivery=ping, at_us=T0)
    pinged, anew = await office.due("one", T0 + 7)
    assert pinged.body == b'{"seq":1}'
    assert (anew.state, anew.attempts, anew.first_us, anew.next_us) == ("pending", 0, None, T0 + 7)


async def test_what_ended_long_ago_is_forgotten_and_numbers_go_on(office: Office) -> None:
    """The next of an aggregate has the next number, though the one before is gone."""
    await office.endpoint("one")
    await office.teller.batch(tip("a", ref="call:x"), tip("b", ref="call:y"))
    await office.tell()
    first, _ = await office.due("one")
    await office.do(SaveAttempt, "one", delivery=replace(first, state="delivered"))

    assert await office.store.perform(ForgetDeliveries(before_us=T0)) == 0
    assert await office.store.perform(ForgetDeliveries(before_us=T0 + 1)) == 1
    await office.teller.batch(tip("c", ref="call:x"))
    await office.tell()
    assert sorted(await office.listed("one")) == ["call:x 2 pending", "call:y 1 pending"]
