"""What was received before: bodies by the hash of their content, an index by address, unfinished parts."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from etl.fetch.body import read_json

PART_DAYS = 7


@dataclass(frozen=True)
class Received:
    """A body that was asked for and found right, and where it lies.

    Attributes
    ----------
    accessed : str
        UTC time at which the source last said that this is its content, ISO 8601.
    how : str
        ``new``, ``unchanged`` (the source said so) or ``cache`` (nobody was asked).
    """

    path: Path
    url: str
    sha256: str
    bytes: int
    accessed: str
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    how: str = "new"

    def json(self) -> Any:
        """Return the content of a JSON body."""
        return read_json(self.path)


def default_folder() -> Path:
    """Return the folder that the operating system gives to caches."""
    from platformdirs import user_cache_path

    return user_cache_path("drivers-atlas", appauthor=False) / "fetch"


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def copy_atomically(source: Path, path: Path) -> None:
    """Copy a file so that nobody ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        shutil.copyfile(source, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Part:
    """The first bytes of a body, of this run or of an interrupted one; owned by one process at a time."""

    def __init__(self, path: Path, validator: str | None) -> None:
        self.path = path
        self.validator = validator

    @property
    def size(self) -> int:
        """Return how many bytes are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def restart(self, validator: str | None) -> None:
        """Forget the bytes; the next ones belong to the version that `validator` names."""
        self.path.unlink(missing_ok=True)
        self.validator = validator


class Cache:
    """A folder of received bodies; safe for several processes at once.

    Parameters
    ----------
    folder : Path
        Made if it is not there, for the user alone.
    """

    def __init__(self, folder: Path) -> None:
        self._bodies, self._index, self._parts = folder / "bodies", folder / "index", folder / "parts"
        for part in (folder, self._bodies, self._index, self._parts):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)

    @staticmethod
    def _key(url: str) -> str:
        return hashlib.sha256(url.encode()).hexdigest()

    def find(self, url: str) -> Received | None:
        """Return what was last received from an address, if it is still there and whole."""
        try:
            entry = json.loads((self._index / f"{self._key(url)}.json").read_text(encoding="utf-8"))
            found = Received(path=self._bodies / entry["sha256"], how="cache", **entry)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        is_whole = found.url == url and found.path.is_file() and hash_file(found.path) == found.sha256
        return found if is_whole else None

    def _write_entry(self, received: Received) -> None:
        entry = asdict(received)
        del entry["path"], entry["how"]
        content = json.dumps(entry, ensure_ascii=False, indent=1).encode()
        write_atomically(self._index / f"{self._key(received.url)}.json", content)

    def store(self, part: Part, received: Received) -> Received:
        """Keep a finished part as the content of its address."""
        sha256 = hash_file(part.path)
        stored = replace(received, path=self._bodies / sha256, sha256=sha256, bytes=part.path.stat().st_size)
        part.path.replace(stored.path)
        self._write_entry(stored)
        return stored

    def confirm(self, known: Received, accessed: str) -> Received:
        """Note that the source still has the same content."""
        confirmed = replace(known, accessed=accessed, how="unchanged")
        self._write_entry(confirmed)
        return confirmed

    def claim_part(self, url: str) -> Part:
        """Return what an interrupted run left of an address, or an empty part."""
        self._remove_old_parts()
        mine = self._parts / f"{self._key(url)}-{uuid.uuid4().hex}.part"
        try:
            note = json.loads((self._parts / f"{self._key(url)}.json").read_text(encoding="utf-8"))
            (self._parts / str(note["part"])).rename(mine)
        except (OSError, ValueError, TypeError, KeyError):
            return Part(mine, None)
        return Part(mine, note.get("validator"))

    def leave_part(self, url: str, part: Part) -> None:
        """Leave an unfinished part for the next run, if it can be resumed."""
        if part.size and part.validator:
            note = {"part": part.path.name, "validator": part.validator}
            write_atomically(self._parts / f"{self._key(url)}.json", json.dumps(note).encode())
        else:
            part.path.unlink(missing_ok=True)

    def _remove_old_parts(self) -> None:
        oldest = time.time() - PART_DAYS * 86_400
        for path in self._parts.iterdir():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
