"""What coming, going and the passing of time do to roles: pure rules.

Somebody whose connection breaks keeps every role for the grace and no longer; who leaves on purpose
gives them up at once.
"""

from __future__ import annotations

from actors.space import floor
from actors.space.hall.state import GRACE_US, Draft, Hall, with_item, without
from actors.space.microphones.credit import ends_at_us, paid_until_us
from actors.space.microphones.quota import back_at_us, turn_us
from actors.space.microphones.uses import WARNING_US, take_back
from actors.space.questions import rules as questions
from actors.store_hall import Usage
from engine.clock import SECOND_US


def lost(draft: Draft, account: str) -> None:
    """Begin the grace of somebody whose connection broke, if they have a role."""
    if account not in draft.hall.absent and account in draft.hall.with_roles():
        draft.set(absent=with_item(draft.hall.absent, account, draft.now_us))


def back(draft: Draft, account: str) -> None:
    """End the grace of somebody who is here again."""
    if account in draft.hall.absent:
        draft.set(absent=without(draft.hall.absent, account))


def gone(draft: Draft, account: str, reason: str) -> None:
    """Take every role from somebody who is gone for good."""
    if draft.hall.speaker == account:
        floor.release(draft, reason)
    floor.forget_request(draft, account)
    questions.drop(draft, account)
    for usage in tuple(draft.hall.holding.values()):
        if usage.user_account == account:
            take_back(draft, usage.microphone_id, reason)
    places = [key for key, one in draft.hall.waiting.items() if one.user_account == account]
    if places:
        draft.set(waiting=without(draft.hall.waiting, *places))
    if account in draft.hall.absent:
        draft.set(absent=without(draft.hall.absent, account))


def warn_at_us(usage: Usage) -> int | None:
    """Return when the holder is told that time is nearly up; None without a limit."""
    if usage.until_us is None:
        return None
    return usage.until_us - min(WARNING_US, (usage.until_us - usage.started_at_us) // 2)


def quotas_back_us(hall: Hall, now_us: int) -> list[int]:
    """Return when a running queue of questions may go on, for an asker has a turn's quota again."""
    session = hall.round
    if session is None or not session.running or hall.asker() is not None:
        return []
    quota_s = hall.microphones[session.microphone_id].daily_quota_seconds
    if quota_s is None:
        return []
    quota_us = quota_s * SECOND_US
    spent = hall.spent.get(session.microphone_id, ())
    waiting = {one.user_account for one in hall.questions.values() if one.status == "waiting"}
    back = [back_at_us(spent, account, quota_us, turn_us(quota_us)) for account in waiting]
    return [at_us for at_us in back if at_us > now_us]


def next_due_us(hall: Hall, now_us: int) -> int | None:
    """Return when time next changes something; None while nothing waits for it."""
    due = [since_us + GRACE_US for since_us in hall.absent.values()]
    due += quotas_back_us(hall, now_us)
    for usage in hall.holding.values():
        warned = usage.microphone_id in hall.warned
        due += [
            at_us
            for at_us in (ends_at_us(usage), None if warned else warn_at_us(usage))
            if at_us is not None
        ]
    return min(due, default=None)


def elapse(draft: Draft) -> None:
    """Do what is due by now: end graces and uses, and warn those whose time is nearly up."""
    now_us = draft.now_us
    for since_us, account in sorted((at, one) for one, at in draft.hall.absent.items()):
        if since_us + GRACE_US <= now_us:
            gone(draft, account, "connection lost")
    for usage in sorted(draft.hall.holding.values(), key=lambda one: one.microphone_id):
        end_us = ends_at_us(usage)
        if end_us is not None and end_us <= now_us:
            _time_is_up(draft, usage)
        else:
            _warn(draft, usage)


def _time_is_up(draft: Draft, usage: Usage) -> None:
    if draft.hall.holding.get(usage.microphone_id) is not usage:
        return  # It went with somebody's departure above.
    asker = draft.hall.asker()
    session = draft.hall.round
    if session is not None and session.microphone_id == usage.microphone_id and asker is not None:
        questions.finish(draft, "answered")
    else:
        paid_us = paid_until_us(usage)
        unpaid = paid_us is not None and paid_us <= draft.now_us
        take_back(draft, usage.microphone_id, "credit used up" if unpaid else "time limit")


def _warn(draft: Draft, usage: Usage) -> None:
    at_us = warn_at_us(usage)
    if at_us is None or at_us > draft.now_us or usage.microphone_id in draft.hall.warned:
        return
    assert usage.until_us is not None
    draft.set(warned=draft.hall.warned | {usage.microphone_id})
    seconds_left = -(-(usage.until_us - draft.now_us) // SECOND_US)
    draft.tell(
        "microphone-ending",
        {"microphone_id": usage.microphone_id, "seconds_left": seconds_left},
        to=(usage.user_account,),
    )
