"""Who may come into a space: one rule for sockets, HTTP and chat."""

from __future__ import annotations

from actors.person import Person
from actors.space.refusals import GuestsNotAllowed, SpaceForbidden, SpaceFull, SpaceNotFound
from actors.space.space_id import SpaceId
from actors.store import SpaceFacts, SpaceSettings

LOBBY = SpaceId("global", "lobby")

SPACE_CONTENT_TYPES = frozenset({"360", "vrml", "aframe", "blog", "art", "game"})
"""Posts of these types are spaces."""


def check_exists(space: SpaceId, facts: SpaceFacts, *, open_unlisted: bool) -> None:
    """Check that the id names a space.

    Raises:
        SpaceNotFound: it does not.
    """
    if facts.known:
        if space.type == "post" and facts.content_type not in SPACE_CONTENT_TYPES:
            raise SpaceNotFound
    elif space.type == "global":
        if space.id != LOBBY.id:
            raise SpaceNotFound
    elif space.type not in ("post", "document", "naf") or not open_unlisted:
        raise SpaceNotFound


def check_access(
    space: SpaceId,
    facts: SpaceFacts,
    settings: SpaceSettings,
    person: Person,
    *,
    open_unlisted: bool,
) -> None:
    """Check that this person may be in this space, whether or not there is room.

    Raises:
        SpaceNotFound: there is no such space.
        SpaceForbidden: hidden or flagged content, or a document not shared with this person.
        GuestsNotAllowed: a guest where the owner wants accounts.
    """
    check_exists(space, facts, open_unlisted=open_unlisted)
    if facts.hidden:
        raise SpaceForbidden
    if not facts.public and person.account != facts.author:
        shared_with = {account for account, _permission in facts.permissions}
        if person.account is None or person.account not in shared_with:
            raise SpaceForbidden
    if person.account is None and not settings.guests_allowed:
        raise GuestsNotAllowed


def check_room(users_max: int, people: int) -> None:
    """Check that one more body fits.

    Raises:
        SpaceFull: all seats are taken.
    """
    if people >= users_max:
        raise SpaceFull(people=people, people_max=users_max)
