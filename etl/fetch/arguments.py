"""Types of arguments that several sources have; what they refuse never reaches an address."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import date


def matching(pattern: str, expected: str, change: Callable[[str], str] = str) -> Callable[[str], str]:
    """Return an argparse type for texts that match a pattern as a whole."""

    def convert(text: str) -> str:
        value = change(text)
        if not re.fullmatch(pattern, value, re.ASCII):
            raise argparse.ArgumentTypeError(f"found {text!r}; expected {expected}")
        return value

    return convert


iso3 = matching(r"[A-Z]{3}", "an ISO 3166-1 alpha-3 code, such as KGZ", str.upper)
iso3_list = matching(r"[A-Z]{3}(,[A-Z]{3})*", "ISO 3166-1 alpha-3 codes with commas, such as KGZ,TJK", str.upper)
number = matching(r"\d{1,9}", "a number of digits only")
slug = matching(r"[a-z0-9_-]{1,200}", "a name in the address of the dataset, such as cod-ab-kgz", str.lower)


def iso_date(text: str) -> str:
    """Return a date that is one, as ISO 8601."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a date such as 2024-12-31") from error
