"""Iterates over the rows of small tables; large ones are never gone through row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def named_rows(df: pd.DataFrame) -> Iterator[Any]:
    """Return the rows as named tuples, without the index."""
    return iter(df.itertuples(index=False))


def value_rows(df: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Return the rows as plain tuples of values, without the index."""
    return iter(df.itertuples(index=False, name=None))
