"""Problems of a data package: collected over all its files, reported once, each with a remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import EtlError

LISTED_PER_FAULT = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a data package.

    Attributes
    ----------
    file : str
        Path inside the package.
    row : int or None
        Line of the file (header = 1); the number of the feature in a GeoJSON file.
    column : str
        Column, key or property; empty if the whole row or file is meant.
    found, expected, remedy : str
    more : int
        How many further rows of the file have the same fault and are not listed.
    candidates : tuple of str
        Proposals for a human to decide on; nothing is ever joined by them.
    """

    file: str
    row: int | None
    column: str
    found: str
    expected: str
    remedy: str
    more: int = 0
    candidates: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", {'feature' if self.file.endswith('.geojson') else 'row'} {self.row}"
        if self.column:
            place += f", {self.column}"
        proposals = f" (nearest: {'; '.join(self.candidates)})" if self.candidates else ""
        more = f" [and {self.more:,} more rows alike]" if self.more else ""
        line = f"{place}: found {self.found}; expected {self.expected}{proposals}. {self.remedy}{more}"
        return " ".join(line.split())

    def to_json(self) -> dict[str, Any]:
        """Return the problem as a JSON-able dict."""
        return asdict(self)


class BadInputError(EtlError):
    """A data package has problems: they are all in `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        word = "problem" if len(self.problems) == 1 else "problems"
        super().__init__(f"{len(self.problems)} {word} in the data package:\n{lines}")


def quoted(value: object) -> str:
    """Return a value as it is shown in a message: in quotes, at most 80 characters."""
    text = str(value)
    return f'"{text}"' if len(text) <= 80 else f'"{text[:77]}..."'


@dataclass
class Problems:
    """Collects problems; remembers which rows of which file are faulty, so that no later step repeats them."""

    found: list[Problem] = field(default_factory=list)
    _seen: set[tuple[str, int | None, str]] = field(default_factory=set)
    _rows: dict[str, list[NDArray[np.int64]]] = field(default_factory=dict)

    def add(
        self,
        file: str,
        row: int | None,
        column: str,
        *,
        found: str,
        expected: str,
        remedy: str,
        more: int = 0,
        candidates: Sequence[str] = (),
    ) -> None:
        """Add one problem, unless the same place was reported before."""
        place = (file, row, column)
        if place in self._seen:
            return
        self._seen.add(place)
        self._rows.setdefault(file, []).append(np.array([row if row is not None else 0], dtype="int64"))
        self.found.append(Problem(file, row, column, found, expected, remedy, more, tuple(candidates)))

    def add_rows(
        self,
        file: str,
        rows: NDArray[np.int64],
        column: str,
        *,
        found: Sequence[object],
        expected: str,
        remedy: str,
    ) -> None:
        """Add the same fault of many rows: the first ten are listed, the rest counted."""
        for position, (row, value) in enumerate(zip(rows[:LISTED_PER_FAULT], found, strict=False)):
            more = len(rows) - LISTED_PER_FAULT if position == LISTED_PER_FAULT - 1 else 0
            self.add(
                file,
                int(row),
                column,
                found=quoted(value) if value != "" else "an empty cell",
                expected=expected,
                remedy=remedy,
                more=max(more, 0),
            )
        self._rows.setdefault(file, []).append(np.asarray(rows, dtype="int64"))

    def bad_rows(self, file: str) -> NDArray[np.int64]:
        """Return the faulty rows of a file, sorted; 0 stands for the file itself."""
        return np.unique(np.concatenate(self._rows.get(file, [np.empty(0, dtype="int64")])))

    def has_any(self, *files: str) -> bool:
        """Tell whether any of the files has a problem; without files, whether there is any at all."""
        return any(file in self._rows for file in files) if files else bool(self.found)

    def raise_if_any(self) -> None:
        """Raise all collected problems at once, in the order of files and rows.

        Raises
        ------
        BadInputError
            If there is at least one.
        """
        if self.found:
            raise BadInputError(sorted(self.found, key=lambda p: (p.file, p.row or 0, p.column)))
