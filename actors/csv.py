"""Rows as RFC 4180 CSV that a spreadsheet may open. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return a header line and a line for each row; None is an empty cell.

    Text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    lines = [",".join(columns)]
    lines += [",".join(_cell(row[name]) for name in columns) for row in rows]
    return "".join(f"{line}\r\n" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, str) and text[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        text = f"'{text}"
    if any(one in text for one in ',"\r\n'):
        text = '"' + text.replace('"', '""') + '"'
    return text
