"""Golden questions about the training country: hover, table, panel, chart and file give the answer of the raw files.

The expected answers come from the CSV files of the package by plain pandas (tests/browser/golden.py).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.golden import Facts, Raw, Reader, class_counts, legend_counts, rounded
from tests.browser.visitor import Guard, Visitor, until

ROOM = {"width": 3000, "height": 1300}
"""Wide enough for map, panel, table and chart side by side, with every column."""
SAID = {
    "tip": ("value", "state", "period", "low", "high", "rank", "of", "national", "age", "second"),
    "table": ("value", "state", "period", "rank", "age", "second"),
    "panel": ("value", "state", "period", "rank", "of", "age"),
    "chart": ("value", "state", "period", "low", "high"),
    "file": ("value", "state", "period", "low", "high", "rank", "age", "second"),
}
"""What each view says of a place, if there is such a thing."""
FULL = ("chart", "file")
"""Views that give numbers in full; the others round them as the layer does."""
SPAN = {"en": "{} to {}", "ru": "{} → {}"}


@dataclass(frozen=True)
class Question:
    """A question about one place, and how the map is set to answer it."""

    ask: str
    lang: str
    layer: str
    level: str
    unit: str
    year: str
    sex: str
    base: str
    upto: str
    second: str
    decimals: str
    chart: str

    @property
    def views(self) -> tuple[str, ...]:
        """The views that are read: a place without any figure is in no chart, an older figure only at its own time."""
        return tuple(view for view in SAID if view != "chart" or self.chart)

    @property
    def view(self) -> dict[str, str]:
        """What the address says."""
        given = {
            "layer": self.layer, "level": self.level, "period": self.year, "unit": self.unit, "base": self.base,
            "sex": self.sex, "upto": self.upto, "second": self.second, "fill": "hatch" if self.second else "",
            "chart": self.chart,
        }  # fmt: skip
        return {key: value for key, value in given.items() if value}


def read_questions(path: Path) -> list[Question]:
    """Return the questions of a table; an empty cell is no such choice."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Question(**row) for row in csv.DictReader(file)]


QUESTIONS = read_questions(Path(__file__).with_name("golden_questions.csv"))


@pytest.fixture(scope="module")
def raw(root: Path) -> Raw:
    return Raw(root / "packages" / "training")


@pytest.fixture(scope="module")
def readers(browser: Browser, both_origin: str) -> Iterator[dict[str, Reader]]:
    """Return a reader of each language with one page for all questions; whatever went wrong there fails at the end."""
    made: dict[str, Reader] = {}
    guards = []
    contexts = []
    for lang in ("en", "ru"):
        context = browser.new_context(viewport=ROOM, locale="en-GB", accept_downloads=True)
        contexts.append(context)
        guards.append(Guard(both_origin))
        guards[-1].watch(context)
        query = f"?dataset=training&layer=water_access&level=ADM2&table=1&lang={lang}"
        page = Visitor(context.new_page(), guards[-1]).open(query, app=True)
        page.wait_for_selector("html[data-workbench=ready]", state="attached")
        expect(page.locator("#grid .ag-row").first).to_be_visible()
        made[lang] = Reader(page, lang)
    yield made
    for context in contexts:
        context.close()
    assert [fault for guard in guards for fault in guard.faults] == []


def show(reader: Reader, **view: str) -> Page:
    """Show what an address names in the page that is open, as going back to it does; the table is open."""
    query = urlencode({"dataset": "training", "table": "1", **view, "lang": reader.lang}, safe=",;:.")
    reader.page.evaluate(
        "query => { history.pushState(null, '', `/?${query}`); dispatchEvent(new PopStateEvent('popstate')); }", query
    )
    reader.page.wait_for_function(
        """([layer, period]) => document.querySelector(`#menu [data-layer="${layer}"]`)?.getAttribute('aria-current')
          && !document.querySelector('#mapbox.waiting')
          && document.querySelector('#table-caption').textContent.includes(period)""",
        arg=[view["layer"], view["period"]],
    )
    return reader.page


