"""The dialect of the `wseasyrtc` and `easyrtc` adapters: EasyRTC's signalling server."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal

from actors.clients import Emit
from actors.naf import NafMember
from actors.session.messages import DescribeNaf, JoinSpace, LeaveSpace, SendNaf
from adapters.realtime.app import Socket
from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json
from adapters.realtime.naf import easyrtc, easyrtc_errors
from adapters.realtime.naf.avatar import avatar_pose
from adapters.realtime.naf.easyrtc_errors import EasyRtcError, error_message, error_of
from adapters.realtime.naf.page import JsonObject, Page, Tell
from adapters.realtime.naf.rooms import space_of_room
from engine.refusal import Refusal, Refused

EVENTS = frozenset({"easyrtcAuth", "easyrtcCmd", "easyrtcMsg"})

_ACK: JsonObject = {"msgType": "ack", "msgData": {}}
_NO_CHANGE: JsonObject = {"msgType": "roomData", "msgData": {"roomData": {}}}

IceServers = Callable[[str], list[JsonObject]]
"""Returns the ICE servers for the person behind a socket id."""

Identify = Callable[[str, str], None]
"""Takes the token a socket shows; raises `Refusal` when it is not good."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question under way to the actors, and what its answer is about."""

    what: Literal["login", "join", "entered", "leave", "send", "describe"]
    room: str = ""


