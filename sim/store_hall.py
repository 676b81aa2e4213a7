"""The hall's part of the store in memory."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from actors.space.space_id import SpaceId
from actors.store_hall import (
    AudioConfig,
    AudioSessionRow,
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
    RowKey,
    SaveHall,
    SpeakerTurn,
    StandingRow,
    StartAudioSession,
    Usage,
    Vote,
    Waiting,
    row_key,
)
from engine.refusal import BadInput

DAY_US = 86_400_000_000
_Row = TypeVar("_Row", bound=HallRow)
_Space = dict[RowKey, HallRow]


class HallTables:
    """Rows by space and key.

    Attributes:
        standings: (space type, space id, account) to what is written down; set by tests and worlds.
    """

    def __init__(self) -> None:
        self.standings: dict[tuple[str, str, str], StandingRow] = {}
        self._spaces: dict[SpaceId, _Space] = {}
        self._audited: set[str] = set()
        self._sessions: dict[int, AudioSessionRow] = {}

    def of(self, space: SpaceId, kind: type[_Row]) -> tuple[_Row, ...]:
        """Return the rows of one table in a space, those too that are over."""
        rows = self._spaces.get(space, {}).values()
        return tuple(row for row in rows if isinstance(row, kind))

    def spaces(self) -> tuple[SpaceId, ...]:
        """Return the spaces that have rows."""
        return tuple(self._spaces)

    def save(self, request: SaveHall) -> tuple[HallAudit, ...]:
        """Write a request, and return its audit entries that are new."""
        for row in request.put:
            for field in fields(row):
                _check_text(getattr(row, field.name))
        rows = self._spaces.setdefault(request.space, {})
        for key in request.gone:
            rows.pop(key, None)
        for row in request.put:
            rows[row_key(row)] = row
        new = tuple(entry for entry in request.audit if entry.key not in self._audited)
        self._audited |= {entry.key for entry in new}
        return new

    def read(self, space: SpaceId) -> HallRows:
        """Return what is not over, in the order of the keys."""
        microphones = {one.id for one in self._live_microphones(space)}
        usages = sorted(
            (one for one in self.of(space, Usage) if one.microphone_id in microphones or one.holds),
            key=lambda one: (one.microphone_id, one.number),
        )
        newest_us = max((one.ended_at_us or 0 for one in usages), default=0)
        open_round = next(
            (one for one in self.of(space, QuestionRound) if one.closed_at_us is None), None
        )
        round_id = open_round.id if open_round else None
        return HallRows(
            config=next(iter(self.of(space, AudioConfig)), None),
            turn=next(
                (one for one in self.of(space, SpeakerTurn) if one.session_end_us is None), None
            ),
            mutes=tuple(sorted(self.of(space, Mute), key=lambda one: one.person)),
            bans=tuple(sorted(self.of(space, Ban), key=lambda one: one.person)),
            microphones=self._live_microphones(space),
            usages=tuple(
                one
                for one in usages
                if one.ended_at_us is None or one.holds or one.ended_at_us > newest_us - DAY_US
            ),
            waiting=tuple(
                sorted(
                    (one for one in self.of(space, Waiting) if one.microphone_id in microphones),
                    key=lambda one: (one.microphone_id, one.arrival),
                )
            ),
            round=open_round,
            questions=self._questions(space, round_id),
            votes=tuple(
                sorted(
                    (one for one in self.of(space, Vote) if one.round_id == round_id),
                    key=lambda one: (one.number, one.user_account),
                )
            ),
            bars=tuple(
                sorted(
                    self.of(space, Bar), key=lambda one: (one.barred_at_us, one.person, one.target)
                )
            ),
        )

    def standings_of(self, request: ReadStandings) -> tuple[StandingRow, ...]:
        """Return what is written down about accounts, in the order asked."""
        space = request.space
        return tuple(
            self.standings.get((space.type, space.id, one), StandingRow(account=one))
            for one in request.accounts
        )

    def start_session(self, request: StartAudioSession, now_us: int) -> AudioSessionRow:
        """Write a row that a client wants."""
        row = AudioSessionRow(
            id=len(self._sessions) + 1,
            space=request.space,
            user_account=request.user_account,
            audio_mode=request.audio_mode,
            listener_count=request.listener_count,
            session_start_us=now_us,
        )
        self._sessions[row.id] = row
        return row

    def end_session(self, request: EndAudioSession, now_us: int) -> AudioSessionRow | None:
        """End such a row; None when there is none open of this account."""
        _check_text(request.ended_reason)
        _check_text(request.passed_to)
        row = self._sessions.get(request.id)
        if row is None or (row.user_account, row.session_end_us) != (request.user_account, None):
            return None
        row = self._sessions[row.id] = replace(
            row,
            session_end_us=now_us,
            duration_seconds=round((now_us - row.session_start_us) / 1_000_000),
            ended_reason=request.ended_reason,
            passed_to=request.passed_to,
        )
        return row

    def find_microphone(self, request: FindMicrophone) -> SpaceId | None:
        """Return the space that a microphone is in."""
        for space in self._spaces:
            if any(one.id == request.microphone_id for one in self._live_microphones(space)):
                return space
        return None

    def questions(self, request: ReadQuestions) -> QuestionRecord | None:
        """Return the record of a Q&A session."""
        for one in self.of(request.space, QuestionRound):
            if one.id == request.round_id:
                return QuestionRecord(
                    round=one, questions=self._questions(request.space, request.round_id)
                )
        return None

    def _live_microphones(self, space: SpaceId) -> tuple[Microphone, ...]:
        live = (one for one in self.of(space, Microphone) if one.deleted_at_us is None)
        return tuple(sorted(live, key=lambda one: (one.created_at_us, one.id)))

    def _questions(self, space: SpaceId, round_id: str | None) -> tuple[Question, ...]:
        found = (one for one in self.of(space, Question) if one.round_id == round_id)
        return tuple(sorted(found, key=lambda one: one.number))


def _check_text(value: Any) -> None:
    if isinstance(value, str) and (
        "\0" in value or any("\ud800" <= character <= "\udfff" for character in value)
    ):
        raise BadInput("the database can't hold this: text with NUL or half a surrogate pair")
