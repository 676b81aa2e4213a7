"""Finding spaces, looking into one, and being let in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from actors.directory.messages import DIRECTORY, CountPeople, PeopleCounts
from actors.money.space_records import ReadPremium
from actors.person import Person
from actors.space.entry import LOBBY, check_access
from actors.space.messages import Admit, Describe, SpaceView
from actors.space.refusals import GuestsNotAllowed, SpaceForbidden, SpaceNotFound
from actors.space.space_id import SpaceId
from actors.store import ListedSpace as SpaceRow
from actors.store import ListSpaces, ReadFacts, SpaceFacts, SpaceRead
from actors.wire_time import iso_utc
from adapters.http.answers import (
    ConnectedUser,
    Joined,
    JoinedSpace,
    ListedSpace,
    PresentState,
    PresentUser,
    SpaceAnswer,
    SpaceDetails,
    SpaceList,
)
from adapters.http.call import Call
from adapters.http.handlers.common import ask, audit
from adapters.http.requests import JoinBody, SpaceQuery, SpacesQuery
from adapters.http.routing import Nothing
from adapters.http.turn import ice_servers
from adapters.identity.service import Caller
from engine.refusal import Refusal

PRESENT_USERS_MAX = 20  # in the join answer, which clients put into a URL: some 2 KB

_ALL = "all"


async def list_spaces(call: Call, query: SpacesQuery, _body: Nothing) -> SpaceList:
    """List the lobby, posts newest first, then documents the caller may see.

    The lobby stands first on every page. `limit` counts posts and documents separately. Posts with
    people in them that the replica does not know stand behind the lobby on the first page.
    """
    caller = await call.caller()
    wanted = query.type or query.space_type or _ALL
    rows: tuple[SpaceRow, ...] = ()
    if wanted != LOBBY.type:
        rows = await call.services.store.perform(
            ListSpaces(
                type=None if wanted in {_ALL, "post"} else wanted,
                caller=caller.person.account,
                limit=query.limit,
                offset=query.offset,
            )
        )
    if wanted == "post":
        rows = tuple(row for row in rows if row.space_type == "post")
    people = await _people(call)
    spaces = [_listed(row, people.get((row.space_type, row.space_id), 0)) for row in rows]
    if wanted in {_ALL, "post"} and query.offset == 0:
        spaces[:0] = await _occupied_unlisted(call, people, query.limit)
    if wanted in {_ALL, LOBBY.type}:
        spaces.insert(0, _lobby(people.get((LOBBY.type, LOBBY.id), 0)))
    return SpaceList(spaces=spaces, total=len(spaces), node=call.services.settings.node)


async def space_details(call: Call, query: SpaceQuery, _body: Nothing) -> SpaceAnswer:
    """Show a space and who is in it.

    Raises:
        SpaceNotFound: there is none, or it is not for this caller: one text for both.
    """
    caller = await call.caller()
    space = call.space(query.subspace)
    person = call.guest(caller)
    may_enter = await _may_enter(call, space, person)
    view: SpaceView = await ask(call, space.address, Describe(person=person))
    people = await _people(call)
    users = [_connected(user) for user in view.users]
    count = max(people.get((space.type, space.id), 0), len(users))
    read = ReadPremium(space_type=space.type, space_id=space.id)
    until_us: int | None = await call.services.store.perform(read)
    details = _details(view, users, count)
    details.is_premium = until_us is not None and call.services.now_us() < until_us
    details.premium_until = None if until_us is None else iso_utc(until_us)
    return SpaceAnswer(
        space=details,
        has_access=may_enter,
        permission=_permission(view.facts, caller) if may_enter else None,
        node=call.services.settings.node,
    )


async def join(call: Call, _query: Nothing, body: JoinBody) -> Joined:
    """Let a caller in: what they need to connect, and the space as it is now.

    The body they get changes nothing; the socket's `join-space` makes it. A passer-by becomes a
    guest with a token of their own.

    Raises:
        Refusal: the space's own: not found, forbidden, no guests, full.
    """
    space = call.space(body.subspace)
    try:
        caller = await call.caller(account=body.user_account, challenge=body.challenge)
        person = caller.person
        if person.account is None and person.guest_id is None:
            person = call.services.identity.new_guest()
        view: SpaceView = await ask(call, space.address, Admit(person=person))
    except Refusal as refusal:
        claimed = body.user_account
        await audit(
            call, "join_refused", account=None, space=space, code=refusal.code, claimed=claimed
        )
        raise
    await audit(call, "join_admitted", account=person.account, space=space, guest=person.guest_id)
    return _joined(call, person, view)


def _joined(call: Call, person: Person, view: SpaceView) -> Joined:
    token = call.services.identity.issue_token(person)
    credentials = call.turn_credentials(person.account)
    return Joined(
        space=JoinedSpace(
            space_type=view.space.type,
            space_id=_latin_1_id(view.space.id),
            subspace=view.space.subspace,
            display_name=_latin_1(_display_name(view.space, view.facts)),
            chat_enabled=view.settings.chat_enabled,
            voice_enabled=view.settings.voice_enabled,
            max_users=view.settings.max_users,
        ),
        subspace=view.space.subspace,
        user_account=person.account,
        guest_id=person.guest_id,
        turn_credentials=credentials,
        iceServers=ice_servers(credentials),
        websocket_url=call.websocket_url,
        session_token=token.text,
        expires_at=iso_utc(token.expires_us),
        state=PresentState(
            active_users=len(view.users),
            users=[
                PresentUser(
                    socket_id=user["socketId"],
                    user_account=user["userAccount"],
                    display_name=_latin_1(user["displayName"]),
                )
                for user in view.users[:PRESENT_USERS_MAX]
            ],
            epoch=view.epoch,
            offset=view.offset,
        ),
        node=call.services.settings.node,
    )


async def _may_enter(call: Call, space: SpaceId, person: Person) -> bool:
    """Whether this person may enter, apart from room; hidden spaces are not found at all."""
    found: SpaceRead = await call.services.store.perform(ReadFacts(space=space))
    try:
        check_access(
            space,
            found.facts,
            found.settings,
            person,
            open_unlisted=call.services.settings.open_unlisted,
        )
    except SpaceForbidden as forbidden:
        raise SpaceNotFound from forbidden
    except GuestsNotAllowed:
        return False
    return True


async def _people(call: Call) -> dict[tuple[str, str], int]:
    counts: PeopleCounts = await ask(call, DIRECTORY, CountPeople())
    return {(type_, id_): people for type_, id_, people in counts.by_space}


async def _occupied_unlisted(
    call: Call, people: dict[tuple[str, str], int], limit: int
) -> list[ListedSpace]:
    """Return the posts that only their people make known, the fullest first.

    Documents are left out: whoever shares the name of an unlisted one decides who gets to know it.
    """
    if not call.services.settings.open_unlisted:
        return []
    fullest = sorted(people.items(), key=lambda item: (-item[1], item[0]))
    posts = [SpaceId(type_, id_) for (type_, id_), _count in fullest if type_ == "post"]
    found: list[ListedSpace] = []
    for space in posts[:limit]:
        read: SpaceRead = await call.services.store.perform(ReadFacts(space=space))
        if not read.facts.known:
            found.append(_bare(space, people[space.type, space.id]))
    return found


def _bare(space: SpaceId, people: int) -> ListedSpace:
    return ListedSpace(
        space_type=space.type,
        space_id=space.id,
        display_name=space.id,
        description=None,
        type=space.type,
        votes=0,
        rating=None,
        created_at=iso_utc(0),
        active_users=people,
    )


def _listed(row: SpaceRow, people: int) -> ListedSpace:
    return ListedSpace(
        space_type=row.space_type,
        space_id=row.space_id,
        display_name=row.display_name,
        description=row.description,
        type=row.type,
        votes=row.votes,
        rating=row.rating,
        created_at=iso_utc(row.created_at_us),
        active_users=people,
    )


def _lobby(people: int) -> ListedSpace:
    return ListedSpace(
        space_type=LOBBY.type,
        space_id=LOBBY.id,
        display_name="Lobby",
        description="Where everybody meets.",
        type=LOBBY.type,
        votes=0,
        rating=None,
        created_at=iso_utc(0),
        active_users=people,
    )


def _details(view: SpaceView, users: list[ConnectedUser], people: int) -> SpaceDetails:
    settings = view.settings
    accounts = dict.fromkeys(user.user_account for user in users if user.user_account)
    return SpaceDetails(
        space_type=view.space.type,
        space_id=view.space.id,
        subspace=view.space.subspace,
        display_name=_display_name(view.space, view.facts),
        description=view.facts.description,
        type=view.facts.content_type or view.space.type,
        author=view.facts.author,
        active_users=people,
        connected_users=users,
        authenticated_users=list(accounts),
        settings=settings.settings,
        vr_settings=settings.settings,
        chat_enabled=settings.chat_enabled,
        voice_enabled=settings.voice_enabled,
        guests_allowed=settings.guests_allowed,
        max_users=settings.max_users,
        is_premium=False,
        premium_until=None,
        tick_hz=settings.tick_hz,
    )


def _connected(user: dict[str, Any]) -> ConnectedUser:
    return ConnectedUser(
        socket_id=user["socketId"],
        user_account=user["userAccount"],
        guest_id=user["guestId"],
        display_name=user["displayName"],
        claimed=user["claimed"],
        connected_at=user["connected_at"],
        position=user["position"],
        voice_enabled=user["voice_enabled"],
    )


def _permission(facts: SpaceFacts, caller: Caller) -> str:
    account = caller.person.account
    if caller.admin or (account is not None and account == facts.author):
        return "admin"
    granted = {permission for name, permission in facts.permissions if name == account}
    return next((one for one in ("admin", "moderate") if one in granted), "access")


def _display_name(space: SpaceId, facts: SpaceFacts) -> str:
    if (space.type, space.id) == (LOBBY.type, LOBBY.id):
        return "Lobby"
    return facts.display_name or space.id


def _latin_1_id(text: str) -> str:
    """Return an id as it is, or percent-encoded where it must be; paths take both."""
    return text if text == _latin_1(text) else quote(text)


def _latin_1(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
