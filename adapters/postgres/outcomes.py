"""What became of a unit of work, told from the exceptions that asyncpg raises."""

from __future__ import annotations

import asyncpg

from engine.outcome import Err, Outcome, Unknown
from engine.refusal import BadInput

_BAD_INPUT = ("22", "23", "54")  # data, constraint and size errors: the same again fails again
_LOST = ("08", "57P")  # connection trouble and shutdowns: a commit may have gone through


def is_lost(error: Exception) -> bool:
    """Return whether the connection broke, so that nobody knows how far the work had come."""
    match error:
        case asyncpg.PostgresError():
            return (error.sqlstate or "").startswith(_LOST)
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            return not isinstance(error, ValueError)
        case _:
            return isinstance(error, OSError | TimeoutError)


def is_bad_input(error: Exception) -> bool:
    """Return whether the database said no to the values: NUL in text, a name too long."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_BAD_INPUT)
    return isinstance(error, asyncpg.InterfaceError | UnicodeError) and isinstance(
        error, ValueError
    )


def outcome_of(error: Exception, *, writes: bool) -> Outcome:
    """Return the outcome of work that ended in `error`.

    A broken connection leaves a write `Unknown`. An error that the server itself reported rolled
    the work back, so it is `Err`, or a refusal where the values are at fault.
    """
    if is_bad_input(error):
        return BadInput(f"the database can't hold this: {error}").value()
    reason = f"{type(error).__name__}: {error}"
    return Unknown(reason) if writes and is_lost(error) else Err(reason)
