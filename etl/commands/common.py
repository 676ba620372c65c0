"""What the commands share: exit codes, the way they print, arguments that several of them have."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from layers.catalog import Tier

    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    SubParsers = Any

FINE, FAILED, BAD_INPUT = 0, 1, 2
TIERS: tuple[Tier, ...] = ("public", "partner", "restricted")
Progress = Callable[[str], None]


class Command(Protocol):
    """A module of this package."""

    NAME: str

    def add_parser(self, commands: SubParsers) -> None:
        """Describe the command and its arguments."""

    def run(self, options: argparse.Namespace, progress: Progress) -> int:
        """Run it; return the exit code."""


def print_json(content: dict[str, Any]) -> None:
    """Print one object as JSON."""
    print(json.dumps(content, ensure_ascii=False, indent=2))


def add_packages(command: argparse.ArgumentParser) -> None:
    """Add the argument of one or several data packages."""
    command.add_argument(
        "package", nargs="+", type=Path, help="folder with a datapackage.json; later ones add to the first"
    )


def add_json(command: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    command.add_argument("--json", action="store_true", help="print the result as one JSON object")


def add_quiet(command: argparse.ArgumentParser) -> None:
    """Add `--quiet`."""
    command.add_argument("--quiet", action="store_true", help="no progress")
