"""Whose signatures count for an account."""

from __future__ import annotations

import pytest

from adapters.identity.authority import (
    AccountAuthorities,
    Authority,
    authorities_from_json,
    satisfies_posting,
)
from tests.adapters.identity.hive_node import NULL_KEY, account, authority

K1, K2, K3 = (bytes([2]) + bytes([n]) * 32 for n in (1, 2, 3))


def known(*rows: AccountAuthorities) -> dict[str, AccountAuthorities]:
    return {row.account: row for row in rows}


@pytest.mark.parametrize("role", ["posting", "active", "owner"])
def test_posting_active_and_owner_keys_all_satisfy_posting(role: str) -> None:
    """As on the chain: a higher key can do what a lower one can."""
    authorities = {"posting": Authority(1), role: Authority(1, ((K1, 1),))}
    alice = AccountAuthorities(account="alice", **authorities)

    assert satisfies_posting("alice", [K1], known(alice))
    assert not satisfies_posting("alice", [K2], known(alice))
    assert not satisfies_posting("bob", [K1], known(alice))


def test_distinct_keys_weights_are_summed_up_to_the_threshold() -> None:
    """Two halves make a whole; the same half twice does not."""
    shared = Authority(3, ((K1, 1), (K2, 2), (K3, 1)))
    alice = known(AccountAuthorities(account="alice", posting=shared))

    assert satisfies_posting("alice", [K1, K2], alice)
    assert not satisfies_posting("alice", [K2, K2], alice)
    assert not satisfies_posting("alice", [K1, K3], alice)


def test_keys_of_different_authorities_do_not_add_up() -> None:
    """Half of posting and half of active are not one whole."""
    half, other_half = Authority(2, ((K1, 1),)), Authority(2, ((K2, 1),))
    alice = AccountAuthorities(account="alice", posting=half, active=other_half)

    assert not satisfies_posting("alice", [K1, K2], known(alice))


def test_delegates_are_followed_two_accounts_deep_and_no_further() -> None:
    """The chain's own limit."""

    def delegating(name: str, to: str) -> AccountAuthorities:
        return AccountAuthorities(account=name, posting=Authority(1, (), ((to, 1),)))

    chain = known(
        delegating("ann", "bea"),
        delegating("bea", "cat"),
        delegating("cat", "dot"),
        AccountAuthorities(account="dot", posting=Authority(1, ((K1, 1),))),
    )

    assert satisfies_posting("dot", [K1], chain)
    assert satisfies_posting("cat", [K1], chain)
    assert satisfies_posting("bea", [K1], chain)
    assert not satisfies_posting("ann", [K1], chain)


def test_a_delegate_counts_by_its_posting_authority_alone() -> None:
    """Holding a delegate's owner key is not what was delegated to."""
    alice = AccountAuthorities(account="alice", posting=Authority(1, (), (("bob", 1),)))
    bob = AccountAuthorities(account="bob", posting=Authority(1), owner=Authority(1, ((K1, 1),)))

    assert not satisfies_posting("alice", [K1], known(alice, bob))


def test_a_circle_of_delegations_ends() -> None:
    """Two accounts that trust each other are no proof of anything."""
    ann = AccountAuthorities(account="ann", posting=Authority(1, (), (("bea", 1),)))
    bea = AccountAuthorities(account="bea", posting=Authority(1, (), (("ann", 1),)))

    assert not satisfies_posting("ann", [K1], known(ann, bea))


def test_a_threshold_of_zero_lets_nobody_in() -> None:
    """On the chain it means "open to all"; as a login it would be everybody's account."""
    alice = AccountAuthorities(account="alice", posting=Authority(0))

    assert not satisfies_posting("alice", [], known(alice))
    assert not satisfies_posting("alice", [K1], known(alice))


def test_a_nodes_row_is_read_and_the_memo_key_is_not() -> None:
    """The memo key encrypts messages; many wallets hand it out lightly."""
    row = account("alice", authority(NULL_KEY, threshold=2, accounts={"bob": 1}), memo_key="STM1")
    read = authorities_from_json("alice", row)

    assert read.posting == Authority(2, ((bytes(33), 1),), (("bob", 1),))


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"posting": None},
        {"posting": {"weight_threshold": 1}},
        {"posting": authority("STMnonsense")},
        {"posting": authority(accounts={"No Name": 1})},
        {"posting": authority(threshold=-1)},
        {"posting": authority(weight=-5)} | {"posting": authority(NULL_KEY, weight=-5)},
    ],
)
def test_rows_in_another_form_are_refused(row: dict[str, object]) -> None:
    """A node that answers nonsense has failed; nobody is judged by half an authority."""
    with pytest.raises(ValueError, match="unexpected form"):
        authorities_from_json("alice", row)
