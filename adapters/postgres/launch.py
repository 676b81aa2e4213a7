"""Become another user, ask to die with the parent, run a command: for systems without `setpriv`.

Usage: launch.py SIGNAL|- PARENT_PID UID|- GID|- PROGRAM ARGUMENTS...
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(signal_name: str, parent: str, uid: str, gid: str, *command: str) -> None:
    """Replace this process by `command`; it keeps the user and the parent-death signal."""
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))  # Before the signal is asked for: changing users forgets it.
    if signal_name != "-":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.Signals[f"SIG{signal_name}"]))
        if os.getppid() != int(parent):
            sys.exit(1)  # It died before we asked.
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
