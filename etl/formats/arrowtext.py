"""Columns of Arrow tables as text."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etl.formats.celltext import value_text


def _nested_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, ensure_ascii=False, default=value_text)


def column_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as text, an empty cell as empty text; each distinct value is written once.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Of any type; nested values are written as JSON.

    Returns
    -------
    pyarrow.ChunkedArray of string
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column_text(column.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pc.fill_null(column.cast(pa.string()), "")
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.chunked_array([pa.array([_nested_text(value) for value in column.to_pylist()], pa.string())])
    if pa.types.is_integer(kind):
        return pc.fill_null(column.cast(pa.string()), "")
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    encoded = column.combine_chunks().dictionary_encode()
    texts = pa.array([value_text(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([pc.fill_null(texts.take(encoded.indices), "")])
