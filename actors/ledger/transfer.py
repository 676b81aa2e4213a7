"""Transfers and the commands that hold them: values, checked when they are made.

A command is a linked group: all of its transfers happen or none. Its id, chosen by the caller
before the first attempt, makes a retry harmless.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from engine.clock import MINUTE_US
from engine.refusal import BadInput

AMOUNT_MAX: Final = 10**38
"""An amount has at most 38 digits of minor units: all the wei there will ever be fit 27."""

TRANSFERS_MAX: Final = 64
TIMEOUT_US_MAX: Final = 10 * 366 * 24 * 60 * MINUTE_US
DETAILS_LENGTH_MAX: Final = 4000
"""Characters of JSON; a hundred times what a statement shows."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME: Final = re.compile(r"[a-z]+(:[A-Za-z0-9._/-]+)+")
_NAME_LENGTH_MAX: Final = 128
_ASSET: Final = re.compile(r"[A-Z][A-Z0-9/_.-]{1,63}")
_KIND: Final = re.compile(r"[a-z][a-z_]{1,31}")
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_REF_LENGTH_MAX: Final = 200

Flag = Literal["plain", "pending", "post", "void", "expire"]
"""plain moves at once; pending reserves; post takes up to all of what a pending reserved and
releases the rest; void releases it; expire is the ledger's own, when a pending's time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One movement from `debit` to `credit`.

    Attributes:
        id: a UUID; never used twice.
        kind: what it is for, such as `tip`; statements group by it.
        asset: the code of the asset; amounts are in its minor units.
        amount: positive; of a post, at most what is pending; of a void, what is pending.
        pending_id: the pending transfer that a post or a void resolves.
        timeout_us: of a pending: how long it holds at most; None for ever.
        ref: what it belongs to, such as `call:<id>`; found again by it.
        details: JSON values for those who read statements.
    """

    id: str
    kind: str
    debit: str
    credit: str
    asset: str
    amount: int
    flag: Flag = "plain"
    pending_id: str | None = None
    timeout_us: int | None = None
    ref: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check("id", "a UUID in lower case", good=_is_uuid(self.id))
        _check("kind", "2 to 32 of a-z and _", good=_KIND.fullmatch(self.kind) is not None)
        for name, account in (("debit", self.debit), ("credit", self.credit)):
            good = len(account) <= _NAME_LENGTH_MAX and _NAME.fullmatch(account) is not None
            _check(name, "an account such as user:ada:main", good=good)
        _check("credit", "another account than debit", good=self.debit != self.credit)
        _check(
            "asset", "an asset's code such as TOK", good=_ASSET.fullmatch(self.asset) is not None
        )
        whole = type(self.amount) is int and 0 < self.amount < AMOUNT_MAX
        _check("amount", _AMOUNT, good=whole)
        resolves = self.flag in ("post", "void", "expire")
        named = self.pending_id is not None and _is_uuid(self.pending_id)
        _check("pending_id", _PENDING_ID, good=named if resolves else self.pending_id is None)
        timed = self.timeout_us is None or (
            self.flag == "pending"
            and type(self.timeout_us) is int
            and 0 < self.timeout_us <= TIMEOUT_US_MAX
        )
        _check("timeout_us", "up to ten years, and only on a pending transfer", good=timed)
        short = len(self.ref) <= _REF_LENGTH_MAX and _is_storable(self.ref)
        _check("ref", f"at most {_REF_LENGTH_MAX} characters, no NUL among them", good=short)
        _check("details", _DETAILS, good=not self.details or _is_json(self.details))


_AMOUNT: Final = "a whole number of minor units, above 0, of at most 38 digits"
_DETAILS: Final = f"a JSON object of at most {DETAILS_LENGTH_MAX} characters, no NUL among them"
_PENDING_ID: Final = "the id of a pending transfer on post and void, and on nothing else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A linked group under one id: all of it happens, or none.

    Attributes:
        id: a UUID made by the caller and kept before it sends; a retry sends the same.
        transfers: in the order they happen, 1 to 64.
    """

    id: str
    transfers: tuple[Transfer, ...]

    def __post_init__(self) -> None:
        _check("id", "a UUID in lower case", good=_is_uuid(self.id))
        fits = 1 <= len(self.transfers) <= TRANSFERS_MAX
        _check("transfers", f"1 to {TRANSFERS_MAX} of them", good=fits)
        ids = {transfer.id for transfer in self.transfers}
        _check("transfers", "different ids", good=len(ids) == len(self.transfers))

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything it says: tells a retry from another command under its id."""
        said = "\n".join([self.id, *map(_said, self.transfers)])
        return hashlib.sha256(said.encode()).digest()

    @property
    def accounts(self) -> tuple[tuple[str, str], ...]:
        """The (account, asset) pairs it touches, each once, in order of appearance."""
        pairs: dict[tuple[str, str], None] = {}
        for transfer in self.transfers:
            pairs[transfer.debit, transfer.asset] = None
            pairs[transfer.credit, transfer.asset] = None
        return tuple(pairs)


def one(transfer: Transfer) -> Command:
    """Return the command that holds this transfer alone, under the same id."""
    return Command(id=transfer.id, transfers=(transfer,))


def derived_id(parent: str, name: str) -> str:
    """Return the id of a part, such as a call's block 7: always the same for the same names.

    It is a UUID of version 8 (RFC 9562) over the SHA-256 of both.
    """
    digest = hashlib.sha256(f"{parent}/{name}".encode()).digest()
    number = int.from_bytes(digest[:16], "big")
    text = f"{number & ~(0xF << 76 | 0x3 << 62) | 8 << 76 | 2 << 62:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _said(transfer: Transfer) -> str:
    """Return all of it on one line; only what may hold spaces needs quotes."""
    details = repr(_ordered(transfer.details)) if transfer.details else ""
    return (
        f"{transfer.id} {transfer.kind} {transfer.debit} {transfer.credit} {transfer.asset}"
        f" {transfer.amount} {transfer.flag} {transfer.pending_id} {transfer.timeout_us}"
        f" {transfer.ref!r} {details}"
    )


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((key, _ordered(each)) for key, each in value.items())
    if isinstance(value, list | tuple):
        return [_ordered(each) for each in value]
    return value


def _is_json(details: dict[str, Any]) -> bool:
    try:
        text = json.dumps(details, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return False
    escaped = text.replace("\\\\", "")
    return len(text) <= DETAILS_LENGTH_MAX and "\\u0000" not in escaped and _is_storable(text)


def _is_storable(text: str) -> bool:
    """Whether Postgres takes it: a poisoned transfer would fell a whole batch, again and again."""
    return _UNSTORABLE.search(text) is None


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _check(name: str, expected: str, *, good: bool) -> None:
    if not good:
        raise BadInput(f"{name}: expected {expected}", field=name)
