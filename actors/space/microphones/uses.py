"""Giving a microphone and taking it back: the two steps that all rules are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from actors.money.commands import TOKEN
from actors.space.hall.refusals import NoSuchMicrophone, QuotaExhausted
from actors.space.hall.state import Draft, Hall, JsonObject, seconds, with_item, without
from actors.space.microphones.credit import must_pay
from actors.space.microphones.queue import in_order, queue_of
from actors.space.microphones.quota import LEAST_US, back_at_us, remembered, used_us
from actors.store_hall import Microphone, Usage, Waiting
from actors.wire_time import iso_utc
from engine.clock import SECOND_US

WARNING_US = 10 * SECOND_US
"""How long before the end of a use its holder is warned; short uses, half way."""


def microphone_of(hall: Hall, microphone_id: str) -> Microphone:
    """Return a microphone.

    Raises:
        NoSuchMicrophone: there is none by this id here.
    """
    microphone = hall.microphones.get(microphone_id)
    if microphone is None:
        raise NoSuchMicrophone
    return microphone


def microphone_view(hall: Hall, microphone: Microphone) -> JsonObject:
    """Return a microphone as the wire shows it."""
    usage = hall.holding.get(microphone.id)
    return {
        "id": microphone.id,
        "microphone_name": microphone.microphone_name,
        "broadcast_mode": microphone.broadcast_mode,
        "required_permission": microphone.required_permission,
        "price_minor": microphone.price_minor,
        "price_currency": microphone.price_currency,
        "price_per": microphone.price_per,
        "time_limit_seconds": microphone.time_limit_seconds,
        "daily_quota_seconds": microphone.daily_quota_seconds,
        "queue_enabled": microphone.queue_enabled,
        "holder": usage.user_account if usage else None,
        "until": iso_utc(usage.until_us) if usage and usage.until_us is not None else None,
        "waiting": sum(one.microphone_id == microphone.id for one in hall.waiting.values()),
    }


def left_us(draft: Draft, microphone: Microphone, account: str) -> int | None:
    """Return how much of somebody's quota is left; None where there is no quota."""
    if microphone.daily_quota_seconds is None:
        return None
    spent = draft.hall.spent.get(microphone.id, ())
    used = used_us(spent, account, draft.now_us)
    left = microphone.daily_quota_seconds * SECOND_US - used
    return left if left >= LEAST_US else 0


