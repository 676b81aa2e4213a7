"""Logging in: a challenge, its signature, and a token that later requests carry."""

from __future__ import annotations

from actors.person import Person
from actors.wire_time import iso_utc
from adapters.http.answers import Challenge, GuestAdmitted, LoggedIn, Me, OldChallenge, WhoAmI
from adapters.http.call import Call
from adapters.http.handlers.common import audit
from adapters.http.requests import ChallengeQuery, GuestBody, LoginBody
from adapters.http.routing import Nothing
from adapters.identity.authorization import signed_body
from adapters.identity.challenge import LIFETIME_US
from adapters.identity.errors import LoginRequired
from adapters.identity.names import checked_guest_name
from adapters.identity.service import Caller
from engine.refusal import Refusal

INSTRUCTIONS = "Sign the challenge with your posting key, then send it to /api/auth/login."


async def challenge(call: Call, query: ChallengeQuery, _body: Nothing) -> Challenge:
    """Give an account a text to sign, good once and for five minutes.

    Raises:
        BadInput: not an account name.
        RateLimited: too many from this place.
    """
    call.limit_auth()
    issued = await call.services.identity.issue_challenge(query.account)
    return Challenge(
        account=issued.account,
        challenge=issued.text,
        expires_at=iso_utc(issued.expires_us),
        expires=issued.expires_us // 1_000_000,
        instructions=INSTRUCTIONS,
    )


async def old_challenge(call: Call, _query: Nothing, _body: Nothing) -> OldChallenge:
    """Give the data host's form: the time in Unix seconds, to be sent as x-challenge."""
    now_s = call.services.now_us() // 1_000_000
    return OldChallenge(
        challenge=now_s,
        expires=now_s + LIFETIME_US // 1_000_000,
        message="Sign the decimal digits of `challenge`.",
        instructions="Send x-account, x-challenge, x-pubkey and x-signature with one request; "
        "each challenge is good once.",
    )


async def log_in(call: Call, _query: Nothing, body: LoginBody) -> LoggedIn:
    """Exchange a signed challenge, in the body or in the headers, for a session token.

    Raises:
        Unauthorized: it does not prove the account.
        KeysUnavailable: the account's keys cannot be looked up now.
        RateLimited: too many from this place.
    """
    call.limit_auth()
    try:
        caller = await _prove(call, body)
    except Refusal as refusal:
        await audit(call, "login_refused", account=None, code=refusal.code, claimed=body.account)
        raise
    account = caller.person.account
    assert account is not None
    await audit(call, "login", account=account)
    token = call.services.identity.issue_token(caller.person)
    return LoggedIn(
        account=account,
        token=token.text,
        session_token=token.text,
        expires_at=iso_utc(token.expires_us),
        admin=caller.admin,
    )


async def me(call: Call, _query: Nothing, _body: Nothing) -> Me:
    """Say who the caller is.

    Raises:
        LoginRequired: neither an account nor a guest with a token.
    """
    caller = await call.caller()
    person = caller.person
    if person.account is None and person.guest_id is None:
        raise LoginRequired
    return Me(
        account=person.account,
        guest_id=person.guest_id,
        display_name=person.display_name,
        admin=caller.admin,
        proof=caller.proof,
    )


async def whoami(call: Call, _query: Nothing, _body: Nothing) -> WhoAmI:
    """Say which account the caller proved.

    Raises:
        LoginRequired: none.
    """
    caller = await call.caller()
    if caller.person.account is None:
        raise LoginRequired
    return WhoAmI(account=caller.person.account, keyType="posting", isAdmin=caller.admin)


async def guest(call: Call, _query: Nothing, body: GuestBody) -> GuestAdmitted:
    """Give a guest an id and a token, so that they stay the same guest.

    Raises:
        BadInput: a name that cannot be shown.
        RateLimited: too many from this place.
    """
    call.limit_auth()
    name = checked_guest_name(body.name)
    person: Person = call.services.identity.new_guest(name)
    token = call.services.identity.issue_token(person)
    assert person.guest_id is not None
    return GuestAdmitted(
        guest_id=person.guest_id,
        name=person.name,
        display_name=person.display_name,
        token=token.text,
        session_token=token.text,
        expires_at=iso_utc(token.expires_us),
    )


async def _prove(call: Call, body: LoginBody) -> Caller:
    if body.signature is not None:
        return await call.services.identity.verify(
            signed_body(body.account, body.challenge, body.signature, body.public_key)
        )
    caller = await call.caller(account=body.account, challenge=body.challenge)
    if caller.person.account is None:
        raise LoginRequired
    return caller
