"""The audit log: who saw which sensitive layer or exported it, and who signed in; one line each, never a value.

Every line holds the hash of the line before it, so that a line that was changed, taken out or put in is found:
``python -m dashboard.audit verify FILE``.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import IO, Any

from flask import Flask, Response, g, has_request_context

from dashboard.auth.clock import Clock
from dashboard.auth.store import make_private_folder
from dashboard.errors import AuditError
from layers.catalog import TIERS, IndicatorSpec, Tier

FILE = "audit.jsonl"
FIRST = "0" * 64
FIELDS = ("time", "account", "tier", "what", "dataset", "indicator", "level", "previous", "hash")
ACTS = (
    "sign_in",
    "sign_in_failed",
    "sign_in_refused",
    "sign_out",
    "page",
    "layer",
    "panel",
    "table",
    "chart",
    "method",
    "quality",
    "export",
    "audit",
)
SENSITIVE = ("high", "severe")
EVERY = "*"
_MAX_FIELD = 120
_TAIL = 8192
_SEEN = "atlas_seen"


def _hash(entry: dict[str, str]) -> str:
    body = json.dumps({k: entry[k] for k in FIELDS if k != "hash"}, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def _read_entry(line: bytes) -> dict[str, str] | None:
    """Return the entry of a line, or None if it is none."""
    try:
        entry = json.loads(line)
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    is_entry = isinstance(entry, dict) and tuple(entry) == FIELDS and all(isinstance(v, str) for v in entry.values())
    return entry if is_entry else None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a log among all processes."""
    with path.with_suffix(".lock").open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            yield


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, the last first, reading only as much as is asked for."""
    with path.open("rb") as file:
        position, rest = file.seek(0, os.SEEK_END), b""
        while position > 0:
            size = min(_TAIL, position)
            position -= size
            file.seek(position)
            lines = (file.read(size) + rest).split(b"\n")
            rest = lines[0]
            yield from (line for line in reversed(lines[1:]) if line)
        if rest:
            yield rest


def files_of(path: Path) -> list[Path]:
    """Return the files of a log up to the given one, the oldest first.

    Parameters
    ----------
    path : pathlib.Path
        The file that is written to, or a full one beside it.
    """
    stem = re.sub(r"-\d{6}$", "", path.stem)
    full = sorted(p for p in path.parent.glob(f"{stem}-*.jsonl") if re.fullmatch(rf"{re.escape(stem)}-\d{{6}}", p.stem))
    current = path.with_name(f"{stem}.jsonl")
    every = [*full, *([current] if current.exists() else [])]
    return every[: every.index(path) + 1] if path in every else every


class AuditLog:
    """A file of JSON lines that is only ever appended to; a new file begins when it is full.

    Parameters
    ----------
    path : pathlib.Path
        The file that is written to; full ones are renamed to ``<stem>-000001.jsonl`` and so on.
    max_bytes : int
    clock : callable
    """

    def __init__(self, path: Path, max_bytes: int, clock: Clock) -> None:
        self.path, self._max_bytes, self._clock = path, max_bytes, clock
        self._lock = Lock()

    def write(
        self, what: str, account: str, tier: Tier, dataset: str = "", indicator: str = "", level: str = ""
    ) -> None:
        """Append one line.

        Parameters
        ----------
        what : str
            One of `ACTS`.
        account : str
            Id of who did it.
        tier : str
            Tier of the process.
        dataset, indicator, level : str
            What it was about; `EVERY` if it was about all indicators.

        Raises
        ------
        AuditError
            If the log cannot be written.
        """
        if what not in ACTS:
            raise AuditError(f"the audit log knows no {what!r}: it knows {', '.join(ACTS)}")
        given = {
            "account": account,
            "tier": tier,
            "what": what,
            "dataset": dataset,
            "indicator": indicator,
            "level": level,
        }
        entry = {"time": f"{self._clock():%Y-%m-%dT%H:%M:%SZ}"}
        entry |= {key: " ".join(text.split())[:_MAX_FIELD] for key, text in given.items()}
        try:
            make_private_folder(self.path.parent)
            with self._lock, _locked(self.path):
                self._append(entry)
        except OSError as error:
            raise AuditError(
                f"the audit log cannot be written ({error.strerror}), so that nothing sensitive can be shown: "
                "set DRIVERS_ATLAS_PRIVATE to a folder of the account that runs this"
            ) from error

    def _append(self, entry: dict[str, str]) -> None:
        self._begin_file_if_full()
        chained = entry | {"previous": self._last_hash()}
        chained["hash"] = _hash(chained)
        line = json.dumps({k: chained[k] for k in FIELDS}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line  # a line that was broken off stays for itself
            file.write(line)

    def _begin_file_if_full(self) -> None:
        if self.path.exists() and self.path.stat().st_size >= self._max_bytes:
            full = files_of(self.path)[:-1]
            number = int(full[-1].stem[-6:]) + 1 if full else 1
            self.path.rename(self.path.with_name(f"{self.path.stem}-{number:06d}.jsonl"))

    def _last_hash(self) -> str:
        for path in reversed(files_of(self.path)):
            for line in _lines_backwards(path):
                entry = _read_entry(line)
                if entry is not None:
                    return entry["hash"]
        return FIRST

    def entries(
        self, indicator: str = "", skip: int = 0, most: int = 50, tiers: Sequence[Tier] = TIERS
    ) -> list[dict[str, str]]:
        """Return entries, the newest first.

        Parameters
        ----------
        indicator : str
            Only entries about this indicator, and about all of them; every entry if empty.
        skip, most : int
        tiers : sequence of str
            Only entries of these: the page of a tier names nothing of the tiers above.

        Raises
        ------
        AuditError
            If the log cannot be read.
        """
        try:
            shown = (entry for entry in self._all() if entry["tier"] in tiers)
            about = (entry for entry in shown if not indicator or entry["indicator"] in (indicator, EVERY))
            return list(islice(about, skip, skip + most))
        except OSError as error:
            raise AuditError(f"the audit log cannot be read: {error.strerror}") from error

    def _all(self) -> Iterator[dict[str, str]]:
        for path in reversed(files_of(self.path)):
            yield from (entry for entry in map(_read_entry, _lines_backwards(path)) if entry is not None)

    def indicators(self, tiers: Sequence[Tier] = TIERS) -> list[str]:
        """Return the indicators that the log names in entries of some tiers, sorted."""
        return sorted({entry["indicator"] for entry in self._all() if entry["tier"] in tiers} - {"", EVERY})


@dataclass(frozen=True)
class Verdict:
    """What a check of a log found.

    Attributes
    ----------
    files, lines : int
    last : str
        Hash of the last line.
    faults : tuple of str
        Empty if the chain is unbroken.
    """

    files: int
    lines: int
    last: str
    faults: tuple[str, ...]


def verify(path: Path, after: str = FIRST, holds: str | None = None) -> Verdict:
    """Check the chain of a log.

    Who can write the file can make a whole new chain: note the last hash elsewhere from time to time, and give it as
    `holds`.

    Parameters
    ----------
    path : pathlib.Path
        A file of the log; the older ones beside it are checked, too.
    after : str
        The hash that the oldest line follows: not the usual one if older files were deleted.
    holds : str, optional
        A hash that was noted earlier and must be in the chain.

    Returns
    -------
    Verdict

    Raises
    ------
    AuditError
        If the file cannot be read.
    """
    faults: list[str] = []
    previous, lines, is_held = after, 0, holds in (None, after)
    try:
        files = files_of(path) if path.exists() else []
        if path not in files:
            raise AuditError(f"there is no audit log {path}")
        for one in files:
            for number, line in enumerate(one.read_bytes().splitlines(), start=1):
                entry, lines = _read_entry(line), lines + 1
                if entry is None:
                    faults.append(f"{one.name}, line {number}: is no entry")
                    continue
                if entry["hash"] != _hash(entry):
                    faults.append(f"{one.name}, line {number}: was changed")
                if entry["previous"] != previous:
                    faults.append(
                        f"{one.name}, line {number}: does not follow the line before it; lines are missing or new"
                    )
                previous, is_held = entry["hash"], is_held or entry["hash"] == holds
    except OSError as error:
        raise AuditError(f"{path} cannot be read: {error.strerror}") from error
    if not is_held:
        faults.append(f"the hash {holds} is not in the log: its end was cut off, or it was made anew")
    return Verdict(len(files), lines, previous, tuple(faults))


# --- during a request ---


def note_view(what: str, dataset: str, indicators: Sequence[IndicatorSpec], level: str = "") -> None:
    """Remember that the answer to this request shows indicators; sensitive ones are logged before it is sent.

    Parameters
    ----------
    what : str
        One of `ACTS`.
    dataset : str
    indicators : sequence of IndicatorSpec
        More than one stand as `EVERY`, if any of them is sensitive.
    level : str, optional
    """
    sensitive = [spec.id for spec in indicators if spec.sensitivity in SENSITIVE]
    if not sensitive or not has_request_context() or not hasattr(g, _SEEN):
        return
    getattr(g, _SEEN).append((what, dataset, sensitive[0] if len(indicators) == 1 else EVERY, level))


def watch(server: Flask, log: AuditLog, tier: Tier) -> None:
    """Log what the views of a server note; an answer that cannot be logged is not sent.

    Parameters
    ----------
    server : flask.Flask
    log : AuditLog
    tier : str
        Tier of the process.
    """

    def begin() -> None:
        setattr(g, _SEEN, [])

    def finish(response: Response) -> Response:
        seen = list(dict.fromkeys(getattr(g, _SEEN, ())))
        if response.status_code >= 400 or not seen:
            return response
        try:
            for what, dataset, indicator, level in seen:
                log.write(what, account_id(), tier, dataset, indicator, level)
        except AuditError as error:
            response = Response(json.dumps({"error": str(error)}), 503, mimetype="application/json")
        return response

    server.before_request(begin)
    server.after_request(finish)


def account_id() -> str:
    """Return the id of whoever makes this request."""
    person: Any = getattr(g, "atlas_person", None)
    return str(person.id) if person is not None else "-"


# --- the command line ---


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.audit", description="Check an audit log.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("verify", help="check that no line was changed, taken out or put in")
    command.add_argument("file", type=Path, help="a file of the log; older ones beside it are checked, too")
    command.add_argument(
        "--after", default=FIRST, help="hash that the oldest line follows, if older files were deleted"
    )
    command.add_argument("--holds", help="a hash noted earlier, which must be in the log")
    return parser


def main(arguments: Sequence[str] | None = None, out: IO[str] | None = None) -> int:
    """Run the command; return 0 if the chain is unbroken, 1 if not, 2 if there is no log."""
    options = build_parser().parse_args(arguments)
    to = out or sys.stdout
    try:
        verdict = verify(options.file, options.after, options.holds)
    except AuditError as error:
        to.write(f"{error}\n")
        return 2
    for fault in verdict.faults:
        to.write(f"{fault}\n")
    state = "BROKEN" if verdict.faults else "unbroken"
    to.write(f"{verdict.lines:,} lines in {verdict.files} file(s): {state}; the last hash is {verdict.last}\n")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
