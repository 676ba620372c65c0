"""The workspace: a folder of data packages that people bring, each with its own snapshots."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from werkzeug.datastructures import FileStorage

from geodata.errors import DashboardError

MAX_FILES = 12
NAME = re.compile(r"^[a-z][a-z0-9_]{1,40}$")
_LETTERS = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}


class WorkspaceError(DashboardError):
    """Something is wrong with what a user asked of the workspace; `key` is the word that says what."""

    def __init__(self, key: str, **given: object) -> None:
        self.key, self.given = key, given
        super().__init__(f"{key} {given}" if given else key)


def safe_name(filename: str, taken: set[str]) -> str:
    """Return a file name that is safe on every system, unlike those that are taken, with its suffix kept."""
    last = PurePosixPath(filename.replace("\\", "/")).name
    stem, dot, suffix = last.rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    stem = _LETTERS.sub("_", stem).strip("._-")[:60].lower() or "file"
    if stem in _RESERVED:
        stem += "_file"
    tail = "." + _LETTERS.sub("", suffix)[:12].lower() if suffix else ""
    return unlike(stem, {name.removesuffix(tail) for name in taken if name.endswith(tail)}) + tail


def unlike(name: str, taken: Collection[str]) -> str:
    """Return a name, with a number behind it if it is taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


class Workspace:
    """The folder that the pages write to; nothing else is written anywhere.

    Parameters
    ----------
    root : pathlib.Path
    max_bytes : int
        What one upload may weigh.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root = root.resolve()
        self.max_bytes = max_bytes

    def packages(self) -> list[str]:
        """Return the names of all packages, in alphabetical order."""
        if not self.root.is_dir():
            return []
        return sorted(path.parent.name for path in self.root.glob("*/datapackage.json") if NAME.match(path.parent.name))

    def package(self, name: str) -> Path:
        """Return the folder of a package.

        Raises
        ------
        WorkspaceError
            If there is none of that name.
        """
        if not NAME.match(name) or not (self.root / name / "datapackage.json").is_file():
            raise WorkspaceError("bring.no_package", name=name[:60])
        return self.root / name

    def new_name(self, title: str) -> str:
        """Return a name for a new package, made of its title and unlike all others."""
        ascii_title = title.encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "_", ascii_title).strip("_")[:30]
        if not NAME.match(stem):
            stem = f"data_{stem}".strip("_") if NAME.match(f"data_{stem}".strip("_")) else "my_data"
        return unlike(stem, {path.name for path in self.root.glob("*")})

    def snapshots(self, name: str) -> Path:
        """Return the folder that the snapshots of a package are published to."""
        return self.root / ".snapshots" / name

    def incoming(self, name: str) -> Path:
        """Return the folder of files that were sent but are not yet part of the package."""
        return self.root / ".incoming" / name

    def receive(self, name: str, files: list[FileStorage]) -> list[Path]:
        """Save uploaded files, each under a safe name.

        Raises
        ------
        WorkspaceError
            If there is no file, if there are too many, or if they weigh too much.
        """
        given = [one for one in files if one.filename]
        if not given:
            raise WorkspaceError("bring.no_file")
        if len(given) > MAX_FILES:
            raise WorkspaceError("bring.too_many", n=MAX_FILES)
        folder = self.incoming(name)
        folder.mkdir(parents=True, exist_ok=True)
        saved: list[Path] = []
        left = self.max_bytes
        for one in given:
            path = folder / safe_name(str(one.filename), {p.name for p in folder.iterdir()})
            one.save(path)
            saved.append(path)
            left -= path.stat().st_size
            if left < 0:
                for each in saved:
                    each.unlink(missing_ok=True)
                raise WorkspaceError("bring.too_big", mb=self.max_bytes // 1_000_000)
        return saved

    def remove(self, name: str) -> None:
        """Remove a package with all that belongs to it."""
        for folder in (self.package(name), self.snapshots(name), self.incoming(name)):
            if folder.is_dir() and folder.is_relative_to(self.root):
                shutil.rmtree(folder)

    def zipped(self, name: str) -> bytes:
        """Return a package as a ZIP file: what a later run needs."""
        folder, out = self.package(name), io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in _files(folder):
                archive.write(path, f"{name}/{path.relative_to(folder).as_posix()}")
        return out.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
