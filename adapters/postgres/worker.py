"""The asyncio side of the store: which request is read, written at once, or written in a lane."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import asyncpg

from actors.calls.messages import (
    CreateCall,
    OpenCall,
    ReadCall,
    ReadCalls,
    ReadCallStatistics,
    ReadLastCall,
    ReadLiveCalls,
    ReadParties,
    SaveCall,
    SaveEvidence,
)
from actors.ledger.messages import (
    AuditLedger,
    CheckSeals,
    OpenLedger,
    PostBatch,
    ReadLedger,
    ReadStatement,
    SealLedger,
    SetFrozen,
)
from actors.money.records import OpenWallet, PrepareTip
from actors.store import (
    ActivateChat,
    ActivateSpace,
    AppendMessages,
    BurnChallenge,
    ClearSpaceSessions,
    FindMessages,
    IssueChallenge,
    ListSpaces,
    ReadFacts,
    ReadMessages,
    RecordAudit,
    SaveEntities,
    SaveSessions,
    SaveSettings,
)
from actors.store_audibility import ReadAudibility, SaveAudibility
from actors.store_hall import (
    EndAudioSession,
    FindMicrophone,
    ReadQuestions,
    ReadStandings,
    SaveHall,
    StartAudioSession,
)
from adapters.postgres import (
    audibility,
    audit,
    calls,
    chat,
    disputes,
    entities,
    hall,
    identity,
    invoices,
    ledger,
    seals,
    sessions,
    space_money,
    spaces,
    statements,
    subscriptions,
    tips_streams,
    tokens,
    webhooks,
)
from adapters.postgres.database import Database
from adapters.postgres.lane import Lane, Unit
from adapters.postgres.migrate import behind, migrate, read_migrations
from adapters.postgres.outcomes import is_bad_input, is_lost, outcome_of
from adapters.postgres.pool import CONNECT_S, Connection, Pool, PoolUnavailable
from adapters.postgres.sql import statement
from engine.outcome import Err, Outcome
from engine.port import Reply

_log = logging.getLogger(__name__)

# Rows that a killed server left in spaces which nobody has entered since.
_FORGET_SESSIONS = statement("forget_sessions")

AT_ONCE_MAX = 2000  # requests outside the lanes; more would only queue for a connection
READ_TRIES = 3
ROW_BYTES = 8192  # What a large value counts as a row for.

_Single = Callable[[Connection, Any], Awaitable[Outcome]]
_Batch = Callable[[Connection, Any], Awaitable[Iterable[Outcome]]]

_READS: dict[type, _Single] = {
    ReadFacts: spaces.read_facts,
    ListSpaces: spaces.list_spaces,
    FindMessages: chat.find,
    ReadLedger: ledger.read_ledger,
    ReadStatement: statements.read_statement,
    ReadMessages: chat.read_page,
    ReadStandings: hall.read_standings,
    FindMicrophone: hall.find_microphone,
    ReadQuestions: hall.read_questions,
    **tips_streams.READS,
    **space_money.READS,
    **tokens.READS,
    **disputes.READS,
    **invoices.READS,
    **subscriptions.READS,
    **webhooks.READS,
    ReadCall: calls.read_one,
    ReadCalls: calls.read_page,
    ReadCallStatistics: calls.read_statistics,
    ReadLastCall: calls.read_last,
    ReadParties: calls.read_parties,
    ReadLiveCalls: calls.read_live,
    ReadAudibility: audibility.read_audibility,
}
_WRITES: dict[type, _Single] = {
    ActivateSpace: spaces.activate_space,
    ActivateChat: spaces.activate_chat,
    SaveSettings: spaces.save_settings,
    SaveHall: hall.save_hall,
    StartAudioSession: hall.start_audio_session,
    EndAudioSession: hall.end_audio_session,
    IssueChallenge: identity.issue_challenge,
    BurnChallenge: identity.burn_challenge,
    OpenLedger: ledger.open_ledger,
    SetFrozen: ledger.set_frozen,
    SealLedger: seals.seal_ledger,
    CheckSeals: seals.check_seals,
    AuditLedger: audit.audit_ledger,
    **tips_streams.WRITES,
    **space_money.WRITES,
    **tokens.WRITES,
    **disputes.WRITES,
    **invoices.WRITES,
    **subscriptions.WRITES,
    **webhooks.WRITES,
}
_MERGED: dict[type, _Batch] = {
    AppendMessages: chat.append,
    PostBatch: ledger.post_batches,
    PrepareTip: tips_streams.prepare_tips,
    OpenWallet: tokens.open_wallets,
    OpenCall: calls.write,
    CreateCall: calls.write,
    SaveCall: calls.write,
    SaveEvidence: calls.write_evidence,
    RecordAudit: identity.record_audit,
    SaveAudibility: audibility.save,
    SaveEntities: entities.write,
    SaveSessions: sessions.write,
    ClearSpaceSessions: sessions.write,  # The same lane: a space clears before it saves.
}
_LINGERS_S: dict[_Batch, float] = {audibility.save: 0.2}
"""How long the first of a batch waits for others, where nobody waits for the answer."""
REQUESTS = frozenset(_READS) | frozenset(_WRITES) | frozenset(_MERGED)


class Worker:
    """Carries requests to the database; every method runs in the asyncio loop.

    Each unit of work acquires, works and commits in one coroutine that nobody cancels, so a
    connection is never lost half way.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lanes = {
            run: Lane(self._batch_writer(run), linger_s=_LINGERS_S.get(run, 0.0))
            for run in set(_MERGED.values())
        }
        self._singles: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, database: Database, *, patience_s: float, migrations: bool) -> Worker:
        """Migrate if asked, then connect."""
        if migrations:
            connection = await asyncpg.connect(**database.options, timeout=CONNECT_S)
            try:
                for name in await migrate(connection, read_migrations()):
                    _log.info("applied migration %s to %s", name, database.name)
                await connection.execute(_FORGET_SESSIONS)
            finally:
                await connection.close()
        return cls(await Pool.open(database, patience_s))

    def begin(self, request: Any, reply: Reply) -> None:
        """Start one request; `reply` is called once, in this loop."""
        kind = type(request)
        if kind in _MERGED:
            self._lanes[_MERGED[kind]].add(Unit(request, reply, _rows(request)))
            return
        if len(self._singles) >= AT_ONCE_MAX:
            reply(Err("the store is overloaded: too many requests are waiting"))
            return
        work = self._read(request) if kind in _READS else self._write(request)
        task = asyncio.get_running_loop().create_task(self._answer(work, reply))
        self._singles.add(task)
        task.add_done_callback(self._singles.discard)

    async def _answer(self, work: Awaitable[Outcome], reply: Reply) -> None:
        reply(await work)

    async def _read(self, request: Any) -> Outcome:
        tries = 1
        while True:
            outcome, lost = await self._attempt(_READS[type(request)], request, writes=False)
            if not lost or tries == READ_TRIES:
                return outcome
            tries += 1

    async def _write(self, request: Any) -> Outcome:
        outcome, _ = await self._attempt(_WRITES[type(request)], request, writes=True)
        return outcome

    async def _attempt(self, work: _Single, request: Any, *, writes: bool) -> tuple[Outcome, bool]:
        """Return the outcome and whether the connection broke under it."""
        try:
            async with self._pool.connection() as connection:
                return await work(connection, request), False
        except PoolUnavailable as error:
            return Err(str(error)), False
        except Exception as error:  # noqa: BLE001  Whatever it is, the sender waits for an answer.
            return self._failed(error, writes=writes), is_lost(error)

    def _batch_writer(self, run: _Batch) -> Callable[[list[Unit]], Awaitable[Callable[[], None]]]:
        async def write(units: list[Unit]) -> Callable[[], None]:
            outcomes: Iterable[Outcome]
            try:
                async with self._pool.connection() as connection:
                    outcomes = await run(connection, [unit.request for unit in units])
            except PoolUnavailable as error:
                outcomes = [Err(str(error))] * len(units)
            except Exception as error:  # noqa: BLE001  As above.
                if is_bad_input(error) and len(units) > 1:
                    # Nothing was written. One by one, only the unit at fault is refused.
                    for unit in units:
                        (await write([unit]))()
                    return _nothing
                outcomes = [self._failed(error, writes=True)] * len(units)
            return partial(_tell, units, outcomes)

        return write

    def _failed(self, error: Exception, *, writes: bool) -> Outcome:
        if not is_lost(error) and not is_bad_input(error):
            _log.error("a request to the store failed", exc_info=error)
        return outcome_of(error, writes=writes)

    async def behind(self) -> list[str]:
        """Return the names of migrations that the database lacks."""
        async with self._pool.connection() as connection:
            return await behind(connection, read_migrations())

    async def close(self) -> None:
        """Finish and answer what was begun, then disconnect."""
        for lane in self._lanes.values():
            await lane.finished()
        if self._singles:
            await asyncio.wait(self._singles)
        await self._pool.close()


def _rows(request: Any) -> int:
    if isinstance(request, SaveAudibility):
        return 1 + len(request.batch.data) // ROW_BYTES
    rows = len(getattr(request, "messages", ())) + len(getattr(request, "entries", ()))
    return max(rows, 1)


def _tell(units: list[Unit], outcomes: Iterable[Outcome]) -> None:
    for unit, outcome in zip(units, outcomes, strict=True):
        unit.reply(outcome)


def _nothing() -> None:
    """Every unit was told already."""
