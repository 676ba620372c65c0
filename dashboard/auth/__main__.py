"""Accounts on this machine: ``python -m dashboard.auth add-user | remove-user | list-users``."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from dashboard.auth.accounts import FILE, MIN_PASSWORD, Account, Accounts, hash_password
from dashboard.auth.people import ROLES
from dashboard.errors import SignInError
from dashboard.settings import Settings


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; a password is never an argument."""
    parser = argparse.ArgumentParser(
        prog="python -m dashboard.auth", description="Accounts for sign-in on this machine."
    )
    parser.add_argument("--file", type=Path, help=f"file of accounts (default: {FILE} in DRIVERS_ATLAS_PRIVATE)")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add-user", help="add an account, or replace one; asks for the password")
    add.add_argument("id", help="what the person types to sign in: small letters, digits, . _ @ + -")
    add.add_argument("--name", help="how the person is called on pages (default: the id)")
    add.add_argument(
        "--role", choices=ROLES, required=True, help="the highest tier, or owner (all tiers and the audit log)"
    )
    add.add_argument("--expires", type=date.fromisoformat, help="last day of the account, YYYY-MM-DD in UTC")
    remove = commands.add_parser("remove-user", help="remove an account")
    remove.add_argument("id")
    commands.add_parser("list-users", help="list the accounts, without passwords")
    return parser


def _ask_password() -> str:
    """Return the password: asked for twice at a terminal, else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"Password (at least {MIN_PASSWORD} characters): ")
    if getpass.getpass("Once more: ") != first:
        raise SignInError("the two passwords differ: call again")
    return first


def _run(options: argparse.Namespace) -> str:
    accounts = Accounts(options.file or Settings().private / FILE)
    if options.command == "list-users":
        lines = [f"{one.id}\t{one.role}\t{one.expires or 'no end'}\t{one.name}" for one in accounts.all().values()]
        return "\n".join(lines) or "no accounts"
    if options.command == "remove-user":
        accounts.remove(options.id)
        return f"removed {options.id} from {accounts.path}"
    account = Account.model_validate(
        {
            "id": options.id,
            "name": options.name or options.id,
            "role": options.role,
            "expires": options.expires,
            "password": hash_password(_ask_password()),
        }
    )
    accounts.save(account)
    return f"{account.id} may sign in as {account.role}; written to {accounts.path}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        print(_run(options))
    except ValidationError as error:
        fault = error.errors()[0]
        print(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}", file=sys.stderr)
        return 2
    except SignInError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
