"""The review file of a package as the page shows it: places that wait, proposals, decisions."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

REVIEW_FILE = "review/matches.csv"
EXCLUDE = "exclude"
ANSWER = ("rows", "files", "decision", "decided_by", "decided_on", "note")
KEY = ("iso3", "level", "boundary_set", "parent", "place_code", "place_name")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One unit that a place may be."""

    unit_id: str
    name: str
    score: str
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """One row of the review file."""

    number: int
    iso3: str
    level: str
    boundary_set: str
    parent: str
    place_code: str
    place_name: str
    rows: str
    files: str
    proposals: tuple[Proposal, ...]
    decision: str
    decided_by: str
    decided_on: str
    note: str


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    if not path.is_file():
        return [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
        return list(reader.fieldnames or []), rows


def read_review(package: Path) -> list[Place]:
    """Return the rows of a package's review file, in its order; none if there is no file."""
    _, rows = _read(package / REVIEW_FILE)
    return [
        Place(
            number=number,
            **{
                key: row.get(key, "") for key in (*KEY, "rows", "files", "decision", "decided_by", "decided_on", "note")
            },
            proposals=tuple(
                Proposal(*(row.get(f"{part}_{rank}", "") for part in ("unit_id", "name", "score", "reason")))
                for rank in (1, 2, 3)
                if row.get(f"unit_id_{rank}")
            ),
        )
        for number, row in enumerate(rows)
    ]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a form says of places: by number of the row, a unit_id, `exclude`, or nothing for "wait"."""

    answers: Mapping[int, tuple[str, str]]
    by: str

    @classmethod
    def from_form(cls, form: Mapping[str, str], by: str) -> Decisions:
        """Return the decisions of a form; another unit than those proposed comes from a field of its own."""
        answers: dict[int, tuple[str, str]] = {}
        for key, value in form.items():
            if not key.startswith("decision-") or not key[9:].isdigit():
                continue
            number = int(key[9:])
            chosen = form.get(f"other-{number}", "").strip() if value == "other" else value
            if chosen:
                answers[number] = (chosen, " ".join(form.get(f"note-{number}", "").split())[:200])
        return cls(answers, by)

    def write(self, package: Path) -> None:
        """Write the decisions into the review file; rows without one wait again."""
        path = package / REVIEW_FILE
        names, rows = _read(path)
        for number, row in enumerate(rows):
            chosen, note = self.answers.get(number, ("", ""))
            if chosen == row.get("decision", "") and (not note or note == row.get("note", "")):
                continue
            if chosen == EXCLUDE and not note:
                note = "not a unit of this division"
            row.update(
                decision=chosen,
                decided_by=self.by if chosen else "",
                decided_on=date.today().isoformat() if chosen else "",
                note=note,
            )
        if not rows:
            return
        temporary = path.with_suffix(".part")
        with temporary.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        temporary.replace(path)
