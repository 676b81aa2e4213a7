"""Hive account names, and what guests may be called."""

from __future__ import annotations

import re

from engine.refusal import BadInput

GUEST_NAME_LENGTH_MAX = 32
_JOINER = "\u200d"  # holds emoji such as families together; not printable by itself

_LABEL = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]", re.ASCII)


def is_account_name(name: object) -> bool:
    """Whether `name` is a Hive account name.

    3 to 16 characters; labels of at least 3, joined by dots, each a letter first, then letters,
    digits and dashes, not a dash last.
    """
    return (
        isinstance(name, str)
        and 3 <= len(name) <= 16
        and all(len(label) >= 3 and _LABEL.fullmatch(label) for label in name.split("."))
    )


def checked_guest_name(name: str | None) -> str | None:
    """Return a guest's name with runs of spaces made one; None for none.

    Raises:
        BadInput: empty, too long, or with characters that do not show.
    """
    if name is None:
        return None
    tidy = " ".join(name.split())
    shown = tidy.replace(_JOINER, "")
    if not 0 < len(tidy) <= GUEST_NAME_LENGTH_MAX or not shown or not shown.isprintable():
        raise BadInput(
            f"name: expected 1 to {GUEST_NAME_LENGTH_MAX} characters that can be seen",
            field="name",
        )
    return tidy
