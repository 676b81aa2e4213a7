"""The fence: a write counts only under the epoch that its actor was last activated with."""

from __future__ import annotations

from actors.store import FENCED
from engine.refusal import Refused


def fenced(actor: str, epoch: int) -> Refused:
    """Return the refusal of a write whose epoch has passed."""
    return Refused(
        code=FENCED,
        text=f"{actor} was activated again after epoch {epoch}; this activation must stop",
    )
