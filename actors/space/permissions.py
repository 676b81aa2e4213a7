"""What a person may do in a space: one pure function from facts to abilities.

The table of docs/rules/permissions.md, as code. Nothing here remembers anything, so a fact that
changes (a subscription bought, a role taken away) changes abilities with the next call.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Standing(IntEnum):
    """How a person stands to a space; a lower number comes first in every queue."""

    ADMIN = 0
    MODERATOR = 1
    PREMIUM_TICKET = 2
    SUBSCRIBER = 3
    TICKET = 4
    MEMBER = 5  # a proven account and nothing more
    GUEST = 6  # listens only: no microphone, no speaker role, no questions

    @property
    def word(self) -> str:
        """The name in wire and tables: `premium_ticket`."""
        return self.name.lower()


REQUIRED_PERMISSIONS = tuple(one.word for one in Standing if one is not Standing.GUEST)
"""What a microphone may require at least."""

PREMIUM_TICKETS = frozenset({"premium", "vip"})
"""Ticket types that stand before subscribers; any other valid ticket is an ordinary one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What is known of a person in a space.

    Attributes:
        account: proven; None for a guest.
        system_admin: one of the operator's administrators.
        owner: author of the post, owner of the document, or who set the space up.
        permissions: words granted for this space: access, moderate, admin.
        subscriber: an active subscription.
        tickets: types of valid tickets to this space.
        banned: a ban is in force.
        muted: silenced by name.
        holds_floor: is the speaker, or holds a microphone.
        exempt: unmuted since everybody was muted.
    """

    account: str | None = None
    system_admin: bool = False
    owner: bool = False
    permissions: frozenset[str] = frozenset()
    subscriber: bool = False
    tickets: frozenset[str] = frozenset()
    banned: bool = False
    muted: bool = False
    holds_floor: bool = False
    exempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceRules:
    """What a space allows.

    Attributes:
        open_to_person: whether content and sharing rules let this person in at all.
        all_muted: everybody was muted by a moderator.
        tickets_for_questions: only ticket holders ask.
    """

    open_to_person: bool = True
    guests_allowed: bool = True
    chat_enabled: bool = True
    voice_enabled: bool = True
    all_muted: bool = False
    tickets_for_questions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a person may do.

    Attributes:
        speak: be heard; in which mode by whom is the hearing's matter.
        hold_floor: be given the speaker role or a microphone by somebody else.
        request_speaker: ask for the role and wait for a grant.
        take_free_floor: have the role at once when nobody has it.
        request_microphone: ask for those that require no higher standing.
    """

    standing: Standing
    join: bool
    chat: bool
    speak: bool
    hold_floor: bool
    request_speaker: bool
    take_free_floor: bool
    request_microphone: bool
    ask_question: bool
    vote: bool
    moderate: bool
    administer: bool

    def view(self) -> dict[str, bool | str]:
        """Return what the person's own client is shown."""
        return {
            "standing": self.standing.word,
            "chat": self.chat,
            "speak": self.speak,
            "request_speaker": self.request_speaker,
            "request_microphone": self.request_microphone,
            "ask_question": self.ask_question,
            "vote": self.vote,
            "moderate": self.moderate,
            "administer": self.administer,
        }


def standing_of(facts: PersonFacts) -> Standing:
    """Return the highest standing that the facts give."""
    if facts.account is None:
        return Standing.GUEST
    if facts.system_admin or facts.owner or "admin" in facts.permissions:
        return Standing.ADMIN
    if "moderate" in facts.permissions:
        return Standing.MODERATOR
    if facts.tickets & PREMIUM_TICKETS:
        return Standing.PREMIUM_TICKET
    if facts.subscriber:
        return Standing.SUBSCRIBER
    if facts.tickets:
        return Standing.TICKET
    return Standing.MEMBER


def abilities(facts: PersonFacts, rules: SpaceRules) -> Abilities:
    """Return what a person with these facts may do under these rules.

    Administrators cannot be banned or muted: the one who could lift it must not be locked out.
    """
    standing = standing_of(facts)
    administers = standing is Standing.ADMIN
    moderates = standing <= Standing.MODERATOR
    proven = standing is not Standing.GUEST
    join = administers or (
        rules.open_to_person and not facts.banned and (proven or rules.guests_allowed)
    )
    muted = facts.muted and not administers
    held_back = rules.all_muted and not (moderates or facts.holds_floor or facts.exempt)
    voiced = join and rules.voice_enabled
    hold_floor = voiced and proven and not muted
    ticketed = moderates or bool(facts.tickets)
    return Abilities(
        standing=standing,
        join=join,
        chat=join and rules.chat_enabled,
        speak=voiced and not muted and not held_back,
        hold_floor=hold_floor,
        request_speaker=hold_floor,
        take_free_floor=hold_floor and moderates,
        request_microphone=hold_floor,
        ask_question=hold_floor and (ticketed or not rules.tickets_for_questions),
        vote=join and proven,
        moderate=join and moderates,
        administer=administers,
    )


def may_use(standing: Standing, required_permission: str) -> bool:
    """Return whether a standing is enough for a microphone that requires another."""
    return standing <= Standing[required_permission.upper()]
