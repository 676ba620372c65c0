"""The quality report of a snapshot as HTML in one language: for the published page and for the app."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from geodata.errors import LayerError
from layers.periods import Period
from layers.words import NBSP, Words, texts_language

REPORT_SCHEMA = 2
FIGURES = ("neighbours", "own_past", "total", "range", "scale", "share")
KINDS = (*FIGURES, "age")
CELL_STATES = {"v": "value", "e": "estimated", "n": "missing", "a": "not_assessed", "s": "suppressed",
               "x": "not_applicable", "-": "no_row", ".": "not_in_set"}  # fmt: skip
CELL_SIGNS = {"v": "●", "e": "◐", "n": "–", "a": "?", "s": "✕", "x": "/", "-": "·", ".": "\u00a0"}
SECTIONS = (
    "look", "coverage", "matrix", "matching", "proposals", "listed", "sources", "breaks", "withheld", "notices", "how",
)  # fmt: skip
COLUMNS = (
    "kind", "place", "period", "figure", "compared", "score", "indicator", "country", "level", "newest_units",
    "newest_people", "newest", "age", "periods", "look", "lines", "most", "reason", "proposal", "match_score", "rows",
    "file", "source", "figures", "indicators", "countries", "span", "accessed", "matched", "status", "sensitivity",
    "needs", "subject", "detail",
)  # fmt: skip
GROUPS_SHOWN = 25
_TINTED = ("value", "estimated", "suppressed")
_CELLS = {
    sign: (f'<td class="q-{name}">' if name in _TINTED else "<td>") + CELL_SIGNS[sign]
    for sign, name in CELL_STATES.items()
}
_FOLDER = Path(__file__).parent / "templates"

Link = Callable[[Mapping[str, Any]], str]


class UnknownReportError(LayerError):
    """A quality report of another shape than this program reads."""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=20_000)
def _written(value: float, pattern: str, lang: str) -> str:
    text: str = format_decimal(value, format=pattern, locale=lang)
    return text.replace("\u202f", NBSP).replace("-", "−")


@lru_cache(maxsize=5_000)
def _period(start: str, end: str, lang: str) -> str:
    return Period(date.fromisoformat(end), date.fromisoformat(start)).label(lang)


def report_style() -> str:
    """Return the style sheet of the report."""
    return (_FOLDER / "quality.css").read_text(encoding="utf-8")


class ReportView:
    """What the template asks for: names, numbers and sentences of one report in one language.

    Parameters
    ----------
    report : mapping
        Content of report.json.
    words : Words
    whole : int
        Largest number of units whose matrix is shown unit by unit; 0: no matrices at all.
    map_link, indicator_link : callable, optional
        Address of a figure on the map, and of the page of an indicator; without them the page links to itself.
    """

    def __init__(
        self,
        report: Mapping[str, Any],
        words: Words,
        *,
        whole: int,
        map_link: Link | None = None,
        indicator_link: Callable[[str], str] | None = None,
    ) -> None:
        if report.get("schema") != REPORT_SCHEMA:
            raise UnknownReportError(
                f"the quality report has schema {report.get('schema')!r}, expected {REPORT_SCHEMA}: publish the "
                "snapshot again with `python -m etl build PACKAGE --out DIR`"
            )
        self.report, self.words, self.lang, self.whole = report, words, words.lang, whole
        self.map_link = map_link
        self._indicator_link = indicator_link
        self._titles = {one["id"]: self.text(one["title"]) for one in report["indicators"]}

    def text(self, value: Mapping[str, str]) -> str:
        """Return a text in the language of the page."""
        return value.get(texts_language(self.lang)) or value["en"]

    def number(self, n: int) -> str:
        """Return a whole number."""
        return _written(n, "#,##0", self.lang)

    def figure(self, value: float | None, decimals: int = 4) -> str:
        """Return a figure with as many decimals as it has, at most four, and fewer the larger it is."""
        if value is None:
            return "–"
        decimals = min(decimals, 1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 4)
        return _written(value, "#,##0." + "#" * decimals, self.lang)

    def share(self, part: float | None) -> str:
        """Return a share in per cent; a dash where it is not known."""
        return "–" if part is None else self.words("value.percent", v=self.figure(100 * part, 0))

    def period(self, start: str, end: str) -> str:
        """Return a reference period as readers write it."""
        return _period(start, end, self.lang)

    def year_of(self, day: str | None) -> str:
        """Return the year of an ISO date."""
        return day[:4] if day else "–"

    def place(self, unit_id: str) -> str:
        """Return the name of a unit, its id if it has none."""
        found = self.report["units"].get(unit_id)
        return self.text(found) if found else unit_id

    def indicator(self, indicator_id: str) -> str:
        """Return the title of an indicator."""
        return self._titles.get(indicator_id, indicator_id)

    def indicator_link(self, indicator_id: str) -> str:
        """Return the address of what the report says of an indicator."""
        if self._indicator_link is not None:
            return self._indicator_link(indicator_id)
        return f"#{self.lang}-indicator-{indicator_id}"

    def code(self, prefix: str, code: str) -> str:
        """Return the words of a code, the code itself if there are none."""
        key = f"{prefix}.{code}"
        return self.words(key) if key in self.words else code

    def codes(self, counts: Mapping[str, int], prefix: str) -> str:
        """Return counts of codes as one line."""
        return "; ".join(f"{self.code(prefix, code)} {self.number(n)}" for code, n in counts.items()) or "–"

    def total(self) -> tuple[int, int, int]:
        """Return the numbers of lines about figures that stand alone, that last, and about age."""
        kinds = self.report["worth_a_look"]
        lines = sum(kinds[kind]["lines"] - kinds[kind]["lasting"] for kind in FIGURES)
        return lines, sum(kinds[kind]["lasting"] for kind in FIGURES), kinds["age"]["lines"]

    def indicators_in(self, kind: str) -> str:
        """Return how many indicators have lines of a kind, in words."""
        groups = self.report["worth_a_look"][kind]["groups"]
        return self.words.plural("quality.in_indicators", len({group["indicator"] for group in groups}))

    def lines_of(self, indicator_id: str) -> int:
        """Return how many lines about figures an indicator has."""
        groups = (group for kind in FIGURES for group in self.report["worth_a_look"][kind]["groups"])
        return sum(group["lines"] for group in groups if group["indicator"] == indicator_id)

    def findings_of(self, indicator_id: str) -> list[Mapping[str, Any]]:
        """Return the listed lines about figures of an indicator."""
        return [
            line
            for kind in FIGURES
            for group in self.report["worth_a_look"][kind]["groups"]
            if group["indicator"] == indicator_id
            for line in group["listed"]
        ]

    def who(self, line: Mapping[str, Any]) -> str:
        """Return place and people of a line: name, sex and age where they are not all."""
        parts = [self.place(line["unit_id"] or line["iso3"])]
        if line["sex"] != "all":
            parts.append(self.words(f"quality.sex.{line['sex']}"))
        if line["age"] != "all":
            parts.append(self.words("quality.age_group", age=line["age"]))
        return ", ".join(parts)

    def compared(self, line: Mapping[str, Any]) -> str:
        """Return with what a figure was compared, in words."""
        say = self.words
        expected = self.figure(line["expected"])
        kind = line["kind"]
        if kind == "own_past":
            return say("quality.line.own_past", v=expected,
                       period=self.period(line["expected_start"], line["expected_end"]))  # fmt: skip
        if kind == "total":
            return say("quality.line.total", v=expected, n=self.number(line["parts"]), p=self.signed(line["score"]))
        if kind == "range":
            return say("quality.line.range", low=expected, high=self.figure(line["expected_high"]))
        if kind == "scale":
            text = say(f"quality.line.scale_{line['against']}", v=expected, f=self.figure(line["factor"]))
            return f"{text}; {say.plural('quality.line.places', line['units'])}" if line["units"] > 1 else text
        if kind == "share":
            return say("quality.line.share", v=expected, n=self.number(line["values"]))
        return say("quality.line.neighbours", v=expected)

    def signed(self, percent: float) -> str:
        """Return a difference in per cent with its sign."""
        return self.words("value.percent", v=("+" if percent > 0 else "−") + self.figure(abs(percent), 2))

    def strength(self, line: Mapping[str, Any]) -> str:
        """Return how unlike a figure is, and in how many of its periods; a dash for checks without a score."""
        if line["kind"] not in ("neighbours", "own_past"):
            return "–"
        seen = self.words("quality.line.seen", n=line["periods"], of=line["periods_checked"])
        return f"{self.figure(abs(line['score']), 1)}; {seen}"

    def newest_rows(self, indicator: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return the coverage blocks of an indicator that have any figure."""
        return [block for block in indicator["coverage"] if block["newest"]]

    def is_old(self, indicator_id: str, iso3: str) -> bool:
        """Tell whether the newest figure of a country is old."""
        groups = self.report["worth_a_look"]["age"]["groups"]
        return any(group["indicator"] == indicator_id and group["iso3"] == iso3 for group in groups)

    def cells(self, line: str) -> str:
        """Return the cells of a unit's line of the matrix, as HTML."""
        return "".join([_CELLS[one] for one in line])


def render_report_body(view: ReportView, *, indicator: str | None = None) -> str:
    """Return the report as HTML: headings, tables and text, without scripts.

    Parameters
    ----------
    view : ReportView
    indicator : str, optional
        Only what concerns this indicator; without it the whole report.

    Returns
    -------
    str
    """
    entries = [one for one in view.report["indicators"] if indicator in (None, one["id"])]
    return (
        _environment()
        .get_template("quality.html.j2")
        .render(
            r=view.report, v=view, w=view.words, entries=entries, only=indicator, kinds=KINDS, figures=FIGURES,
            states=CELL_STATES, signs=CELL_SIGNS, sections=SECTIONS, shown=GROUPS_SHOWN,
        )
    )  # fmt: skip
