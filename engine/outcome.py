"""What became of something that had to wait: a port request or an ask.

`Unknown` is the outcome that matters: the request may have taken effect. It is resolved by reading
the request's idempotency key again, never by repeating a request that has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.refusal import Refused


@dataclass(frozen=True, slots=True)
class Ok:
    """It happened; `value` is the answer."""

    value: Any


@dataclass(frozen=True, slots=True)
class Err:
    """The world failed before anything took effect; trying again is safe."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The world failed and it may have happened (a lost reply, a deadline)."""

    reason: str


Outcome = Ok | Refused | Err | Unknown
"""`Refused` says no for a stated reason and changed nothing."""
