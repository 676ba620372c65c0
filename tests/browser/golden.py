"""Golden readings: the answer out of the raw files of the training country, and what each view says to a reader.

Nothing here goes through `etl`, `geodata` or `layers`: an answer is worked out by hand from the CSV files.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import Page

Facts = dict[str, Any]
"""What is said of a place: value, state, period, low, high, rank, of, national, age, second ..., each if it is said."""

STATES = {
    "en": {
        "": "A", "published": "A", "estimate": "E", "provisional": "P", "no data": "not_collected",
        "not assessed": "not_assessed", "not applicable": "not_applicable", "no clear change": "unclear",
        "low reliability, according to its source": "U",
        "break in the series: does not compare with earlier figures": "B",
    },
    "ru": {
        "": "A", "опубликовано": "A", "оценка": "E", "предварительные данные": "P", "нет данных": "not_collected",
        "не оценивалось": "not_assessed", "неприменимо": "not_applicable", "изменение неясно": "unclear",
        "низкая надёжность, по указанию источника": "U", "разрыв ряда: с прежними данными не сопоставимо": "B",
    },
}  # fmt: skip
"""The words of a status, and the code of the raw files that they stand for."""
PHRASES = {
    "en": {
        "status": r"Status: (.+)", "interval": r"interval (.+) to (.+)", "national": r"National: (.+)",
        "rank": r"(\d+)\w\w highest of (\d+) in .+", "first": r"Highest of (\d+) in .+", "of": r"(\d+)\w* of (\d+)",
        "chart": ("Value", "Low", "High", "Period", "Status"),
        "age": r"Figure of (\d+), (\d+) years? older than the period shown",
        "unclear": r"The interval of the change holds zero.*",
        "file": ("Value", "Low", "High", "Period", "Status", "Rank in country"),
    },
    "ru": {
        "status": r"Статус: (.+)", "interval": r"интервал от (.+) до (.+)", "national": r"По стране: (.+)",
        "rank": r"(\d+)-е место из (\d+) по величине, .+",
        "first": r"Наибольшее значение из (\d+), .+", "of": r"(\d+)\S* из (\d+)",
        "chart": ("Значение", "Нижняя граница", "Верхняя граница", "Период", "Состояние"),
        "age": r"Значение за (\d+): раньше показанного периода на (\d+) (?:год|года|лет)",
        "unclear": r"Интервал изменения включает ноль.*",
        "file": ("Значение", "Нижняя граница", "Верхняя граница", "Период", "Статус", "Место в стране"),
    },
}  # fmt: skip
_SPOT = """name => {
  const node = [...document.querySelectorAll('#shapes > :not([display])')]
    .find(one => [',', ':'].some(end => one.getAttribute('aria-label')?.startsWith(name + end)));
  if (!node) return null;
  const { left, top, width, height } = node.getBoundingClientRect();
  for (let step = 1; step < 400; step += 1) {
    const [x, y] = [left + width * ((step * 0.618) % 1), top + height * (step / 400)];
    if (document.elementFromPoint(x, y) === node) return [x, y];
  }
  return null;
}"""
"""Where on the screen a place can be pointed at: a point of it that nothing lies over."""
_NUMBER = {"en": r"[+−-]?\d{1,3}(?:,\d{3})*(?:\.\d+)?|[+−-]?\d+(?:\.\d+)?", "ru": r"[+−-]?\d[\d\u00a0]*(?:,\d+)?"}


def read_number(text: str, lang: str) -> Decimal | None:
    """Return the first number of a text as a reader of the language reads it; None where it has none."""
    found = re.search(_NUMBER[lang], text)
    if not found:
        return None
    plain = found.group().replace("−", "-").replace("+", "").replace("\u00a0", "")
    return Decimal(plain.replace(",", "" if lang == "en" else "."))


def state_of(text: str, lang: str) -> str:
    """Return the code of a status; a reason after a colon and the age of a figure are told elsewhere."""
    words = STATES[lang]
    parts = (part.strip() for part in text.split("; "))
    first = next((part for part in parts if not re.fullmatch(PHRASES[lang]["age"], part)), "")
    return words[first] if first in words else words[first.split(": ")[0]]


def rounded(value: Decimal | None, decimals: int) -> Decimal | None:
    """Return a number as it is written with some decimals; halves go to the even neighbour."""
    return None if value is None else value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN) + Decimal(0)


class Raw:
    """The files of a data package as they lie there."""

    def __init__(self, package: Path) -> None:
        def read(path: Path) -> pd.DataFrame:
            return pd.read_csv(path, dtype=str, keep_default_na=False)

        self.figures = pd.concat([read(path) for path in sorted((package / "data" / "figures").glob("*.csv"))])
        self.units = read(package / "data" / "units.csv")
        self.programmes = read(package / "data" / "programmes.csv")
        self.sets = read(package / "data" / "boundary_sets.csv")

    def boundary_set(self, year: str) -> str:
        """Return the boundary set of the training country that holds at the end of a year."""
        day, mine = f"{year}-12-31", self.sets[self.sets["iso3"] == "XTR"]
        holds = (mine["valid_from"] <= day) & ((mine["valid_to"] == "") | (mine["valid_to"] >= day))
        (found,) = mine.loc[holds, "boundary_set"]
        return str(found)

    def places(self, level: str, year: str) -> pd.DataFrame:
        """Return the units of a level that there are in a year, index unit_id."""
        units = self.units[(self.units["level"] == level) & (self.units["boundary_set"] == self.boundary_set(year))]
        return units.set_index("unit_id")

    def name(self, unit: str, lang: str) -> str:
        """Return the name of a unit in its most recent boundary set."""
        return str(self.units[self.units["unit_id"] == unit].sort_values("boundary_set")[f"name_{lang}"].iloc[-1])

    def rows(self, indicator: str, level: str, year: str, sex: str = "all", age: str = "all") -> pd.DataFrame:
        """Return the rows of an indicator in a year, index unit_id."""
        f = self.figures
        fits = (f["indicator"] == indicator) & (f["level"] == level) & (f["sex"] == sex) & (f["age"] == age)
        found = f[fits & f["period_start"].str.startswith(year)]
        names = {f"{row.name_en} {row.unit_type.title()}": unit for unit, row in self.places(level, year).iterrows()}
        codes = found["place_code"].where(found["place_code"] != "", found["place_name"].map(names))
        return found.set_index(codes.rename("unit_id"))

    def values(self, indicator: str, level: str, year: str, sex: str = "all", age: str = "all") -> dict[str, Decimal]:
        """Return the published figures of a year by unit_id."""
        found = self.rows(indicator, level, year, sex, age)["value"]
        return {str(unit): Decimal(value) for unit, value in found.items() if value}

    def changes(self, indicator: str, level: str, base: str, year: str) -> dict[str, Decimal]:
        """Return the changes of the places that are there in both years, without a break in their series between."""
        earlier, later = self.values(indicator, level, base), self.values(indicator, level, year)
        between = self.figures[
            (self.figures["indicator"] == indicator)
            & (self.figures["obs_status"] == "B")
            & (self.figures["period_start"] > f"{base}-12-31")
            & (self.figures["period_end"] <= f"{year}-12-31")
        ]
        broken = set(between["place_code"])
        return {unit: later[unit] - earlier[unit] for unit in later if unit in earlier and unit not in broken}

    def facts(self, indicator: str, level: str, unit: str, year: str, sex: str = "all") -> Facts:
        """Return all that the files say of a place in a year, in full."""
        rows = self.rows(indicator, level, year, sex)
        row, values = rows.loc[unit], self.values(indicator, level, year, sex)
        facts: Facts = {"period": year, "value": values.get(unit), "state": row["missing_reason"] or row["obs_status"]}
        if unit in values:
            facts |= {name: Decimal(row[name]) for name in ("low", "high") if row[name]}
            facts |= (
                {}
                if level == "ADM0"
                else {"rank": 1 + sum(value > values[unit] for value in values.values()), "of": len(values)}
            )
        national = self.values(indicator, "ADM0", year, sex)
        return facts | ({"national": national["XTR"]} if unit in values and level != "ADM0" and national else {})


@dataclass(frozen=True)
class Reader:
    """Reads the views of an open page in a language."""

    page: Page
    lang: str

    @property
    def phrases(self) -> Mapping[str, Any]:
        """The phrases of the language."""
        return PHRASES[self.lang]

    def number(self, text: str) -> Decimal | None:
        """Return the first number of a text."""
        return read_number(text, self.lang)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of elements."""
        found: list[str] = self.page.evaluate(
            "selector => [...document.querySelectorAll(selector)].map(node => node.textContent)", selector
        )
        return found

    def spot(self, name: str) -> tuple[float, float] | None:
        """Return where on the screen a place can be pointed at; None while it cannot."""
        found: list[float] | None = self.page.evaluate(_SPOT, name)
        return (found[0], found[1]) if found else None

    def hover(self, name: str) -> Facts:
        """Return what the tip of a place says; the pointer goes there."""
        self.page.mouse.move(3, 3)
        at = self.spot(name)
        if at is None:
            return {}
        self.page.mouse.move(*at)
        lines = self.texts("#tip p")
        facts: Facts = {"name": next(iter(self.texts("#tip .tip-name")), "")}
        shown = self.texts("#tip .tip-value")
        if not shown or facts["name"] != name:
            return facts
        facts["value"] = self.number(shown[0])
        facts["state"] = "A" if facts["value"] is not None else state_of(shown[0], self.lang)
        if len(shown) > 1:
            facts["second"] = self.number(shown[1])
        before = lines[: lines.index(shown[0]) + 1]
        facts["period"] = lines[len(before)] if facts["value"] is None else ""
        for line in lines[len(before) :]:
            facts |= self._tip_line(line, facts)
        return facts

    def _tip_line(self, line: str, facts: Facts) -> Facts:
        """Return what a line of the tip says."""
        said = {name: re.fullmatch(pattern, line) for name, pattern in self.phrases.items() if isinstance(pattern, str)}
        if said["status"]:
            return {"state": state_of(said["status"][1], self.lang)}
        if said["interval"]:
            return {"low": self.number(said["interval"][1]), "high": self.number(said["interval"][2])}
        if said["rank"]:
            return {"rank": int(said["rank"][1]), "of": int(said["rank"][2])}
        if said["first"]:
            return {"rank": 1, "of": int(said["first"][1])}
        if said["national"]:
            return {"national": self.number(said["national"][1])}
        if said["age"]:
            return {"age": int(said["age"][2])}
        if said["unclear"]:
            return {"state": "unclear"}
        if " · " in line and not facts["period"]:
            return {"period": line.split(" · ")[0]}
        return {}

    def table_rows(self) -> dict[str, dict[str, str]]:
        """Return the cells of the rows that the table shows, by the name of the place, in the order on the screen."""
        rows: list[dict[str, str]] = self.page.evaluate(
            """() => [...document.querySelectorAll('#grid .ag-center-cols-container .ag-row')]
              .sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))
              .map(row => Object.fromEntries([...row.querySelectorAll('[col-id]')]
                .map(cell => [cell.getAttribute('col-id'), cell.textContent])))"""
        )
        return {row["place"]: row for row in rows}

    def table(self, name: str) -> Facts:
        """Return what the row of a place says."""
        row = self.table_rows().get(name)
        if row is None:
            return {}
        value = self.number(row["value"])
        facts: Facts = {"value": value, "period": row["period"], "state": state_of(row["status"], self.lang)}
        age = re.search(self.phrases["age"], row["status"])
        facts |= {"age": int(age[2])} if age else {}
        facts |= {"rank": int(row["rank"])} if row.get("rank") else {}
        facts |= {"second": self.number(row["second"])} if row.get("second") else {}
        return facts

    def panel(self, name: str, period: str) -> Facts:
        """Return what the panel of a place says of a period."""
        found: list[str] | None = self.page.evaluate(
            """([name, period]) => {
              if (document.querySelector('#panel h2')?.textContent !== name) return null;
              const row = document.querySelector(`#panel tr[data-period="${period}"]`);
              return row && [...row.cells].map(cell => cell.textContent);
            }""",
            [name, period],
        )
        if found is None:
            return {}
        span, shown, *ranked, status = found
        value = self.number(shown)
        facts: Facts = {
            "value": value,
            "period": span,
            "state": state_of(status if value is not None else shown, self.lang),
        }
        of = re.fullmatch(self.phrases["of"], ranked[0]) if ranked else None
        age = re.search(self.phrases["age"], status)
        facts |= {"age": int(age[2]), "period": age[1]} if age else {}
        return facts | ({"rank": int(of[1]), "of": int(of[2])} if of else {})

    def chart_rows(self) -> list[dict[str, str]]:
        """Return the rows of the table under the chart, which is unfolded."""
        found: list[list[str]] = self.page.evaluate(
            """() => {
              const box = document.querySelector('.chart-numbers');
              if (!box || document.querySelector('#charts').getAttribute('aria-busy')) return [];
              box.open = true;
              return [...box.querySelectorAll('tr')].map(row => [...row.cells].map(cell => cell.textContent));
            }"""
        )
        return [dict(zip(found[0], row, strict=True)) for row in found[1:]] if found else []

    def chart(self, name: str, period: str) -> Facts:
        """Return what the chart over time says of a place in a period, as its table of figures."""
        value, low, high, label, status = self.phrases["chart"]
        for row in self.chart_rows():
            if next(iter(row.values())) == name and row[label] == period:
                number = self.number(row[value])
                facts: Facts = {"value": number, "period": row[label], "state": state_of(row[status], self.lang)}
                return facts | {k: self.number(row[c]) for k, c in (("low", low), ("high", high)) if row[c]}
        return {}

    def download(self, button: str) -> tuple[list[str], list[dict[str, str]]]:
        """Press a button that gives a CSV file; return its comments and its rows."""
        with self.page.expect_download() as given:
            self.page.locator(button).click()
        text = Path(given.value.path()).read_text(encoding="utf-8")
        assert text.startswith("\ufeff# "), text[:40]
        lines = text.removeprefix("\ufeff").splitlines()
        comments = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
        return comments, list(csv.DictReader(StringIO("\n".join(lines[len(comments) :]))))

    def file_facts(self, row: Mapping[str, str]) -> Facts:
        """Return what a row of the downloaded table says, in full."""
        value, low, high, label, status, rank = self.phrases["file"]
        facts: Facts = {
            "value": Decimal(row[value]) if row[value] else None,
            "period": row[label],
            "state": state_of(row[status], self.lang),
        }
        age = re.search(self.phrases["age"], row[status])
        facts |= {"age": int(age[2])} if age else {}
        facts |= {name: Decimal(row[of]) for name, of in (("low", low), ("high", high)) if row.get(of)}
        ending = f": {label}"
        title = next((name.removesuffix(ending) for name in row if name.endswith(ending)), None)
        if title is not None:
            (second,) = (text for name, text in row.items() if name.startswith(f"{title} ("))
            facts["second"] = Decimal(second) if second else None
        return facts | ({"rank": int(row[rank])} if row.get(rank) else {})


def legend_counts(reader: Reader) -> dict[str, int]:
    """Return how many places the legend counts in each class and state."""
    found: dict[str, str] = reader.page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('#legend [data-entry]')]
          .map(row => [row.dataset.entry, row.querySelector('.lg-n').textContent]))"""
    )
    return {entry: int(text) for entry, text in found.items()}


def class_counts(values: Iterable[Decimal], bounds: Sequence[Decimal]) -> list[int]:
    """Return how many figures lie in each class: a class holds its upper bound."""
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[sum(value > bound for bound in bounds)] += 1
    return counts
