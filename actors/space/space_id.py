"""The name of a space: `type:id:subspace`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.refusal import BadInput

_TYPE = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
_SUBSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
ID_LENGTH_MAX = 255  # the seeds' column width


@dataclass(frozen=True, slots=True, order=True)
class SpaceId:
    """Which space: `post`, `author/permlink`, `main`.

    The id is opaque and may hold slashes and colons; type and subspace may not, so the three parts
    can be read back from the joined form.
    """

    type: str
    id: str
    subspace: str = "main"

    def __str__(self) -> str:
        return f"{self.type}:{self.id}:{self.subspace}"

    @property
    def address(self) -> str:
        """The address of this space's actor."""
        return f"space:{self}"

    @property
    def chat_address(self) -> str:
        """The address of the actor that orders this space's chat."""
        return f"chat:{self}"

    @classmethod
    def checked(cls, type: object, id: object, subspace: object = "main") -> SpaceId:
        """Return the id these three inputs name.

        Raises:
            BadInput: names the part at fault and what was expected.
        """
        if not isinstance(type, str) or not _TYPE.fullmatch(type):
            raise BadInput("space type: expected a lower-case word such as post", field="spaceType")
        if isinstance(id, int) and not isinstance(id, bool):
            id = str(id)  # Documents have integer ids and some clients send them as numbers.
        if not isinstance(id, str) or not 0 < len(id) <= ID_LENGTH_MAX or not id.isprintable():
            raise BadInput(
                f"space id: expected 1 to {ID_LENGTH_MAX} printable characters", field="spaceId"
            )
        if not isinstance(subspace, str) or not _SUBSPACE.fullmatch(subspace):
            raise BadInput(
                "subspace: expected 1 to 64 letters, digits, dots, dashes or underscores",
                field="subspace",
            )
        return cls(type, id, subspace)

    @classmethod
    def parse(cls, text: str) -> SpaceId:
        """Return the id written as `type:id:subspace`, or with an actor kind in front of it.

        Raises:
            BadInput: the text does not have three parts.
        """
        for kind in ("space:", "chat:"):
            text = text.removeprefix(kind)
        type_, _, rest = text.partition(":")
        id_, _, subspace = rest.rpartition(":")
        return cls.checked(type_, id_, subspace)
