"""Shares add up, refunds take back what was given and no more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.money.policy import DEFAULT_POLICIES
from actors.money.split import BPS, PAYEE, Share, Split, give_back
from engine.refusal import BadInput

PARTIES = [PAYEE, "platform:revenue", "fees:processing", "platform:treasury"]
amounts = st.one_of(st.integers(1, 30), st.integers(1, 10**30))


@st.composite
def splits(draw: st.DrawFn) -> Split:
    parties = draw(st.permutations(PARTIES))[: draw(st.integers(0, 4))]
    left = BPS
    parts = []
    for party in parties:
        bps = draw(st.integers(0, left))
        left -= bps
        parts.append((party, bps))
    return Split(parts=tuple(parts), remainder_to=draw(st.sampled_from(PARTIES)))


@given(splits(), amounts)
def test_shares_add_up(split: Split, amount: int) -> None:
    """I14: nothing is lost or made, nobody's share is negative, and it is the same each time."""
    shares = split.shares(amount)

    assert sum(share.amount for share in shares) == amount
    assert all(share.amount >= 0 for share in shares)
    assert len({share.party for share in shares}) == len(shares)
    assert shares == split.shares(amount)


@given(splits(), st.lists(st.integers(0, 60), min_size=1, max_size=60))
def test_shares_of_a_payment_in_parts_are_exact_over_all_of_it(
    split: Split, charges: list[int]
) -> None:
    """I14 for every part, nobody's share falls, and in all each has their basis points.

    Each is off by less than a unit for itself and each party before it; with one party and the
    rest, which is the usual case, by the rounding of the whole alone.
    """
    got = dict.fromkeys(PARTIES, 0)
    total = 0
    for amount in charges:
        shares = split.next_shares(total, amount)
        assert sum(share.amount for share in shares) == amount
        assert all(share.amount > 0 for share in shares)
        for share in shares:
            got[share.party] += share.amount
        total += amount
    rest = BPS
    for number, (party, bps) in enumerate(split.parts, 1):
        rest -= bps
        if party != split.remainder_to:
            assert abs(got[party] - total * bps / BPS) < number
            assert number > 1 or got[party] == total * bps // BPS
    others = sum(got[party] for party, _ in split.parts if party != split.remainder_to)
    assert got[split.remainder_to] == total - others
    if not split.parts or all(bps == 0 for _, bps in split.parts):
        assert got[split.remainder_to] == total


@given(splits(), st.integers(1, 2_000), st.data())
def test_refunds_never_take_more_than_was_given(
    split: Split, amount: int, data: st.DataObject
) -> None:
    """I15: for any cutting up, each party gives back at most its share, and a full refund all."""
    shares = split.shares(amount)
    given_back = [0] * len(shares)
    while left := amount - sum(given_back):
        refund = data.draw(st.integers(1, left))
        gives = give_back(shares, given_back, refund)
        assert sum(gives) == refund
        assert min(gives) >= 0
        given_back = [a + b for a, b in zip(given_back, gives, strict=True)]
        for share, total in zip(shares, given_back, strict=True):
            assert total <= share.amount
    assert given_back == [share.amount for share in shares]


@given(st.integers(0, BPS), st.integers(1, 3_000), st.data())
def test_the_platform_gives_back_in_proportion(bps: int, amount: int, data: st.DataObject) -> None:
    """With a platform and a creator, the platform's part of all refunds is rounded down."""
    shares = Split(parts=(("platform:revenue", bps),)).shares(amount)
    given_back = [0, 0]
    for _ in range(3):
        left = amount - sum(given_back)
        if left:
            gives = give_back(shares, given_back, data.draw(st.integers(1, left)))
            given_back = [a + b for a, b in zip(given_back, gives, strict=True)]
            assert given_back[0] == shares[0].amount * sum(given_back) // amount


@pytest.mark.parametrize("refund", [0, -1, 11])
def test_a_refund_of_more_than_is_left_is_refused(refund: int) -> None:
    """And so is one of nothing."""
    with pytest.raises(BadInput):
        give_back((Share(PAYEE, 10),), (0,), refund)


@given(splits(), amounts, st.integers(0, 10**9))
def test_the_platform_bears_the_fee(split: Split, amount: int, fee: int) -> None:
    """I16: what the network takes does not change what the creator gets."""
    assert split.payee_gets(amount, network_fee=fee) == split.payee_gets(amount)


def test_a_creator_may_bear_the_fee() -> None:
    """By configuration; never below nothing."""
    split = Split(parts=(("platform:revenue", 2_000),), fee_bearer="creator")

    assert split.payee_gets(100, network_fee=30) == 50
    with pytest.raises(BadInput):
        split.payee_gets(100, network_fee=81)


@given(amounts)
def test_creators_keep_all_of_a_tip(amount: int) -> None:
    """I18: the fan's minus is the creator's plus, as long as the platform takes nothing."""
    assert DEFAULT_POLICIES.products["tip"].split.shares(amount) == (Share(PAYEE, amount),)


def test_spaces_share_as_documented() -> None:
    """10 % platform, 85 % creator, the rest pays for processing: 99, 849 and 51 of 999."""
    shares = DEFAULT_POLICIES.products["space"].split.shares(999)

    assert [(share.party, share.amount) for share in shares] == [
        ("platform:revenue", 99),
        (PAYEE, 849),
        ("fees:processing", 51),
    ]


def test_the_odd_unit_of_a_ticket_is_the_creators() -> None:
    """20 % is rounded down: of 101 the platform gets 20."""
    shares = DEFAULT_POLICIES.products["event"].split.shares(101)

    assert [share.amount for share in shares] == [20, 81]
