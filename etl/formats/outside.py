"""Runs a reader that needs a large native library in a process of its own, bounded in time and memory.

A crash of the library is then a damaged file, not the end of the program; and of GDAL's drivers only the wanted ones
exist there, so that no content can make it open an address or another file.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from etl.formats.bounds import Deadline, Limits, too_slow
from etl.formats.faults import DAMAGED, UnreadableError

_SCRIPT = Path(__file__).with_name("child.py")
_KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "GDAL_DATA", "PROJ_DATA", "PROJ_LIB")
_DETAIL_CHARACTERS = 160


@dataclass(frozen=True)
class Piece:
    """One table or layer that the process has read.

    Attributes
    ----------
    name : str
    said : dict
        What the process says of it.
    table : pyarrow.Table or None
        None if it is empty or too large.
    """

    name: str
    said: dict[str, Any]
    table: pa.Table | None


@functools.cache
def _all_drivers() -> tuple[str, ...]:
    import pyogrio

    return tuple(pyogrio.list_drivers())


def _environment(drivers: Sequence[str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    kept["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    if drivers:
        kept["OGR_SKIP"] = ",".join(name for name in _all_drivers() if name not in drivers)
        kept["GDAL_DISABLE_READDIR_ON_OPEN"] = "TRUE"
        kept["OGR_SQLITE_LOAD_EXTENSIONS"] = "NO"
        kept["SHAPE_RESTORE_SHX"] = "YES"
    return kept


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give a folder of its own, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="reading-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def _fault(kind: str, detail: str) -> UnreadableError:
    lines = detail.strip().splitlines()
    return UnreadableError(
        f"damaged content ({lines[0][:_DETAIL_CHARACTERS] if lines else 'unreadable'})", kind, DAMAGED
    )


def read_outside(
    reader: str,
    path: Path,
    kind: str,
    folder: Path,
    limits: Limits,
    *,
    part: str | None = None,
    drivers: Sequence[str] = (),
    encoding: str | None = None,
) -> tuple[list[Piece], list[str]]:
    """Read a file in a process of its own.

    Parameters
    ----------
    reader : str
        ``vector``, ``sheets`` or ``parquet``.
    path : pathlib.Path
    kind : str
        What is expected, for messages.
    folder : pathlib.Path
        A working folder.
    limits : Limits
    part : str, optional
        The layer or sheet to read; all of them if not given.
    drivers : sequence of str
        The only drivers that GDAL may have.
    encoding : str, optional
        Of the texts of a Shapefile.

    Returns
    -------
    list of Piece
    list of str
        Names of all layers or sheets.

    Raises
    ------
    UnreadableError
        If the file is damaged, or passes a bound.
    """
    task = {
        "reader": reader,
        "path": str(path.resolve()),
        "folder": str(folder),
        "part": part,
        "drivers": list(drivers),
        "encoding": encoding,
        "rows": limits.rows,
        "columns": limits.columns,
        "cells": limits.cells,
        "bytes": limits.unzipped_bytes,
        "seconds": limits.seconds,
        "memory": limits.memory_bytes,
    }
    command = [sys.executable, "-I", str(_SCRIPT), json.dumps(task)]
    try:
        done = subprocess.run(
            command,
            env=_environment(drivers),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=Deadline(limits).left(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise too_slow(limits.seconds) from error
    said = folder / "answer.json"
    if done.returncode or not said.is_file():
        raise _fault(kind, "its reader ended early: it needs too much memory or time, or the content is broken")
    answer = json.loads(said.read_text(encoding="utf-8"))
    if answer.get("kind") == "size":
        raise UnreadableError(answer["error"], "less", "Split the file, or keep only what is needed.")
    if answer.get("kind") == "PasswordError":
        raise UnreadableError("an encrypted workbook", "a file without a password", "Save it without a password.")
    if "error" in answer:
        raise _fault(kind, answer["error"].replace(str(path), path.name))
    pieces = []
    for said_of in answer["layers"]:
        limits.check_table(said_of["rows"], said_of["columns"])
        table = None
        if "stream" in said_of:
            with pa.OSFile(str(folder / said_of["stream"])) as source:
                table = pa.ipc.open_stream(source).read_all()
        pieces.append(Piece(said_of["name"], said_of, table))
    return pieces, answer["names"]
