"""Proving who one is, from challenge to token, with real signatures and the memory store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
import trio

from actors.person import Person
from adapters.identity.authority import AccountAuthorities
from adapters.identity.authorization import Signed
from adapters.identity.challenge import LIFETIME_US
from adapters.identity.directory import LocalKeyDirectory
from adapters.identity.errors import (
    BadSignature,
    ChallengeExpired,
    ChallengeUsed,
    KeysUnavailable,
    Unauthorized,
)
from adapters.identity.hive_keys import (
    public_key_of,
    secret_from_wif,
    sign,
    text_from_public_key,
)
from adapters.identity.keys_cli import new_account
from adapters.identity.service import Identity, IdentitySettings
from adapters.identity.tokens import TokenKeys, Tokens
from engine.refusal import BadInput
from sim.store import MemoryStore
from tests.support.http_server import Clock, Entropy

STRANGER = b"\x05" * 32


class House:
    """Everything identity needs, with one local account."""

    def __init__(self, tmp_path: Path, *, admins: Collection[str] = ()) -> None:
        self.clock, self.entropy = Clock(), Entropy()
        file = tmp_path / "local_keys.json"
        made = new_account(file, "alice", now_us=1, entropy=self.entropy)
        self.secret = secret_from_wif(made.wif)
        self.public_key = made.public_key
        self.identity = Identity(
            settings=IdentitySettings(site="here.example", system_admins=frozenset(admins)),
            directory=LocalKeyDirectory(file),
            tokens=Tokens(
                TokenKeys("1", {"1": b"k" * 32}), now_us=self.clock, entropy=self.entropy
            ),
            store=MemoryStore(self.clock),
            now_us=self.clock,
            entropy=self.entropy,
        )

    def signed(self, text: str, *, secret: bytes | None = None, key: str | None = None) -> Signed:
        return Signed("alice", text, sign(secret or self.secret, text), key)

    @property
    def unix_seconds(self) -> str:
        return str(self.clock.us // 1_000_000)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_our_challenge_opens_once(house: House) -> None:
    """The signature someone overheard is worth nothing after it was used."""
    challenge = await house.identity.issue_challenge("alice")
    signed = house.signed(challenge.text, key=house.public_key)

    caller = await house.identity.verify(signed)
    assert caller.person == Person(account="alice")
    assert caller.proof == "signature"
    with pytest.raises(ChallengeUsed):
        await house.identity.verify(signed)


@pytest.mark.parametrize("form", ["dlux_vr_{0}123_k3j9x0q2z", "{0}"])
async def test_a_clients_own_challenge_opens_once(house: House, form: str) -> None:
    """It was never issued; that it was spent is remembered all the same."""
    signed = house.signed(form.format(house.unix_seconds))

    assert (await house.identity.verify(signed)).person.account == "alice"
    with pytest.raises(ChallengeUsed):
        await house.identity.verify(signed)


async def test_a_spent_challenge_stays_spent_until_its_age_refuses_it(house: House) -> None:
    """There is no moment between the two at which it opens again."""
    signed = house.signed(house.unix_seconds)
    await house.identity.verify(signed)

    house.clock.us += LIFETIME_US - 1
    with pytest.raises(ChallengeUsed):
        await house.identity.verify(signed)
    house.clock.us += 1
    with pytest.raises(ChallengeExpired):
        await house.identity.verify(signed)


async def test_the_other_header_form_is_the_same_signature(house: House) -> None:
    """27 or 31, upper or lower case: the challenge is spent, however the signature is written."""
    signed = house.signed(house.unix_seconds)
    await house.identity.verify(signed)
    twin = f"{int(signed.signature[:2], 16) - 4:02X}{signed.signature[2:].upper()}"

    with pytest.raises(ChallengeUsed):
        await house.identity.verify(Signed("alice", signed.challenge, twin))


async def test_a_challenge_we_never_issued_is_refused(house: House) -> None:
    """Though it looks like ours: another server with our name may have made it."""
    text = (await house.identity.issue_challenge("alice")).text
    forged = text[:-22] + "A" * 22

    with pytest.raises(ChallengeUsed):
        await house.identity.verify(house.signed(forged))


async def test_a_wrong_signature_does_not_spend_the_challenge(house: House) -> None:
    """Otherwise any stranger could lock somebody out of logging in."""
    text = (await house.identity.issue_challenge("alice")).text
    stranger_key = text_from_public_key(public_key_of(STRANGER))

    for wrong in (
        house.signed(text, secret=STRANGER),
        house.signed(text, key=stranger_key),
        house.signed(text, key="STMnonsense"),
        Signed("alice", text, "1f" + "00" * 64),
        Signed("alice", house.unix_seconds, sign(house.secret, text)),
    ):
        with pytest.raises(BadSignature):
            await house.identity.verify(wrong)
    assert (await house.identity.verify(house.signed(text))).person.account == "alice"


async def test_of_many_at_once_one_gets_in(house: House) -> None:
    """The store decides, not the order in which we look."""
    signed = house.signed((await house.identity.issue_challenge("alice")).text)
    results = []

    async def attempt() -> None:
        try:
            results.append((await house.identity.verify(signed)).person.account)
        except ChallengeUsed:
            results.append(None)

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(attempt)
    assert sorted(results, key=str) == [None] * 9 + ["alice"]


async def test_an_account_nobody_knows_gets_a_challenge_and_no_further(house: House) -> None:
    """Asking does not tell which accounts exist."""
    text = (await house.identity.issue_challenge("nobody")).text

    with pytest.raises(BadSignature):
        await house.identity.verify(Signed("nobody", text, sign(house.secret, text)))
    with pytest.raises(BadInput):
        await house.identity.issue_challenge("No Name")


async def test_a_directory_that_is_away_spends_nothing(house: House) -> None:
    """An outage is no refusal: the same signature works when it is over."""

    class Away:
        async def authorities(self, accounts: Collection[str]) -> Mapping[str, AccountAuthorities]:
            raise KeysUnavailable("testing")

    signed = house.signed(house.unix_seconds)
    there = house.identity._directory
    house.identity._directory = Away()
    with pytest.raises(KeysUnavailable):
        await house.identity.verify(signed)
    house.identity._directory = there
    assert (await house.identity.verify(signed)).person.account == "alice"


async def test_headers_become_callers(house: House) -> None:
    """Claims are anonymous, tokens and signatures are people, nonsense is refused."""
    identity = house.identity
    text = house.unix_seconds
    a7 = {"x-account": "alice", "x-challenge": text, "x-signature": sign(house.secret, text)}

    assert (await identity.authenticate({})).person == Person()
    claim = await identity.authenticate({"authorization": "Bearer :alice"})
    assert claim.person == Person(claimed="alice")
    assert claim.proof == "none"
    signed = await identity.authenticate(a7)
    token = identity.issue_token(signed.person).text
    again = await identity.authenticate({"authorization": f"Bearer {token}"})
    assert again.person == signed.person == Person(account="alice")
    assert again.proof == "token"
    with pytest.raises(Unauthorized):
        await identity.authenticate({"authorization": "Bearer a.b.c"})


async def test_only_a_proven_admin_is_one(tmp_path: Path) -> None:
    """Being listed is not enough; one has to be that account."""
    house = House(tmp_path, admins=["alice", "bobby"])
    claim = await house.identity.authenticate({"authorization": "Bearer :alice"})
    proven = await house.identity.verify(house.signed(house.unix_seconds))

    assert not claim.admin
    assert proven.admin
    assert not house.identity.from_token(
        house.identity.issue_token(Person(guest_id="alice")).text
    ).admin


def test_guests_have_ids_of_eight_hex_digits(house: House) -> None:
    """A new one each for newcomers; the same one for the same address and browser."""
    first, second = house.identity.new_guest(), house.identity.new_guest("Ann")
    assert first.guest_id != second.guest_id
    assert second.name == "Ann"

    ids = {
        house.identity.guest_id_of(address, agent)
        for address in ("10.0.0.1", "10.0.0.2")
        for agent in ("x", "y", "x")
    }
    assert len(ids) == 4
    assert all(len(one) == 8 and int(one, 16) >= 0 for one in ids)
