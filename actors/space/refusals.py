"""Why a space says no."""

from __future__ import annotations

from engine.refusal import Refusal


class SpaceNotFound(Refusal):
    """Nothing by this name can be a space. One text, so that hidden ones are not revealed."""

    code = "space_not_found"

    def __init__(self) -> None:
        super().__init__("Space not found or not accessible")


class SpaceForbidden(Refusal):
    """The space exists and this person may not enter."""

    code = "space_forbidden"

    def __init__(self) -> None:
        super().__init__("You do not have access to this space; ask its owner to share it")


class GuestsNotAllowed(Refusal):
    """The owner wants people who have logged in."""

    code = "guests_not_allowed"

    def __init__(self) -> None:
        super().__init__("This space is not open to guests; log in and join again")


class SpaceFull(Refusal):
    """Every seat is taken; one may become free."""

    code = "space_full"
    retryable = True

    def __init__(self, *, people: int, people_max: int) -> None:
        super().__init__("Space is full", people=people, people_max=people_max)


class ChatDisabled(Refusal):
    """The owner has switched chat off."""

    code = "chat_disabled"

    def __init__(self) -> None:
        super().__init__("Chat is switched off in this space")


class NotInSpace(Refusal):
    """The sender has no body here."""

    code = "not_in_space"

    def __init__(self) -> None:
        super().__init__("Join the space first")


class NoSuchMember(Refusal):
    """The person signalled to is not in this space (any more)."""

    code = "no_such_member"

    def __init__(self) -> None:
        super().__init__("Nobody with this socket id is in your space", field="targetSocketId")
