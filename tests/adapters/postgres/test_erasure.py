"""What people wrote stands beside the ledger: erased, no sum and no seal changes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.calls.messages import StartCall, call_address
from actors.money.policy import read_policies
from actors.stream.messages import CreateStream, stream_address
from actors.wallet.actor import wallet_address
from actors.wallet.messages import Approve, CashOut, ConfirmPaid
from engine.outcome import Ok
from tests.actors.money.fair import Fair, code
from tests.support.beside import Schema, postgres_beside

DOCS = Path(__file__).parents[3] / "docs" / "rules" / "ledger.md"
LEDGER = (
    "ledger_accounts", "ledger_batches", "ledger_commands", "ledger_frozen", "ledger_pendings",
    "ledger_seals", "ledger_transfers",
)  # fmt: skip
EVERYWHERE = (*LEDGER, "billing_events", "wallets", "stream_tickets")
AT_ONCE = read_policies({"token_sale": {"packs": {"9.99 USD": 100}, "cashout_lock": "0d",
                                        "cashout_min": 1}})  # fmt: skip
WORDS = "Nadia, 7 Rua das Flores"
steps = st.lists(st.sampled_from(["tip", "show", "ring", "cash out", "wait"]), max_size=8)


def erasure() -> list[str]:
    """Return the statements of the documentation."""
    (block,) = re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return [each.strip() for each in block.split(";") if each.strip()]


def live(fair: Fair, step: str) -> None:
    """Do something with words in it; ann and cleo are the accounts of one person."""
    match step:
        case "tip":
            fair.tip("ann", "cleo", 3, message=WORDS)
        case "show":
            show = CreateStream(creator="cleo", type="private", title=WORDS, description=WORDS,
                                category=WORDS[:16], price=2, seats=None)  # fmt: skip
            assert code(fair.ask(stream_address(fair.new_id()), show)) == "ok"
        case "ring":
            ring = StartCall(fan="ann", creator="cleo", initiator="fan", rate=20, message=WORDS)
            fair.ask(call_address(fair.new_id()), ring)
        case "cash out":
            payout = fair.new_id()
            for wish in (
                CashOut(payout=payout, tokens=1),
                Approve(payout=payout, approver="op"),
                ConfirmPaid(payout=payout, operator="op", reference=WORDS),
            ):
                if not isinstance(fair.ask(wallet_address("cleo"), wish), Ok):
                    return
        case _:
            fair.run(100)


def everything(schema: Schema, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    return {each: schema.fetch(f"select * from {each} order by 1, 2") for each in tables}


@settings(max_examples=12)
@given(story=steps)
def test_erasing_a_person_changes_no_money(story: list[str]) -> None:
    """I51: no row, balance, view of movements or seal changes, and the ledger still verifies.

    No row of the ledger holds a word that anybody wrote, before or after.
    """
    with postgres_beside() as stores:
        fair = Fair(money=AT_ONCE)
        fair.enrol("cleo")
        fair.give("ann", 300)
        for step in ("tip", "show", "ring", "cash out", *story):
            live(fair, step)
        (store,) = stores
        store.seal()
        schema = store.schema
        before = everything(schema, *EVERYWHERE)
        assert "Nadia" not in str(before)
        said = everything(schema, "tip_messages", "streams", "calls", "token_payouts")
        assert all("Nadia" in str(rows) for rows in said.values())

        for account in ("ann", "cleo"):
            for statement in erasure():
                schema.fetch(statement, account)

        assert everything(schema, *EVERYWHERE) == before
        assert schema.problems() == ()
        assert "Nadia" not in str(everything(schema, *schema.tables))
        fair.memory.calls.calls.clear()  # Its words stand there still.
