"""Accounts of people in a file on this machine, for places without an identity provider; passwords only as argon2id."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import unicodedata
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from pydantic import Field, ValidationError

from dashboard.auth.people import Person, Role
from dashboard.auth.store import make_private_folder
from dashboard.errors import SignInError
from layers.catalog import Strict

FILE = "accounts.json"
MIN_PASSWORD, MAX_PASSWORD = 12, 1024
_AT_ONCE = threading.BoundedSemaphore(2)  # each hash takes 64 MB of memory

AccountId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._@+-]{0,63}$")]


class Account(Strict):
    """One account of the file."""

    id: AccountId
    name: Annotated[str, Field(min_length=1, max_length=120)]
    role: Role
    expires: date | None = None
    password: Annotated[str, Field(pattern=r"^\$argon2id\$")]

    def person(self) -> Person:
        """Return the person; another password makes another stamp, which ends the sessions that are open."""
        return Person(
            id=self.id, name=self.name, role=self.role, stamp=hashlib.sha256(self.password.encode()).hexdigest()
        )


class _File(Strict):
    accounts: tuple[Account, ...] = ()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(os.urandom(16).hex())


def _same_letters(password: str) -> str:
    """Return a password as all keyboards and systems write it: some send й as one sign, some as two."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password.

    Raises
    ------
    SignInError
        If the password is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise SignInError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters, found {len(password)}")
    return _hasher().hash(_same_letters(password))


class Accounts:
    """The accounts of a file, read anew when it changes.

    Parameters
    ----------
    path : pathlib.Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int], dict[str, Account]] | None = None

    def all(self) -> dict[str, Account]:
        """Return the accounts by id.

        Raises
        ------
        SignInError
            If the file is not there or not as it must be.
        """
        try:
            status = self.path.stat()
            version = (status.st_mtime_ns, status.st_size)
            if self._read is None or self._read[0] != version:
                found = _File.model_validate_json(self.path.read_bytes())
                self._read = (version, {account.id: account for account in found.accounts})
        except FileNotFoundError as error:
            raise SignInError(
                f"there is no file of accounts {self.path}: make one with `python -m dashboard.auth add-user ID`"
            ) from error
        except (OSError, ValidationError) as error:
            first = str(error).splitlines()[0]
            raise SignInError(f"{self.path} cannot be read: {first}; make it anew with `add-user`") from error
        return self._read[1]

    def find(self, account_id: str, today: date) -> Account | None:
        """Return an account that has not expired, or None."""
        account = self.all().get(account_id)
        return None if account is None or (account.expires is not None and account.expires < today) else account

    def check(self, account_id: str, password: str, today: date) -> Account | None:
        """Return the account if the password is its own, or None; an unknown account takes as long as a known one."""
        account = self.find(account_id, today)
        right = False
        with _AT_ONCE:
            try:
                hashed = _nobodys_hash() if account is None else account.password
                right = _hasher().verify(hashed, _same_letters(password[:MAX_PASSWORD]))
            except (Argon2Error, InvalidHashError):
                right = False
        return account if right else None

    def save(self, account: Account) -> None:
        """Add an account or replace the one of the same id."""
        known = self.all() if self.path.exists() else {}
        self._write({**known, account.id: account})

    def remove(self, account_id: str) -> None:
        """Remove an account; its sessions end with its next request.

        Raises
        ------
        SignInError
            If there is none of that id.
        """
        known = dict(self.all())
        if known.pop(account_id, None) is None:
            raise SignInError(f"there is no account {account_id!r} in {self.path}")
        self._write(known)

    def _write(self, accounts: dict[str, Account]) -> None:
        make_private_folder(self.path.parent)
        temporary = self.path.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        content = _File(accounts=tuple(accounts[key] for key in sorted(accounts))).model_dump(mode="json")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
        temporary.replace(self.path)
