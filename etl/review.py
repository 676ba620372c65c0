"""The review file of a package: places that wait for a person, the answers, and what becomes of them."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from etl.lenient import EXCLUDE, DecisionKey, decision_key
from etl.package import REFERENCE_COLUMNS
from etl.problems import Problems, quoted
from etl.proposal import Proposal
from etl.publish import PublishError
from etl.readers import read_text
from etl.reference import SEPARATOR, Reference
from etl.rows import named_rows
from geodata.names import name_key, parse_name

REVIEW_FILE = "review/matches.csv"
PLACE_COLUMNS = ("iso3", "level", "boundary_set", "parent", "place_code", "place_name")
CANDIDATE_COLUMNS = tuple(f"{name}_{n}" for n in (1, 2, 3) for name in ("unit_id", "name", "score", "reason"))
ANSWER_COLUMNS = ("decision", "decided_by", "decided_on", "note")
COLUMNS = (*PLACE_COLUMNS, "rows", "files", "sources", "why", *CANDIDATE_COLUMNS, *ANSWER_COLUMNS)
DECISION_COLUMNS = (*PLACE_COLUMNS, *ANSWER_COLUMNS)
_ROW = "_row"
_ALIASES, _EXCLUSIONS = "data/aliases.csv", "data/exclusions.csv"
_BOM = "\ufeff"

Row = dict[str, str]


@dataclass
class Review:
    """What `update_reviews` did in one package.

    Attributes
    ----------
    file : str
    waiting, decided : int
        Rows of the file without and with a decision.
    aliases, exclusions : int
        Rows that were added to data/aliases.csv and data/exclusions.csv.
    kept : list of str
        Decided places that stay in the review file, each with the reason.
    """

    file: str
    waiting: int = 0
    decided: int = 0
    aliases: int = 0
    exclusions: int = 0
    kept: list[str] = field(default_factory=list)


def _key(row: Row) -> DecisionKey:
    return decision_key(*(row[name] for name in PLACE_COLUMNS))


def _read_rows(path: Path, file: str, problems: Problems) -> list[Row]:
    """Read a review file, also as spreadsheets save it: with a byte order mark, with semicolons."""
    if not path.exists():
        return []
    text = read_text(path, file, "a review file", problems)
    if text is None:
        return []
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in head and "," not in head else ",")
    absent = [name for name in (*PLACE_COLUMNS, *ANSWER_COLUMNS) if name not in (reader.fieldnames or ())]
    if absent:
        problems.add(
            file,
            1,
            ", ".join(absent),
            found="no such column",
            expected=f"the columns {', '.join(COLUMNS)}",
            remedy="Put the columns back, or delete the file and run `python -m etl review` again.",
        )
        return []
    rows = []
    for cells in reader:
        row = {name: (cells.get(name) or "").strip() for name in COLUMNS}
        if any(row.values()):
            rows.append(row | {_ROW: str(reader.line_num)})
    return rows


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2022-06-08")


def _check_answers(rows: list[Row], file: str, reference: Reference, problems: Problems) -> list[Row]:
    """Return the decided rows; a decision that is incomplete or impossible is a problem."""
    units = {(row.boundary_set, row.level, row.unit_id) for row in named_rows(reference.units)}
    decided: dict[DecisionKey, Row] = {}
    for row in rows:
        faults: list[tuple[str, str, str]] = []
        if not row["decision"]:
            if row["decided_by"] or row["decided_on"]:
                faults.append(
                    ("decision", "a unit_id or exclude", "Fill the decision, or empty decided_by and decided_on.")
                )
        elif row["decision"] == EXCLUDE:
            if not row["note"]:
                faults.append(("note", "the reason, because the place is excluded", "Write why it is left out."))
        elif (row["boundary_set"], row["level"], row["decision"]) not in units:
            expected = f"a unit_id of {row['boundary_set']} at {row['level']}, or exclude"
            faults.append(("decision", expected, "Correct the decision."))
        if row["decision"] and not row["decided_by"]:
            faults.append(("decided_by", "who decided", "Write a name or an office."))
        if row["decision"] and not _is_date(row["decided_on"]):
            faults.append(("decided_on", "a date such as 2022-06-08", "Write the date as year-month-day."))
        before = decided.get(_key(row))
        if row["decision"] and before is not None and before["decision"] != row["decision"]:
            faults.append(("decision", f"one answer for a place (row {before[_ROW]} has another)", "Keep one of them."))
        for column, expected, remedy in faults:
            problems.add(
                file,
                int(row[_ROW]),
                column,
                found=quoted(row[column]) if row[column] else "an empty cell",
                expected=expected,
                remedy=remedy,
            )
        if row["decision"] and not faults:
            decided[_key(row)] = row
    return list(decided.values())


def _files(roots: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return the root of every package and the prefix of its files in messages."""
    return [(root, f"{root.name}/" if position else "") for position, root in enumerate(roots)]


