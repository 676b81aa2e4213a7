"""What people do with microphones."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from actors.space.hall.deeds import (
    ConfigureMicrophone,
    CreateMicrophone,
    DeleteMicrophone,
    PassMicrophone,
)
from actors.space.hall.refusals import (
    MicrophoneInUse,
    MicrophonePaid,
    MicrophoneTaken,
    NotHolder,
    NotPermitted,
    QueueFull,
    TooManyMicrophones,
)
from actors.space.hall.state import Draft, JsonObject, with_item, without
from actors.space.hall.who import Who, check_may_hold
from actors.space.microphones.credit import PRICE_PER, must_pay
from actors.space.microphones.queue import WAITING_MAX, queue_of
from actors.space.microphones.uses import (
    check_quota,
    give,
    microphone_of,
    microphone_view,
    stop_paying,
    take_back,
)
from actors.space.permissions import REQUIRED_PERMISSIONS, may_use
from actors.store_hall import Microphone, Waiting
from engine.refusal import BadInput

BROADCAST_MODES = ("full_volume", "spatial_only", "mixed")
MICROPHONES_MAX = 32  # a space's; each is shown to everybody
NAME_LENGTH_MAX = 100
CURRENCY_LENGTH_MAX = 16
SECONDS_MIN, SECONDS_MAX = 5, 86_400
PRICE_MAX = 10**15


def create(draft: Draft, who: Who, deed: CreateMicrophone) -> JsonObject:
    """Set a microphone up.

    Raises:
        Refusal: not an administrator, a field is wrong, or there are enough.
    """
    account = who.administrator()
    fields = asdict(deed)
    _check_fields(fields)
    if len(draft.hall.microphones) >= MICROPHONES_MAX:
        raise TooManyMicrophones(MICROPHONES_MAX)
    microphone = Microphone(
        id=draft.room.id(), created_by=account, created_at_us=draft.now_us, **fields
    )
    _put(draft, microphone)
    draft.audit("microphone_create", account, microphone_id=microphone.id, **fields)
    return _changed(draft, microphone)


def configure(draft: Draft, who: Who, deed: ConfigureMicrophone) -> JsonObject:
    """Change a microphone; who may not wait for it any more loses the place.

    Raises:
        Refusal: not an administrator, no such microphone, or a field is wrong.
    """
    account = who.administrator()
    microphone = microphone_of(draft.hall, deed.microphone_id)
    fields: dict[str, Any] = dict(deed.changes)
    _check_fields(fields)
    microphone = replace(microphone, **fields)
    _put(draft, microphone)
    dropped = [
        key
        for key, one in draft.hall.waiting.items()
        if one.microphone_id == microphone.id
        and not (microphone.queue_enabled and _enough(draft, one.user_account, microphone))
    ]
    draft.set(waiting=without(draft.hall.waiting, *dropped))
    if microphone.id in draft.hall.paying:
        stop_paying(draft, microphone.id)  # What was asked for may be another price now.
    draft.audit("microphone_configure", account, microphone_id=microphone.id, **fields)
    return _changed(draft, microphone)


def delete(draft: Draft, who: Who, deed: DeleteMicrophone) -> JsonObject:
    """Take a microphone away; its uses stay on record.

    Raises:
        Refusal: not an administrator, no such microphone, or a Q&A session needs it.
    """
    account = who.administrator()
    microphone = microphone_of(draft.hall, deed.microphone_id)
    _check_not_in_round(draft, microphone)
    if microphone.id in draft.hall.holding:
        take_back(draft, microphone.id, "deleted")
    queue = [key for key in draft.hall.waiting if key[0] == microphone.id]
    draft.end(replace(draft.hall.microphones[microphone.id], deleted_at_us=draft.now_us))
    draft.set(
        microphones=without(draft.hall.microphones, microphone.id),
        waiting=without(draft.hall.waiting, *queue),
        spent=without(draft.hall.spent, microphone.id),
    )
    draft.audit("microphone_delete", account, microphone_id=microphone.id)
    draft.tell("microphone-deleted", {"microphone_id": microphone.id})
    return {}


def listed(draft: Draft, who: Who) -> JsonObject:
    """Return every microphone, with this person's place in its queue."""
    shown = []
    for microphone in draft.hall.microphones.values():
        queue = [one.user_account for one in queue_of(draft.hall, microphone.id)]
        position = queue.index(who.account) + 1 if who.account in queue else None
        shown.append({**microphone_view(draft.hall, microphone), "position": position})
    return {"microphones": shown}


