"""What somebody has been shown of a space: the roster, where everybody is, and what was said.

The view notices by itself what no client may ever be shown; simulated and live people keep the same
one. `complaints` names the invariant that was broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.space import pose_frame
from actors.space.space_id import SpaceId
from sim.people.hall_view import HallView
from sim.people.scenery import Scenery

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something this client was shown and must not have been."""

    invariant: str
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A chat message as it was shown."""

    id: int
    key: str
    content: str
    who: str


class View:
    """One person's picture of the space they are in."""

    def __init__(self) -> None:
        self.socket_id = ""
        self.space: SpaceId | None = None
        self.roster: dict[str, JsonObject] = {}
        self.places: dict[str, JsonObject] = {}
        self.scenery = Scenery()
        self.chat: dict[SpaceId, dict[int, Heard]] = {}
        self.met: dict[str, None] = {}
        """Display names of everybody ever seen."""
        self.complaints: list[Complaint] = []
        self.shown = 0
        self.resyncs = 0
        self.hall = HallView(self._complain)
        self.frames = 0
        self._epoch = 0
        self._indices: dict[int, str] = {}
        self._marks: dict[str, int] = {}
        self._heard_last: dict[SpaceId, int] = {}

    def connected(self, socket_id: str) -> None:
        """A new socket: whatever it is shown begins anew."""
        self.socket_id = socket_id
        self.space = None
        self.roster = {}
        self.places = {}
        self.scenery = Scenery()
        self._marks = {}

    def recovered(self) -> None:
        """The same socket goes on; each one's newest pose may be shown again."""
        self._marks = {who: number - 1 for who, number in self._marks.items()}

    def apply(self, event: str, payload: Any) -> None:
        """Take in an event from the server."""
        self.shown += 1
        match event:
            case "space-joined":
                self._joined(payload)
            case "user-joined":
                self._came(payload)
            case "user-left":
                self._went(payload["socketId"])
            case "aframe-update":
                self._moved(payload)
            case "poses":
                self._seen(pose_frame.decode(payload))
            case "chat-message":
                self._said(payload)
            case "entities-updated":
                for entity in payload["entities"]:
                    wrong = self.scenery.update(entity)
                    if wrong is not None:
                        self._complain("entities_go_forward", wrong)
            case "entities-removed":
                for entity_id in payload["entityIds"]:
                    self.scenery.remove(entity_id)
            case "webrtc-offer" | "webrtc-answer" | "webrtc-ice-candidate":
                if payload["fromSocketId"] not in self.roster:
                    self._complain("signals_stay_inside", f"{event} from outside")
            case _:
                self.hall.apply(event, payload, self.roster)

    def learn(self, messages: list[JsonObject]) -> None:
        """Take in a page of the history; it may be that of a space left meanwhile."""
        for message in messages:
            self._keep(_space_of(message), message)

    def _joined(self, payload: JsonObject) -> None:
        space = SpaceId(payload["spaceType"], payload["spaceId"], payload["subspace"])
        users = [user["socketId"] for user in payload["users"]]
        if len(set(users)) != len(users):
            self._complain("one_body_a_session", f"space-joined shows somebody twice: {users}")
        if self.socket_id not in users:
            self._complain("rosters_agree", "space-joined leaves out whom it is sent to")
        if space != self.space:
            self._marks = {}
        self.resyncs += bool(payload.get("resync"))
        self.space = space
        self.roster = {user["socketId"]: user for user in payload["users"]}
        self.places = {
            user["socketId"]: user["position"] for user in payload["users"] if user["position"]
        }
        self.met |= dict.fromkeys(user["displayName"] for user in payload["users"])
        self.scenery.replace(payload["entities"])
        if "audio" in payload:
            self.hall.joined(payload["audio"])
        self._epoch = payload["epoch"]
        self._indices = {user["poseIndex"]: user["socketId"] for user in payload["users"]}

    def _came(self, payload: JsonObject) -> None:
        who = payload["socketId"]
        if self.space is None:
            self._complain("only_members_hear", "user-joined before space-joined")
        if who in self.roster:
            self._complain("left_exactly_once", f"user-joined for {who}, who is here already")
        self.roster[who] = payload
        self.met[payload["displayName"]] = None
        self._marks.pop(who, None)
        self._indices[payload["poseIndex"]] = who
        if payload["position"]:
            self.places[who] = payload["position"]

    def _went(self, who: str) -> None:
        if self.roster.pop(who, None) is None:
            self._complain("left_exactly_once", f"user-left for {who}, who is not here")
        self.places.pop(who, None)
        self.hall.left(who)

    def _moved(self, payload: JsonObject) -> None:
        who, update = payload["socketId"], payload["entityData"]
        if who not in self.roster:
            self._complain("no_pose_after_leaving", f"a pose of {who}, who is not here")
            return
        number = update.get("number")
        if number is not None:
            if number <= self._marks.get(who, -1):
                self._complain("poses_go_forward", f"pose {number} of {who} after a later one")
            self._marks[who] = number
        if update.get("position"):
            self.places[who] = update["position"]

    def _seen(self, frame: pose_frame.PoseFrame) -> None:
        self.frames += 1
        if frame.epoch != self._epoch & 0xFFFFFFFF:
            return  # Of a space that has been rebuilt meanwhile: its indices mean nothing here.
        for index, (place_mm, _rotation) in frame.poses.items():
            who = self._indices.get(index)
            if who not in self.roster:
                self._complain("no_pose_after_leaving", f"a frame shows {index}, who is not here")
            else:
                x, y, z = (mm / 1000 for mm in place_mm)
                self.places[str(who)] = {"x": x, "y": y, "z": z}

    def _said(self, payload: JsonObject) -> None:
        space = _space_of(payload)
        if space != self.space:
            self._complain("only_members_hear", f"chat of {space} heard in {self.space}")
        last = self._heard_last.get(space, 0)
        if payload["id"] <= last:
            self._complain("one_chat_order", f"message {payload['id']} shown after {last}")
        self._heard_last[space] = payload["id"]
        self._keep(space, payload)

    def _keep(self, space: SpaceId, message: JsonObject) -> None:
        chat = self.chat.setdefault(space, {})
        heard = Heard(message["id"], message["key"], message["content"], message["display_name"])
        known = chat.setdefault(heard.id, heard)
        if known != heard:
            self._complain("one_chat_order", f"message {heard.id} is {known} and {heard}")

    def _complain(self, invariant: str, text: str) -> None:
        self.complaints.append(Complaint(invariant, text))


def _space_of(message: JsonObject) -> SpaceId:
    return SpaceId(message["space_type"], message["space_id"], message["subspace"])