class EasyRtcPage(Page):
    """One room at a time; a second one leaves the first, as everywhere here."""

    def __init__(
        self,
        socket: Socket,
        tell: Tell,
        *,
        identify: Identify,
        ice_servers: IceServers,
        now_us: Callable[[], int],
    ) -> None:
        super().__init__(socket, tell)
        self.id = easyrtc.easyrtc_id(socket.id)
        self._identify = identify
        self._ice_servers = ice_servers
        self._now_us = now_us
        self._login: easyrtc.Login | None = None
        self._presence: tuple[str, str | None] = ("chat", None)
        self._asked: dict[int, Asked] = {}

    @property
    def form(self) -> Hashable:
        return ("easyrtc", self.room)

    def event(self, name: str, payload: Json, ack: int | None) -> None:
        if ack is None:
            if name == "easyrtcAuth":
                self.socket.disconnect(close=False)
            return  # As EasyRTC has it: who does not want to hear is not heard.
        if self._login is None and name != "easyrtcAuth":
            # As EasyRTC has it too. A page that comes back first says what it had to say to its old
            # room, and its client shows every refusal in a dialog.
            return
        try:
            if name == "easyrtcAuth":
                self._authenticate(payload, ack)
            elif name == "easyrtcCmd":
                self._command(payload, ack)
            else:
                self._message(payload, ack)
        except EasyRtcError as error:
            self._say_no(ack, error)
            if self._login is None and name == "easyrtcAuth":
                self.socket.disconnect(close=False)

    def _authenticate(self, payload: Json, ack: int) -> None:
        self._login = None
        login = easyrtc.read_login(payload)
        if len(login.rooms) > 1:
            raise EasyRtcError(easyrtc_errors.LOGIN_BAD_ROOM, "Join one room at a time.")
        if login.token is not None:
            try:
                self._identify(self.socket.id, login.token)
            except Refusal as refusal:
                raise EasyRtcError(easyrtc_errors.LOGIN_BAD_AUTH, str(refusal)) from None
        self._login = login
        self._presence = login.presence or self._presence
        if login.rooms:
            self._join(login.rooms[0], ack, Asked("login", login.rooms[0]))
        else:
            self._answer(ack, self._token({}))

    def _command(self, payload: Json, ack: int) -> None:
        kind, body = easyrtc.read_command(payload)
        if kind in easyrtc.SIGNALS:
            target, data = body
            signal = SendNaf(event="naf-signal", type=kind, data=data, to=target, ack=ack)
            self._ask(ack, Asked("send"), signal)
        elif kind == "roomJoin":
            if len(body) != 1:
                raise EasyRtcError(easyrtc_errors.BAD_ROOM, "Join one room at a time.")
            self._join(body[0], ack, Asked("join", body[0]))
        elif kind == "roomLeave":
            self._leave(body, ack)
        elif kind == "setPresence":
            self._presence = body
            self._describe(ack, DescribeNaf(presence=body, ack=ack))
        elif kind == "setRoomApiField":
            room, fields = body
            if room == self.room:
                self._describe(ack, DescribeNaf(fields=fields, ack=ack))
            elif fields:
                raise EasyRtcError(easyrtc_errors.BAD_ROOM)
            else:  # Its client clears the fields of a room just after it has left it.
                self._answer(ack, _NO_CHANGE)
        elif kind == "getIceConfig":
            config = {"iceServers": self._ice_servers(self.socket.id)}
            self._answer(ack, {"msgType": "iceConfig", "msgData": {"iceConfig": config}})
        elif kind == "getRoomList":
            self._answer(ack, {"msgType": "roomList", "msgData": {"roomList": self._room_list()}})
        else:
            self._answer(ack, _ACK)

    def _message(self, payload: Json, ack: int) -> None:
        kind, data, target, room = easyrtc.read_message(payload)
        if room is not None and room != self.room:
            raise EasyRtcError(easyrtc_errors.TARGET_ROOM)
        pose = avatar_pose(self.id, kind, data)
        message = SendNaf(event="naf-message", type=kind, data=data, to=target, pose=pose, ack=ack)
        self._ask(ack, Asked("send"), message)

    def _join(self, room: str, ack: int, asked: Asked) -> None:
        login = self._login
        assert login is not None
        show, status = self._presence
        naf = NafMember(id=self.id, room=room, username=login.username, show=show, status=status)
        claimed = login.username if login.username and login.username.isprintable() else None
        space = space_of_room(room, login.app)
        self._ask(ack, asked, JoinSpace(space=space, naf=naf, claimed=claimed, ack=ack))
        if self.room is not None and self.room != room:
            left = easyrtc.room_data(self.room, "leave")
            self.socket.emit(Encoded("easyrtcCmd", (self._stamped(left),)))
        self.room = None

    def _leave(self, rooms: tuple[str, ...], ack: int) -> None:
        if self.room in rooms:
            self._ask(ack, Asked("leave", self.room), LeaveSpace(ack=ack))
            self.room = None
        else:
            self._answer(ack, easyrtc.room_data(rooms[0], "leave"))

    def _describe(self, ack: int, message: DescribeNaf) -> None:
        if self.room is None:
            self._answer(ack, _NO_CHANGE)
        else:
            self._ask(ack, Asked("describe", self.room), message)

    def _room_list(self) -> JsonObject:
        """Other rooms are nobody's business: this page's own alone."""
        if self.room is None:
            return {}
        return {self.room: {"roomName": self.room, "numberClients": self.people}}

    def _ask(
        self, ack: int, asked: Asked, message: SendNaf | JoinSpace | LeaveSpace | DescribeNaf
    ) -> None:
        self._tell(message)
        self._asked[ack] = asked

    def refuse(self, ack: int | None, refused: Refused) -> bool:
        if ack is not None:
            self._say_no(ack, error_of(refused))
        return True

    def acknowledge(self, ack: int, outcome: JsonObject | Refused) -> bool:
        asked = self._asked.pop(ack, None)
        if asked is None:
            return False
        if asked.what == "entered":
            return True  # It was answered with the room itself, in the room's order of events.
        if isinstance(outcome, Refused):
            self._refused(ack, asked, outcome)
        elif asked.what == "leave":
            self._answer(ack, easyrtc.room_data(asked.room, "leave"))
        elif asked.what == "describe":
            self._answer(ack, easyrtc.room_data(asked.room, "update"))
        else:
            self._answer(ack, _ACK)
        return True

    def _refused(self, ack: int, asked: Asked, refused: Refused) -> None:
        if asked.what == "login":
            self._login = None
            self._say_no(ack, EasyRtcError(easyrtc_errors.LOGIN_BAD_ROOM, refused.text))
            self.socket.disconnect(close=False)
        elif asked.what == "join":
            self._say_no(ack, EasyRtcError(easyrtc_errors.BAD_ROOM, refused.text))
        else:
            self._say_no(ack, error_of(refused))

    def absorbs(self, event: str, payload: JsonObject) -> bool:
        # Its client reads `error` as a broken connection; what it asks is acknowledged.
        return event in ("aframe-update", "error", "space-error")

    def show_room(self, payload: JsonObject) -> None:
        room = payload["room"]
        clients = easyrtc.clients(payload["members"])
        for ack, asked in self._asked.items():
            if asked.what in ("login", "join") and asked.room == room:
                self.room = room
                self._asked[ack] = Asked("entered", room)
                break
        else:
            if self.room == room:
                whole = easyrtc.room_data(room, "update", clientList=clients)
                self.socket.emit(Encoded("easyrtcCmd", (self._stamped(whole),)))
            return
        entered = easyrtc.room_data(room, "join", clientList=clients)
        if asked.what == "login":
            entered = self._token(entered["msgData"]["roomData"])
        self._answer(ack, entered)

    def encode(self, emit: Emit) -> Encoded | None:
        payload = emit.payload
        assert self.room is not None
        if emit.event == "naf-member":
            naf_id, member = payload["id"], payload["member"]
            if member is None:
                delta = {"removeClient": {naf_id: {"easyrtcid": naf_id}}}
            else:
                delta = {"updateClient": {naf_id: easyrtc.client(naf_id, member)}}
            change = easyrtc.room_data(self.room, "update", clientListDelta=delta)
            return Encoded("easyrtcCmd", (self._stamped(change),))
        said: JsonObject = {"senderEasyrtcid": payload["from"], "msgType": payload["type"]}
        if payload["data"] is not None:
            said["msgData"] = payload["data"]
        if payload["to"] is not None:
            said["targetEasyrtcid"] = said["easyrtcid"] = payload["to"]
        else:
            said["targetRoom"] = self.room
        said["serverTime"] = self._now_us() // 1000
        return Encoded("easyrtcCmd" if emit.event == "naf-signal" else "easyrtcMsg", (said,))

    def _token(self, rooms: JsonObject) -> JsonObject:
        login = self._login
        assert login is not None
        data: JsonObject = {
            "easyrtcid": self.id,
            "application": {"applicationName": login.app},
            "iceConfig": {"iceServers": self._ice_servers(self.socket.id)},
            "roomData": rooms,
            "serverTime": self._now_us() // 1000,
        }
        if login.session is not None:
            data["sessionData"] = {"easyrtcsid": login.session}
        return {"msgType": "token", "msgData": data}

    def _stamped(self, message: JsonObject) -> JsonObject:
        return {**message, "serverTime": self._now_us() // 1000}

    def _answer(self, ack: int, message: JsonObject) -> None:
        self.socket.acknowledge(ack, message)

    def _say_no(self, ack: int, error: EasyRtcError) -> None:
        self.socket.acknowledge(ack, error_message(error, self._now_us() // 1000))
