"""Which limit each of a Networked-A-Frame page's events counts for."""

import pytest

from actors.limits import ENTITIES, EVENTS, JOINS, SIGNALS
from adapters.realtime.json_text import Json
from adapters.realtime.naf.limits import naf_limit_of


@pytest.mark.parametrize(
    ("event", "payload", "limit"),
    [
        ("joinRoom", {"room": "r"}, JOINS),
        ("easyrtcAuth", {"msgType": "authenticate"}, JOINS),
        ("easyrtcCmd", {"msgType": "roomJoin"}, JOINS),
        ("easyrtcCmd", {"msgType": "roomLeave"}, JOINS),
        ("easyrtcCmd", {"msgType": "setPresence"}, EVENTS),
        ("easyrtcCmd", {"msgType": "candidate", "targetEasyrtcid": "x"}, SIGNALS),
        ("send", {"type": "ice-candidate", "to": "x"}, SIGNALS),
        ("easyrtcMsg", {"msgType": "u", "targetEasyrtcid": "x"}, SIGNALS),
        ("easyrtcMsg", {"msgType": "um", "targetRoom": "r"}, ENTITIES),
        ("broadcast", {"type": "u"}, ENTITIES),
        ("broadcast", {"type": "r"}, ENTITIES),
        ("broadcast", {"type": "laugh"}, EVENTS),
        ("broadcast", {"type": ["u"]}, EVENTS),
        ("easyrtcCmd", {"msgType": {}}, EVENTS),
        ("easyrtcMsg", "um", EVENTS),
    ],
)
def test_each_event_counts_for_what_it_does(event: str, payload: Json, limit: str) -> None:
    """Whatever a page sends has one limit, malformed events too."""
    assert naf_limit_of(event, payload) == limit
