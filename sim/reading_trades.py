"""Reads what the people of a scenario buy, sell, give and dispute."""

from __future__ import annotations

from typing import Any

from actors.money.dispute_records import DisputeKind
from actors.money.policy import TOKENS_MAX
from sim.people.part import Case
from sim.reading import Table, is_number, microseconds


def read_trades(table: Table, kind: str) -> dict[str, Any]:
    """Return what fans and creators do with money; visitors do nothing with it."""
    if kind == "visitor":
        return {}
    sells = table.table("sells")
    price = sells.whole("price", 0, low=0, high=TOKENS_MAX)
    seats = sells.whole("seats", 0, low=0, high=1_000_000)
    sells.done()
    return {
        "creates": kind == "creator",
        "sells": (price, seats or None) if price else None,
        "visits": table.flag("visits", default=True),
        "tokens": table.whole("tokens", 0, low=0, high=TOKENS_MAX),
        "tips": tuple(_tip(each) for each in table.tables("tips")),
        "seats": tuple(_seat(each) for each in table.tables("buys_seats")),
        "gives_back": tuple(_seat(each) for each in table.tables("gives_back")),
        "ends_show_us": table.maybe_seconds("ends_show_s"),
        "cashes_out": tuple(_taking(each) for each in table.tables("cashes_out")),
        "subscribes": tuple(_subscribes(each) for each in table.tables("subscribes")),
        "disputes": tuple(_case(each) for each in _for_operators(table, kind)),
        "takes_out": tuple(_taking(each) for each in table.tables("takes_out")),
        "looks_us": _times(table, "looks_s"),
        "watches": table.words("watches", ()),
        "sells_tickets": _sale(table.table("sells_tickets")),
        "calls_off_us": table.maybe_seconds("calls_off_s"),
        "buys_ticket_us": table.maybe_seconds("buys_ticket_s"),
        "buys_premium_us": _times(table, "buys_premium_s"),
    }


def _for_operators(table: Table, kind: str) -> list[Table]:
    return table.tables("disputes") if kind == "operator" else []


def _case(table: Table) -> Case:
    kinds: dict[str, DisputeKind] = {
        "tip": "tip", "seat": "stream_ticket", "ticket": "space_ticket", "call": "call",
    }  # fmt: skip
    verdict = table.text("verdict", "lost", one_of=("won", "lost"))
    case = Case(
        at_us=table.seconds("at_s"),
        kind=kinds[table.text("of", one_of=kinds)],
        by=table.text("by"),
        number=table.whole("number", 0, low=0, high=1_000),
        payee=table.text("payee"),
        decided_us=table.maybe_seconds("decided_s"),
        won=verdict == "won",
    )
    table.done()
    return case


def _taking(table: Table) -> tuple[int, int]:
    wish = table.seconds("at_s"), table.whole("tokens", low=1, high=TOKENS_MAX)
    table.done()
    return wish


def _times(table: Table, key: str) -> tuple[int, ...]:
    value = table.take(key, [])
    if not isinstance(value, list) or not all(is_number(one) and one >= 0 for one in value):
        table.wrong(key, "a list of seconds", value)
    return tuple(microseconds(one) for one in value)


def _subscribes(table: Table) -> tuple[int, str, str | None, int, bool]:
    order = (
        table.seconds("at_s"),
        table.text("tier", one_of=("basic", "premium", "pro")),
        table.take("code", None),
        table.whole("pays", 100, low=0, high=300),
        table.flag("calls_off", default=False),
    )
    table.done()
    return order


def _sale(table: Table) -> tuple[int, int, int | None] | None:
    price = table.whole("price", 0, low=0, high=TOKENS_MAX)
    seats = table.whole("seats", 0, low=0, high=1_000_000)
    at_us = table.seconds("at_s", 1)
    table.done()
    return (at_us, price, seats or None) if price else None


def _tip(table: Table) -> tuple[int, str, int]:
    tip = (
        table.seconds("at_s"),
        table.text("to"),
        table.whole("tokens", low=1, high=TOKENS_MAX),
    )
    table.done()
    return tip


def _seat(table: Table) -> tuple[int, str]:
    seat = table.seconds("at_s"), table.text("of")
    table.done()
    return seat
