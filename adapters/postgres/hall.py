"""A space's hall in tables: rows out and in as JSON, which Postgres turns into columns itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from actors.space.space_id import SpaceId
from actors.store_hall import (
    DELETABLE,
    HALL_ROWS,
    AudioConfig,
    AudioSessionRow,
    Ban,
    Bar,
    EndAudioSession,
    FindMicrophone,
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
)
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_FENCE = statement("fence")
_SAVE = statement("save_hall")
_READ = statement("read_hall")
_START = statement("start_audio_session")
_END = statement("end_audio_session")
_STANDINGS = statement("read_standings")
_MICROPHONE = statement("find_microphone")
_QUESTIONS = statement("read_questions")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RANGE = ("range_mm", "spatial_audio_range_meters")
_Row = TypeVar("_Row", bound=HallRow)


async def save_hall(connection: Connection, request: SaveHall) -> Outcome:
    """Write what changed, all or none, if the actor's epoch still holds."""
    by_table: dict[str, list[dict[str, Any]]] = {row.table: [] for row in HALL_ROWS}
    for row in request.put:
        by_table[row.table].append(_columns(row))
    gone: dict[str, list[list[str]]] = {row.table: [] for row in DELETABLE}
    for table, *key in request.gone:
        gone[table].append(key)
    audit = [dataclasses.asdict(entry) for entry in request.audit]
    async with connection.transaction():
        if not await connection.fetchval(_FENCE, request.actor, request.epoch):
            return fenced(request.actor, request.epoch)
        await connection.execute(
            _SAVE, *_space(request.space), *by_table.values(), *gone.values(), audit
        )
    return Ok(None)


async def read_hall(connection: Connection, space: SpaceId) -> HallRows:
    """Return what is not over in a space."""
    found = await connection.fetchrow(_READ, *_space(space))
    assert found is not None
    return HallRows(
        config=_one(AudioConfig, found),
        turn=_one(SpeakerTurn, found),
        mutes=_rows(Mute, found),
        bans=_rows(Ban, found),
        microphones=_rows(Microphone, found),
        usages=_rows(Usage, found),
        waiting=_rows(Waiting, found),
        round=_one(QuestionRound, found),
        questions=_rows(Question, found),
        votes=_rows(Vote, found),
        bars=_rows(Bar, found),
    )


async def read_standings(connection: Connection, request: ReadStandings) -> Outcome:
    """Answer with what is written down about some accounts."""
    space = request.space
    records = await connection.fetch(_STANDINGS, space.type, space.id, list(request.accounts))
    return Ok(
        tuple(
            StandingRow(
                account=record["account"],
                permissions=tuple(record["permissions"]),
                subscriber=record["subscriber"],
                tickets=tuple(record["tickets"]),
            )
            for record in records
        )
    )


async def start_audio_session(connection: Connection, request: StartAudioSession) -> Outcome:
    """Write a row that a client wants, and answer with it."""
    row = await connection.fetchval(
        _START,
        *_space(request.space),
        request.user_account,
        request.audio_mode,
        request.listener_count,
    )
    return Ok(_audio_session(row))


async def end_audio_session(connection: Connection, request: EndAudioSession) -> Outcome:
    """End such a row and answer with it, or with None."""
    row = await connection.fetchval(
        _END, request.id, request.user_account, request.ended_reason, request.passed_to
    )
    return Ok(None if row is None else _audio_session(row))


def _audio_session(row: dict[str, Any]) -> AudioSessionRow:
    return AudioSessionRow(
        id=row["id"],
        space=SpaceId(row["space_type"], row["space_id"], row["subspace"]),
        user_account=row["user_account"],
        audio_mode=row["audio_mode"],
        session_start_us=_us(row["session_start"]) or 0,
        session_end_us=_us(row["session_end"]),
        duration_seconds=row["duration_seconds"],
        listener_count=row["listener_count"],
        ended_reason=row["ended_reason"],
        passed_to=row["passed_to"],
    )


def _us(text: str | None) -> int | None:
    return None if text is None else (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND


async def find_microphone(connection: Connection, request: FindMicrophone) -> Outcome:
    """Answer with the space that a microphone is in."""
    record = await connection.fetchrow(_MICROPHONE, request.microphone_id)
    return Ok(SpaceId(*record) if record else None)


async def read_questions(connection: Connection, request: ReadQuestions) -> Outcome:
    """Answer with the record of a Q&A session."""
    record = await connection.fetchrow(_QUESTIONS, *_space(request.space), request.round_id)
    if record is None:
        return Ok(None)
    questions = tuple(_row(Question, one) for one in record["questions"] or ())
    return Ok(QuestionRecord(round=_row(QuestionRound, record["round"]), questions=questions))


def _space(space: SpaceId) -> tuple[str, str, str]:
    return space.type, space.id, space.subspace


def _columns(row: HallRow) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for field in dataclasses.fields(row):
        value = getattr(row, field.name)
        if field.name == _RANGE[0]:
            columns[_RANGE[1]] = value / 1000
        elif field.name.endswith("_us"):
            moment = None if value is None else (_EPOCH + value * _MICROSECOND).isoformat()
            columns[field.name.removesuffix("_us")] = moment
        else:
            columns[field.name] = value
    return columns


def _row(kind: type[_Row], columns: dict[str, Any]) -> _Row:
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name == _RANGE[0]:
            fields[field.name] = round(columns[_RANGE[1]] * 1000)
        elif field.name.endswith("_us"):
            fields[field.name] = _us(columns[field.name.removesuffix("_us")])
        else:
            value = columns[field.name]
            fields[field.name] = tuple(value) if isinstance(value, list) else value
    return kind(**fields)


def _rows(kind: type[_Row], found: Any) -> tuple[_Row, ...]:
    columns: Iterable[dict[str, Any]] = found[kind.table] or ()
    return tuple(_row(kind, one) for one in columns)


def _one(kind: type[_Row], found: Any) -> _Row | None:
    return next(iter(_rows(kind, found)), None)