def check_quota(draft: Draft, microphone: Microphone, account: str) -> None:
    """Check that some of the quota is left.

    Raises:
        QuotaExhausted: nothing is.
    """
    left = left_us(draft, microphone, account)
    if left == 0:
        assert microphone.daily_quota_seconds is not None
        spent = draft.hall.spent.get(microphone.id, ())
        back_us = back_at_us(spent, account, microphone.daily_quota_seconds * SECOND_US)
        wait_us = back_us - draft.now_us
        raise QuotaExhausted(microphone.daily_quota_seconds, -(-wait_us // SECOND_US))


def give(
    draft: Draft,
    microphone_id: str,
    account: str,
    *,
    granted_by: str | None = None,
    limited: bool = True,
    until_us: int | None = None,
    hold: str | None = None,
) -> None:
    """Begin a use of a free microphone.

    Time limit and quota end it unless it is not `limited`; `until_us` may end it earlier. One that
    is paid in tokens comes with the `hold` of its first unit; without one it is free.
    """
    assert microphone_id not in draft.hall.holding, "one holder at a time"
    microphone = draft.hall.microphones[microphone_id]
    ends = [] if until_us is None else [until_us]
    if limited:
        if microphone.time_limit_seconds is not None:
            ends.append(draft.now_us + microphone.time_limit_seconds * SECOND_US)
        left = left_us(draft, microphone, account)
        if left is not None:
            ends.append(draft.now_us + left)
    in_tokens = microphone.price_currency == TOKEN
    usage = Usage(
        microphone_id=microphone_id,
        number=microphone.uses + 1,
        user_account=account,
        granted_by=granted_by,
        started_at_us=draft.now_us,
        until_us=min(ends, default=None),
        cost_minor=0 if in_tokens else microphone.price_minor,
        cost_currency=microphone.price_currency,
        price_per=microphone.price_per,
        price_minor=0 if hold is None else microphone.price_minor,
        holds=() if hold is None else (hold,),
    )
    draft.set(
        microphones=with_item(
            draft.hall.microphones, microphone_id, replace(microphone, uses=usage.number)
        ),
        holding=with_item(draft.hall.holding, microphone_id, usage),
        waiting=without(draft.hall.waiting, (microphone_id, account)),
        paying=without(draft.hall.paying, microphone_id),
        warned=draft.hall.warned - {microphone_id},
    )
    draft.tell(
        "microphone-taken",
        {
            "microphone_id": microphone_id,
            "holder": account,
            "broadcast_mode": microphone.broadcast_mode,
            "until": None if usage.until_us is None else iso_utc(usage.until_us),
            "granted_by": granted_by,
        },
    )


def take_back(draft: Draft, microphone_id: str, reason: str) -> Usage:
    """End the use of a held microphone and record it."""
    usage = draft.hall.holding[microphone_id]
    ended = replace(
        usage,
        ended_at_us=draft.now_us,
        duration_seconds=seconds(draft.now_us - usage.started_at_us),
        ended_reason=reason,
    )
    draft.end(ended)
    draft.set(holding=without(draft.hall.holding, microphone_id))
    if ended.holds:
        key = microphone_id, ended.number
        draft.set(unsettled=with_item(draft.hall.unsettled, key, ended))
    spent = remembered(draft.hall.spent.get(microphone_id, ()), ended, draft.now_us)
    draft.set(spent=with_item(draft.hall.spent, microphone_id, spent))
    draft.tell(
        "microphone-released",
        {"microphone_id": microphone_id, "holder": usage.user_account, "reason": reason},
    )
    return usage


def serve(draft: Draft) -> None:
    """Give every free microphone to the first who waits for it, is here and may have it.

    Who has used up the quota meanwhile loses the place; who is away or muted keeps it and is passed
    over. Who has to pay is given it when the tokens are reserved; until then it is nobody else's.
    """
    hall = draft.hall
    in_round = hall.round.microphone_id if hall.round else None
    for microphone_id, paying in hall.paying.items():
        key = microphone_id, paying.user_account
        here = key in hall.waiting and _ready(draft, paying.user_account)
        if not here or microphone_id == in_round or microphone_id in hall.holding:
            stop_paying(draft, microphone_id)
    for microphone_id in sorted({one.microphone_id for one in hall.waiting.values()}):
        if microphone_id == in_round:
            continue
        for one in queue_of(draft.hall, microphone_id):
            if microphone_id in draft.hall.holding or microphone_id in draft.hall.paying:
                break
            _offer(draft, one)


def stop_paying(draft: Draft, microphone_id: str) -> None:
    """Let a reservation go; a later one for the same place is another one."""
    hall = draft.hall
    paying = hall.paying[microphone_id]
    key = microphone_id, paying.user_account
    draft.set(paying=without(hall.paying, microphone_id))
    if key in hall.waiting:
        place = replace(hall.waiting[key], tries=paying.tries + 1)
        draft.set(waiting=with_item(hall.waiting, key, place))


def _ready(draft: Draft, account: str) -> bool:
    room = draft.room
    here = account not in draft.hall.absent and room.present(account)
    return here and room.abilities(account).hold_floor


def _offer(draft: Draft, one: Waiting) -> None:
    account = one.user_account
    if not _ready(draft, account):
        return
    microphone = draft.hall.microphones[one.microphone_id]
    left = left_us(draft, microphone, account)
    if left == 0:
        draft.set(waiting=without(draft.hall.waiting, (one.microphone_id, account)))
    elif must_pay(draft, microphone, account):
        draft.set(paying=with_item(draft.hall.paying, one.microphone_id, one))
    else:
        give(draft, one.microphone_id, account)


def announce_queues(draft: Draft) -> None:
    """Tell everybody whose place in a queue changed; place None: not in it any more."""
    before, after = draft.before.waiting, draft.hall.waiting
    if before is after:
        return
    then, now = _places(before.values()), _places(after.values())
    for microphone_id, account in {**then, **now}:
        place = now.get((microphone_id, account))
        usage = draft.hall.holding.get(microphone_id)
        granted = usage is not None and usage.user_account == account
        if place == then.get((microphone_id, account)) or (place is None and granted):
            continue
        waiting = sum(key[0] == microphone_id for key in now)
        payload = {"microphone_id": microphone_id, "position": place, "waiting": waiting}
        draft.tell("microphone-queue", payload, to=(account,))


def _places(waiting: Iterable[Waiting]) -> dict[tuple[str, str], int]:
    places: dict[tuple[str, str], int] = {}
    counts: dict[str, int] = {}
    for one in in_order(waiting):
        counts[one.microphone_id] = counts.get(one.microphone_id, 0) + 1
        places[one.microphone_id, one.user_account] = counts[one.microphone_id]
    return places
