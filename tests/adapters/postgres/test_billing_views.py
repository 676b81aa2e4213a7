"""The tables of the product documents, read from the ledger: revenue, billing events, wallets."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from actors.ledger.accounts import ASSET_EXPONENTS
from actors.ledger.transfer import Command, Transfer, derived_id, one
from adapters.postgres.database import Database
from adapters.postgres.store import PostgresStore
from tests.actors.ledger.stories import HOLD_US, ROOT, Author, long_story
from tests.contracts.teller import ADA, BOB, ISSUE, Teller, tip
from tests.support.postgres import embedded_database, execute, fresh_schema

REVENUE = """
select space_type, space_id, space_owner, sum(amount) as total_revenue,
    sum(platform_fee) as platform_revenue, sum(creator_share) as creator_revenue
from payment_transactions
where status = 'confirmed'
group by space_type, space_id, space_owner
"""
"""What an operator asks: income of each space and its shares, by the columns' documented names."""


async def told(*commands: Command, pass_us: int = 0) -> Database:
    """Return a database in whose ledger these have happened, each in a batch of its own."""
    database = fresh_schema(embedded_database())
    store = PostgresStore(database)
    await store.connect()
    teller = Teller(store)
    for command in commands:
        await teller.batch(command)
        teller.now_us += pass_us
    await teller.batch()
    await store.aclose()
    return database


