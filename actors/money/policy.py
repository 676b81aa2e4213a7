"""The one configuration of money: who shares in what, what tokens cost and are worth.

Read from nested tables (TOML, JSON), checked whole, and written back in the same form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar, get_args

from actors.money.amounts import amount_text, duration_text, read_amount, read_duration_us
from actors.money.split import BPS, PAYEE, FeeBearer, Split

T = TypeVar("T")

Product = Literal["space", "event", "tip", "stream", "call", "subscription"]
PRODUCTS: Final[tuple[Product, ...]] = get_args(Product)

_PARTY: Final = re.compile(r"creator|(platform|fees|reserve):[a-z_]{1,32}")
_RECEIVER: Final = re.compile(r"[a-z][a-z0-9.-]{2,15}")
_PARTY_EXPECTED: Final = "`creator` or an account such as platform:revenue or fees:processing"
DAY_US: Final = 86_400_000_000
TOKENS_MAX: Final = 10**9
"""Tokens that one sale, tip or ticket may count."""
USERS_MAX: Final = 10_000
"""People in a space, as PRESENCE_SPACE_USERS_MAX may be at most."""


class PolicyError(ValueError):
    """The configuration of money cannot be used; the text names the place and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What becomes of a payment for one product.

    Attributes:
        split: who gets how much.
        release_us: how long the payee's share stays in escrow after delivery.
        refund_within_us: how long after delivery a buyer may have it back; never longer than the
            release takes, so that a refund never has to be fetched from somebody's pocket.
    """

    split: Split = field(default_factory=Split)
    release_us: int = 0
    refund_within_us: int = 0


@dataclass(frozen=True, slots=True)
class Pack:
    """So many tokens for so many minor units of an asset."""

    tokens: int
    price: int
    asset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSale:
    """What tokens cost, and what they are worth when they are cashed out.

    Attributes:
        redeem: minor units of `asset` for one token; of each sale this much is kept in reserve.
        cashout_lock_us: earnings younger than this cannot be cashed out: a card may still be
            charged back.
        cashout_min: the fewest tokens of a cash-out.
        second_approval_from: minor units from which two operators must approve a cash-out.
    """

    packs: tuple[Pack, ...] = (Pack(100, 999, "USD"),)
    redeem: int = 5
    asset: str = "USD"
    cashout_lock_us: int = 7 * DAY_US
    cashout_min: int = 1_000
    second_approval_from: int = 100_000

    def pack(self, tokens: int) -> Pack | None:
        """Return the pack of so many tokens."""
        return next((pack for pack in self.packs if pack.tokens == tokens), None)

    def worth(self, tokens: int) -> int:
        """Return what tokens are redeemed for, minor units."""
        return tokens * self.redeem

    def approvals_needed(self, tokens: int) -> int:
        """Return how many different operators must approve cashing out so many tokens."""
        return 2 if self.worth(tokens) >= self.second_approval_from else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPolicy:
    """How subscriptions are paid for and end.

    Attributes:
        receiver: whom payers send coins to.
        quote_us: how long a quoted price holds.
        top_up_us: how long after that the rest may still be paid.
        late_us: a payment so long after the quote is still in time.
        under_bps: how far under the price counts as paid, at most one dollar.
        slippage_bps: how far the price may have moved for a late payment to be taken as it is.
        grace_us: how long a subscription counts after it has run out.
    """

    receiver: str = "dlux-io"
    quote_us: int = 900_000_000
    top_up_us: int = DAY_US
    late_us: int = 120_000_000
    under_bps: int = 50
    slippage_bps: int = 200
    grace_us: int = 3 * DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumPolicy:
    """What a month of premium for a space costs, tokens, and how many people fit in for it."""

    price: int = 100
    users_max: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyPolicies:
    """All of it; every product has a policy. `dispute_fee`: tokens that losing a dispute costs."""

    products: Mapping[Product, Policy]
    token_sale: TokenSale = TokenSale()
    subscriptions: SubscriptionPolicy = SubscriptionPolicy()
    premium: PremiumPolicy = PremiumPolicy()
    dispute_fee: int = 0

    def written(self) -> dict[str, Any]:
        """Return the tables that `read_policies` reads as this."""
        sale = self.token_sale
        return {
            "policies": {name: _policy_table(policy) for name, policy in self.products.items()},
            "token_sale": {
                "packs": {amount_text(p.price, p.asset): p.tokens for p in sale.packs},
                "redeem": amount_text(sale.redeem, sale.asset),
                "cashout_lock": duration_text(sale.cashout_lock_us),
                "cashout_min": sale.cashout_min,
                "second_approval_from": amount_text(sale.second_approval_from, sale.asset),
            },
            "subscriptions": _subscription_table(self.subscriptions),
            "space_premium": {
                "price": self.premium.price,
                "users_max": self.premium.users_max,
            },
            "disputes": {"fee": self.dispute_fee},
        }


DEFAULT_TABLES: Final[Mapping[str, Any]] = {
    "policies": {
        "space": {
            "split": [["platform:revenue", 1000], [PAYEE, 8500]],
            "remainder_to": "fees:processing",
        },
        "event": {
            "split": [["platform:revenue", 2000]],
            "remainder_to": PAYEE,
            "release": "7d",
        },
        "tip": {"split": [], "remainder_to": PAYEE},
        "stream": {"split": [], "remainder_to": PAYEE},
        "call": {"split": [], "remainder_to": PAYEE},
        "subscription": {"split": [], "remainder_to": "platform:revenue"},
    },
    "token_sale": {"packs": {"9.99 USD": 100}, "redeem": "0.05 USD", "cashout_lock": "7d"},
}


def read_policies(tables: Mapping[str, Any]) -> MoneyPolicies:
    """Return the policies that nested tables describe; what they leave out is as by default.

    Raises:
        PolicyError: an unknown name, a value out of its bounds, or figures that contradict each
            other; the text says where and what was expected.
    """
    _only(tables, {"policies", "token_sale", "subscriptions", "space_premium", "disputes"}, "")
    given = _table(tables.get("policies", {}), "policies")
    _only(given, set(PRODUCTS), "policies")
    products = {
        name: _policy(given.get(name, DEFAULT_TABLES["policies"][name]), f"policies.{name}")
        for name in PRODUCTS
    }
    if products["call"].release_us:
        raise PolicyError(
            "policies.call.release: expected 0d; a block is its payees' when it is charged"
        )
    split = products["subscription"].split
    if PAYEE in (split.remainder_to, *(party for party, _ in split.parts)):
        raise PolicyError(
            "policies.subscription: expected accounts of the platform only; a subscription has no "
            "creator"
        )
    sale = _table(tables.get("token_sale", DEFAULT_TABLES["token_sale"]), "token_sale")
    subscriptions = _table(tables.get("subscriptions", {}), "subscriptions")
    return MoneyPolicies(
        products=products,
        token_sale=_token_sale(sale),
        subscriptions=_subscriptions(subscriptions),
        premium=_premium(_table(tables.get("space_premium", {}), "space_premium")),
        dispute_fee=_dispute_fee(_table(tables.get("disputes", {}), "disputes")),
    )


def _dispute_fee(table: Mapping[str, Any]) -> int:
    _only(table, {"fee"}, "disputes")
    fee = table.get("fee", 0)
    if type(fee) is not int or not 0 <= fee <= TOKENS_MAX:
        raise PolicyError(f"disputes.fee: expected 0 to {TOKENS_MAX} tokens, got {fee!r}")
    return fee


def _premium(table: Mapping[str, Any]) -> PremiumPolicy:
    at = "space_premium"
    _only(table, {"price", "users_max"}, at)
    people = table.get("users_max", PremiumPolicy().users_max)
    if type(people) is not int or not 0 < people <= USERS_MAX:
        raise PolicyError(f"{at}.users_max: expected 1 to {USERS_MAX} people, got {people!r}")
    price = _tokens(table.get("price", PremiumPolicy().price), f"{at}.price")
    return PremiumPolicy(price=price, users_max=people)


_LENGTHS: Final = {"quote": "quote_us", "top_up": "top_up_us", "late": "late_us",
                   "grace": "grace_us"}  # fmt: skip


def _subscriptions(table: Mapping[str, Any]) -> SubscriptionPolicy:
    at = "subscriptions"
    parts = ("under_bps", "slippage_bps")
    _only(table, {*_LENGTHS, *parts, "receiver"}, at)
    fields: dict[str, Any] = {
        field: _read(read_duration_us, table[name], f"{at}.{name}")
        for name, field in _LENGTHS.items()
        if name in table
    }
    for name in parts:
        bps = table.get(name, 0)
        if type(bps) is not int or not 0 <= bps <= BPS:
            raise PolicyError(f"{at}.{name}: expected 0 to {BPS} basis points, got {bps!r}")
        if name in table:
            fields[name] = bps
    if "receiver" in table:
        receiver = table["receiver"]
        if not isinstance(receiver, str) or not _RECEIVER.fullmatch(receiver):
            raise PolicyError(f"{at}.receiver: expected the name of an account, got {receiver!r}")
        fields["receiver"] = receiver
    policy = SubscriptionPolicy(**fields)
    if policy.grace_us > 14 * DAY_US:
        raise PolicyError(f"{at}.grace: expected at most 14d, less than the shortest subscription")
    if policy.quote_us == 0:
        raise PolicyError(f"{at}.quote: expected more than nothing, or nobody can pay in time")
    return policy


def _subscription_table(policy: SubscriptionPolicy) -> dict[str, Any]:
    lengths = {name: duration_text(getattr(policy, field)) for name, field in _LENGTHS.items()}
    return {
        "receiver": policy.receiver,
        "under_bps": policy.under_bps,
        "slippage_bps": policy.slippage_bps,
        **lengths,
    }


def _policy(value: Any, at: str) -> Policy:
    table = _table(value, at)
    _only(table, {"split", "remainder_to", "release", "refund_within", "fee_bearer"}, at)
    if "remainder_to" not in table:
        raise PolicyError(
            f"{at}.remainder_to: required, so that no part of a payment is unassigned; "
            f"expected {_PARTY_EXPECTED}"
        )
    rows = table.get("split", [])
    if not isinstance(rows, list | tuple):
        raise PolicyError(f"{at}.split: expected a list of [account, basis points]")
    parts = tuple(_part(row, f"{at}.split[{number}]") for number, row in enumerate(rows))
    names = [party for party, _ in parts]
    if len(set(names)) < len(names):
        raise PolicyError(f"{at}.split: expected each account once")
    total = sum(bps for _, bps in parts)
    if total > BPS:
        raise PolicyError(f"{at}.split: expected at most {BPS} basis points together, got {total}")
    bearer = table.get("fee_bearer", "platform")
    if bearer not in get_args(FeeBearer):
        raise PolicyError(f"{at}.fee_bearer: expected platform or creator, got {bearer!r}")
    release_us = _read(read_duration_us, table.get("release", "0d"), f"{at}.release")
    refund_us = _read(read_duration_us, table.get("refund_within", "0d"), f"{at}.refund_within")
    if refund_us > release_us:
        raise PolicyError(
            f"{at}.refund_within: expected at most the release of {duration_text(release_us)}, "
            "so that a refund is taken from escrow and never from what was paid out"
        )
    split = Split(
        parts=parts,
        remainder_to=_party(table["remainder_to"], f"{at}.remainder_to"),
        fee_bearer=bearer,
    )
    return Policy(split=split, release_us=release_us, refund_within_us=refund_us)


def _part(row: Any, at: str) -> tuple[str, int]:
    if not isinstance(row, list | tuple) or len(row) != 2:
        raise PolicyError(f"{at}: expected [account, basis points], got {row!r}")
    bps = row[1]
    if type(bps) is not int or not 0 <= bps <= BPS:
        raise PolicyError(f"{at}: expected 0 to {BPS} basis points, got {bps!r}")
    return _party(row[0], at), bps


def _party(value: Any, at: str) -> str:
    if not isinstance(value, str) or not _PARTY.fullmatch(value):
        raise PolicyError(f"{at}: expected {_PARTY_EXPECTED}, got {value!r}")
    return value


def _token_sale(table: Mapping[str, Any]) -> TokenSale:
    at = "token_sale"
    known = {"packs", "redeem", "cashout_lock", "cashout_min", "second_approval_from"}
    _only(table, known, at)
    redeem, asset = _read(read_amount, table.get("redeem", "0.05 USD"), f"{at}.redeem")
    if redeem < 1:
        raise PolicyError(f"{at}.redeem: expected more than nothing for a token")
    packs_table = _table(table.get("packs", {}), f"{at}.packs")
    packs = tuple(
        _pack(price, tokens, redeem, asset, f"{at}.packs") for price, tokens in packs_table.items()
    )
    if len({pack.tokens for pack in packs}) < len(packs):
        raise PolicyError(f"{at}.packs: expected each number of tokens once")
    second, second_asset = _read(
        read_amount,
        table.get("second_approval_from", amount_text(100_000, "USD")),
        f"{at}.second_approval_from",
    )
    if second_asset != asset:
        raise PolicyError(f"{at}.second_approval_from: expected an amount in {asset}")
    lock = table.get("cashout_lock", "7d")
    return TokenSale(
        packs=tuple(sorted(packs, key=lambda pack: pack.tokens)),
        redeem=redeem,
        asset=asset,
        cashout_lock_us=_read(read_duration_us, lock, f"{at}.cashout_lock"),
        cashout_min=_tokens(table.get("cashout_min", 1_000), f"{at}.cashout_min"),
        second_approval_from=second,
    )


def _pack(price_text: str, tokens: Any, redeem: int, asset: str, at: str) -> Pack:
    at = f'{at}."{price_text}"'
    price, priced_in = _read(read_amount, price_text, at)
    tokens = _tokens(tokens, at)
    if priced_in != asset:
        raise PolicyError(f"{at}: expected a price in {asset}, in which tokens are redeemed")
    if price < tokens * redeem:
        raise PolicyError(
            f"{at}: {tokens} tokens are redeemed for {amount_text(tokens * redeem, asset)}, more "
            "than they cost; raise the price or lower `redeem`"
        )
    return Pack(tokens, price, priced_in)


def _tokens(value: Any, at: str) -> int:
    if type(value) is not int or not 0 < value <= TOKENS_MAX:
        raise PolicyError(f"{at}: expected 1 to {TOKENS_MAX} tokens, got {value!r}")
    return value


def _policy_table(policy: Policy) -> dict[str, Any]:
    return {
        "split": [list(part) for part in policy.split.parts],
        "remainder_to": policy.split.remainder_to,
        "fee_bearer": policy.split.fee_bearer,
        "release": duration_text(policy.release_us),
        "refund_within": duration_text(policy.refund_within_us),
    }


def _read(read: Callable[[str], T], value: Any, at: str) -> T:
    if not isinstance(value, str):
        raise PolicyError(f"{at}: expected text, got {value!r}")
    try:
        return read(value)
    except ValueError as error:
        raise PolicyError(f"{at}: {error}, got {value!r}") from None


def _table(value: Any, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PolicyError(f"{at}: expected a table, got {value!r}")
    return value


def _only(table: Mapping[str, Any], known: set[str], at: str) -> None:
    for name in table:
        if name not in known:
            place = f"{at}.{name}".lstrip(".")
            raise PolicyError(f"{place}: unknown; expected one of {', '.join(sorted(known))}")


DEFAULT_POLICIES: Final = read_policies(DEFAULT_TABLES)
