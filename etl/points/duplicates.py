"""Finds points that occur twice: at the same place and date, or as the very same row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.points.engine import Engine
from etl.points.locate import Partial, Question
from etl.points.records import Chunk, read_chunk

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Duplicates:
    """Points that repeat an earlier one.

    Attributes
    ----------
    same_place : int
        At the same coordinates and date as an earlier point.
    same_row : int
        Of them: with all cells alike.
    rows : dict of int to numpy.ndarray of int64
        By chunk, the rows that repeat an earlier row.
    """

    same_place: int = 0
    same_row: int = 0
    rows: dict[int, Rows] = field(default_factory=dict)


def _repeated(hashes: Hashes) -> Hashes:
    """Return the hashes that occur more than once, sorted; 0 is none."""
    ordered = hashes[hashes != 0]
    ordered.sort()
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def _texts_of(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return the cells of a column as text, whatever they are."""
    kind = column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return np.array([str(cell) for cell in column.to_pylist()], dtype=object)
    texts: NDArray[Any] = pc.cast(column, pa.string()).fill_null("").to_pandas().to_numpy(dtype=object)
    return texts


def _hash_rows(chunk: Chunk, question: Question, *, wanted: Mapping[int, Rows]) -> tuple[int, Hashes, Rows]:
    """Return a number for the whole content of each wanted row of a chunk, and its row."""
    batch = read_chunk(chunk, whole=True)
    table = batch.table.take(pa.array(wanted[chunk.number]))
    result = np.zeros(table.num_rows, dtype="uint64")
    for name, column in zip(table.column_names, table.columns, strict=True):
        cells = pd.util.hash_array(_texts_of(column), categorize=False)
        result = result * np.uint64(1_000_003) + cells + np.uint64(len(name))
    return chunk.number, result, batch.rows[wanted[chunk.number]]


def find_duplicates(
    partials: Sequence[Partial], chunks: Iterable[Chunk], question: Question, engine: Engine
) -> Duplicates:
    """Compare all points by place and date, then the whole rows of those that agree.

    Parameters
    ----------
    partials : sequence of Partial
        Of all chunks.
    chunks : iterable of Chunk
        The same chunks anew; only those with points of the same place and date are read again.
    question : Question
    engine : Engine

    Returns
    -------
    Duplicates
    """
    repeated = _repeated(np.concatenate([part.hashes for part in partials]))
    if len(repeated) == 0:
        return Duplicates()
    found = {part.number: np.flatnonzero(np.isin(part.hashes, repeated)) for part in partials}
    wanted = {number: at for number, at in found.items() if len(at)}
    again = (chunk for chunk in chunks if chunk.number in wanted)
    results = list(engine.run(partial(_hash_rows, wanted=wanted), again, question))
    numbers = np.concatenate([np.full(len(rows), number) for number, _, rows in results])
    later = pd.Series(np.concatenate([hashes for _, hashes, _ in results])).duplicated().to_numpy()
    rows = np.concatenate([rows for _, _, rows in results])
    by_chunk = {int(number): rows[later & (numbers == number)] for number in np.unique(numbers[later])}
    return Duplicates(sum(map(len, wanted.values())) - len(repeated), int(later.sum()), by_chunk)
