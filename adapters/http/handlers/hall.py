"""A space's hall over HTTP: each route is the socket event of the same meaning."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from actors.space.entry import check_access
from actors.space.hall.messages import Act
from actors.space.hall.refusals import GuestsListen, NoSuchMicrophone, NotPermitted
from actors.space.hearing.ledger_export import audibility_csv, audibility_view
from actors.space.questions.export import export_csv, export_json
from actors.space.space_id import SpaceId
from actors.store import ReadFacts, SpaceRead
from actors.store_audibility import Batch, ReadAudibility
from actors.store_hall import FindMicrophone, QuestionRecord, ReadQuestions
from adapters.http.call import Call, Download
from adapters.http.hall_answers import Audibility, Questions, QuestionsRecord
from adapters.http.hall_requests import AudibilityQuery, ExportQuery
from adapters.http.handlers.common import ask
from adapters.http.problems import NotFound
from adapters.http.requests import SpaceQuery
from adapters.http.routing import Nothing
from adapters.realtime.hall_events import deed_of
from engine.refusal import BadInput

Handler = Callable[[Call, Any, Any], Awaitable[Any]]

_PATH = frozenset({"space_type", "space_id"})


def does(event: str, answer: type[msgspec.Struct]) -> Handler:
    """Return a handler that does what a socket event does, in the space that the path names.

    Fields come from the query, the body and the path, in this order; the path wins.
    """

    async def handler(call: Call, query: msgspec.Struct, body: msgspec.Struct) -> msgspec.Struct:
        fields = {**_fields(query), **_fields(body)}
        space = call.space(fields.pop("subspace", "main"))
        return await _do(call, space, event, fields, answer)

    return handler


def does_with_microphone(event: str, answer: type[msgspec.Struct]) -> Handler:
    """Return a handler that does what a socket event does with the microphone of the path."""

    async def handler(call: Call, _query: Nothing, body: msgspec.Struct) -> msgspec.Struct:
        microphone_id = call.parameters["microphone_id"]
        space: SpaceId | None = await call.services.store.perform(
            FindMicrophone(microphone_id=microphone_id)
        )
        if space is None:
            raise NoSuchMicrophone
        return await _do(call, space, event, _fields(body), answer)

    return handler


async def read_questions(call: Call, query: SpaceQuery, _body: Nothing) -> Questions:
    """Show the open Q&A session."""
    shown = await _act(call, call.space(query.subspace), "audio-state", {})
    answer = {"questions": shown["questions"], "node": call.services.settings.node}
    return msgspec.convert(answer, Questions)


async def export_questions(
    call: Call, query: ExportQuery, _body: Nothing
) -> QuestionsRecord | Download:
    """Return the record of a Q&A session to whoever may enter the space.

    Raises:
        BadInput: no such format.
        NotFound: no such session in this space.
        Refusal: the space is not for this caller.
    """
    _check_format(query.format)
    caller = await call.caller()
    space = call.space(query.subspace)
    found: SpaceRead = await call.services.store.perform(ReadFacts(space=space))
    check_access(
        space,
        found.facts,
        found.settings,
        call.guest(caller),
        open_unlisted=call.services.settings.open_unlisted,
    )
    round_id = call.parameters["round_id"]
    record: QuestionRecord | None = await call.services.store.perform(
        ReadQuestions(space=space, round_id=round_id)
    )
    if record is None:
        raise NotFound
    if query.format == "csv":
        return Download(
            text=export_csv(record),
            media_type="text/csv; charset=utf-8",
            file_name=f"questions-{record.round.id}.csv",
        )
    node = call.services.settings.node
    return msgspec.convert({**export_json(record), "node": node}, QuestionsRecord)


async def read_audibility(
    call: Call, query: AudibilityQuery, _body: Nothing
) -> Audibility | Download:
    """Show administrators who could hear whom at a moment.

    Raises:
        BadInput: no such format.
        GuestsListen: the caller didn't prove an account.
        NotPermitted: the caller doesn't administer the space.
        Refusal: the space is not for this caller.
    """
    _check_format(query.format)
    space = call.space(query.subspace)
    if (await call.caller()).person.account is None:
        raise GuestsListen
    shown = await _act(call, space, "audio-state", {})
    if not shown["abilities"]["administer"]:
        raise NotPermitted("admin")
    at_us = query.at * 1000
    batches: tuple[Batch, ...] = await call.services.store.perform(
        ReadAudibility(space=space, at_us=at_us)
    )
    view = audibility_view(batches, at_us, listener=query.listener, source=query.source)
    if query.format == "csv":
        return Download(
            text=audibility_csv(view),
            media_type="text/csv; charset=utf-8",
            file_name=f"audibility-{query.at}.csv",
        )
    return msgspec.convert({**view, "node": call.services.settings.node}, Audibility)


def _check_format(text: str) -> None:
    if text not in {"json", "csv"}:
        raise BadInput("format: expected json or csv", field="format")


async def _do(
    call: Call, space: SpaceId, event: str, fields: dict[str, Any], answer: type[msgspec.Struct]
) -> msgspec.Struct:
    path = {name: value for name, value in call.parameters.items() if name not in _PATH}
    if "number" in path:
        fields["number"] = _whole(path.pop("number"))
    done = await _act(call, space, event, {**fields, **path})
    return msgspec.convert({**done, "node": call.services.settings.node}, answer)


async def _act(call: Call, space: SpaceId, event: str, fields: dict[str, Any]) -> dict[str, Any]:
    deed = deed_of(event, fields)
    person = call.guest(await call.caller())
    answer: dict[str, Any] = await ask(call, space.address, Act(person=person, deed=deed))
    return answer


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return fields


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise BadInput("number: expected a whole number from 1", field="number")
    return int(text)
