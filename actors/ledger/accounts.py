"""Which accounts there are, and which of them may not go below zero.

A balance is credits minus debits: what the ledger owes the account's holder. Over all accounts of
an asset balances add up to zero, so what people hold stands as a debt in `issuance`, `chain` or
`fx`.
"""

from __future__ import annotations

from typing import Final

_UNLIMITED: Final = ("issuance:", "fx:", "chain:", "platform:", "fees:")
"""Classes that may owe: the outside world's side of the books, and the platform's own."""

ASSET_EXPONENTS: Final = {
    "USD": 2,
    "TOK": 0,
    "HIVE": 3,
    "HBD": 3,
    "DLUX": 3,
    "BTC": 8,
    "SOL": 9,
    "XMR": 12,
    "ETH": 18,
    "POL": 18,
    "BNB": 18,
}
"""Digits after the point: one USD is 100 minor units."""


def user_main(account: str) -> str:
    """Return the account of what a person can spend."""
    return f"user:{account}:main"


def user_credit(account: str) -> str:
    """Return the account of what a person overpaid and may have back."""
    return f"user:{account}:credit"


def creator(account: str, part: str) -> str:
    """Return a creator's account; `part` is escrow, available, payout or debt."""
    return f"creator:{account}:{part}"


def floor(account: str) -> int | None:
    """Return what posted minus reserved may not go below; None: it may owe without limit."""
    if account.startswith(_UNLIMITED) or (
        account.startswith("creator:") and account.endswith(":debt")
    ):
        return None
    return 0