def sale(number: int, amount: int, asset: str, space_id: str, *, flag: Any = "plain") -> Command:
    """Return the sale of a ticket to a space: 85 % to its owner, 10 % platform, 5 % reserve."""
    parts = {"user:owner:main": amount * 85 // 100, "platform:revenue": amount // 10}
    parts["reserve:spaces"] = amount - sum(parts.values())
    details = {
        "space_type": "post",
        "space_id": space_id,
        "space_owner": "owner",
        "from": "ada",
        "to": "owner",
        "amount": str(amount),
        "creator_cut": str(parts["user:owner:main"]),
    }
    id_ = derived_id(ROOT, f"sale/{number}")
    transfers = tuple(
        Transfer(
            id=derived_id(id_, account),
            kind="space_ticket" if place == 0 else "space_ticket_share",
            debit=ADA,
            credit=account,
            asset=asset,
            amount=part,
            ref=f"space:post:{space_id}",
            flag=flag,
            timeout_us=HOLD_US if flag == "pending" else None,
            details=details if place == 0 else {},
        )
        for place, (account, part) in enumerate(parts.items())
    )
    return Command(id=id_, transfers=transfers)


def funds(asset: str, amount: int) -> Command:
    """Return the command that gives ada something to spend."""
    (transfer,) = tip(0, ISSUE, ADA, amount).transfers
    id_ = derived_id(ROOT, f"funds/{asset}")
    issue = f"issuance:{asset}"
    return one(replace(transfer, id=id_, kind="purchase", debit=issue, asset=asset))


async def test_the_operators_revenue_query_runs_and_adds_up() -> None:
    """Per space: 5 DLUX and 7 DLUX make 12; 10 % of it is the platform's, 85 % the owner's."""
    database = await told(
        funds("DLUX", 50_000),
        sale(1, 5_000, "DLUX", "author/permlink"),
        sale(2, 7_000, "DLUX", "author/permlink"),
        sale(3, 2_000, "DLUX", "author/other"),
        sale(4, 9_000, "DLUX", "author/other", flag="pending"),
    )

    rows = sorted(execute(database, REVENUE))

    assert rows == [
        ("post", "author/other", "owner", Decimal(2), Decimal("0.2"), Decimal("1.7")),
        ("post", "author/permlink", "owner", Decimal(12), Decimal("1.2"), Decimal("10.2")),
    ]


async def test_a_sale_is_pending_then_confirmed_or_failed() -> None:
    """A reservation is no income; it becomes one row when it is taken, and stays one when not."""
    held = sale(1, 5_000, "DLUX", "author/permlink", flag="pending")
    taken = Command(
        id=derived_id(ROOT, "take"),
        transfers=tuple(
            Transfer(
                id=derived_id(ROOT, f"take/{each.id}"),
                kind=each.kind,
                debit=each.debit,
                credit=each.credit,
                asset=each.asset,
                amount=each.amount,
                flag="post",
                pending_id=each.id,
                ref=each.ref,
                details=each.details,
            )
            for each in held.transfers
        ),
    )
    query = "select status, amount, platform_fee, creator_share from payment_transactions"
    figures = (Decimal(5), Decimal("0.5"), Decimal("4.25"))

    assert execute(await told(funds("DLUX", 9_000), held), query) == [("pending", *figures)]
    confirmed = await told(funds("DLUX", 9_000), held, taken)
    assert execute(confirmed, query) == [("confirmed", *figures)]
    over = await told(funds("DLUX", 9_000), held, pass_us=HOLD_US)
    assert execute(over, query) == [("failed", *figures)]


async def test_a_movement_is_two_billing_events() -> None:
    """The fan's charge and the creator's gain: same subject, opposite tokens, each its balance."""
    block = one(
        Transfer(
            id=derived_id(ROOT, "block"),
            kind="call",
            debit=ADA,
            credit=BOB,
            asset="TOK",
            amount=50,
            ref="call:c1",
            details={"block": 1},
        )
    )
    database = await told(funds("TOK", 120), block)

    rows = execute(
        database,
        "select user_id, subject_type, subject_id, reason, delta_tokens, balance_after, metadata"
        " from billing_events where subject_type = 'call' order by id",
    )

    assert [row[:6] for row in rows] == [
        ("ada", "call", "c1", "ppm", -50, 70),
        ("bob", "call", "c1", "ppm", 50, 50),
    ]
    assert execute(database, "select reason from billing_events where user_id is null") == [
        ("purchase",)
    ]


async def test_i1_billing_events_add_up_to_zero_and_holds_are_none() -> None:
    """Two rows a movement, none for what was only reserved; together they come to nothing."""
    author = Author("t")
    commands = [author.command(step) for step in long_story(5, 60) if not step.pass_us]
    database = await told(*(command for command in commands if command is not None))

    sums = execute(database, "select sum(delta_tokens), count(*) from billing_events")
    moved = execute(
        database, "select count(*) from ledger_transfers where flag in ('plain', 'post')"
    )

    assert sums == [(0, 2 * moved[0][0])]
    assert moved[0][0] > 5


async def test_wallets_tell_what_was_bought_earned_spent_and_paid_out() -> None:
    """Holds are not spendable, and no statistic; a purchase is not earned."""
    pay_out = one(
        Transfer(
            id=derived_id(ROOT, "out"),
            kind="payout",
            debit=BOB,
            credit="issuance:tokens",
            asset="TOK",
            amount=10,
        )
    )
    database = await told(
        funds("TOK", 100),
        tip(1, ADA, BOB, 30),
        tip(2, BOB, ADA, 5),
        pay_out,
        tip(3, ADA, BOB, 25, flag="pending"),
    )

    rows = execute(
        database,
        "select user_id, balance, held, lifetime_purchased, lifetime_earned, lifetime_spent,"
        " lifetime_paid_out from wallets order by user_id",
    )

    assert rows == [("ada", 50, 25, 100, 5, 30, 0), ("bob", 15, 0, 0, 30, 5, 10)]


async def test_the_database_knows_the_exponents_that_the_ledger_knows() -> None:
    """Decimals in reports and in statements are the same."""
    database = await told()

    rows = execute(database, "select asset, exponent from ledger_assets")

    assert dict(rows) == ASSET_EXPONENTS


@pytest.mark.parametrize(
    "query",
    [
        "select * from wallets where user_id = 'ada'",
        "select * from billing_events where account = 'user:ada:main' order by id desc limit 9",
        "select * from payment_transactions where space_type = 'post' and space_id = 'a/b'",
    ],
)
async def test_looking_one_up_reads_no_whole_table(query: str) -> None:
    """With many others in the books, somebody's own rows are found by an index."""
    database = await told(funds("TOK", 100), tip(1, ADA, BOB, 30))

    settings = {**database.options["server_settings"], "enable_seqscan": "off"}
    as_served = replace(database, options={**database.options, "server_settings": settings})

    plan = "\n".join(row[0] for row in execute(as_served, f"explain {query}"))

    assert "Seq Scan on ledger_transfers" not in plan, plan
    assert "Seq Scan on ledger_accounts" not in plan, plan
