"""The pages that speak Networked-A-Frame, between the bridge and the actors."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Final

from actors.clients import Emit
from actors.session.messages import SessionMessage
from adapters.realtime.app import Socket
from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json
from adapters.realtime.naf import easyrtc_page, socketio_page
from adapters.realtime.naf.easyrtc_page import EasyRtcPage, IceServers, Identify
from adapters.realtime.naf.page import JsonObject, Page
from adapters.realtime.naf.socketio_page import SocketIoPage
from engine.refusal import Refused

NAF_EVENTS: Final = frozenset({"naf-room", "naf-member", "naf-message", "naf-signal"})
"""What a space tells of its Networked-A-Frame members; see `actors.space.naf`."""


class Desk:
    """Knows which sockets are such pages: those that have said so by their first event.

    Args:
        tell: gives a session, named by its socket's id, a message; raises `MailboxFull`.
        identify: takes the token that an EasyRTC page shows as its credential.
        ice_servers: what EasyRTC pages connect to each other through.
        now_us: the time, for EasyRTC's `serverTime`.
    """

    def __init__(
        self,
        *,
        tell: Callable[[str, SessionMessage], None],
        identify: Identify,
        ice_servers: IceServers,
        now_us: Callable[[], int],
    ) -> None:
        self._tell = tell
        self._identify = identify
        self._ice_servers = ice_servers
        self._now_us = now_us
        self._pages: dict[str, Page] = {}

    def __len__(self) -> int:
        return len(self._pages)

    def takes(self, socket: Socket, name: str) -> bool:
        """Whether an event of this name is Networked-A-Frame's when it comes from this socket."""
        if name in socketio_page.EVENTS:
            return socket.transport != "json"  # There it is a page author's own name.
        return name in easyrtc_page.EVENTS and socket.transport not in ("json", "uws")

    def event(self, socket: Socket, name: str, payload: Json, ack: int | None) -> None:
        """Take an event.

        Raises:
            Refusal: it is malformed, and the page's dialect has no words for that.
            MailboxFull: its session is behind.
        """
        kind = EasyRtcPage if name in easyrtc_page.EVENTS else SocketIoPage
        page = self._pages.get(socket.id)
        if not isinstance(page, kind):
            page = self._pages[socket.id] = self._new(kind, socket)
        page.event(name, payload, ack)

    def _new(self, kind: type[Page], socket: Socket) -> Page:
        tell = partial(self._tell, socket.id)
        if kind is SocketIoPage:
            return SocketIoPage(socket, tell)
        return EasyRtcPage(
            socket,
            tell,
            identify=self._identify,
            ice_servers=self._ice_servers,
            now_us=self._now_us,
        )

    def disconnected(self, socket_id: str) -> None:
        """Forget a page."""
        self._pages.pop(socket_id, None)

    def refuse(self, socket: Socket, ack: int | None, refused: Refused) -> bool:
        """Say no to an event in the page's own words; False when it has none."""
        page = self._pages.get(socket.id)
        return page is not None and page.refuse(ack, refused)

    def acknowledge(self, socket_id: str, ack: int, outcome: JsonObject | Refused) -> bool:
        """Answer in the page's own words; False when the usual ones will do."""
        page = self._pages.get(socket_id)
        return page is not None and page.acknowledge(ack, outcome)

    def absorbs(self, socket_id: str, event: str, payload: JsonObject) -> bool:
        """Whether an event for everybody is not for this page, or was put into its own words."""
        page = self._pages.get(socket_id)
        return page is not None and page.absorbs(event, payload)

    def emit(self, emit: Emit) -> None:
        """Send one of `NAF_EVENTS`, encoded once for all pages that read the same."""
        by_form: dict[Hashable, Encoded | None] = {}
        for socket_id in emit.to:
            page = self._pages.get(socket_id)
            if page is None or socket_id == emit.but:
                continue
            if emit.event == "naf-room":
                page.people = len(emit.payload["members"])
                page.show_room(emit.payload)
                continue
            if emit.event == "naf-member":
                page.people = len(emit.payload["joined"])
            if page.room is None:
                continue  # It has left, and the space does not know yet.
            form = page.form
            if form not in by_form:
                by_form[form] = page.encode(emit)
            encoded = by_form[form]
            if encoded is not None:
                page.socket.emit(encoded)