def request(draft: Draft, who: Who, microphone_id: str) -> JsonObject:
    """Have the microphone, or a place in its queue.

    Raises:
        Refusal: this person may not have it, it is taken and has no queue, or the quota is used up.
    """
    account = who.proven()
    microphone = microphone_of(draft.hall, microphone_id)
    check_may_hold(draft, account, field="user")
    if not may_use(who.abilities.standing, microphone.required_permission):
        raise NotPermitted(microphone.required_permission)
    usage = draft.hall.holding.get(microphone_id)
    if usage is not None and usage.user_account == account:
        return request_answer(draft, microphone_id, account)
    _check_not_in_round(draft, microphone)
    if (microphone_id, account) in draft.hall.waiting:
        return request_answer(draft, microphone_id, account)
    check_quota(draft, microphone, account)
    paying = draft.hall.paying.get(microphone_id)
    free = usage is None and paying is None
    if free and not must_pay(draft, microphone, account):
        give(draft, microphone_id, account)
        return request_answer(draft, microphone_id, account)
    if not free and not microphone.queue_enabled:
        taken_by = usage or paying
        assert taken_by is not None
        raise MicrophoneTaken(taken_by.user_account)
    if len(queue_of(draft.hall, microphone_id)) >= WAITING_MAX:
        raise QueueFull(WAITING_MAX)
    waiting = Waiting(
        microphone_id=microphone_id,
        user_account=account,
        priority=int(who.abilities.standing),
        arrival=microphone.arrivals + 1,
        asked_at_us=draft.now_us,
    )
    _put(draft, replace(microphone, arrivals=waiting.arrival))
    draft.set(waiting=with_item(draft.hall.waiting, (microphone_id, account), waiting))
    return request_answer(draft, microphone_id, account)


def pass_on(draft: Draft, who: Who, deed: PassMicrophone) -> JsonObject:
    """Hand a microphone to somebody else here, whatever standing it requires of those who ask.

    The time goes on running for whom a holder passes it to; a moderator's pass begins anew. So
    nobody keeps a queue waiting by passing to and fro.

    Raises:
        Refusal: the sender neither holds it nor moderates, pays for it by themselves, or the other
            cannot have it.
    """
    account = who.proven()
    microphone = microphone_of(draft.hall, deed.microphone_id)
    usage = draft.hall.holding.get(microphone.id)
    if usage is None or not (usage.user_account == account or who.abilities.moderate):
        raise NotHolder
    _check_not_in_round(draft, microphone)
    check_may_hold(draft, deed.target_user)
    if usage.price_minor and not who.abilities.moderate:
        raise MicrophonePaid
    if usage.user_account != deed.target_user:
        check_quota(draft, microphone, deed.target_user)
        take_back(draft, microphone.id, "passed")
        give(
            draft,
            microphone.id,
            deed.target_user,
            granted_by=account,
            until_us=None if who.abilities.moderate else usage.until_us,
        )
    return {"microphone": microphone_view(draft.hall, draft.hall.microphones[microphone.id])}


def release(draft: Draft, who: Who, microphone_id: str) -> JsonObject:
    """Give a microphone back, or leave its queue.

    Raises:
        NotHolder: neither held nor waited for.
    """
    account = who.proven()
    microphone_of(draft.hall, microphone_id)
    usage = draft.hall.holding.get(microphone_id)
    if usage is not None and usage.user_account == account:
        take_back(draft, microphone_id, "released")
    elif (microphone_id, account) in draft.hall.waiting:
        draft.set(waiting=without(draft.hall.waiting, (microphone_id, account)))
    else:
        raise NotHolder
    return {}


