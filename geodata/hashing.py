"""Hashes of published files: of their bytes, and of their content (logical), whatever wrote the bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 1 << 20
SNAPSHOT_ID_DIGITS = 16


def canonical_json(value: Any) -> bytes:
    """Return the canonical form of a JSON value: UTF-8, sorted keys, no blanks, finite numbers only."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def hash_bytes(content: bytes) -> str:
    """Return the SHA-256 of bytes as hex digits."""
    return hashlib.sha256(content).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file as hex digits.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _column_digest(values: pd.Series[Any]) -> bytes:
    """Digest one column: numbers by their bits, everything else by sorted distinct values and positions."""
    import numpy as np
    import pandas as pd

    digest = hashlib.sha256()
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_integer_dtype(values.dtype):
        digest.update(b"int" + values.to_numpy(dtype="<i8").tobytes())
    elif pd.api.types.is_float_dtype(values.dtype):
        numbers = values.to_numpy(dtype="<f8", copy=True)
        numbers[np.isnan(numbers)] = np.nan
        digest.update(b"float" + (numbers + 0.0).tobytes())
    elif pd.api.types.is_datetime64_any_dtype(values.dtype):
        digest.update(b"date" + values.to_numpy(dtype="datetime64[D]").astype("<i8").tobytes())
    else:
        codes, distinct = pd.factorize(values, sort=False)
        items = [x if isinstance(x, bytes) else str(x).encode() for x in distinct]
        order = sorted(range(len(items)), key=items.__getitem__)
        rank = np.empty(len(items) + 1, dtype="<i4")
        rank[order] = np.arange(len(items))
        rank[-1] = -1
        digest.update(b"text")
        for position in order:
            digest.update(len(items[position]).to_bytes(8, "little") + items[position])
        digest.update(rank[codes].tobytes())
    return digest.digest()


def hash_table(df: pd.DataFrame) -> str:
    """Return the logical hash of a table whose rows are in their canonical order.

    It depends on column names and values only, not on the dtype's storage (text or category), the file format or
    the library that writes it.

    Parameters
    ----------
    df : pandas.DataFrame
        Columns of bool, integers, floats, dates, text or bytes.

    Returns
    -------
    str
        64 hex digits.
    """
    digest = hashlib.sha256(len(df).to_bytes(8, "little"))
    for name in df.columns:
        digest.update(str(name).encode() + b"\0" + _column_digest(df[name]))
    return digest.hexdigest()


def snapshot_id(logical_hashes: Mapping[str, str]) -> str:
    """Return the id of a snapshot from the logical hashes of its files: 16 hex digits.

    Parameters
    ----------
    logical_hashes : mapping of file name to logical hash

    Returns
    -------
    str
    """
    lines = "\n".join(f"{name}:{value}" for name, value in sorted(logical_hashes.items()))
    return hash_bytes(lines.encode())[:SNAPSHOT_ID_DIGITS]