def read_decisions(roots: Sequence[Path], reference: Reference, problems: Problems) -> pd.DataFrame:
    """Read the decided rows of the review files of packages.

    Parameters
    ----------
    roots : sequence of pathlib.Path
    reference : Reference
        Says which units there are.
    problems : Problems
        Collects decisions without who or when, of unknown units, and places decided twice.

    Returns
    -------
    pandas.DataFrame
        All text: the columns of `DECISION_COLUMNS`.
    """
    rows: list[Row] = []
    for root, prefix in _files(roots):
        file = prefix + REVIEW_FILE
        found = _read_rows(root / REVIEW_FILE, file, problems)
        rows += _check_answers(found, file, reference, problems)
    return pd.DataFrame(rows, columns=list(DECISION_COLUMNS), dtype="str")


def _row_of(proposal: Proposal) -> Row:
    row = dict.fromkeys(COLUMNS, "")
    row |= {name: getattr(proposal, name) for name in PLACE_COLUMNS}
    row |= {
        "rows": str(proposal.rows),
        "files": SEPARATOR.join(proposal.files),
        "sources": SEPARATOR.join(proposal.sources),
        "why": proposal.reason.en,
    }
    for n, candidate in enumerate(proposal.candidates, start=1):
        row |= {
            f"unit_id_{n}": candidate.unit_id,
            f"name_{n}": candidate.name,
            f"score_{n}": f"{candidate.score:.3f}",
            f"reason_{n}": candidate.reason.en,
        }
    return row


def _own(proposals: Sequence[Proposal], prefix: str, others: Sequence[str]) -> list[Proposal]:
    """Return the proposals of a package: those of the first have no prefix."""

    def is_own(file: str) -> bool:
        return file.startswith(prefix) if prefix else not file.startswith(tuple(others))

    return [proposal for proposal in proposals if any(map(is_own, proposal.files))]


def _write(path: Path, columns: Sequence[str], rows: Sequence[Row], *, mark: bool = False) -> None:
    """Write a CSV file in one go; `mark` puts a byte order mark in front, by which spreadsheets know UTF-8."""
    buffer = io.StringIO(newline="")
    if mark:
        buffer.write(_BOM)
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        draft.write_text(buffer.getvalue(), encoding="utf-8", newline="")
        draft.replace(path)
    except OSError as error:
        raise PublishError(f"{path} cannot be written: {error.strerror}; check the folder and free space") from error


class _Applying:
    """Turns decided rows into aliases and exclusions, as far as those can say the same."""

    def __init__(self, rows: Sequence[Row], reference: Reference) -> None:
        self.rows, self.reference = rows, reference
        self.aliases: list[Row] = []
        self.exclusions: list[Row] = []
        names: dict[tuple[str, str, str], set[str]] = {}
        for unit in named_rows(reference.units):
            for text in (unit.name_en, unit.name_ru, unit.name_local):
                if text:
                    names.setdefault((unit.iso3, unit.level, parse_name(text).core), set()).add(unit.unit_id)
        for alias in named_rows(reference.aliases):
            names.setdefault((alias.iso3, alias.level, parse_name(alias.name).core), set()).add(alias.unit_id)
        self._names = names
        self._asked: dict[tuple[str, str, str], set[DecisionKey]] = {}
        for row in rows:
            self._asked.setdefault((row["iso3"], row["level"], name_key(row["place_name"])), set()).add(_key(row))
        unclear = reference.ambiguous_names
        self._unclear = set(zip(unclear["iso3"], unclear["name_key"], strict=True))

    def obstacle(self, row: Row) -> str:
        """Return why a decision must stay in the review file; empty if it need not."""
        if not row["place_name"] or row["place_code"]:
            return "it is about a code"
        if len(self._asked[row["iso3"], row["level"], name_key(row["place_name"])]) > 1:
            return "the same name waits or is decided for another parent or division"
        if row["decision"] == EXCLUDE:
            return "an exclusion cannot say the parent" if row["parent"] else ""
        core = parse_name(row["place_name"]).core
        others = self._names.get((row["iso3"], row["level"], core), set()) - {row["decision"]}
        if others:
            return f"{', '.join(sorted(others))} is or was called so"
        if self._is_unclear(row) and not row["sources"]:
            return "the name is ambiguous, and no source is known for which the answer holds"
        return ""

    def _is_unclear(self, row: Row) -> bool:
        return (row["iso3"], name_key(row["place_name"])) in self._unclear

    def take(self, row: Row) -> None:
        """Make the aliases or exclusions of a decision."""
        if row["decision"] == EXCLUDE:
            for file in filter(None, row["files"].split(SEPARATOR)):
                reason = {"reason_en": row["note"], "reason_ru": row["note"]}
                self.exclusions.append(
                    {name: row[name] for name in ("iso3", "level", "place_name")}
                    | {"file": file, "source_id": ""}
                    | reason
                )
            return
        sources = row["sources"].split(SEPARATOR) if self._is_unclear(row) else [""]
        for source_id in sources:
            self.aliases.append(
                {name: row[name] for name in ("iso3", "level", "decided_by", "decided_on", "note")}
                | {"name": row["place_name"], "unit_id": row["decision"], "source_id": source_id}
            )


