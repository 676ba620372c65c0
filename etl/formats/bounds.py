"""What may be read at all: bounds of size, rows, columns, unpacking and time, checked before and while reading."""

from __future__ import annotations

import time
from dataclasses import dataclass

from etl.formats.faults import UnreadableError

_BYTES_PER_MB = 1_000_000


def megabytes(size: int) -> str:
    """Return a size as it is shown in messages."""
    return f"{size / _BYTES_PER_MB:,.1f} MB"


@dataclass(frozen=True)
class Limits:
    """Bounds of one file; the defaults fit a laptop.

    Attributes
    ----------
    bytes : int
        Size of the file.
    rows, columns, cells : int
        Of one table or layer; empty rows and columns do not count.
    zip_ratio : int
        Unpacked size over packed size of an archive. Small archives (below 1 MB unpacked) are not judged by it.
    unzipped_bytes : int
        Unpacked size of an archive, or of one file inside.
    zip_members : int
        Files in an archive.
    vertices : int
        Points of all geometries of a layer.
    seconds : float
        For one file.
    memory_bytes : int
        Of the separate process that reads formats with a large native library.
    """

    bytes: int = 200 * _BYTES_PER_MB
    rows: int = 2_000_000
    columns: int = 2_000
    cells: int = 50_000_000
    zip_ratio: int = 200
    unzipped_bytes: int = 1_000 * _BYTES_PER_MB
    zip_members: int = 10_000
    vertices: int = 20_000_000
    seconds: float = 120.0
    memory_bytes: int = 3_000 * _BYTES_PER_MB

    def check_bytes(self, size: int) -> None:
        """Raise `UnreadableError` if a file is too large."""
        if size > self.bytes:
            raise UnreadableError(
                f"a file of {megabytes(size)}",
                f"at most {megabytes(self.bytes)}",
                "Split the file, or keep only the rows and columns that are needed.",
            )

    def check_columns(self, columns: int, row: int | None = None) -> None:
        """Raise `UnreadableError` if a row is too wide."""
        if columns > self.columns:
            raise UnreadableError(
                f"a table of {columns:,} columns",
                f"at most {self.columns:,} columns",
                "Keep only the columns that are needed, or put years below each other instead of side by side.",
                row=row,
            )

    def check_table(self, rows: int, columns: int) -> None:
        """Raise `UnreadableError` if a table is too large."""
        self.check_columns(columns)
        if rows > self.rows:
            raise UnreadableError(
                f"a table of more than {self.rows:,} rows" if rows == self.rows + 1 else f"a table of {rows:,} rows",
                f"at most {self.rows:,} rows",
                "Split the table, or aggregate its records first.",
            )
        if rows * columns > self.cells:
            raise UnreadableError(
                f"a table of {rows * columns:,} cells",
                f"at most {self.cells:,} cells",
                "Keep only the rows and columns that are needed.",
            )

    def check_vertices(self, vertices: int) -> None:
        """Raise `UnreadableError` if geometries have too many points."""
        if vertices > self.vertices:
            raise UnreadableError(
                f"geometries of {vertices:,} points",
                f"at most {self.vertices:,} points",
                "Simplify the boundaries (as a coverage, so that neighbours still fit), or split the file.",
            )


LIMITS = Limits()


class Deadline:
    """The moment at which reading a file has taken too long."""

    def __init__(self, limits: Limits) -> None:
        self._seconds = limits.seconds
        self._end = time.monotonic() + limits.seconds

    def check(self) -> None:
        """Raise `UnreadableError` if the time is over."""
        if time.monotonic() > self._end:
            raise too_slow(self._seconds)

    def left(self) -> float:
        """Return the seconds that are left, at least one."""
        return max(self._end - time.monotonic(), 1.0)


def too_slow(seconds: float) -> UnreadableError:
    """Return the error of a file that takes too long."""
    return UnreadableError(
        f"a file that takes longer than {seconds:,.0f} seconds to read",
        "a file that can be read in that time",
        "Split the file, or keep only the rows and columns that are needed.",
    )
