"""Accounts of a file: hashed, checked in the same time whether they exist or not, made on the command line."""

from __future__ import annotations

import io
import stat
import sys
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from dashboard.auth import accounts as module
from dashboard.auth.__main__ import build_parser, main
from dashboard.auth.accounts import Accounts, hash_password
from dashboard.errors import SignInError

TODAY = date(2026, 3, 1)
PASSWORD = "a long enough password"


def add(path: Path, *words: str, password: str = PASSWORD, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\nmore\n"))
    return main(["--file", str(path), "add-user", *words])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "private" / "accounts.json"


def test_a_password_is_kept_as_argon2id_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert add(path, "paula", "--role", "partner", "--expires", "2026-03-01", monkeypatch=monkeypatch) == 0
    assert PASSWORD not in path.read_text(encoding="utf-8")
    account = Accounts(path).all()["paula"]
    assert extract_parameters(account.password).type is Type.ID
    assert PasswordHasher().verify(account.password, PASSWORD)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_checking(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(path, "paula", "--role", "partner", "--expires", "2026-03-01", monkeypatch=monkeypatch)
    accounts = Accounts(path)
    assert accounts.check("paula", PASSWORD, TODAY) is not None
    assert accounts.check("paula", PASSWORD + "x", TODAY) is None
    assert accounts.check("paula", "", TODAY) is None
    assert accounts.check("nobody", PASSWORD, TODAY) is None
    assert accounts.check("paula", PASSWORD, date(2026, 3, 2)) is None  # expired


def test_letters_written_in_two_ways_are_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (unicodedata.normalize(form, "мой длинный пароль") for form in ("NFC", "NFD"))
    assert one != two
    add(path, "paula", "--role", "partner", password=one, monkeypatch=monkeypatch)
    assert Accounts(path).check("paula", two, TODAY) is not None


def test_an_unknown_account_costs_a_hash_like_a_known_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(path, "paula", "--role", "partner", monkeypatch=monkeypatch)
    asked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002
            asked.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(module, "_hasher", Counting)
    for name in ("paula", "nobody"):
        Accounts(path).check(name, "wrong wrong wrong", TODAY)
    assert len(asked) == 2
    assert extract_parameters(asked[0]) == extract_parameters(asked[1])


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_passwords_have_a_length(password: str) -> None:
    with pytest.raises(SignInError, match="12 to 1024"):
        hash_password(password)


def test_a_password_is_never_an_argument() -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["add-user", "paula", "--role", "partner", "--password", PASSWORD])


@pytest.mark.parametrize(
    "words", [("Paula", "--role", "partner"), ("", "--role", "partner"), ("a b", "--role", "owner")]
)
def test_faulty_accounts_are_refused(
    path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(path, *words, monkeypatch=monkeypatch) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not path.exists()


def test_listing_and_removing(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    add(path, "paula", "--role", "partner", "--name", "Paula P.", monkeypatch=monkeypatch)
    add(path, "olga", "--role", "owner", monkeypatch=monkeypatch)
    capsys.readouterr()
    assert main(["--file", str(path), "list-users"]) == 0
    listed = capsys.readouterr().out
    assert listed == "olga\towner\tno end\tolga\npaula\tpartner\tno end\tPaula P.\n"
    assert main(["--file", str(path), "remove-user", "paula"]) == 0
    assert list(Accounts(path).all()) == ["olga"]
    assert main(["--file", str(path), "remove-user", "paula"]) == 2


@pytest.mark.parametrize("content", ["{}x", '{"accounts": [{"id": "a"}]}', '{"users": []}'])
def test_a_damaged_file_is_told_in_one_line(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SignInError, match="cannot be read") as refusal:
        Accounts(path).all()
    assert "\n" not in str(refusal.value)
