"""How many messy names join by themselves, how many of those rightly, and how many are proposed first.

`python -m benchmarks.matching` prints the numbers of docs/reference/matching.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from etl.gazetteer import Gazetteer
from etl.lenient import decision_key
from etl.match import match_places
from etl.package import read_packages
from etl.problems import Problems
from etl.reference import Reference, check_reference

ROOT = Path(__file__).parents[1]
CENTRAL_ASIA, TRAINING = ROOT / "packages" / "central_asia", ROOT / "packages" / "training"
ADM1_NAMES = Path(__file__).with_name("adm1_names.csv")
_FILE = "names.csv"
# Four features of the Tajik file are cities under the name and code of the district beside them.
_MISLABELLED = {59: "Dushanbe", 60: "3505401", 61: "3507401", 62: "3590401"}
_PLACE = ("iso3", "level", "place_code", "place_name", "period_end", "parent_name")


@dataclass(frozen=True, slots=True)
class Case:
    """A place as a table writes it, and the unit that is meant; an empty unit says that a person must decide."""

    kind: str
    iso3: str
    level: str
    place_name: str
    period_end: str
    right: str
    place_code: str = ""
    parent_name: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case: the unit that it joined, or else the units that were proposed."""

    case: Case
    joined: str
    method: str
    proposed: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether it joined the unit that is meant."""
        return self.joined != "" and self.joined == self.case.right

    @property
    def is_found(self) -> bool:
        """Whether it joined the unit that is meant, or that unit was proposed first."""
        return self.is_right or (not self.joined and self.proposed[:1] == (self.case.right,))


def read_reference(package: Path) -> Reference:
    """Return the reference tables of a data package."""
    problems = Problems()
    reference = check_reference(read_packages([package], problems), problems)
    problems.raise_if_any()
    return reference


def match_cases(reference: Reference, cases: Sequence[Case], *, one_table: bool = False) -> list[Outcome]:
    """Match cases as the places of tables as received.

    Parameters
    ----------
    reference : Reference
    cases : sequence of Case
    one_table : bool, default False
        Whether all cases are rows of one table; otherwise they know nothing of each other.

    Returns
    -------
    list of Outcome
    """
    figures = pd.DataFrame({name: [getattr(case, name) for case in cases] for name in _PLACE}, dtype="str")
    figures = figures.assign(boundary_set="", source_id="table", code_kind="", parent_code="", source_file=_FILE)
    figures = figures.assign(sex="all", age="all", missing_reason="").astype("category")
    figures = figures.assign(value=1.0, low=np.nan, high=np.nan)
    figures["indicator_id"] = "i" if one_table else [f"i{number}" for number in range(len(cases))]
    figures["period_end"] = pd.to_datetime(figures["period_end"].astype("str")).astype("datetime64[ms]")
    figures = figures.assign(period_start=figures["period_end"], source_row=range(2, len(cases) + 2))
    found = match_places(figures, reference, Problems(), lenient_files=frozenset({_FILE}))
    proposals = {
        decision_key(p.iso3, p.level, p.boundary_set, p.parent, p.place_code, p.place_name): p.candidates
        for p in found.proposals
    }
    gazetteer = Gazetteer(reference)
    outcomes = []
    for case, place in zip(cases, found.place.tolist(), strict=True):
        unit = int(found.unit[place])
        boundary_set = gazetteer.set_at(case.iso3, pd.Timestamp(case.period_end)) or ""
        asked = decision_key(case.iso3, case.level, boundary_set, case.parent_name, case.place_code, case.place_name)
        proposed = tuple(candidate.unit_id for candidate in proposals.get(asked, ())) if unit < 0 else ()
        joined = gazetteer.unit_id(unit) if unit >= 0 else ""
        outcomes.append(Outcome(case, joined, str(found.method[place]), proposed))
    return outcomes


def summarise(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Return the counts of outcomes by kind of case, and of all."""
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        for kind in (outcome.case.kind, "all"):
            counts.setdefault(kind, Counter()).update(
                {
                    "names": 1,
                    "answerable": bool(outcome.case.right),
                    "joined": bool(outcome.joined),
                    "right": outcome.is_right,
                    "first": not outcome.joined and bool(outcome.case.right) and outcome.is_found,
                }
            )
    ordered = [*(kind for kind in counts if kind != "all"), "all"]
    return [{"kind": kind} | dict(counts[kind]) | _rates(counts[kind]) for kind in ordered]


def _rates(counts: Counter[str]) -> dict[str, float | None]:
    return {
        "precision": counts["right"] / counts["joined"] if counts["joined"] else None,
        "recall": (counts["right"] + counts["first"]) / counts["answerable"] if counts["answerable"] else None,
    }


