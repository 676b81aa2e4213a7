"""Who somebody is to the rest of a space."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A proven account, or a guest.

    Attributes:
        account: proven by a signature, directly or through a session token; None for a guest.
        guest_id: stable id of a guest; None for an account.
        name: what a guest asked to be called; proves nothing.
        claimed: an account somebody named without proof; shown as a claim, gives no rights.
    """

    account: str | None = None
    guest_id: str | None = None
    name: str | None = None
    claimed: str | None = None

    @property
    def key(self) -> str:
        """What all connections of one account, or of one guest, have in common."""
        return f"@{self.account}" if self.account is not None else str(self.guest_id)

    @property
    def display_name(self) -> str:
        """The account, or a name that cannot be mistaken for one."""
        if self.account is not None:
            return self.account
        if self.name:
            return f"{self.name} (guest)"
        return f"Guest-{self.guest_id}"
