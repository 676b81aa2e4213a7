"""Times as the wire writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  In UTC; without a zone it is written twice as fast.


def iso_utc(time_us: int) -> str:
    """Return ISO-8601 UTC with milliseconds and Z: `1970-01-01T00:00:01.500Z` for 1,500,000."""
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat(timespec="milliseconds") + "Z"


def milliseconds(time_us: int) -> int:
    """Return whole milliseconds since the Unix epoch, as socket events carry them."""
    return time_us // 1000


def month_start_us(time_us: int) -> int:
    """Return when the month of a moment began, UTC."""
    moment = _EPOCH + timedelta(microseconds=time_us)
    begun = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (begun - _EPOCH) // timedelta(microseconds=1)
