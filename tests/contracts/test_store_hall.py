"""The hall's rows through the store port: whole, fenced, and back as they were."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.space.space_id import SpaceId
from actors.store import FENCED, ActivateSpace
from actors.store_answers import RefusedByStore
from actors.store_hall import (
    AudioConfig,
    Ban,
    Bar,
    EndAudioSession,
    FindMicrophone,
    HallAudit,
    HallRow,
    HallRows,
    Microphone,
    Mute,
    Question,
    QuestionRecord,
    QuestionRound,
    ReadQuestions,
    ReadStandings,
    SaveHall,
    SpeakerTurn,
    StandingRow,
    StartAudioSession,
    Usage,
    Vote,
    Waiting,
    row_key,
)
from tests.contracts.stores import Maker, PostgresWorld, Store, World, new_space
from tests.support.postgres import execute

T_US = 1_700_000_000_123_456
HOUR_US = 3_600_000_000


@pytest.fixture
async def postgres() -> AsyncIterator[PostgresWorld]:
    async with Maker("postgres").open() as world:
        assert isinstance(world, PostgresWorld)
        yield world


async def activate(store: Store, space: SpaceId) -> tuple[int, HallRows]:
    activated = await store.perform(ActivateSpace(actor=space.address, space=space))
    return activated.epoch, activated.hall


async def save(
    store: Store, space: SpaceId, epoch: int, *put: HallRow, gone: Any = (), audit: Any = ()
) -> None:
    await store.perform(
        SaveHall(actor=space.address, epoch=epoch, space=space, put=put, gone=gone, audit=audit)
    )


def microphone(space: SpaceId, **fields: Any) -> Microphone:
    name = f"m-{abs(hash(space)) % 10**12}"
    return Microphone(
        **{"id": name, "microphone_name": "main", "created_by": "ada", **fields},
        created_at_us=T_US,
    )


def full(space: SpaceId) -> HallRows:
    one = microphone(space, uses=2, arrivals=1, time_limit_seconds=60, daily_quota_seconds=90)
    session = QuestionRound(
        id=f"r{one.id}", title="Ask!", host="ada", microphone_id=one.id, opened_at_us=T_US, asked=1
    )
    return HallRows(
        config=AudioConfig(
            audio_mode="stage",
            current_speaker="ada",
            range_mm=7_301,
            superambient_neighbor_count=3,
            changed_by="ada",
            change_reason="grüße 🎈",
            changed_at_us=T_US,
            speaker_requests=("bob", "cay"),
            all_muted="locked",
            unmuted=("bob", "guest:7"),
            turns=4,
        ),
        turn=SpeakerTurn(number=4, user_account="ada", audio_mode="stage", session_start_us=T_US),
        mutes=(Mute(person="guest:7", locked=True, muted_by="ada", muted_at_us=T_US),),
        bans=(
            Ban(person="eve", reason=None, banned_by="ada", banned_at_us=T_US, expires_at_us=T_US),
        ),
        bars=(
            Bar(person="guest:7", target="ada", blocks=False, barred_at_us=T_US),
            Bar(person="bob", target="eve", blocks=True, barred_at_us=T_US + 1),
        ),
        microphones=(one,),
        usages=(
            Usage(
                microphone_id=one.id,
                number=1,
                user_account="bob",
                started_at_us=T_US - 5_000_000,
                ended_at_us=T_US,
                duration_seconds=5,
                cost_minor=7,
                ended_reason="passed",
            ),
            Usage(
                microphone_id=one.id,
                number=2,
                user_account="ada",
                granted_by="bob",
                started_at_us=T_US,
                until_us=T_US + 60_000_000,
            ),
        ),
        waiting=(
            Waiting(
                microphone_id=one.id, user_account="cay", priority=3, arrival=1, asked_at_us=T_US
            ),
        ),
        round=session,
        questions=(
            Question(
                round_id=session.id,
                number=1,
                user_account="cay",
                text="why, 'really'?",
                idempotency_key="k",
                asked_at_us=T_US,
                votes=1,
                status="asking",
                turn=1,
                picked_at_us=T_US,
            ),
        ),
        votes=(Vote(round_id=session.id, number=1, user_account="bob", voted_at_us=T_US),),
    )


def every_row(rows: HallRows) -> tuple[HallRow, ...]:
    assert rows.config is not None
    assert rows.turn is not None
    assert rows.round is not None
    return (
        rows.config, rows.turn, *rows.mutes, *rows.bans, *rows.microphones, *rows.usages,
        *rows.waiting, rows.round, *rows.questions, *rows.votes, *rows.bars,
    )  # fmt: skip


async def test_a_space_that_nobody_changed_has_an_empty_hall(store: Store) -> None:
    """Nobody sets a space up."""
    assert (await activate(store, new_space()))[1] == HallRows()


async def test_what_was_saved_is_there_for_the_next_activation(store: Store) -> None:
    """Every field of every row, in the subspace it belongs to."""
    space = new_space()
    epoch, _ = await activate(store, space)
    rows = full(space)

    await save(store, space, epoch, *every_row(rows))
    await save(store, space, epoch, *every_row(rows))

    assert (await activate(store, space))[1] == rows
    assert (await activate(store, replace(space, subspace="stage")))[1] == HallRows()


async def test_a_stale_epoch_writes_nothing(store: Store) -> None:
    """Only the latest activation of a space may write for it."""
    space = new_space()
    epoch, _ = await activate(store, space)
    await activate(store, space)
    audit = (HallAudit(key=f"{space}:1", action="mute", account="ada"),)

    with pytest.raises(RefusedByStore) as refused:
        await save(store, space, epoch, *every_row(full(space)), audit=audit)

    assert refused.value.code == FENCED
    assert (await activate(store, space))[1] == HallRows()


async def test_rows_are_replaced_and_taken_away(store: Store) -> None:
    """A use ends in the write in which the next begins; places and mutes go."""
    space = new_space()
    epoch, _ = await activate(store, space)
    rows = full(space)
    await save(store, space, epoch, *every_row(rows))
    ended = replace(rows.usages[1], ended_at_us=T_US + 9, duration_seconds=0, ended_reason="passed")
    begun = replace(rows.usages[1], number=3, user_account="cay", started_at_us=T_US + 9)
    over: tuple[HallRow, ...] = (*rows.mutes, *rows.bans, *rows.waiting, *rows.votes, *rows.bars)
    gone = tuple(row_key(row) for row in over)

    for _ in range(2):
        await save(store, space, epoch, begun, ended, gone=gone)

    after = (await activate(store, space))[1]
    assert after == replace(
        rows,
        mutes=(),
        bans=(),
        waiting=(),
        votes=(),
        bars=(),
        usages=(rows.usages[0], ended, begun),
    )


async def test_what_is_over_does_not_come_back_and_stays_on_record(store: Store) -> None:
    """Closed sessions, ended turns and deleted microphones are history."""
    space = new_space()
    epoch, _ = await activate(store, space)
    rows = full(space)
    await save(store, space, epoch, *every_row(rows))
    assert rows.turn is not None
    assert rows.round is not None
    closed = replace(rows.round, closed_at_us=T_US + 5)
    answered = replace(rows.questions[0], status="answered", ended_at_us=T_US + 5)

    await save(
        store,
        space,
        epoch,
        replace(rows.turn, session_end_us=T_US + 5, duration_seconds=0, passed_to="bob"),
        replace(rows.microphones[0], deleted_at_us=T_US + 5),
        replace(rows.usages[1], ended_at_us=T_US + 5),
        closed,
        answered,
        gone=[row_key(row) for row in rows.votes],
    )

    after = (await activate(store, space))[1]
    assert after == HallRows(config=rows.config, mutes=rows.mutes, bans=rows.bans, bars=rows.bars)
    record = await store.perform(ReadQuestions(space=space, round_id=closed.id))
    assert record == QuestionRecord(round=closed, questions=(answered,))
    assert await store.perform(ReadQuestions(space=space, round_id="none")) is None
    elsewhere = ReadQuestions(space=replace(space, subspace="x"), round_id=closed.id)
    assert await store.perform(elsewhere) is None
    assert await store.perform(FindMicrophone(microphone_id=rows.microphones[0].id)) is None


async def test_clients_record_their_own_sessions_beside_the_spaces(store: Store) -> None:
    """WIRE 1.3: started, ended once, by their own account; the space's hall knows nothing of it."""
    space = new_space()
    started = await store.perform(
        StartAudioSession(space=space, user_account="bob", audio_mode="stage", listener_count=3)
    )
    assert (started.space, started.user_account, started.listener_count) == (space, "bob", 3)
    assert (started.session_end_us, started.ended_reason) == (None, None)

    def end(account: str, **fields: Any) -> EndAudioSession:
        return EndAudioSession(
            **{"id": started.id, "user_account": account, "ended_reason": "manual", **fields}
        )

    assert await store.perform(end("eve")) is None
    assert await store.perform(end("bob", id=started.id + 10_000)) is None
    ended = await store.perform(end("bob", passed_to="cay"))
    assert (ended.id, ended.ended_reason, ended.passed_to) == (started.id, "manual", "cay")
    assert ended.session_end_us >= ended.session_start_us == started.session_start_us
    assert ended.duration_seconds == 0
    assert await store.perform(end("bob")) is None
    assert (await activate(store, space))[1] == HallRows()


