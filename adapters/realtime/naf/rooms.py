"""Which space a Networked-A-Frame room is. Pure."""

from __future__ import annotations

import hashlib
import re

from actors.space.space_id import ID_LENGTH_MAX, SpaceId
from engine.refusal import BadInput

ROOM_LENGTH_MAX = 300
POST_APP = "dlux-vr"
DEFAULT_APP = "default"

# Author, permlink and subspace in one word. Names have three letters at least, so the first dash
# that leaves that many ends the author; a name with a dash behind its third letter is read wrongly,
# but by everybody in the same way.
_AUTHOR = r"(?P<author>[a-z][a-z0-9.-]{1,14}?[a-z0-9])"
_PERMLINK = r"(?P<permlink>[a-z0-9][a-z0-9-]*)"
_MAIN = re.compile(rf"{_AUTHOR}-{_PERMLINK}-(?P<subspace>main(?:-[A-Za-z0-9._-]+)?)", re.ASCII)
_ANY = re.compile(rf"{_AUTHOR}-{_PERMLINK}-(?P<subspace>[A-Za-z0-9][A-Za-z0-9._]*)", re.ASCII)
_EDITOR = "invr-"


def space_of_room(room: object, app: str = DEFAULT_APP) -> SpaceId:
    """Return the space that a page means by a room.

    `<author>-<permlink>-main`, or `-main-<name>`, is that post's space, where its people on other
    clients are too; for the app `dlux-vr` the last word may be any subspace. Every other room is a
    space of type `naf` by its own name, under the app's name unless that is `default`.

    Args:
        room: as the page spells it.
        app: EasyRTC's application; the other adapters have none.

    Raises:
        BadInput: no name at all, or one that is too long.
    """
    if not isinstance(room, str) or not 0 < len(room) <= ROOM_LENGTH_MAX or not room.isprintable():
        raise BadInput(f"room: expected 1 to {ROOM_LENGTH_MAX} printable characters", field="room")
    post = None if room.startswith(_EDITOR) else _MAIN.fullmatch(room)
    if post is None and app == POST_APP:
        post = _ANY.fullmatch(room)
    if post is not None:
        name, subspace = f"{post['author']}/{post['permlink']}", post["subspace"]
        if len(name) <= ID_LENGTH_MAX and len(subspace) <= 64:
            return SpaceId.checked("post", name, subspace)
    name = room if app == DEFAULT_APP else f"{app}/{room}"
    if len(name) > ID_LENGTH_MAX:
        digest = hashlib.sha256(name.encode()).hexdigest()
        name = f"{name[: ID_LENGTH_MAX - len(digest) - 1]}~{digest}"
    return SpaceId.checked("naf", name)
