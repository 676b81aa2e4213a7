"""The short way of poses: from the socket into the space's conflated lane, without a turn.

A turn of the session for every pose would cost more than all the rest of it. So once a body is in a
space, the clients port itself puts what the socket sends into the space's lane, and a copy into the
session's own, where nobody is woken by it. A pose overtakes nothing: while anything else that the
client has sent waits for the session, poses queue up behind it.
"""

from __future__ import annotations

from typing import Any, Final

from actors.clients import RoutePoses
from actors.session.messages import MoveTo
from actors.space.entities import EntityUpdate
from engine.core import Core

JsonObject = dict[str, Any]

NEWEST: Final = "pose"
"""The key in the session's own lane; its value is (when, update)."""

_KEPT: Final = ("position", "rotation", "voice_enabled")


class PoseRoutes:
    """Where each socket's poses go; a clients port keeps one."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._routes: dict[str, RoutePoses] = {}
        self._entities: dict[str, tuple[EntityUpdate, ...]] = {}  # last seen beside a pose

    def set(self, route: RoutePoses) -> None:
        """Take a session's word for where its poses go."""
        if route.space is None:
            self.forget(route.to)
        else:
            self._routes[route.to] = route
            self._entities.pop(route.to, None)  # Another space knows nothing of them.

    def forget(self, socket_id: str) -> None:
        """The socket is gone, or its body is."""
        self._routes.pop(socket_id, None)
        self._entities.pop(socket_id, None)

    def carry(self, session: str, socket_id: str, move: MoveTo) -> None:
        """Pass a checked pose on.

        Raises:
            MailboxFull: the session has to handle other things first, and too many wait.
        """
        core = self._core
        route = self._routes.get(socket_id)
        if route is None or core.has_mail(session):
            core.tell(session, move)
            return
        if move.entities and move.entities != self._entities.get(socket_id):
            core.tell(session, move)  # Not conflated, so the session passes them on.
            self._entities[socket_id] = move.entities
            return
        assert route.space is not None
        update = move.update
        put = core.mail.put
        put(route.space, socket_id, (route.life, update))
        put(session, NEWEST, (core.now_us, update))


def merge_newest(old: tuple[int, JsonObject], new: tuple[int, JsonObject]) -> Any:
    """Return what a session has to remember of two poses: the rule of its lane."""
    before, now = old[1], new[1]
    if (
        now.get("position") is not None
        and now.get("rotation") is not None
        and (now.get("voice_enabled") is not None or "voice_enabled" not in before)
    ):
        return new
    kept = {}
    for key in _KEPT:
        value = now.get(key)
        kept[key] = before.get(key) if value is None else value
    return new[0], kept