async def test_only_uses_of_the_last_day_come_back(store: Store) -> None:
    """Those that count against a daily quota, and the one that lasts."""
    space = new_space()
    epoch, _ = await activate(store, space)
    one = microphone(space)
    uses = [
        Usage(
            microphone_id=one.id,
            number=number + 1,
            user_account="ada",
            started_at_us=T_US + hour * HOUR_US - 1,
            ended_at_us=T_US + hour * HOUR_US,
        )
        for number, hour in enumerate((0, 5, 24, 29))
    ]

    await save(store, space, epoch, one, *uses)

    assert (await activate(store, space))[1].usages == tuple(uses[2:])


async def test_a_microphone_says_which_space_it_is_in(store: Store) -> None:
    """WIRE 1.6: its id alone stands in the path of a request."""
    space = replace(new_space(), subspace="stage")
    epoch, _ = await activate(store, space)
    one = microphone(space)
    await save(store, space, epoch, one)

    assert await store.perform(FindMicrophone(microphone_id=one.id)) == space
    assert await store.perform(FindMicrophone(microphone_id="nowhere")) is None


async def test_an_account_without_rows_has_no_standing(store: Store) -> None:
    """Answered in the order asked."""
    request = ReadStandings(space=new_space(), accounts=("zoe", "ada"))

    assert await store.perform(request) == (StandingRow(account="zoe"), StandingRow(account="ada"))


