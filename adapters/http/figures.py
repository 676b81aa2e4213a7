"""Amounts as clients write them, into minor units, exactly."""

from __future__ import annotations

import re
from decimal import Decimal

from actors.ledger.accounts import ASSET_EXPONENTS
from engine.refusal import BadInput

_PLAIN = re.compile(r"\d{1,24}(\.\d{1,18})?([eE][+-]?\d{1,2})?", re.ASCII)
MINOR_MAX = 10**30


def minor_units(value: float | str, asset: str, field: str) -> int:
    """Return an amount's minor units: 10000 for 10.0 DLUX. Numbers are read as they were written.

    Raises:
        BadInput: no such number, below nothing, or with more digits than the asset has.
    """
    return scaled(value, ASSET_EXPONENTS[asset], field)


def scaled(value: float | str, digits: int, field: str) -> int:
    """Return a decimal number times ten to the power of `digits`, a whole number.

    Raises:
        BadInput: no such number, below nothing, or with more digits.
    """
    text = repr(value) if isinstance(value, float) else str(value)
    expected = BadInput(
        f"{field}: expected a number, not negative, with at most {digits} digits after the point",
        field=field,
    )
    if not _PLAIN.fullmatch(text):
        raise expected
    number = Decimal(text).scaleb(digits)
    if number != number.to_integral_value() or number > MINOR_MAX:
        raise expected
    return int(number)
