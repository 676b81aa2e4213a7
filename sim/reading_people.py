"""Reads who takes part in a scenario, and what they do beside money."""

from __future__ import annotations

from typing import Any

from actors.chat.rules import utf16_length
from actors.space.space_id import SpaceId
from adapters.realtime.hall_events import HALL_ERROR_EVENTS, deed_of
from engine.refusal import BadInput
from sim.people.kinds import PEOPLE
from sim.people.part import Doing, Part, Phone, Words
from sim.reading import Table
from sim.reading_trades import read_trades


def read_people(table: Table, space: SpaceId) -> list[Part]:
    """Return the people of one `[[people]]`; they are in `space` where it names no other."""
    kind = table.text("kind", one_of=PEOPLE)
    name = table.text("name")
    if len(name) > 12 or not name.replace("-", "").isalnum() or not name.isascii():
        table.wrong("name", "at most 12 letters, digits and dashes", name)
    count = table.whole("count", 1, low=1, high=10_000)
    poses = table.text("poses", "mixed", one_of=("events", "binary", "mixed"))
    apart_us = table.seconds("apart_s", 0.2)
    arrives_us = table.seconds("arrives_s", 0)
    common: dict[str, Any] = {
        "kind": kind,
        "account": table.flag("account", default=False),
        "space": table.space("space", space),
        "leaves_us": table.maybe_seconds("leaves_s"),
        "moves": tuple(_move(each) for each in table.tables("moves")),
        "walks_mm": _waypoints(table),
        "mm_per_s": table.whole("mm_per_s", 1400, low=1, high=100_000),
        "poses_hz": table.whole("poses_hz", 5, low=1, high=60),
        "says": tuple(_words(each) for each in table.tables("says")),
        "calls": table.whole("calls", 1, low=0, high=100),
        "props": table.whole("props", 0, low=0, high=20),
        "does": tuple(_doing(each) for each in table.tables("does")),
        "talks_us": table.maybe_seconds("talks_s"),
        "passes_to": table.take("passes_to", None),
        **read_trades(table, kind),
        **_phones(table, kind),
    }
    if kind != "visitor" and not common["account"]:
        table.wrong("account", "true: only a proven account has a wallet", common["account"])
    table.done()
    names = [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
    return [
        Part(
            name=each,
            arrives_us=arrives_us + number * apart_us,
            binary_poses=poses == "binary" or (poses == "mixed" and number % 2 == 1),
            **common,
        )
        for number, each in enumerate(names)
    ]


def _move(table: Table) -> tuple[int, SpaceId]:
    move = table.seconds("at_s"), table.space("space")
    table.done()
    return move


def _phones(table: Table, kind: str) -> dict[str, Any]:
    """Return what callers do with their telephones; nobody else has one."""
    if kind != "caller":
        return {}
    return {
        "phones": tuple(_phone(each) for each in table.tables("phones")),
        "answers": table.flag("answers", default=True),
    }


def _phone(table: Table) -> Phone:
    pauses = tuple(_pause(each) for each in table.tables("pauses"))
    phone = Phone(
        at_us=table.seconds("at_s"),
        to=table.text("to"),
        rate=table.whole("rate", 100, low=1, high=10**6),
        pauses=pauses,
        ends_us=table.maybe_seconds("ends_s"),
    )
    table.done()
    return phone


def _pause(table: Table) -> tuple[int, int]:
    pause = table.seconds("at_s"), table.seconds("until_s")
    table.done()
    return pause


def _words(table: Table) -> Words:
    words = Words(at_us=table.seconds("at_s"), text=table.text("text"))
    if utf16_length(words.text) > 1900:
        table.wrong("text", "at most 1900 characters", f"{words.text[:20]}…")
    table.done()
    return words


def _doing(table: Table) -> Doing:
    doing = Doing(
        at_us=table.seconds("at_s"),
        event=table.text("event", one_of=HALL_ERROR_EVENTS),
        payload=table.values("with"),
    )
    table.done()
    try:
        deed_of(doing.event, {"microphone_id": "any", **doing.payload})
    except BadInput as error:
        table.wrong("with", f"what {doing.event} takes: {error}", doing.payload)
    return doing


def _waypoints(table: Table) -> tuple[tuple[int, int], ...]:
    value = table.take("walks_mm", [])
    corners = value if isinstance(value, list) else [None]
    points = [tuple(one) for one in corners if isinstance(one, list) and len(one) == 2]
    if len(points) != len(corners) or not all(type(mm) is int for one in points for mm in one):
        table.wrong("walks_mm", "a list of [x, z] in whole millimetres", value)
    return tuple((x, z) for x, z in points)