async def test_standing_is_read_from_permissions_subscriptions_and_tickets(
    postgres: PostgresWorld,
) -> None:
    """Only those of this space that hold now."""
    space, database = new_space(), postgres.database
    where = (space.type, space.id)
    for kind in ("moderate", "access"):
        execute(
            database,
            "insert into presence_permissions (space_type, space_id, user_account, permission)"
            " values ($1, $2, 'ada', $3)",
            *where,
            kind,
        )
    for account, status, ends in (
        ("ada", "active", None),
        ("bob", "active", "-1 day"),
        ("cay", "cancelled", "1 day"),
        ("dan", "suspended", "1 day"),
    ):
        execute(
            database,
            "insert into user_subscriptions (user_account, tier_code, status, expires_at)"
            " values ($1, 'pro', $2, now() + $3::text::interval)",
            account,
            status,
            ends,
        )
    for account, kind, status, ends in (
        ("ada", "qna_access", "valid", None),
        ("ada", "premium", "valid", "1 day"),
        ("bob", "premium", "refunded", None),
        ("cay", "premium", "valid", "-1 day"),
    ):
        execute(
            database,
            "insert into space_tickets (space_type, space_id, user_account, ticket_type, status,"
            " valid_until) values ($1, $2, $3, $4, $5, now() + $6::text::interval)",
            *where,
            account,
            kind,
            status,
            ends,
        )

    request = ReadStandings(space=space, accounts=("ada", "bob", "cay", "dan"))
    here = await postgres.store.perform(request)
    elsewhere = await postgres.store.perform(replace(request, space=new_space()))

    assert here == (
        StandingRow(
            account="ada",
            permissions=("access", "moderate"),
            subscriber=True,
            tickets=("premium", "qna_access"),
        ),
        StandingRow(account="bob"),
        StandingRow(account="cay", subscriber=True),
        StandingRow(account="dan"),
    )
    assert elsewhere[0] == StandingRow(account="ada", subscriber=True)


