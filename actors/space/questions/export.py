"""The record of a Q&A session as rows, JSON and CSV. Pure."""

from __future__ import annotations

from actors.csv import csv_text
from actors.space.hall.state import JsonObject
from actors.store_hall import Question, QuestionRecord
from actors.wire_time import iso_utc

COLUMNS = (
    "number", "turn", "user_account", "text", "votes", "status", "asked_at", "picked_at",
    "ended_at",
)  # fmt: skip


def export_rows(record: QuestionRecord) -> list[JsonObject]:
    """Return those that were asked aloud, in that order, then the others by number."""
    return [
        {
            "number": one.number,
            "turn": one.turn,
            "user_account": one.user_account,
            "text": one.text,
            "votes": one.votes,
            "status": one.status,
            "asked_at": iso_utc(one.asked_at_us),
            "picked_at": _iso(one.picked_at_us),
            "ended_at": _iso(one.ended_at_us),
        }
        for one in sorted(record.questions, key=_order)
    ]


def export_json(record: QuestionRecord) -> JsonObject:
    """Return the session and its questions as one JSON object."""
    session = record.round
    return {
        "id": session.id,
        "title": session.title,
        "host": session.host,
        "opened_at": iso_utc(session.opened_at_us),
        "closed_at": _iso(session.closed_at_us),
        "questions": export_rows(record),
    }


def export_csv(record: QuestionRecord) -> str:
    """Return the questions as RFC 4180 CSV with a header line.

    Text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    return csv_text(COLUMNS, export_rows(record))


def _order(question: Question) -> tuple[bool, int, int]:
    return question.turn is None, question.turn or 0, question.number


def _iso(time_us: int | None) -> str | None:
    return None if time_us is None else iso_utc(time_us)
