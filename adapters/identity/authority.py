"""Whose signature counts for an account: Hive's rule for posting authority, pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.identity.hive_keys import BadKey, public_key_from_text
from adapters.identity.names import is_account_name

DELEGATION_DEPTH_MAX = 2  # the chain's own limit


@dataclass(frozen=True, slots=True)
class Authority:
    """Keys and accounts whose weights, summed, must reach the threshold."""

    threshold: int
    keys: tuple[tuple[bytes, int], ...] = ()  # compressed public key, weight
    accounts: tuple[tuple[str, int], ...] = ()  # account whose posting authority counts, weight


NOBODY = Authority(threshold=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAuthorities:
    """The three authorities of an account that satisfy posting. The memo key is not one of them."""

    account: str
    posting: Authority
    active: Authority = field(default=NOBODY)
    owner: Authority = field(default=NOBODY)


def satisfies_posting(
    account: str, signed: Collection[bytes], known: Mapping[str, AccountAuthorities]
) -> bool:
    """Whether the holders of the `signed` keys may post as `account`.

    Active and owner satisfy posting too. A delegate counts by its own posting authority, at most
    two accounts away. The same key twice is one key.

    Args:
        account: who the signers say they are.
        signed: compressed public keys recovered from signatures.
        known: the authorities of `account` and of everybody in its delegations; whoever is missing
            adds no weight.
    """
    authorities = known.get(account)
    if authorities is None:
        return False
    keys = frozenset(signed)
    return any(
        _reached(authority, keys, known, depth=0)
        for authority in (authorities.posting, authorities.active, authorities.owner)
    )


def delegates(authorities: AccountAuthorities, *, posting_only: bool) -> set[str]:
    """Return the accounts that may act for this one."""
    counted = [authorities.posting]
    if not posting_only:
        counted += [authorities.active, authorities.owner]
    return {name for authority in counted for name, _ in authority.accounts}


def authorities_from_json(account: str, row: Mapping[str, Any]) -> AccountAuthorities:
    """Read posting, active and owner from a row of a Hive node's `get_accounts`.

    Raises:
        ValueError: the row does not have the node's form.
    """
    return AccountAuthorities(
        account=account,
        posting=_authority(row.get("posting")),
        active=_authority(row["active"]) if "active" in row else NOBODY,
        owner=_authority(row["owner"]) if "owner" in row else NOBODY,
    )


def _authority(value: Any) -> Authority:
    try:
        return Authority(
            threshold=_weight(value["weight_threshold"]),
            keys=tuple(
                (public_key_from_text(key), _weight(weight)) for key, weight in value["key_auths"]
            ),
            accounts=tuple(
                (_name(name), _weight(weight)) for name, weight in value["account_auths"]
            ),
        )
    except (KeyError, TypeError, AttributeError, BadKey) as error:
        raise ValueError(f"authority in an unexpected form: {error}") from error


def _weight(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("weight: expected a whole number")
    return value


def _name(value: Any) -> str:
    if not is_account_name(value):
        raise TypeError("account name expected")
    return str(value)


def _reached(
    authority: Authority,
    signed: frozenset[bytes],
    known: Mapping[str, AccountAuthorities],
    *,
    depth: int,
) -> bool:
    if authority.threshold < 1:
        return False  # The chain calls this "open to all"; a login must not be.
    weights = {key: weight for key, weight in authority.keys if key in signed}
    total = sum(weights.values())
    if total >= authority.threshold:
        return True
    if depth == DELEGATION_DEPTH_MAX:
        return False
    for name, weight in dict(authority.accounts).items():
        delegate = known.get(name)
        if delegate and _reached(delegate.posting, signed, known, depth=depth + 1):
            total += weight
    return total >= authority.threshold
