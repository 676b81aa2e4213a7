"""What every load process does first, and how processor time is read."""

from __future__ import annotations

import gc
import os
import resource

import psutil


def settle_in(core: int | None) -> None:
    """Stay on that core, allow many sockets, and collect no garbage: a run is short."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))
    gc.disable()


def processor_s(process: psutil.Process) -> float:
    """Return the processor time a process has used, seconds; its children's is not in it."""
    times = process.cpu_times()
    return float(times.user + times.system)
