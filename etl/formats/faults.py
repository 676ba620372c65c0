"""Why a file cannot be read, in the words of a problem; and which errors of libraries mean a damaged file."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from xml.parsers.expat import ExpatError

import pyarrow as pa

from etl.problems import quoted
from geodata.errors import EtlError

_LISTED = 10
DAMAGED = "The file is damaged or not what its name says: export or download it again."

LIBRARY_ERRORS: tuple[type[BaseException], ...] = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    OSError,
    EOFError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    StopIteration,
    ExpatError,
    pa.ArrowException,
    struct.error,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)
"""What parsers of third parties raise at damaged content: each is told as a problem of the file."""


class UnreadableError(EtlError):
    """A file, or a part of it, cannot be read; told as one problem."""

    def __init__(self, found: str, expected: str, remedy: str, *, row: int | None = None, column: str = "") -> None:
        super().__init__(f"found {found}; expected {expected}. {remedy}")
        self.found = found
        self.expected = expected
        self.remedy = remedy
        self.row = row
        self.column = column


def damaged(kind: str, error: BaseException) -> UnreadableError:
    """Return the error of a file that its own library cannot read."""
    lines = str(error).strip().splitlines()
    detail = lines[0][:160] if lines else type(error).__name__
    return UnreadableError(f"damaged content ({detail})", kind, DAMAGED)


def listed(items: Sequence[object]) -> str:
    """Return the first ten of several things as they are shown in a message, and how many more there are."""
    more = f" and {len(items) - _LISTED:,} more" if len(items) > _LISTED else ""
    return ", ".join(str(item) for item in items[:_LISTED]) + more


def unknown_part(kind: str, part: str, known: Sequence[str]) -> UnreadableError:
    """Return the error of a part that the file does not have."""
    names = listed([quoted(name) for name in known])
    return UnreadableError(
        f"no {kind} {quoted(part)}", f"one of its {len(known)}: {names}" if known else f"a {kind}", "Correct the name."
    )
