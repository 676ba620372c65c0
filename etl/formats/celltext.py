"""Values of typed cells as text, the same for every format. Needs no other module: the reading process loads it too."""

from __future__ import annotations

import datetime
import math
from typing import Any

_MIDNIGHT = datetime.time()
_GROUP_DIGITS = 3


def number_text(value: float) -> str:
    """Return a number with the 15 digits that a spreadsheet keeps, without the dust of binary fractions.

    Three decimals get a fourth, a zero: 1.234 read from text may be a grouped 1234, 1.2340 cannot.
    """
    if not math.isfinite(value):
        return str(value)
    text = format(value, ".15g")
    if "e" in text:
        if abs(value) < 1:
            return text
        text = format(value, ".0f")
    whole, mark, part = text.partition(".")
    return f"{whole}{mark}{part}0" if len(part) == _GROUP_DIGITS else text


def date_text(value: datetime.date) -> str:
    """Return a date as ISO text, with the time of day if it has one."""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == _MIDNIGHT else value.isoformat(" ", "seconds")
    return value.isoformat()


def value_text(value: Any) -> str:
    """Return the value of a typed cell as text; nothing is empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime.date):
        return date_text(value)
    return str(value)
