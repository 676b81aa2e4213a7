"""Who a handshake shows: somebody proven by a token, a new guest, and from where."""

from __future__ import annotations

from actors.person import Person
from adapters.identity.names import checked_guest_name
from adapters.identity.service import Identity
from adapters.network import client_address, network_of
from adapters.realtime.app import Handshake

CLAIM_LENGTH_MAX = 64


def place_of(handshake: Handshake, *, trust_forwarded: bool) -> str:
    """Return the network that a connection comes from, as limits count it."""
    forwarded = handshake.headers.get("x-forwarded-for", "") if trust_forwarded else ""
    return network_of(client_address(handshake.remote_address, forwarded))


def proven_person(identity: Identity, handshake: Handshake) -> Person | None:
    """Return whom the token of a handshake stands for; None without a token.

    Raises:
        Refusal: a token that is not good; better than a login that silently is none.
    """
    auth = handshake.auth if isinstance(handshake.auth, dict) else {}
    token = auth.get("token") or auth.get("session_token") or handshake.query.get("token")
    if isinstance(token, str) and token:
        return identity.from_token(token).person
    return None


def new_guest(identity: Identity, handshake: Handshake) -> Person:
    """Return a new guest.

    Raises:
        Refusal: the name cannot be used.
    """
    auth = handshake.auth if isinstance(handshake.auth, dict) else {}
    claimed = auth.get("userAccount")
    name = auth.get("name")
    guest = identity.new_guest(checked_guest_name(name or None))
    return Person(
        guest_id=guest.guest_id,
        name=guest.name,
        claimed=claimed[:CLAIM_LENGTH_MAX] if isinstance(claimed, str) and claimed else None,
    )
