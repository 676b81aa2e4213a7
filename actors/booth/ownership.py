"""Who a space belongs to, and who may set its prices."""

from __future__ import annotations

from dataclasses import dataclass

from actors.money.errands import Ask, Errand
from actors.money.space_records import ReadSharing, Sharing
from actors.space.entry import check_exists
from actors.space.hall.refusals import NotPermitted
from actors.space.space_id import SpaceId
from actors.store import ReadFacts, SpaceRead
from actors.store_hall import ReadStandings, StandingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Whose a space is. `owner`: who is paid; None where it belongs to nobody."""

    owner: str | None
    sharing: Sharing | None
    admins: frozenset[str]


def owner_of(found: SpaceRead, sharing: Sharing | None) -> str | None:
    """Return whom a space pays: who its profit-sharing row names, its author, who set it up."""
    if sharing is not None:
        return sharing.owner
    return found.facts.author or found.settings.created_by


def read_ownership(
    space: SpaceId, *, system_admins: tuple[str, ...], open_unlisted: bool
) -> Errand:
    """Return the errand; it ends in `Ownership`.

    Raises:
        SpaceNotFound: there is no such space.
    """
    found: SpaceRead = yield Ask(ReadFacts(space=space))
    check_exists(space, found.facts, open_unlisted=open_unlisted)
    sharing: Sharing | None = yield Ask(ReadSharing(space_type=space.type, space_id=space.id))
    shared = {account for account, word in found.facts.permissions if word == "admin"}
    made = {found.facts.author, found.settings.created_by}
    owner = owner_of(found, sharing)
    admins = frozenset(one for one in {owner, *made, *shared, *system_admins} if one)
    return Ownership(owner=owner, sharing=sharing, admins=admins)


def check_administers(account: str, ownership: Ownership, space: SpaceId) -> Errand:
    """Return the errand that lets administrators of a space pass.

    Raises:
        NotPermitted: this account is none.
    """
    if account in ownership.admins:
        return
    rows: tuple[StandingRow, ...] = yield Ask(ReadStandings(space=space, accounts=(account,)))
    if "admin" not in rows[0].permissions:
        raise NotPermitted("admin")
