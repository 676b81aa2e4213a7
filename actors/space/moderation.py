"""What moderators do to people: mute, put out, ban. Pure rules, an audit row each."""

from __future__ import annotations

from collections.abc import Mapping

from actors.space.hall.deeds import BanPerson, Kick, MuteAll, MuteOne
from actors.space.hall.refusals import NotHere, NotPermitted, UnmuteLocked
from actors.space.hall.state import Draft, JsonObject, PutOut, with_item, without
from actors.space.hall.who import Who, check_present
from actors.store_hall import Ban, Mute
from actors.wire_time import iso_utc
from engine.refusal import BadInput

BAN_MAX_US = 10 * 365 * 24 * 60 * 60 * 1_000_000  # ten years; longer is for good


def mute_one(draft: Draft, who: Who, deed: MuteOne) -> JsonObject:
    """Silence somebody; a role they have stays theirs, unheard.

    Raises:
        Refusal: not a moderator, nobody by this name is here, or they stand as high.
    """
    account = who.moderator()
    check_present(draft, deed.person, field="target")
    _check_below(draft, who, deed.person)
    mute = Mute(person=deed.person, locked=deed.locked, muted_by=account, muted_at_us=draft.now_us)
    unmuted = tuple(one for one in draft.hall.config.unmuted if one != deed.person)
    if unmuted != draft.hall.config.unmuted:
        draft.configure(unmuted=unmuted)
    draft.set(mutes=with_item(draft.hall.mutes, deed.person, mute))
    draft.tell(
        "user-muted",
        {"user": deed.person, "by": account, "locked": deed.locked},
        to=(deed.person,),
        moderators=True,
    )
    draft.audit("mute", account, person=deed.person, locked=deed.locked)
    return {}


def unmute_one(draft: Draft, who: Who, person: str) -> JsonObject:
    """Let somebody speak again, also while all others are muted.

    Raises:
        UnmuteLocked: one cannot unmute oneself now.
        Refusal: another than a moderator unmutes somebody else.
    """
    hall = draft.hall
    mute, all_muted = hall.mutes.get(person), hall.config.all_muted
    if not who.abilities.moderate:
        if who.name != person:
            who.moderator()
        if all_muted == "locked" or (mute is not None and mute.locked):
            raise UnmuteLocked
    if mute is None and (all_muted is None or person in hall.config.unmuted):
        return {}
    draft.set(mutes=without(hall.mutes, person))
    if all_muted is not None and person not in hall.config.unmuted:
        draft.configure(unmuted=(*hall.config.unmuted, person))
    draft.tell("user-unmuted", {"user": person, "by": who.name}, to=(person,), moderators=True)
    draft.audit("unmute", who.account, person=person)
    return {}


def mute_all(draft: Draft, who: Who, deed: MuteAll) -> JsonObject:
    """Silence everybody but moderators and who has the floor, until it is undone.

    Raises:
        Refusal: not a moderator.
    """
    account = who.moderator()
    draft.configure(all_muted="locked" if deed.locked else "open", unmuted=())
    draft.tell("all-muted", {"by": account, "locked": deed.locked})
    draft.audit("mute_all", account, locked=deed.locked)
    return {}


def unmute_all(draft: Draft, who: Who) -> JsonObject:
    """End `mute_all`.

    Raises:
        Refusal: not a moderator.
    """
    account = who.moderator()
    if draft.hall.config.all_muted is not None:
        draft.configure(all_muted=None, unmuted=())
        draft.tell("all-unmuted", {"by": account})
        draft.audit("unmute_all", account)
    return {}


def kick(draft: Draft, who: Who, deed: Kick) -> JsonObject:
    """Put somebody out; they may come back.

    Raises:
        Refusal: not a moderator, nobody by this name is here, or they stand as high.
    """
    account = who.moderator()
    check_present(draft, deed.person, field="target")
    _check_below(draft, who, deed.person)
    _put_out(draft, deed.person, "kicked", account, deed.reason)
    draft.audit("kick", account, person=deed.person, reason=deed.reason)
    return {}


def ban(draft: Draft, who: Who, deed: BanPerson) -> JsonObject:
    """Keep somebody out, here or not.

    Raises:
        Refusal: not a moderator, they stand as high, or the time is no time.
    """
    account = who.moderator()
    if deed.duration_us is not None and not 0 < deed.duration_us <= BAN_MAX_US:
        raise BadInput("duration_s: expected 1 s to ten years, or null", field="duration_s")
    _check_below(draft, who, deed.person)
    expires_us = None if deed.duration_us is None else draft.now_us + deed.duration_us
    row = Ban(
        person=deed.person,
        reason=deed.reason,
        banned_by=account,
        banned_at_us=draft.now_us,
        expires_at_us=expires_us,
    )
    draft.set(bans=with_item(draft.hall.bans, deed.person, row))
    until = None if expires_us is None else iso_utc(expires_us)
    if draft.room.present(deed.person):
        _put_out(draft, deed.person, "banned", account, deed.reason, until=until)
    draft.audit("ban", account, person=deed.person, reason=deed.reason, until=until)
    return {"until": until}


def unban(draft: Draft, who: Who, person: str) -> JsonObject:
    """Let somebody in again.

    Raises:
        Refusal: not a moderator, or nobody by this name is banned.
    """
    account = who.moderator()
    if person not in draft.hall.bans:
        raise NotHere("target")
    draft.set(bans=without(draft.hall.bans, person))
    draft.audit("unban", account, person=person)
    return {}


def ban_of(bans: Mapping[str, Ban], person: str, now_us: int) -> Ban | None:
    """Return the ban that is in force against somebody, if any."""
    found = bans.get(person)
    over = found is None or (found.expires_at_us is not None and found.expires_at_us <= now_us)
    return None if over else found


def _put_out(
    draft: Draft, person: str, how: str, by: str, reason: str | None, **more: str | None
) -> None:
    told = {"reason": how, "by": by, "text": reason, **more}
    draft.tell("removed-from-space", told, to=(person,))
    draft.notices.append(PutOut(person=person, reason=how))


def _check_below(draft: Draft, who: Who, person: str) -> None:
    if draft.room.abilities(person).standing <= who.abilities.standing:
        raise NotPermitted("higher")