def expected_facts(raw: Raw, question: Question) -> Facts:
    """Return all that the raw files say to a question about a place, in full."""
    q = question
    facts = raw.facts(q.layer, q.level, q.unit, q.year, q.sex or "all")
    if q.base:
        return expected_change(raw, q, facts)
    if q.upto:
        years = [str(year) for year in range(int(q.year), 2017, -1)]  # since the reform, which began with 2018
        shown = {}
        for year in reversed(years):
            shown |= raw.values(q.layer, q.level, year)
        own = next(year for year in years if q.unit in raw.values(q.layer, q.level, year))
        facts = raw.facts(q.layer, q.level, q.unit, own)
        age = int(q.year) - int(own)
        facts |= {"rank": 1 + sum(v > shown[q.unit] for v in shown.values()), "of": len(shown)} | (
            {"age": age} if age else {}
        )
    if q.second:
        facts["second"] = raw.values(q.second, q.level, q.year)[q.unit]
    return facts


def expected_change(raw: Raw, question: Question, later: Facts) -> Facts:
    """Return the change of a figure, with the interval of a difference of independent ones (Newcombe's method 10)."""
    q = question
    earlier = raw.facts(q.layer, q.level, q.unit, q.base)
    change = later["value"] - earlier["value"]
    below = sqrt((later["value"] - later["low"]) ** 2 + (earlier["high"] - earlier["value"]) ** 2)
    above = sqrt((later["high"] - later["value"]) ** 2 + (earlier["value"] - earlier["low"]) ** 2)
    low, high = change - Decimal(below), change + Decimal(above)
    return {
        "value": change, "low": low, "high": high, "period": SPAN[q.lang].format(q.base, q.year),
        "national": later["national"] - earlier["national"], "state": "unclear" if low <= 0 <= high else "A",
    }  # fmt: skip


def as_said(facts: Facts, view: str, decimals: int) -> Facts:
    """Return the part of the facts that a view says, with its numbers rounded as there."""
    numbers = ("value", "low", "high", "national", "second")
    digits = 6 if view in FULL else decimals
    return {
        name: rounded(fact, digits) if name in numbers else fact
        for name, fact in facts.items()
        if name in SAID[view]
    }  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{q.layer}-{q.unit}-{q.year}-{q.lang}")
def test_every_view_gives_the_answer_of_the_raw_files(readers: dict[str, Reader], raw: Raw, question: Question) -> None:
    reader, name = readers[question.lang], raw.name(question.unit, question.lang)
    facts = expected_facts(raw, question)
    show(reader, **question.view)

    def agrees(view: str, ask: Any, wanted: Facts) -> None:
        def said() -> Facts:
            return as_said(ask(), view, int(question.decimals))

        until(said, lambda found: found == wanted, f"{view}: {wanted}")

    for view in question.views:
        wanted = as_said(facts, view, int(question.decimals))
        if view == "tip":
            agrees(view, lambda: reader.hover(name), wanted)
        elif view == "table":
            agrees(view, lambda: reader.table(name), wanted)
        elif view == "panel":
            agrees(view, lambda: reader.panel(name, question.year), wanted)
        elif view == "chart":
            agrees(view, lambda: reader.chart(name, question.year), wanted | {"period": question.year})
        else:
            rows = {row[first(row)]: row for row in reader.download("#table-file")[1]}
            assert as_said(reader.file_facts(rows[name]), view, int(question.decimals)) == wanted


def first(row: dict[str, str]) -> str:
    """Return the heading of the first column."""
    return next(iter(row))


def test_which_district_fell_most_in_unemployment_between_2014_and_2018(readers: dict[str, Reader], raw: Raw) -> None:
    reader = readers["en"]
    changes = raw.changes("unemployment_rate", "ADM2", "2014", "2018")
    lowest = min(changes.values())
    (fell,) = (unit for unit, change in changes.items() if change == lowest)
    name = raw.name(fell, "en")
    show(reader, layer="unemployment_rate", level="ADM2", period="2018", base="2014", sort="value-asc", unit=fell)
    expect(reader.page.locator("#grid .ag-header-cell[col-id=value]")).to_have_attribute("aria-sort", "ascending")
    until(lambda: list(reader.table_rows())[:1], lambda found: found == [name], f"{name} in the first row")
    assert reader.table(name)["value"] == lowest
    assert reader.hover(name)["value"] == lowest
    until(lambda: reader.panel(name, "2018").get("value"), lambda value: value == lowest, "the change in the panel")
    _, rows = reader.download("#table-file")
    assert (rows[0]["Place"], Decimal(rows[0]["Value"])) == (name, lowest)
    told = {row["Code of the place"]: Decimal(row["Value"]) for row in rows if row["Value"]}
    assert told == changes
    assert len(rows) == len(raw.places("ADM2", "2018"))


