"""What somebody is shown of a hall when they come in, and when they ask."""

from __future__ import annotations

from actors.person import Person
from actors.space.aversions import bars_view
from actors.space.floor import config_view
from actors.space.hall.people import name_of
from actors.space.hall.state import Hall, JsonObject
from actors.space.hall.who import Who
from actors.space.microphones.queue import queue_of
from actors.space.microphones.uses import microphone_view
from actors.space.moderation import ban_of
from actors.space.permissions import Abilities
from actors.space.questions.rules import round_view
from actors.store_hall import Microphone
from actors.wire_time import iso_utc


def hall_view(hall: Hall, person: Person, abilities: Abilities) -> JsonObject:
    """Return the durable hall as one person may see it.

    Who asks for the speaker role is shown to moderators and to those who ask; whom moderators have
    muted, to moderators and, of themself, to who is. Places in queues and votes are one's own.
    """
    name, account, requests = name_of(person), person.account, hall.config.speaker_requests
    return {
        **config_view(hall.config),
        "speaker_requests": list(requests) if abilities.moderate or account in requests else [],
        "mutes": [
            {"user": one.person, "by": one.muted_by, "locked": one.locked}
            for one in hall.mutes.values()
            if abilities.moderate or one.person == name
        ],
        "microphones": [
            {**microphone_view(hall, one), "position": _place(hall, one, account)}
            for one in hall.microphones.values()
        ],
        "questions": round_view(hall),
        "voted": sorted(number for number, voter in hall.votes if voter == account),
        **bars_view(hall, name),
        "abilities": abilities.view(),
    }


def bans_view(hall: Hall, who: Who, *, now_us: int) -> JsonObject:
    """Return who may not come in at this moment, the latest ban first.

    Raises:
        GuestsListen, NotPermitted: only moderators are shown.
    """
    who.moderator()
    bans = sorted(hall.bans.values(), key=lambda one: (-one.banned_at_us, one.person))
    return {
        "bans": [
            {
                "user": one.person,
                "by": one.banned_by,
                "reason": one.reason,
                "since": iso_utc(one.banned_at_us),
                "until": None if one.expires_at_us is None else iso_utc(one.expires_at_us),
            }
            for one in bans
            if ban_of(hall.bans, one.person, now_us) is not None
        ]
    }


def _place(hall: Hall, microphone: Microphone, account: str | None) -> int | None:
    queue = [one.user_account for one in queue_of(hall, microphone.id)]
    return queue.index(account) + 1 if account in queue else None
