"""Whom people do not want to hear: their own mutes and blocks. Pure rules; no moderator needed."""

from __future__ import annotations

from actors.space.hall.deeds import BarOne
from actors.space.hall.refusals import TooManyBars
from actors.space.hall.state import Draft, Hall, JsonObject, with_item, without
from actors.space.hall.who import Who, check_present
from actors.store_hall import Bar
from engine.refusal import BadInput

BARS_MAX = 100
"""Of one person in one space: more is a reason to go elsewhere, or to call a moderator."""
BARS_SPACE_MAX = 20_000
"""Of all people in one space, 4 MB; each is looked at when somebody comes or goes."""


def bar_one(draft: Draft, who: Who, deed: BarOne) -> JsonObject:
    """Hear somebody no more; with `blocks`, be heard by them no more either.

    Raises:
        BadInput: they mean themself.
        NotHere: nobody by this name is here.
        TooManyBars: they have as many as anybody may.
    """
    hall, key = draft.hall, (who.name, deed.person)
    if deed.person == who.name:
        raise BadInput("target_user: expected somebody else", field="target_user")
    known = hall.bars.get(key)
    if known is None:
        check_present(draft, deed.person)
        own = sum(one.person == who.name for one in hall.bars.values())
        if own >= BARS_MAX or len(hall.bars) >= BARS_SPACE_MAX:
            raise TooManyBars(BARS_MAX)
    if known is None or known.blocks != deed.blocks:
        row = Bar(
            person=who.name, target=deed.person, blocks=deed.blocks, barred_at_us=draft.now_us
        )
        draft.set(bars=with_item(hall.bars, key, row))
        _tell(draft, who)
    return bars_view(draft.hall, who.name)


def unbar_one(draft: Draft, who: Who, person: str) -> JsonObject:
    """Hear somebody again; nothing when they were heard."""
    key = (who.name, person)
    if key in draft.hall.bars:
        draft.set(bars=without(draft.hall.bars, key))
        _tell(draft, who)
    return bars_view(draft.hall, who.name)


def bars_view(hall: Hall, name: str) -> JsonObject:
    """Return what a person's own client is shown; nobody learns who has blocked them."""
    own = [one for one in hall.bars.values() if one.person == name]
    return {
        "muted_people": [one.target for one in own if not one.blocks],
        "blocked_people": [one.target for one in own if one.blocks],
    }


def _tell(draft: Draft, who: Who) -> None:
    draft.tell("muted-people-changed", bars_view(draft.hall, who.name), to=(who.name,))