@pytest.mark.parametrize(
    ("layer", "level", "year"), [("water_access", "ADM2", "2020"), ("output_per_head", "ADM1", "2024")]
)
def test_which_places_have_no_figure(readers: dict[str, Reader], raw: Raw, layer: str, level: str, year: str) -> None:
    reader = readers["en"]
    known, places = raw.values(layer, level, year), raw.places(level, year)
    lacking = {raw.name(unit, "en") for unit in places.index if unit not in known}
    assert lacking
    show(reader, layer=layer, level=level, period=year, chart="heatmap")
    assert legend_counts(reader)["n"] == len(lacking)
    until(reader.chart_rows, lambda rows: bool(rows) and year in rows[0], "the chart of all places")
    shown = [
        row for row in reader.chart_rows() if row["Place"] in set(places["name_en"]) and not reader.number(row[year])
    ]
    assert {row["Place"] for row in shown if row[year] == "no data"} == lacking
    _, rows = reader.download("#table-file")
    assert {row["Place"] for row in rows if not row["Value"]} == lacking
    assert {row["Status"].split(":")[0] for row in rows if not row["Value"]} == {"no data"}
    show(reader, layer=layer, level=level, period=year, filter="status:none")
    until(lambda: set(reader.table_rows()), lambda found: found == lacking, "the filtered table")
    for name in lacking:
        until(
            lambda name=name: reader.hover(name).get("state"),
            lambda state: state == "not_collected",
            f"the tip of {name}",
        )


def test_how_many_districts_lie_in_each_class(readers: dict[str, Reader], raw: Raw) -> None:
    reader = readers["ru"]
    bounds = [Decimal(text) for text in ("40", "55.5", "70", "85")]
    values = raw.values("water_access", "ADM2", "2016")
    counts = class_counts(values.values(), bounds)
    show(
        reader,
        layer="water_access",
        level="ADM2",
        period="2016",
        breaks=",".join(map(str, bounds)),
        chart="distribution",
    )
    until(
        lambda: [legend_counts(reader).get(str(digit), 0) for digit in range(len(counts))],
        lambda found: found == counts,
        f"the legend {counts}",
    )
    until(reader.chart_rows, lambda rows: bool(rows) and "Класс" in rows[0], "the spread")
    labels = sorted({row["Класс"] for row in reader.chart_rows()}, key=lambda text: reader.number(text) or 0)
    assert [sum(row["Класс"] == label for row in reader.chart_rows()) for label in labels] == [n for n in counts if n]
    _, rows = reader.download("#table-file")
    told = [Decimal(row["Значение"]) for row in rows if row["Значение"]]
    assert class_counts(told, bounds) == counts
    assert sorted(told) == sorted(values.values())


def test_where_is_unemployment_highest(readers: dict[str, Reader], raw: Raw) -> None:
    reader = readers["en"]
    values = raw.values("unemployment_rate", "ADM2", "2022")
    highest = max(values.values())
    (top,) = (unit for unit, value in values.items() if value == highest)
    name = raw.name(top, "en")
    facts = raw.facts("unemployment_rate", "ADM2", top, "2022")
    show(reader, layer="unemployment_rate", level="ADM2", period="2022", unit=top, chart="ranking")
    until(lambda: reader.table(name).get("rank"), lambda rank: rank == 1, "the rank in the table")
    until(lambda: reader.panel(name, "2022").get("rank"), lambda rank: rank == 1, "the rank in the panel")
    assert {key: reader.hover(name)[key] for key in ("value", "rank", "of", "national")} == {
        key: facts[key] for key in ("value", "rank", "of", "national")
    }
    until(reader.chart_rows, lambda rows: bool(rows) and "Place in order" in rows[0], "the order")
    reader.page.locator("#chart-take").click()
    comments, rows = reader.download("[data-take=csv]")
    assert comments[1] == "SYNTHETIC TRAINING DATA"
    assert (rows[0]["Place"], rows[0]["Place in order"], Decimal(rows[0]["Value"])) == (name, "1", highest)
    assert {row["Place"]: Decimal(row["Value"]) for row in rows} == {raw.name(u, "en"): v for u, v in values.items()}
    shown = reader.chart_rows()
    assert [row["Place"] for row in shown] == [row["Place"] for row in rows]
    _, table = reader.download("#table-file")
    ranks = {row["Place"]: row["Rank in country"] for row in table if row["Value"]}
    assert ranks == {row["Place"]: row["Place in order"] for row in rows}


