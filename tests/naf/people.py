"""Stock Socket.IO clients that speak Networked-A-Frame's dialects by hand."""

from __future__ import annotations

import itertools
from typing import Any

from tests.server.people import Crowd, Payload, Person

_ROOMS = itertools.count(1)


def new_room() -> str:
    """Return the name of a post's room that no other test uses."""
    return f"ann-room{next(_ROOMS)}-main"


def space_of(room: str) -> Payload:
    """Return what `join-space` calls the space of `new_room`."""
    author, permlink, subspace = room.split("-")
    return {"spaceType": "post", "spaceId": f"{author}/{permlink}", "subspace": subspace}


async def join(person: Person, room: str) -> Payload:
    """Join as the socketio adapter does; return `connectSuccess`."""
    before = len(person.all("connectSuccess"))
    await person.emit("joinRoom", {"room": room})
    return await person.hear("connectSuccess", nth=before + 1)


async def occupants(person: Person, *ids: str) -> None:
    """Wait until the socketio adapter's page knows exactly these people."""
    nth = max(len(person.all("occupantsChanged")), 1)
    while set((await person.hear("occupantsChanged", nth=nth))["occupants"]) != set(ids):
        nth += 1


async def authenticate(person: Person, **fields: Any) -> Payload:
    """Log in as EasyRTC's client does; return the answer."""
    data = {"apiVersion": "1.1.1-beta", "applicationName": "dlux-vr", "setUserCfg": {}, **fields}
    return await person.ask("easyrtcAuth", {"msgType": "authenticate", "msgData": data})


async def command(person: Person, kind: str, **fields: Any) -> Payload:
    """Send an `easyrtcCmd`; return the answer."""
    return await person.ask("easyrtcCmd", {"msgType": kind, **fields})


async def enter(person: Person, room: str) -> Payload:
    """Join as the wseasyrtc adapter does; return the answer."""
    rooms = {room: {"roomName": room}}
    return await command(person, "roomJoin", msgData={"roomJoin": rooms})


async def easyrtc_member(crowd: Crowd, name: str, url: str, room: str) -> tuple[Person, str]:
    """Connect, log in and join; return the person and their easyrtcid."""
    person = await crowd.connect(name, url)
    token = await authenticate(person)
    answer = await enter(person, room)
    assert answer["msgType"] == "roomData", answer
    return person, str(token["msgData"]["easyrtcid"])


def code(answer: Payload) -> str:
    """Return the code of EasyRTC's no."""
    assert answer["msgType"] == "error", answer
    assert answer["msgData"]["errorText"]
    return str(answer["msgData"]["errorCode"])
