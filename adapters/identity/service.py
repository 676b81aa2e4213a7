"""Identity as the server uses it: challenges out, proofs in, persons and tokens back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from actors.person import Person
from actors.store import BurnChallenge, IssueChallenge
from adapters.identity.authorization import Anonymous, Bearer, Signed, read_credentials
from adapters.identity.challenge import LENGTH_MAX, Challenge, new_challenge, read_challenge
from adapters.identity.directory import KeyDirectory, may_post_as
from adapters.identity.errors import BadSignature, ChallengeUsed
from adapters.identity.hive_keys import BadKey, public_key_from_text, recover
from adapters.identity.names import is_account_name
from adapters.identity.tokens import IssuedToken, Tokens
from engine.refusal import BadInput


class Store(Protocol):
    """As much of the store as identity needs."""

    def perform(self, request: Any) -> Awaitable[Any]:
        """Carry out one request of `actors.store` and return its answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request.

    Attributes:
        person: an account when proven, else nobody's: `guest_id` None means a passer-by to whom
            no guest id was given yet.
        proof: how we know.
        admin: listed in SYSTEM_ADMINS, and proven.
    """

    person: Person
    proof: str = "none"  # none, signature, token
    admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """What an operator decides.

    Attributes:
        site: public host name; part of every challenge.
        system_admins: accounts with every right, once proven.
    """

    site: str
    system_admins: frozenset[str] = field(default_factory=frozenset)


class Identity:
    """Verifies who is asking. Holds no state of its own but what it was given."""

    def __init__(
        self,
        *,
        settings: IdentitySettings,
        directory: KeyDirectory,
        tokens: Tokens,
        store: Store,
        now_us: Callable[[], int],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._tokens = tokens
        self._store = store
        self._now_us = now_us
        self._entropy = entropy

    async def issue_challenge(self, account: str) -> Challenge:
        """Return a text for `account` to sign, remembered for five minutes.

        Whether the account exists is not said: that is learnt by logging in.

        Raises:
            BadInput: not an account name.
        """
        challenge = self._new_challenge(account)
        await self._store.perform(
            IssueChallenge(
                challenge=challenge.text, account=account, expires_us=challenge.expires_us
            )
        )
        return challenge

    async def verify(self, signed: Signed) -> Caller:
        """Return the account that `signed` proves, spending its challenge.

        The challenge is burnt last, so that a stranger cannot spend somebody's challenge with a
        wrong signature.

        Raises:
            Unauthorized: one of its kinds, by what is wrong.
            KeysUnavailable: the account's keys cannot be looked up now; nothing was spent.
        """
        now_us = self._now_us()
        challenge = read_challenge(
            signed.challenge[: LENGTH_MAX + 1],
            signed.account,
            site=self._settings.site,
            now_us=now_us,
        )
        try:
            key = recover(signed.challenge, signed.signature)
            named = public_key_from_text(signed.public_key) if signed.public_key else key
        except BadKey as error:
            raise BadSignature from error
        if named != key or not await may_post_as(signed.account, [key], self._directory):
            raise BadSignature
        spent = await self._store.perform(
            BurnChallenge(
                challenge=challenge.text,
                account=signed.account,
                issued=challenge.issued,
                now_us=now_us,
                expires_us=challenge.expires_us,
            )
        )
        if not spent:
            raise ChallengeUsed
        return self._caller(Person(account=signed.account), "signature")

    async def authenticate(
        self,
        headers: Mapping[str, str],
        *,
        account: str | None = None,
        challenge: str | None = None,
    ) -> Caller:
        """Return who sent a request with these headers and these two fields of its body.

        Raises:
            Unauthorized: something was offered as proof and proves nothing.
            KeysUnavailable: the account's keys cannot be looked up now.
        """
        match read_credentials(headers, account=account, challenge=challenge):
            case Anonymous(claimed=claimed):
                return Caller(person=Person(claimed=claimed))
            case Bearer(token=token):
                return self.from_token(token)
            case signed:
                return await self.verify(signed)

    def from_token(self, token: str) -> Caller:
        """Return whom a session token names; used by sockets as well.

        Raises:
            Unauthorized: not ours, or expired.
        """
        return self._caller(self._tokens.read(token), "token")

    def issue_token(self, person: Person) -> IssuedToken:
        """Return a session token for a proven account or a guest with an id."""
        return self._tokens.issue(person)

    def new_guest(self, name: str | None = None) -> Person:
        """Return a guest nobody has met yet. `name` is what they ask to be called."""
        return Person(guest_id=self._entropy(4).hex(), name=name)

    def guest_id_of(self, address: str, user_agent: str) -> str:
        """Return the id of a guest known by nothing but where they are: 8 hex digits, stable.

        Only we can compute it, so an id does not give an address away.
        """
        return self._tokens.keyed_hash(f"guest {address} {user_agent}")[:8]

    def keyed_hash(self, text: str) -> str:
        """Return 64 hex digits that only we can compute for a text."""
        return self._tokens.keyed_hash(text)

    def _new_challenge(self, account: str) -> Challenge:
        if not is_account_name(account):
            raise BadInput(
                "account: expected a Hive account name, such as alice or dlux.user",
                field="account",
            )
        return new_challenge(
            account, site=self._settings.site, now_us=self._now_us(), entropy=self._entropy
        )

    def _caller(self, person: Person, proof: str) -> Caller:
        admin = person.account is not None and person.account in self._settings.system_admins
        return Caller(person=person, proof=proof, admin=admin)
