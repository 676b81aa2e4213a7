"""Who does something, and the checks that rules share. All of them come before any change."""

from __future__ import annotations

from dataclasses import dataclass

from actors.space.hall.refusals import GuestsListen, Muted, NotHere, NotPermitted
from actors.space.hall.state import Draft
from actors.space.permissions import Abilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A person about to do something. `name`: the account, or `guest:<id>`."""

    name: str
    account: str | None
    abilities: Abilities

    def proven(self) -> str:
        """Return the account.

        Raises:
            GuestsListen: there is none.
        """
        if self.account is None:
            raise GuestsListen
        return self.account

    def administrator(self) -> str:
        """Return the account of an administrator.

        Raises:
            GuestsListen, NotPermitted: it is none.
        """
        account = self.proven()
        if not self.abilities.administer:
            raise NotPermitted("admin")
        return account

    def moderator(self) -> str:
        """Return the account of a moderator or administrator.

        Raises:
            GuestsListen, NotPermitted: it is none.
        """
        account = self.proven()
        if not self.abilities.moderate:
            raise NotPermitted("moderator")
        return account


def check_present(draft: Draft, account: str, *, field: str = "target_user") -> None:
    """Check that somebody is here, or lost the connection less than the grace ago.

    Raises:
        NotHere: no.
    """
    if not draft.room.present(account):
        raise NotHere(field)


def check_may_hold(draft: Draft, account: str, *, field: str = "target_user") -> None:
    """Check that somebody is here and may be given the floor.

    Raises:
        NotHere: they are not in the space.
        GuestsListen: they are a guest.
        Muted: they were silenced, or voice is off.
    """
    check_present(draft, account, field=field)
    if account.startswith("guest:"):
        raise GuestsListen
    if not draft.room.abilities(account).hold_floor:
        raise Muted