def revoke(draft: Draft, who: Who, microphone_id: str) -> JsonObject:
    """Take a microphone from its holder.

    Raises:
        Refusal: not a moderator, nobody has it, or a Q&A session needs it.
    """
    account = who.moderator()
    microphone = microphone_of(draft.hall, microphone_id)
    _check_not_in_round(draft, microphone)
    if microphone_id not in draft.hall.holding:
        raise NotHolder
    usage = take_back(draft, microphone_id, "revoked")
    draft.audit("microphone_revoke", account, microphone_id=microphone_id, user=usage.user_account)
    return {}


def recheck(draft: Draft, account: str) -> None:
    """Take places and microphones from somebody whose standing is not enough any more.

    Who was given a microphone by somebody else keeps it.
    """
    for usage in tuple(draft.hall.holding.values()):
        microphone = draft.hall.microphones[usage.microphone_id]
        if (
            usage.user_account == account
            and usage.granted_by is None
            and not _enough(draft, account, microphone)
        ):
            take_back(draft, microphone.id, "permission lost")
    for waiting in tuple(draft.hall.waiting.values()):
        microphone = draft.hall.microphones[waiting.microphone_id]
        if waiting.user_account == account and not _enough(draft, account, microphone):
            draft.set(waiting=without(draft.hall.waiting, (microphone.id, account)))


def _enough(draft: Draft, account: str, microphone: Microphone) -> bool:
    return may_use(draft.room.abilities(account).standing, microphone.required_permission)


def _check_not_in_round(draft: Draft, microphone: Microphone) -> None:
    if draft.hall.round is not None and draft.hall.round.microphone_id == microphone.id:
        raise MicrophoneInUse


def _put(draft: Draft, microphone: Microphone) -> None:
    draft.set(microphones=with_item(draft.hall.microphones, microphone.id, microphone))


def _changed(draft: Draft, microphone: Microphone) -> JsonObject:
    view = microphone_view(draft.hall, microphone)
    draft.tell("microphone-changed", {"microphone": view})
    return {"microphone": view}


def request_answer(draft: Draft, microphone_id: str, account: str) -> JsonObject:
    """Return what somebody who asked for a microphone is answered."""
    queue = [one.user_account for one in queue_of(draft.hall, microphone_id)]
    position = queue.index(account) + 1 if account in queue else None
    return {
        "granted": position is None and _holds(draft, microphone_id, account),
        "position": position,
        "queue_position": position,
        "microphone": microphone_view(draft.hall, draft.hall.microphones[microphone_id]),
    }


def _holds(draft: Draft, microphone_id: str, account: str) -> bool:
    usage = draft.hall.holding.get(microphone_id)
    return usage is not None and usage.user_account == account


def _check_fields(fields: dict[str, Any]) -> None:
    checks = {
        "microphone_name": (_is_name, f"1 to {NAME_LENGTH_MAX} printable characters"),
        "broadcast_mode": (BROADCAST_MODES.__contains__, f"one of {', '.join(BROADCAST_MODES)}"),
        "required_permission": (
            REQUIRED_PERMISSIONS.__contains__,
            f"one of {', '.join(REQUIRED_PERMISSIONS)}",
        ),
        "price_minor": (_is_price, "a whole number of the currency's smallest unit, 0 or more"),
        "price_currency": (_is_currency, "a currency's short name"),
        "price_per": (PRICE_PER.__contains__, f"one of {', '.join(PRICE_PER)}"),
        "time_limit_seconds": (_is_duration, f"{SECONDS_MIN} to {SECONDS_MAX}, or null"),
        "daily_quota_seconds": (_is_duration, f"{SECONDS_MIN} to {SECONDS_MAX}, or null"),
        "queue_enabled": (lambda value: isinstance(value, bool), "true or false"),
    }
    for name, value in fields.items():
        check, expected = checks[name]
        if not check(value):
            raise BadInput(f"{name}: expected {expected}", field=name)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= NAME_LENGTH_MAX and value.isprintable()


def _is_currency(value: Any) -> bool:
    return (
        isinstance(value, str) and 0 < len(value) <= CURRENCY_LENGTH_MAX and value.isalnum()
        and value.isascii()
    )  # fmt: skip


def _is_price(value: Any) -> bool:
    return type(value) is int and 0 <= value <= PRICE_MAX


def _is_duration(value: Any) -> bool:
    return value is None or (type(value) is int and SECONDS_MIN <= value <= SECONDS_MAX)