def test_where_was_education_supported_in_2020(readers: dict[str, Reader], raw: Raw) -> None:
    reader = readers["en"]
    p = raw.programmes
    meets = (p["period_start"] <= "2020-12-31") & ((p["period_end"] == "") | (p["period_end"] >= "2020-01-01"))
    helped = set(p.loc[meets & (p["sector"] == "education") & (p["level"] == "ADM2"), "unit_id"])
    names = {raw.name(unit, "en") for unit in helped & set(raw.places("ADM2", "2020").index)}
    assert names
    show(reader, layer="school_places_per_100", level="ADM2", period="2020", filter="programme:any~education")
    until(lambda: set(reader.table_rows()), lambda found: found == names, f"the table with {names}")
    expect(reader.page.locator(".filter-count")).to_contain_text(f"{len(names)} of {len(raw.places('ADM2', '2020'))}")
    comments, rows = reader.download("#table-file")
    assert {row["Place"] for row in rows} == names
    assert any(f"{len(names)} of " in line for line in comments)
    for name in names:
        facts = reader.hover(name)
        (row,) = (row for row in rows if row["Place"] == name)
        assert facts["value"] == (Decimal(row["Value"]) if row["Value"] else None)


def test_what_three_districts_have_together(readers: dict[str, Reader], raw: Raw) -> None:
    reader = readers["en"]
    picked = ("XT0405", "XT0407", "XT0801")
    values = {unit: raw.values("water_access", "ADM2", "2022")[unit] for unit in picked}
    people = {unit: raw.values("population", "ADM2", "2022")[unit] for unit in picked}
    mean = sum(values[unit] * people[unit] for unit in picked) / sum(people.values())
    wanted = {
        "Mean, weighted by population": mean,
        "Lowest": min(values.values()),
        "Highest": max(values.values()),
        "Gap between highest and lowest": max(values.values()) - min(values.values()),
        "Ilvandor as a whole": raw.values("water_access", "ADM0", "2022")["XTR"],
    }
    view = {"layer": "water_access", "level": "ADM2", "period": "2022", "picked": ",".join(picked)}
    show(reader, **view, chart="scatter", against="unemployment_rate")

    def card() -> dict[str, Decimal | None]:
        labels, texts = reader.texts("#pick-card dt"), reader.texts("#pick-card dd b")
        if len(labels) != len(texts):
            return {}  # read while it was being written
        return {label: reader.number(text) for label, text in zip(labels, texts, strict=True)}

    until(
        card, lambda found: found == {label: rounded(value, 1) for label, value in wanted.items()}, f"the card {wanted}"
    )
    until(reader.chart_rows, lambda rows: bool(rows) and "Residents" in rows[0], "the chart of two layers")
    names = {raw.name(unit, "en"): unit for unit in picked}
    shown = {names[row["Place"]]: row for row in reader.chart_rows() if row["Place"] in names}
    drawn = {unit: reader.number(row["Safe water at home (% of population)"]) for unit, row in shown.items()}
    residents = {unit: reader.number(row["Residents"]) for unit, row in shown.items()}
    assert (drawn, residents) == (values, people)
    _, rows = reader.download("#table-file")
    told = {row["Code of the place"]: Decimal(row["Value"]) for row in rows if row["Code of the place"] in picked}
    assert told == values


def test_nothing_is_withheld_in_the_public_layers_that_are_shown_here(readers: dict[str, Reader], raw: Raw) -> None:
    assert not (raw.figures["missing_reason"] == "suppressed").any()
    reader = readers["en"]
    show(reader, layer="poverty_rate", level="ADM2", period="2012", filter="status:withheld")
    expect(reader.page.locator(".filter-count")).to_contain_text("0 of ")
    until(reader.table_rows, lambda rows: rows == {}, "an empty table")
    assert reader.download("#table-file")[1] == []
    assert legend_counts(reader).get("s", 0) == 0
