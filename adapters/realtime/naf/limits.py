"""Which of `actors.limits` a Networked-A-Frame event counts for. Pure."""

from __future__ import annotations

from actors.limits import ENTITIES, EVENTS, JOINS, SIGNALS
from adapters.realtime.json_text import Json

ENTITY_TYPES = frozenset({"u", "um", "r"})
_JOIN_COMMANDS = frozenset({"roomJoin", "roomLeave"})


def naf_limit_of(event: str, payload: Json) -> str:
    """Return the name of the limit that an event of a page counts for.

    What a page tells its whole room of its entities counts as other clients' updates of entities
    do. What goes to one member counts as signals: whoever meets 50 people syncs every entity of
    theirs with each, in as sudden a rush as the offers and candidates are.
    """
    if event in ("joinRoom", "easyrtcAuth"):
        return JOINS
    if not isinstance(payload, dict):
        return EVENTS
    if event == "send" or isinstance(payload.get("targetEasyrtcid"), str):
        return SIGNALS
    kind = payload.get("type" if event == "broadcast" else "msgType")
    if event == "easyrtcCmd":
        return JOINS if isinstance(kind, str) and kind in _JOIN_COMMANDS else EVENTS
    return ENTITIES if isinstance(kind, str) and kind in ENTITY_TYPES else EVENTS
