"""The rows of figures: the series aggregated to units, with surveys, sexes, flags, late and missing ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.stats import chi2

from etl.training.country import ISO3, NEW, OLD, Country, Unit, division_of
from etl.training.model import Model, Series
from etl.training.plan import LAST_YEAR, NOTICE_EN, NOTICE_RU

COLUMNS = (
    "indicator", "iso3", "level", "place_code", "place_name", "period_start", "period_end", "sex", "age", "value",
    "low", "high", "n", "qualifier", "obs_status", "missing_reason", "boundary_set", "source_id", "note_en", "note_ru",
)  # fmt: skip
INDICATORS_FILE = Path(__file__).with_name("indicators.yml")
SOURCE_OF_DRIVER = {
    "economic": "syn-statistics", "migration": "syn-migration", "services": "syn-services",
    "population": "syn-census", "governance": "syn-perception", "ftf": "syn-recorded", "extra": "syn-statistics",
}  # fmt: skip
HOUSEHOLD_SURVEY = "syn-household"
CLAIM_SOURCES = ("syn-claim-a", "syn-claim-b")
DEFAULT_LEVELS = ("ADM0", "ADM1", "ADM2")
DESIGN_EFFECT = 1.6
LATE_SHARE, ESTIMATED_SHARE, MISSING_SHARE = 0.05, 0.02, 0.012
LATE = ("Late: not yet reported.", "Запаздывает: ещё не представлено.")
OFF_GRID = ("The island has its own generators and no grid.", "На острове свои генераторы и нет сети.")
NOT_REACHED = ("The survey did not reach the unit.", "Обследование не охватило единицу.")
POOLED = ((2012, 2014), (2015, 2017), (2018, 2020))  # no period spans the reform
POOLED_FORMS = ("pooled_departures", "person_years", "departure_rate")
PER_PERSON_YEARS = 100_000
CONFIDENCE = 0.95
WIDEST = 0.75  # of the rate: fewer than some 30 persons
_EXTRA_DRIVERS = ("economic", "migration", "services", "governance")
_CLAIMS = (
    (2014, 900, 900, "about", 0, "All who left.", "Все выехавшие."),
    (2014, None, 700, "up_to", 1, "Without families.", "Без семей."),
    (2015, 1200, None, "at_least", 0, "All who left since 2011; cumulative.", "Все выехавшие с 2011 года; накопленно."),
    (2015, 950, 1100, "claim", 1, "Without families; cumulative.", "Без семей; накопленно."),
    (2017, 1600, 1600, "about", 0, "All who left since 2011; cumulative.", "Все выехавшие с 2011 года; накопленно."),
)

Values = NDArray[np.float64]


def read_entries(n: int | None) -> list[dict[str, Any]]:
    """Return the indicators to make: the first `n` of indicators.yml, and numbered ones where these do not suffice."""
    entries: list[dict[str, Any]] = yaml.safe_load(INDICATORS_FILE.read_text(encoding="utf-8"))
    if n is None:
        return entries
    extra = [_extra_entry(number) for number in range(1, n - len(entries) + 1)]
    return [*entries[:n], *extra]


def _extra_entry(number: int) -> dict[str, Any]:
    """Return an indicator without a meaning, for packages of any size."""
    words = {"en": f"Practice indicator {number}", "ru": f"Учебный показатель {number}"}
    angle = 2.4 * number
    model = {
        "form": "share", "base": round(0.8 * np.cos(angle), 3), "need": round(0.6 * np.sin(angle), 3), "second": 0.3,
        "trend": round(0.4 * np.cos(1.7 * angle), 3), "shock": 0.2,
    }  # fmt: skip
    return {
        "id": f"practice_{number:03d}", "driver": _EXTRA_DRIVERS[number % len(_EXTRA_DRIVERS)], "title": words,
        "headline": words,
        "definition": {"en": f"{words['en']}, without a meaning.", "ru": f"{words['ru']}, без смысла."},
        "unit": {"en": "%", "ru": "%", "sign": "%"}, "population": {"en": "residents", "ru": "жители"},
        "direction": "higher_is_worse" if number % 2 else "higher_is_better", "model": model, "file": "extra",
    }  # fmt: skip


def table_of(entry: dict[str, Any]) -> str:
    """Return the name of the table that holds the figures of an indicator."""
    return str(entry.get("file", entry["driver"]))


def survey_name(unit: Unit) -> str:
    """Return the name of a region as the household survey writes it: without a code."""
    if unit.level == "ADM0":
        return unit.name.en
    return f"{unit.name.en} {'City' if unit.unit_type == 'city' else 'Region'}"


def poisson_interval(counts: Values) -> tuple[Values, Values]:
    """Return the exact 95 % interval of the mean of each count, if counts follow a Poisson distribution.

    References
    ----------
    .. [1] F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936).
    """
    tail = (1 - CONFIDENCE) / 2
    low = np.where(counts > 0, chi2.ppf(tail, 2 * np.maximum(counts, 1)) / 2, 0.0)
    return low, np.asarray(chi2.ppf(1 - tail, 2 * (counts + 1)) / 2, dtype="float64")


class _Places:
    """The units of one division at one level, and how districts add up to them."""

    def __init__(self, country: Country, boundary_set: str, level: str, n_base: int) -> None:
        self.units = country.at(boundary_set, level)
        self.codes = [unit.unit_id for unit in self.units]
        self.names = [unit.name.en for unit in self.units]
        self.level = level
        if level == "ADM3":
            self.of_part = np.array([unit.atom for unit in self.units], dtype="int64").argsort()
        else:
            self.of_part = np.zeros(n_base, dtype="int64")
            for position, unit in enumerate(self.units):
                self.of_part[unit.base] = position

    def add(self, parts: Values) -> Values:
        """Add up the parts of each unit."""
        return np.asarray(np.bincount(self.of_part, parts, len(self.units)), dtype="float64")

    def mean(self, parts: Values, weight: Values) -> Values:
        """Return the weighted mean of the parts of each unit."""
        return self.add(parts * weight) / self.add(weight)

    def most(self, parts: Values, weight: Values) -> Values:
        """Return the category of most people of each unit, the lower code where two have as many."""
        codes = np.unique(parts)
        people = np.array([self.add(np.where(parts == code, weight, 0.0)) for code in codes])
        return np.asarray(codes[people.argmax(axis=0)], dtype="float64")


def _text(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


class FigureMaker:
    """Writes the rows of all indicators of a country."""

    def __init__(self, country: Country, entries: list[dict[str, Any]]) -> None:
        self.country, self.entries = country, entries
        self.model = Model(country)
        every = {entry["id"]: entry for entry in read_entries(None)}
        self.by_id = every | {entry["id"]: entry for entry in entries}
        n_base = self.model.n_base
        self._places = {
            (name, level): _Places(country, name, level, n_base)
            for name in (OLD, NEW)
            for level in ("ADM0", "ADM1", "ADM2", "ADM3")
            if country.at(name, level)
        }
        outlying = country.territory.exclave, country.territory.island
        self.off_grid = set(self._codes_of_base(country.territory.island))
        self.outlying = {code for b in outlying for code in self._codes_of_base(b)}

    def _codes_of_base(self, base: int) -> list[str]:
        return [unit.unit_id for unit in self.country.at(OLD, "ADM2") if unit.base == [base]]

    def rows(self, entry: dict[str, Any]) -> Iterator[str]:
        """Return the CSV lines of one indicator, without a line break."""
        form = entry["model"]["form"]
        if form == "claims":
            yield from self._claims(entry)
            return
        if form in POOLED_FORMS:
            yield from self._pooled(entry)
            return
        series = self.model.series(entry, self.by_id)
        for level in entry.get("levels", DEFAULT_LEVELS):
            rng = self.country.plan.stream(f"flags:{entry['id']}:{level}")
            for at, year in enumerate(self.model.years.tolist()):
                if not self._has_round(entry["model"], year):
                    continue
                places = self._places.get((division_of(year), level))
                if places is None or (level == "ADM3" and series.atoms is None):
                    continue
                yield from self._round(entry, series, places, at, year, rng)

    @staticmethod
    def _has_round(model: dict[str, Any], year: int) -> bool:
        if "years" in model:
            return year in model["years"]
        return year >= int(model.get("from_year", 0))

    def _round(
        self, entry: dict[str, Any], series: Series, places: _Places, at: int, year: int, rng: np.random.Generator
    ) -> Iterator[str]:
        model = entry["model"]
        if "sample" in model:
            yield from self._survey_rows(entry, series, places, at, year)
            return
        parts = series.atoms if places.level == "ADM3" and series.atoms is not None else series.value
        weight = None if series.weight is None else series.weight[:, at]
        if weight is None:
            everyone = places.add(parts[:, at])
        else:
            join = places.most if model["form"] == "category" else places.mean
            everyone = join(parts[:, at], weight)
        states = self._states(entry, places, year, rng)
        yield from self._lines(entry, places, year, "all", "all", everyone, states)
        by_sex = model.get("sexes") and year >= int(model.get("sex_from", 0))
        if by_sex and places.level in model.get("sex_levels", DEFAULT_LEVELS):
            yield from self._sex_lines(entry, series, places, at, year, everyone, states)

    def _sex_lines(
        self, entry: dict[str, Any], series: Series, places: _Places, at: int, year: int, everyone: Values,
        states: list[tuple[str, str, str, str]],
    ) -> Iterator[str]:  # fmt: skip
        model = entry["model"]
        people, women = self.model.population.value[:, at], self.model.women[:, at]
        if model["form"] == "population":
            female = places.add(women)
            male = everyone - female
        elif model["form"] == "departures":
            female = places.add(self.model.departures()[1][:, at])
            male = everyone - female
        else:
            # The gap is one of the logarithm; women and men together give the figure of all.
            ratio = np.exp(model["sex_gap"])
            share = places.add(women) / places.add(people)
            female = everyone * ratio / (share * ratio + 1 - share)
            male = (everyone - share * female) / (1 - share)
        yield from self._lines(entry, places, year, "female", "all", female, states)
        yield from self._lines(entry, places, year, "male", "all", male, states)
        if "youth" in model:
            young = np.minimum(everyone * np.exp(model["youth"]), 95.0)
            yield from self._lines(entry, places, year, "all", "15-29", young, states)

    def _states(
        self, entry: dict[str, Any], places: _Places, year: int, rng: np.random.Generator
    ) -> list[tuple[str, str, str, str]]:
        """Return status, missing reason and note of each unit: provisional, late, estimated, missing, not assessed."""
        model = entry["model"]
        n = len(places.units)
        chance, assessed, zero = rng.random(n), rng.random(n), rng.random(n)
        usual = model.get("status", "A")
        if year == model.get("break_year"):
            usual = "B"
        if year == LAST_YEAR and usual == "A":
            usual = "P"
        result = []
        counted = model["form"] in ("population", "doctors", "schools", "departures", "norm", "per_1000", "ratio")
        may_lack = not counted and places.level != "ADM0"
        for position, code in enumerate(places.codes):
            state = (usual, "", "", "")
            if model.get("off_grid") and code in self.off_grid:
                state = ("M", "not_applicable", *OFF_GRID)
            elif year > LAST_YEAR - int(model.get("lag", 0)):
                state = ("M", "not_collected", *LATE)
            elif "assessed" in model and assessed[position] > model["assessed"]:
                state = ("O", "not_assessed", "", "")
            elif "zeros" in model and zero[position] < model["zeros"]:
                state = ("zero", "", "", "")
            elif may_lack and year == LAST_YEAR and chance[position] < LATE_SHARE:
                state = ("M", "not_collected", *LATE)
            elif may_lack and chance[position] < MISSING_SHARE:
                state = ("M", "not_collected", "", "")
            elif usual == "A" and may_lack and (chance[position] > 1 - ESTIMATED_SHARE or code in self.outlying):
                state = ("E", "", "", "")
            result.append(state)
        return result

    def _source(self, entry: dict[str, Any]) -> str:
        if "sample" in entry["model"] and entry["driver"] in ("economic", "migration"):
            return HOUSEHOLD_SURVEY
        if entry["model"]["form"] == "expected":
            return SOURCE_OF_DRIVER["governance"]
        return SOURCE_OF_DRIVER[entry["driver"]]

    def _lines(
        self, entry: dict[str, Any], places: _Places, year: int, sex: str, age: str, values: Values,
        states: list[tuple[str, str, str, str]],
    ) -> Iterator[str]:  # fmt: skip
        decimals, source = int(entry.get("decimals", 1)), self._source(entry)
        start = f"{entry['id']},{ISO3},{places.level}"
        period = f"{year}-01-01,{year}-12-31,{sex},{age}"
        numbers = values.tolist()
        for code, name, value, (status, reason, en, ru) in zip(
            places.codes, places.names, numbers, states, strict=True
        ):
            if status == "zero":
                shown, status = "0", "A"
            else:
                shown = "" if reason else _text(value, decimals)
            yield f"{start},{code},{name},{period},{shown},,,,exact,{status},{reason},,{source},{en},{ru}"

    def _survey_rows(self, entry: dict[str, Any], series: Series, places: _Places, at: int, year: int) -> Iterator[str]:
        """Return estimates of a survey: drawn district by district, with sample size and 95 % interval."""
        model = entry["model"]
        rng = self.country.plan.stream(f"survey:{entry['id']}:{year}")
        n_base = self.model.n_base
        n_districts = np.floor(model["sample"] * (0.7 + 0.6 * rng.random(n_base)))
        truth = series.value[:, at]
        deviation = np.sqrt(truth * (100 - truth)) if series.spread is None else np.full(n_base, series.spread)
        drawn = truth + deviation * np.sqrt(DESIGN_EFFECT / n_districts) * rng.standard_normal(n_base)
        top = value_range(entry)[1]
        drawn = np.clip(drawn, 0.3, None if top is None else top - 0.3)
        weight = self.model.population.value[:, at]
        value, n = places.mean(drawn, weight), places.add(n_districts)
        variance = deviation**2 * DESIGN_EFFECT / n_districts
        error = np.sqrt(places.add(variance * weight**2)) / places.add(weight)
        decimals, source = int(entry.get("decimals", 1)), self._source(entry)
        by_name = source == HOUSEHOLD_SURVEY and places.level == "ADM1"
        first = year <= model["years"][1]
        for unit, v, e, size in zip(places.units, value.tolist(), error.tolist(), n.tolist(), strict=True):
            code = "" if by_name else unit.unit_id
            name = survey_name(unit) if by_name else unit.name.en
            start = f"{entry['id']},{ISO3},{places.level},{code},{name},{year}-01-01,{year}-12-31,all,all"
            if first and unit.unit_id in self.outlying:
                yield f"{start},,,,,exact,O,not_assessed,,{source},{NOT_REACHED[0]},{NOT_REACHED[1]}"
                continue
            low, high = max(v - 1.96 * e, 0.0), v + 1.96 * e
            if top is not None:
                high = min(high, float(top))
            status = "U" if places.level == "ADM2" and e > 0.3 * v else "A"
            shown = f"{_text(v, decimals)},{_text(low, decimals)},{_text(high, decimals)},{size:.0f}"
            yield f"{start},{shown},exact,{status},,,{source},,"

    def _claims(self, entry: dict[str, Any]) -> Iterator[str]:
        for year, low, high, qualifier, source, en, ru in _CLAIMS:
            if year not in self.country.plan.all_years:
                continue
            value = str(low) if low is not None and low == high else ""
            bounds = ("", "") if value else ("" if low is None else str(low), "" if high is None else str(high))
            yield (
                f"{entry['id']},{ISO3},ADM0,{ISO3},{self.country.units[0].name.en},{year}-01-01,{year}-12-31,all,all,"
                f"{value},{bounds[0]},{bounds[1]},,{qualifier},A,,,{CLAIM_SOURCES[source]},{en},{ru}"
            )

    def _pooled(self, entry: dict[str, Any]) -> Iterator[str]:
        """Return figures of three years: departures, person-years, or the rate of the one to the other."""
        years = self.model.years.tolist()
        for first, last in POOLED:
            if first not in years:
                continue
            span = slice(years.index(first), years.index(last) + 1)
            for level in entry["levels"]:
                places = self._places[(division_of(last), level)]
                yield from self._pooled_lines(entry, places, f"{first}-01-01,{last}-12-31", span)

    def _pooled_lines(self, entry: dict[str, Any], places: _Places, period: str, span: slice) -> Iterator[str]:
        form = entry["model"]["form"]
        persons = places.add(self.model.departures()[0][:, span].sum(axis=1))
        person_years = places.add(self.model.population.value[:, span].sum(axis=1))
        if form == "departure_rate":
            numbers = np.vstack([persons, *poisson_interval(persons)]) / person_years * PER_PERSON_YEARS
            yield from self._rate_lines(entry, places, period, numbers)
            return
        values = person_years if form == "person_years" else persons
        for code, name, value in zip(places.codes, places.names, values.tolist(), strict=True):
            start = f"{entry['id']},{ISO3},{places.level},{code},{name},{period},all,all"
            yield f"{start},{value:.0f},,,,exact,A,,,{self._source(entry)},,"

    def _rate_lines(self, entry: dict[str, Any], places: _Places, period: str, numbers: Values) -> Iterator[str]:
        """Return rates with their intervals; one wider than three quarters of the rate makes it unreliable."""
        decimals = int(entry.get("decimals", 1))
        for code, name, (value, low, high) in zip(places.codes, places.names, numbers.T.tolist(), strict=True):
            start = f"{entry['id']},{ISO3},{places.level},{code},{name},{period},all,all"
            shown = ",".join(_text(number, decimals) for number in (value, low, high))
            yield f"{start},{shown},,exact,{'U' if high - low > WIDEST * value else 'A'},,,{self._source(entry)},,"


def value_range(entry: dict[str, Any]) -> tuple[float | None, float | None]:
    """Return the range of an indicator's values."""
    if "range" in entry:
        return entry["range"][0], entry["range"][1]
    return (0, 100) if entry.get("unit", {}).get("sign") == "%" else (0, None)


