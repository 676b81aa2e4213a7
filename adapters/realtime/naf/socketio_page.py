"""The dialect of the `socketio`, `webrtc` and `uws` adapters: three events each way."""

from __future__ import annotations

from actors.clients import Emit
from actors.naf import NafMember
from actors.session.messages import JoinSpace, SendNaf
from adapters.realtime.app import Socket
from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json
from adapters.realtime.naf.avatar import avatar_pose
from adapters.realtime.naf.page import JsonObject, Page, Tell
from adapters.realtime.naf.rooms import space_of_room
from engine.refusal import BadInput, Refused

EVENTS = frozenset({"joinRoom", "send", "broadcast"})
TYPE_LENGTH_MAX = 128


class SocketIoPage(Page):
    """Its client id is the socket's. It has no words for an error: `connectError` is ours."""

    form = "socketio"

    def __init__(self, socket: Socket, tell: Tell) -> None:
        super().__init__(socket, tell)
        self._joining: str | None = None

    def event(self, name: str, payload: Json, ack: int | None) -> None:
        if not isinstance(payload, dict):
            raise BadInput(f"{name}: expected one object as its argument", field=name)
        if name == "joinRoom":
            self._join(payload.get("room"), ack)
            return
        type_, to = payload.get("type"), payload.get("to")
        if not isinstance(type_, str) or not 0 < len(type_) <= TYPE_LENGTH_MAX:
            raise BadInput(f"type: expected 1 to {TYPE_LENGTH_MAX} characters", field="type")
        if name == "send" and not isinstance(to, str):
            raise BadInput("to: expected a client id", field="to")
        data = payload.get("data")
        # Whom it is from is known here; what the page says of that may be of an earlier connection.
        self._tell(
            SendNaf(
                event="naf-message",
                type=type_,
                data=data,
                to=to if name == "send" else None,
                pose=avatar_pose(self.socket.id, type_, data),
                ack=ack,
            )
        )

    def _join(self, room: Json, ack: int | None) -> None:
        space = space_of_room(room)
        naf = NafMember(id=self.socket.id, room=room)
        self._tell(JoinSpace(space=space, naf=naf, ack=ack))
        self._joining, self.room = room, None

    def refuse(self, ack: int | None, refused: Refused) -> bool:
        return False

    def acknowledge(self, ack: int, outcome: JsonObject | Refused) -> bool:
        return False

    def absorbs(self, event: str, payload: JsonObject) -> bool:
        if event != "space-error" or self._joining is None:
            return event == "aframe-update"  # The page's own updates say it all.
        self._joining = None
        self.socket.emit(Encoded("connectError", (payload,)))
        return True

    def show_room(self, payload: JsonObject) -> None:
        joined = {naf_id: member["joined"] for naf_id, member in payload["members"].items()}
        if self._joining == payload["room"]:
            self._joining, self.room = None, payload["room"]
            success = {"joinedTime": joined[self.socket.id], "socketId": self.socket.id}
            self.socket.emit(Encoded("connectSuccess", (success,)))
        self.socket.emit(Encoded("occupantsChanged", ({"occupants": joined},)))

    def encode(self, emit: Emit) -> Encoded | None:
        payload = emit.payload
        if emit.event == "naf-member":
            return Encoded("occupantsChanged", ({"occupants": payload["joined"]},))
        if emit.event == "naf-signal":
            return None
        if payload["to"] is not None:
            return Encoded("send", (payload,))
        said = {key: payload[key] for key in ("from", "type", "data")}
        return Encoded("broadcast", (said,))
