"""The statements, one a file, so that they can be read, explained and linted as SQL.

A statement that writes for an actor begins with its fence: a row of `actor_epoch` under the epoch
that the actor was activated with, locked until the commit so that a newer activation waits for it.
"""

from __future__ import annotations

from pathlib import Path


def statement(name: str) -> str:
    """Return the text of `name`.sql."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
