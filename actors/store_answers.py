"""What a store's outcome means to code that awaits it: a value, or one of three exceptions."""

from __future__ import annotations

from typing import Any

from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refusal, Refused


class StoreUnavailable(Exception):
    """Nothing took effect, since the database is away or overloaded; trying again is safe."""


class StoreUnknown(Exception):
    """The write may have happened: read its key again before trying once more."""


class RefusedByStore(Refusal):
    """The store said no for the reason that `code` names, and changed nothing."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.text, field=refused.field, **refused.details)
        vars(self).update(code=refused.code, retryable=refused.retryable)  # not of the class


def value_of(outcome: Outcome) -> Any:
    """Return the answer that an outcome carries.

    Raises:
        RefusedByStore: the store said no.
        StoreUnavailable: nothing happened; try again later.
        StoreUnknown: it may have happened; resolve it by reading again.
    """
    match outcome:
        case Ok(value=value):
            return value
        case Refused():
            raise RefusedByStore(outcome)
        case Err(reason=reason):
            raise StoreUnavailable(reason)
        case Unknown(reason=reason):
            raise StoreUnknown(reason)
