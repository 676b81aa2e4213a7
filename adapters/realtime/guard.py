"""Calls into the program behind the sockets: its bugs are logged and end only what they must."""

from __future__ import annotations

import logging
from collections.abc import Callable

_log = logging.getLogger(__name__)


def guarded(what: str, action: Callable[..., object], *args: object) -> bool:
    """Call `action`; when it raises, log that `what` failed and return False."""
    try:
        action(*args)
    except Exception:  # noqa: BLE001  Whatever it is, everybody else goes on.
        _log.exception("%s failed", what)
        return False
    return True
