"""What sign-in must remember between requests and between processes: one small SQLite file that nobody else reads."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from dashboard.auth.clock import Clock
from dashboard.auth.people import Person
from dashboard.errors import SignInError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS secret (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS session (
    digest TEXT PRIMARY KEY, person TEXT NOT NULL, made REAL NOT NULL, seen REAL NOT NULL);
CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS attempt (key TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS attempt_key ON attempt (key, at);
"""
_BUSY_SECONDS = 10.0
_SEEN_EVERY = 15.0
_MOST_ATTEMPTS = 100_000


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter; one that is there keeps its permissions."""
    if not path.is_dir():
        path.mkdir(parents=True, mode=0o700)


class Store:
    """Sessions, attempts to sign in, and short notes; safe to share between threads and processes.

    Tokens are kept as hashes: who reads the file cannot use a session.

    Parameters
    ----------
    path : pathlib.Path
        The file; made if it is not there, readable by its owner alone.
    clock : callable
        The time.
    idle_s, absolute_s : float
        A session ends so many seconds after its last request, and after its sign-in.

    Raises
    ------
    SignInError
        If the file cannot be written.
    """

    def __init__(self, path: Path, clock: Clock, idle_s: float, absolute_s: float) -> None:
        self._path, self._clock, self._idle, self._absolute = path, clock, idle_s, absolute_s
        try:
            make_private_folder(path.parent)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            with self._open() as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(_SCHEMA)
                connection.execute("BEGIN IMMEDIATE")
                if connection.execute("SELECT 1 FROM secret").fetchone() is None:
                    connection.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(32),))
                connection.execute("COMMIT")
                self.secret: bytes = connection.execute("SELECT value FROM secret").fetchone()[0]
        except (OSError, sqlite3.Error) as error:
            raise SignInError(
                f"{path} cannot be written: {error}; set DRIVERS_ATLAS_PRIVATE to a folder of ours"
            ) from error

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def _now(self) -> float:
        return self._clock().timestamp()

    def sign(self, purpose: str, text: str) -> str:
        """Return a signature of a text that only this installation can make."""
        return hmac.new(self.secret, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    # --- sessions ---

    def begin_session(self, person: Person) -> str:
        """Begin a session and return its token; sessions that ended are forgotten."""
        token, now = secrets.token_urlsafe(32), self._now()
        with self._open() as connection:
            connection.execute(
                "DELETE FROM session WHERE made < ? OR seen < ?", (now - self._absolute, now - self._idle)
            )
            connection.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?)", (_digest(token), person.model_dump_json(), now, now)
            )
        return token

    def read_session(self, token: str) -> Person | None:
        """Return the person of a session that has not ended, or None; the session lives on from now."""
        now, digest = self._now(), _digest(token)
        with self._open() as connection:
            row = connection.execute("SELECT person, made, seen FROM session WHERE digest = ?", (digest,)).fetchone()
            if row is None:
                return None
            person, made, seen = row
            if now - made >= self._absolute or now - seen >= self._idle:
                connection.execute("DELETE FROM session WHERE digest = ?", (digest,))
                return None
            if now - seen > _SEEN_EVERY:
                connection.execute("UPDATE session SET seen = ? WHERE digest = ?", (now, digest))
        try:
            return Person.model_validate_json(person)
        except ValidationError:
            return None

    def end_session(self, token: str) -> None:
        """End a session, if there is one."""
        with self._open() as connection:
            connection.execute("DELETE FROM session WHERE digest = ?", (_digest(token),))

    # --- notes of the sign-in with a provider: state, nonce and verifier, each used once ---

    def set(self, key: str, value: str, timeout: float) -> None:
        """Keep a text for so many seconds."""
        now = self._now()
        with self._open() as connection:
            connection.execute("DELETE FROM note WHERE until < ?", (now,))
            connection.execute("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (_digest(key), value, now + timeout))

    def get(self, key: str) -> str | None:
        """Return a text that was kept, or None."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT value FROM note WHERE key = ? AND until >= ?", (_digest(key), self._now())
            ).fetchone()
        return None if row is None else str(row[0])

    def delete(self, key: str) -> None:
        """Forget a text."""
        with self._open() as connection:
            connection.execute("DELETE FROM note WHERE key = ?", (_digest(key),))

    # --- attempts ---

    def attempt(self, key: str, most: int, window_s: float) -> float:
        """Count an attempt under a key; return 0, or how many seconds to wait if there were too many before.

        Parameters
        ----------
        key : str
            Whose attempts are counted.
        most : int
            Attempts that are let through within the window.
        window_s : float
        """
        now, digest = self._now(), self.sign("attempt", key)
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM attempt WHERE at <= ?", (now - window_s,))
            times = connection.execute(
                "SELECT at FROM attempt WHERE key = ? ORDER BY at DESC LIMIT ?", (digest, most)
            ).fetchall()
            (total,) = connection.execute("SELECT count(*) FROM attempt").fetchone()
            is_let = len(times) < most and total < _MOST_ATTEMPTS
            if is_let:
                connection.execute("INSERT INTO attempt VALUES (?, ?)", (digest, now))
            connection.execute("COMMIT")
        if is_let:
            return 0.0
        return max(1.0, (times[-1][0] if len(times) >= most else now) + window_s - now)

    def forget_attempts(self, key: str) -> None:
        """Forget the attempts under a key: the last one was right."""
        with self._open() as connection:
            connection.execute("DELETE FROM attempt WHERE key = ?", (self.sign("attempt", key),))
