"""Tickets for money from outside, and credit, told over Postgres too (see `test_stories`)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.actors.subscriptions import test_ticket_invoices
from tests.support.beside import postgres_beside


@settings(max_examples=15)
@given(
    story=st.lists(test_ticket_invoices.moves, max_size=9),
    reply_us=st.sampled_from([0, 3_000]),
)
def test_tickets_and_credit(story: list[tuple[str, int]], reply_us: int) -> None:
    """I4, I20, I21: bought, called off and paid back at once, each unit is somewhere, and once."""
    told: Any = test_ticket_invoices.test_credit_is_never_spent_twice
    with postgres_beside():
        told.hypothesis.inner_test(story, reply_us)
