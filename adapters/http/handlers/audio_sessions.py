"""The data host's record of who spoke: rows that clients write about themselves.

The space writes its own speakers' turns; these rows stand beside them, without a number, and decide
nothing.
"""

from __future__ import annotations

from actors.person import Person
from actors.space.hall.refusals import AUDIO_MODES, BadAudioMode, GuestsListen
from actors.space.space_id import SpaceId
from actors.store_hall import AudioSessionRow, EndAudioSession, StartAudioSession
from actors.wire_time import iso_utc
from adapters.http.call import Call
from adapters.http.hall_answers import AudioSession, AudioSessionAnswer
from adapters.http.hall_requests import AudioSessionBody, EndSessionBody
from adapters.http.problems import NotFound, OtherAccount
from adapters.http.routing import Nothing
from engine.refusal import BadInput

_ID_MAX = 2**63 - 1


async def start_session(call: Call, _query: Nothing, body: AudioSessionBody) -> AudioSessionAnswer:
    """Record that the caller begins to speak.

    Raises:
        BadAudioMode: no such mode.
        GuestsListen: no account was proven.
        OtherAccount: the body names somebody else.
    """
    space = SpaceId.checked(body.space_type, body.space_id, body.subspace)
    if body.audio_mode not in AUDIO_MODES:
        raise BadAudioMode
    account = _account((await call.caller()).person)
    if body.user_account not in {None, account}:
        raise OtherAccount
    row: AudioSessionRow = await call.services.store.perform(
        StartAudioSession(
            space=space,
            user_account=account,
            audio_mode=body.audio_mode,
            listener_count=body.listener_count,
        )
    )
    return _answer(call, row)


async def end_session(call: Call, _query: Nothing, body: EndSessionBody) -> AudioSessionAnswer:
    """Record that the caller has finished.

    Raises:
        GuestsListen: no account was proven.
        NotFound: no such session of theirs, or it has ended.
    """
    account = _account((await call.caller()).person)
    text = call.parameters["session_id"]
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= _ID_MAX):
        raise BadInput("session_id: expected a whole number", field="session_id")
    row: AudioSessionRow | None = await call.services.store.perform(
        EndAudioSession(
            id=int(text),
            user_account=account,
            ended_reason=body.ended_reason,
            passed_to=body.passed_to,
        )
    )
    if row is None:
        raise NotFound
    return _answer(call, row)


def _account(person: Person) -> str:
    if person.account is None:
        raise GuestsListen
    return person.account


def _answer(call: Call, row: AudioSessionRow) -> AudioSessionAnswer:
    ended_us = row.session_end_us
    return AudioSessionAnswer(
        session=AudioSession(
            id=row.id,
            space_type=row.space.type,
            space_id=row.space.id,
            subspace=row.space.subspace,
            user_account=row.user_account,
            audio_mode=row.audio_mode,
            session_start=iso_utc(row.session_start_us),
            session_end=None if ended_us is None else iso_utc(ended_us),
            duration_seconds=row.duration_seconds,
            listener_count=row.listener_count,
            ended_reason=row.ended_reason,
            passed_to=row.passed_to,
        ),
        node=call.services.settings.node,
    )
