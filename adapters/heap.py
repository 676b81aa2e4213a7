"""How the process's allocator treats what numpy frees."""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_KEPT_BYTES = 64 << 20
_MAPPED_FROM_BYTES = 32 << 20


def keep_freed_pages() -> None:
    """Have glibc keep freed memory, up to 64 MB, for the next array.

    It gives back what is free beyond 128 kB at once, and maps larger arrays one by one; a rule over
    a thousand people allocates and frees a hundred arrays of that size a tick, and each time the
    kernel has to find and clear their pages: a third of the tick. No other allocator is touched.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)
