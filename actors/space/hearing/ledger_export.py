"""What the audibility ledger says of a moment, as rows, JSON and CSV. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.csv import csv_text
from actors.space.hearing.ledger import Audible, audible_at
from actors.store_audibility import Batch
from actors.wire_time import iso_utc

JsonObject = dict[str, Any]
COLUMNS = ("listener", "listener_socket_id", "source", "source_socket_id", "kind")


def audibility_view(
    batches: Sequence[Batch], at_us: int, *, listener: str | None, source: str | None
) -> JsonObject:
    """Return who could hear whom at a moment.

    Args:
        batches: what the store answered for that moment.
        at_us: microseconds since the Unix epoch.
        listener: only what this person heard: an account, `guest:<id>` or a socket id.
        source: only who heard this person.
    """
    found = audible_at(batches, at_us)
    known = found is not None
    state = found or Audible()
    return {
        "at": iso_utc(at_us),
        "known": known,
        "audio_mode": state.mode.value if known else None,
        "people": sorted({person for person, _ in state.people.values()}),
        "links": [
            dict(zip(COLUMNS, (*ear, *mouth, kind.name.lower()), strict=True))
            for ear, mouth, kind in state.links()
            if (listener is None or listener in ear) and (source is None or source in mouth)
        ],
    }


def audibility_csv(view: JsonObject) -> str:
    """Return the links of a view as RFC 4180 CSV with a header line."""
    return csv_text(COLUMNS, view["links"])
