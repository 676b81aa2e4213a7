"""Amounts and durations as people write them: "9.99 USD", "7d". Exact both ways."""

from __future__ import annotations

import re
from typing import Final

from actors.ledger.accounts import ASSET_EXPONENTS
from engine.clock import MINUTE_US, SECOND_US

_AMOUNT: Final = re.compile(r"(\d{1,24})(?:\.(\d{1,18}))? ([A-Z]{2,10})")
_DURATION: Final = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS_US: Final = {"s": SECOND_US, "m": MINUTE_US, "h": 60 * MINUTE_US, "d": 1440 * MINUTE_US}


def read_amount(text: str) -> tuple[int, str]:
    """Return minor units and asset: (999, "USD") for "9.99 USD".

    Raises:
        ValueError: another form, an unknown asset, or more digits than the asset has.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError('expected an amount such as "9.99 USD"')
    whole, fraction, asset = match[1], match[2] or "", match[3]
    exponent = ASSET_EXPONENTS.get(asset)
    if exponent is None:
        raise ValueError(f"expected one of the assets {', '.join(ASSET_EXPONENTS)}, not {asset}")
    if len(fraction) > exponent:
        raise ValueError(f"expected at most {exponent} digits after the point for {asset}")
    return int(whole + fraction.ljust(exponent, "0")), asset


def decimal_text(amount: int, asset: str) -> str:
    """Return minor units as a decimal number: "9.99" for 999 USD."""
    exponent = ASSET_EXPONENTS[asset]
    if exponent == 0:
        return str(amount)
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"


def amount_text(amount: int, asset: str) -> str:
    """Return what `read_amount` reads: "9.99 USD"."""
    return f"{decimal_text(amount, asset)} {asset}"


def read_duration_us(text: str) -> int:
    """Return microseconds for a duration such as "7d", "15m" or "30s".

    Raises:
        ValueError: another form.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError('expected a duration such as "7d", "12h", "15m" or "30s"')
    return int(match[1]) * _UNITS_US[match[2]]


def duration_text(duration_us: int) -> str:
    """Return what `read_duration_us` reads, in the largest unit that fits."""
    for unit in ("d", "h", "m"):
        if duration_us % _UNITS_US[unit] == 0:
            return f"{duration_us // _UNITS_US[unit]}{unit}"
    return f"{duration_us // SECOND_US}s"