def table_of(rows: Sequence[dict[str, Any]]) -> str:
    """Return counts as a table in Markdown."""

    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.3f}"

    lines = ["| kind | names | joined | right | proposed first | precision | recall |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        cells = [row["kind"], row["names"], row["joined"], row["right"], row["first"]]
        cells += [share(row["precision"]), share(row["recall"])]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def training_cases(package: Path = TRAINING) -> list[Case]:
    """Return the messy names of a training package with their right answers."""
    with (package / "data" / "messy_names.csv").open(encoding="utf-8", newline="") as file:
        return [
            Case(row["kind"], "XTR", row["level"], row["messy_name"], row["as_of"], row["right_unit_id"])
            for row in csv.DictReader(file)
        ]


def adm1_cases() -> list[Case]:
    """Return the names under which the 88 units of the home region are found in lists, with their units."""
    with ADM1_NAMES.open(encoding="utf-8", newline="") as file:
        return [
            Case(row["kind"], row["iso3"], "ADM1", row["name"], "2024-12-31", row["unit_id"])
            for row in csv.DictReader(file)
        ]


def without_aliases(reference: Reference) -> Reference:
    """Return reference tables as of a package whose maintainers have reviewed no name yet."""
    return replace(reference, aliases=reference.aliases.iloc[:0])


def district_cases(kgz: Path, tjk: Path) -> dict[str, list[Case]]:
    """Return the district names of the COD-AB files of Kyrgyzstan (2018) and Tajikistan (2017), by language."""
    cases: dict[str, list[Case]] = {"English": [], "Russian": [], "local": [], "code and English": []}

    def add(iso3: str, names: Sequence[str | None], code: str, parent: str, right: str) -> None:
        for language, name in zip(("English", "Russian", "local"), names, strict=True):
            if name:
                cases[language].append(Case(iso3, iso3, "ADM2", name, "2018-12-31", right, parent_name=parent))
        if names[0]:
            coded = Case(iso3, iso3, "ADM2", names[0], "2018-12-31", right, place_code=code, parent_name=parent)
            cases["code and English"].append(coded)

    for feature in json.loads(kgz.read_text(encoding="utf-8"))["features"]:
        p = feature["properties"]
        add("KGZ", (p["ADM2_EN"], p["ADM2_RU"], p["ADM2_KY"]), p["ADM2_PCODE"], p["ADM1_EN"], p["ADM2_PCODE"])
    for feature in json.loads(tjk.read_text(encoding="utf-8"))["features"]:
        p = feature["properties"]
        code = str(p["admin2_pcode"])
        names = (p["admin2Name_en"], p["admin2Name_ru"], p["admin2Name_tg"])
        add("TJK", names, code, p["admin1Name_en"], _MISLABELLED.get(p["OBJECTID"], code))
    return cases


def district_reference(pcodes: Path) -> Reference:
    """Return the reference tables with the districts of OCHA's list of P-codes, which has English names only."""
    base = read_reference(CENTRAL_ASIA)
    unit_of = dict(zip(base.units["pcode"], base.units["unit_id"], strict=True))
    with pcodes.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Admin Level"] == "2" and row["Location"] in ("KGZ", "TJK")]
    districts = pd.DataFrame(
        {
            "boundary_set": [f"{row['Location']}-base" for row in rows],
            "unit_id": [row["P-Code"] for row in rows],
            "pcode": [row["P-Code"] for row in rows],
            "level": "ADM2",
            "iso3": [row["Location"] for row in rows],
            "parent_unit_id": [unit_of[row["Parent P-Code"]] for row in rows],
            "name_en": [row["Name"] for row in rows],
            "unit_type": ["city" if "(city)" in row["Name"] else "district" for row in rows],
        }
    )
    texts = [name for name in base.units.columns if name not in districts and base.units[name].dtype == "str"]
    units = pd.concat([base.units, districts.assign(**dict.fromkeys(texts, ""))], ignore_index=True)
    return replace(base, units=units)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return 0 if every name that joined by itself joined its unit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("--districts", nargs=3, type=Path, metavar=("PCODES_CSV", "KGZ_JSON", "TJK_JSON"))
    options = parser.parse_args(arguments)
    central_asia = read_reference(CENTRAL_ASIA)
    runs = {
        "Training country": match_cases(read_reference(TRAINING), training_cases()),
        "ADM1 of the home region": match_cases(central_asia, adm1_cases()),
        "ADM1 of the home region, no alias": match_cases(without_aliases(central_asia), adm1_cases()),
    }
    if options.districts:
        reference = district_reference(options.districts[0])
        for language, cases in district_cases(*options.districts[1:]).items():
            runs[f"Districts, {language}"] = match_cases(reference, cases, one_table=True)
    for title, outcomes in runs.items():
        print(f"## {title}\n\n{table_of(summarise(outcomes))}\n")
    return int(any(outcome.joined and not outcome.is_right for outcomes in runs.values() for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