async def test_the_usage_statistics_of_the_product_documents_run_as_written(
    postgres: PostgresWorld,
) -> None:
    """Names of tables and columns are a contract: sessions, mean and total by microphone."""
    space = new_space()
    epoch, _ = await activate(postgres.store, space)
    one, idle = microphone(space), microphone(space, id="idle-mic", microphone_name="idle")
    uses = [
        Usage(
            microphone_id=one.id,
            number=number,
            user_account="ada",
            started_at_us=T_US,
            ended_at_us=T_US + number,
            duration_seconds=number * 10,
        )
        for number in (1, 2)
    ]
    await save(postgres.store, space, epoch, one, idle, *uses)

    found = execute(
        postgres.database,
        "SELECT m.microphone_name, COUNT(u.id) as total_sessions,"
        " AVG(u.duration_seconds) as avg_duration, SUM(u.duration_seconds) as total_duration"
        " FROM space_microphones m LEFT JOIN microphone_usage u ON m.id = u.microphone_id"
        f" WHERE m.space_type = 'post' AND m.space_id = '{space.id}'"
        " GROUP BY m.id, m.microphone_name ORDER BY 1",
    )

    assert [tuple(row) for row in found] == [("idle", 0, None, None), ("main", 2, 15, 30)]


async def test_audit_entries_are_written_once(world: World) -> None:
    """A write that is repeated, since its answer was lost, tells the same story once."""
    space = new_space()
    epoch, _ = await activate(world.store, space)
    entry = HallAudit(key=f"{space}:1", action="mute", account="ada", details={"person": "bob"})
    for _ in range(2):
        await save(world.store, space, epoch, audit=(entry,))
    if isinstance(world, PostgresWorld):
        rows = execute(
            world.database,
            "select action, user_account, details ->> 'person' from presence_audit_log"
            f" where space_id = '{space.id}'",
        )
        assert [tuple(row) for row in rows] == [("mute", "ada", "bob")]
    else:
        audit = world.store.audit  # type: ignore[attr-defined]
        assert [(one.action, one.account, one.details) for one in audit] == [
            ("mute", "ada", {"person": "bob"})
        ]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["ada", "bob", "cay", "dan"]), st.booleans(), st.integers(1, 9)),
        max_size=12,
    ),
    batch=st.integers(1, 4),
)
def test_puts_and_deletions_in_any_batches_give_the_last_word_of_each_key(
    maker: Maker, steps: list[tuple[str, bool, int]], batch: int
) -> None:
    """A queue comes back as the sum of what was written, however it was split into writes."""

    async def example() -> None:
        async with maker.open(shared=True) as world:
            space = new_space()
            epoch, _ = await activate(world.store, space)
            one = microphone(space)
            await save(world.store, space, epoch, one)
            expected: dict[str, Waiting] = {}
            for begin in range(0, len(steps), batch):
                last: dict[str, Waiting | None] = {}
                for number, (account, stays, priority) in enumerate(steps[begin : begin + batch]):
                    waiting = Waiting(
                        microphone_id=one.id,
                        user_account=account,
                        priority=priority,
                        arrival=begin + number + 1,
                        asked_at_us=T_US,
                    )
                    last[account] = waiting if stays else None
                put = [row for row in last.values() if row is not None]
                gone = [
                    (Waiting.table, one.id, account) for account, row in last.items() if row is None
                ]
                await save(world.store, space, epoch, *put, gone=tuple(gone))
                for account, row in last.items():
                    if row is None:
                        expected.pop(account, None)
                    else:
                        expected[account] = row
            found = (await activate(world.store, space))[1].waiting
            assert found == tuple(sorted(expected.values(), key=lambda row: row.arrival))

    trio.run(example)