def _read_plain(path: Path, file: str, problems: Problems) -> list[Row] | None:
    if not path.exists():
        problems.add(
            file,
            None,
            "",
            found="no such file",
            expected="the table that takes the decided rows",
            remedy="Add it with its header and describe it in datapackage.json, then apply again.",
        )
        return None
    text = read_text(path, file, "a CSV table", problems)
    return None if text is None else list(csv.DictReader(io.StringIO(text, newline="")))


def _apply(
    root: Path, prefix: str, rows: list[Row], reference: Reference, review: Review, problems: Problems
) -> list[Row]:
    """Move decided rows into the tables of a package; return the rows that stay."""
    applying = _Applying(rows, reference)
    stay: list[Row] = []
    for row in rows:
        if not row["decision"]:
            stay.append(row)
            continue
        obstacle = applying.obstacle(row)
        if obstacle:
            review.kept.append(f"{row['place_name'] or row['place_code']} ({row['iso3']} {row['level']}): {obstacle}")
            stay.append(row)
            continue
        applying.take(row)
    added: tuple[tuple[str, str, list[Row], tuple[str, ...]], ...] = (
        (_ALIASES, "aliases", applying.aliases, ("iso3", "level", "name", "unit_id", "source_id")),
        (_EXCLUSIONS, "exclusions", applying.exclusions, ()),
    )
    before = {file: _read_plain(root / file, prefix + file, problems) for file, _, new, _ in added if new}
    problems.raise_if_any()
    for file, table, new, order in added:
        if not new:
            continue
        columns = REFERENCE_COLUMNS[table]
        known = [{name: row.get(name) or "" for name in columns} for row in before[file] or ()]
        fresh = sorted((row for row in new if row not in known), key=lambda row: [row[name] for name in columns])
        combined = [*known, *fresh]
        if order:  # exclusions keep their order, because the first that fits a row gives the reason
            combined.sort(key=lambda row: [row[name] for name in order])
        _write(root / file, columns, combined)
    review.aliases, review.exclusions = len(applying.aliases), len(applying.exclusions)
    return stay


def update_reviews(
    roots: Sequence[Path],
    proposals: Sequence[Proposal],
    reference: Reference,
    problems: Problems,
    *,
    apply: bool = False,
) -> list[Review]:
    """Write the review files of packages anew; decisions are kept.

    Places that wait no longer leave the file, decided ones stay. With `apply`, decided rows become rows of
    data/aliases.csv and data/exclusions.csv and leave the file, unless those tables cannot say what was decided.

    Parameters
    ----------
    roots : sequence of pathlib.Path
    proposals : sequence of Proposal
        Of all packages.
    reference : Reference
    problems : Problems
    apply : bool, default False

    Returns
    -------
    list of Review
        One for each package that has, or had, a review file.

    Raises
    ------
    BadInputError
        If decisions are at fault, or a table to apply them to is not there.
    PublishError
        If the disk refuses.
    """
    reviews = []
    files = _files(roots)
    for root, prefix in files:
        file = prefix + REVIEW_FILE
        former = {_key(row): row for row in _read_rows(root / REVIEW_FILE, file, problems)}
        problems.raise_if_any()
        rows = {key: row for key, row in former.items() if row["decision"]}
        for proposal in _own(proposals, prefix, [other for _, other in files if other]):
            row = _row_of(proposal)
            rows[_key(row)] = row | {name: former.get(_key(row), row)[name] for name in ANSWER_COLUMNS}
        if not rows and not former:
            continue
        review = Review(file)
        ordered = sorted(rows.values(), key=_key)
        if apply:
            ordered = _apply(root, prefix, ordered, reference, review, problems)
        review.decided = sum(bool(row["decision"]) for row in ordered)
        review.waiting = len(ordered) - review.decided
        _write(root / REVIEW_FILE, COLUMNS, ordered, mark=True)
        reviews.append(review)
    return reviews


def review_json(reviews: Sequence[Review], proposals: Sequence[Proposal]) -> dict[str, Any]:
    """Return what a review did and what waits, as JSON."""
    return {
        "reviews": [
            {
                "file": review.file,
                "waiting": review.waiting,
                "decided": review.decided,
                "aliases_added": review.aliases,
                "exclusions_added": review.exclusions,
                "kept": review.kept,
            }
            for review in reviews
        ],
        "proposals": [
            {name: getattr(proposal, name) for name in (*PLACE_COLUMNS, "rows")}
            | {
                "files": list(proposal.files),
                "sources": list(proposal.sources),
                "why": {"en": proposal.reason.en, "ru": proposal.reason.ru},
                "candidates": [
                    {
                        "unit_id": candidate.unit_id,
                        "name": candidate.name,
                        "score": candidate.score,
                        "reason": {"en": candidate.reason.en, "ru": candidate.reason.ru},
                    }
                    for candidate in proposal.candidates
                ],
            }
            for proposal in proposals
        ],
    }