def catalog_entry(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an indicator as its catalog file says it."""
    form, kind = entry["model"]["form"], entry.get("kind", "rate")
    is_coded = kind == "category"
    sign = None if is_coded else entry["unit"].get("sign")
    levels = list(entry.get("levels", DEFAULT_LEVELS))
    mark = {"count": "symbol", "range": "range"}.get(kind, "fill")
    survey = "sample" in entry["model"]
    display: dict[str, Any] = {
        "mark": mark, "palette": entry.get("palette", "blues"), "decimals": int(entry.get("decimals", 1)),
        "latest": survey, "level": "ADM2" if "ADM2" in levels else levels[-1],
    }  # fmt: skip
    if mark == "fill" and not is_coded:
        display |= {"scheme": "quantiles", "k": int(entry.get("classes", 5))}
    if entry.get("menu") is False:
        display["menu"] = False
    if display["palette"] == "purple_orange":
        display["midpoint"] = 0.0
    result: dict[str, Any] = {
        "id": entry["id"], "title": entry["title"], "menu_title": entry["title"], "headline": entry["headline"],
        "driver": entry["driver"], "kind": kind, "definition": entry["definition"],
        "definition_source": f"{NOTICE_EN}: invented by the generator (python -m etl make-training)",
        "unit": {"text": {lang: entry["unit"][lang] for lang in ("en", "ru")}} if not is_coded else None,
        "value_range": list(value_range(entry)), "direction": entry["direction"], "levels": levels,
        "periodicity": "claims" if form == "claims" else "survey" if survey else "annual",
        "population": entry["population"],
        "source": {"reader": "csv", "file": f"data/figures/{table_of(entry)}.csv", "where": {"indicator": entry["id"]}},
        "missing": {"reason": "not_assessed" if "assessed" in entry["model"] else "not_collected"},
        "sensitivity": entry.get("sensitivity", "low"),
    }  # fmt: skip
    if "disclosure" in entry:
        result["disclosure"] = entry["disclosure"]
    result |= {key: entry[key] for key in ("norm", "synonyms") if key in entry}
    if is_coded:
        del result["unit"], result["value_range"]
        result |= {"categories": entry["categories"], "ordered": bool(entry.get("ordered"))}
    if sign:
        result["unit"]["sign"] = {"en": sign, "ru": sign}
    if "break_year" in entry["model"]:
        note = {"en": "New definition of unemployment.", "ru": "Новое определение безработицы."}
        result["comparability"] = [{"iso3": ISO3, "date": f"{entry['model']['break_year']}-01-01", "note": note}]
    caveat = {
        "en": f"{NOTICE_EN}: every figure is invented and says nothing about any real place.",
        "ru": f"{NOTICE_RU}: все значения вымышлены и ничего не говорят ни об одном реальном месте.",
    }
    result["caveats"] = [caveat]
    if survey:
        result["caveats"].append(
            {"en": "A survey estimate with a 95 % interval.", "ru": "Оценка обследования с 95-процентным интервалом."}
        )
    if form == "departure_rate":
        result["caveats"].append(
            {
                "en": "With the exact 95 % interval of a count (Poisson, Garwood); unreliable where it is wider than "
                "three quarters of the rate.",
                "ru": "С точным 95-процентным интервалом для числа случаев (Пуассон, Гарвуд); ненадёжно, если он шире "
                "трёх четвертей показателя.",
            }
        )
    result["display"] = display
    return result
