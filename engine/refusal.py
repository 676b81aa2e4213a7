"""Refusals: expected answers that say no, with a code that never changes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal as a value: it travels in messages and in the journal.

    Attributes:
        code: stable, lower_snake_case; clients and tests branch on it.
        text: one sentence a person can act on.
        retryable: whether asking again later, unchanged, may succeed.
        field: the input field at fault, as the client spells it.
        details: further figures a client may show; JSON values only.
    """

    code: str
    text: str
    retryable: bool = False
    field: str | None = None
    details: dict[str, Any] = dataclasses.field(default_factory=dict)


class Refusal(Exception):
    """Raise inside a rule or a port to say no; the edge turns it into `Refused`.

    Subclasses set `code` and `retryable` once; the sentence is made for each case.
    """

    code: ClassVar[str] = "refused"
    retryable: ClassVar[bool] = False

    def __init__(self, text: str, *, field: str | None = None, **details: Any) -> None:
        super().__init__(text)
        self.text = text
        self.field = field
        self.details = details

    def value(self) -> Refused:
        """Return this refusal as the value that messages carry."""
        return Refused(
            code=self.code,
            text=self.text,
            retryable=self.retryable,
            field=self.field,
            details=self.details,
        )


class BadInput(Refusal):
    """The input does not have the expected form; `field` names the culprit."""

    code = "bad_input"
