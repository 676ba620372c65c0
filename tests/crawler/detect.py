"""Finds what must not be there: protected figures at their place, what inverts to one, rows above the tier."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

from tests.crawler.truth import EVERYBODY, Cell, Place, Truth
from tests.crawler.walk import BOOT, Answer

NUMBER = re.compile(r"(?<![\w.,:/#%-])[-−]?\d+(?:[\u00a0\u202f ,.]\d+)*(?![\w:/-]|[.,]\d)")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
DATE = re.compile(
    r"\d{1,2}\s+[^\W\d]{3,9}\.?\s+(?:19|20)\d\d|(?:19|20)\d\d(?:-\d\d){1,2}|(?:19|20)\d\d[–-](?:\d\d)+|(?:19|20)\d\d"
)
ADDRESS = re.compile(r"(?:https?:/)?/[\w/.%?&=+:,-]{3,}|%\{[^}]*\}")
DRAWING = {
    "d", "cx", "cy", "x", "y", "r", "dy", "viewbox", "transform", "points", "id", "data-unit", "tabindex", "href",
    "class", "style", "fill", "role", "width", "height",
}  # fmt: skip
KNOWN_INDICES = {"source", "own"}
VOID = {"meta", "link", "input", "br", "img", "hr", "col"}
CHANCE = 1e-6
LARGE = 100
DEEPEST = 40


@dataclass(frozen=True)
class Finding:
    """A leak: what kind, where, and what was read there."""

    kind: str
    address: str
    what: str


@dataclass(frozen=True)
class Said:
    """A string that an answer holds, with the unit whose element holds it."""

    text: str
    shape: int | None = None
    name: str = ""


class _Page(HTMLParser):
    """Collects texts and attributes of a document, each with the shape (``u12``) in which it stands."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[Said] = []
        self.circles: list[int] = []
        self._open: list[tuple[str, int | None]] = []
        self._script = False

    def _shape(self, attributes: Mapping[str, str | None]) -> int | None:
        for value in (attributes.get("data-unit"), (attributes.get("id") or "")[1:]):
            own = attributes.get("data-unit") is not None or re.fullmatch(r"u\d+", attributes.get("id") or "")
            if own and value and value.isdigit():
                return int(value)
        return self._open[-1][1] if self._open else None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        shape = self._shape(attributes)
        if attributes.get("data-unit") is not None and shape is not None:
            self.circles.append(shape)
        for name, value in attrs:
            if value and name not in DRAWING:
                self.said.append(Said(value, shape, name))
        if tag not in VOID:
            self._open.append((tag, shape))
        self._script = tag in ("script", "style")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                break
        self._script = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._script:
            self.said.append(Said(data.strip(), self._open[-1][1] if self._open else None))


def read_page(text: str) -> _Page:
    """Return the texts and attributes of an HTML or SVG document."""
    page = _Page()
    page.feed(text)
    page.close()
    return page


@lru_cache(maxsize=100_000)
def numbers_in(text: str) -> tuple[float, ...]:
    """Return the numbers of a text as readers write them, with their grouping and decimals."""
    found = []
    for match in NUMBER.findall(text):
        plain = re.sub(r"[\u00a0\u202f ]", "", match).replace("−", "-")
        if plain.count(",") == 1 and not re.search(r",\d{3}$", plain):
            plain = plain.replace(",", ".")
        plain = plain.replace(",", "")
        try:
            found.append(float(plain))
        except ValueError:
            continue
    return tuple(found)


def _walk(node: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield every dict entry and list item of a JSON value with its key."""
    if depth > DEEPEST:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key), value
            yield from _walk(value, depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield "", value
            if isinstance(value, (dict, list)):
                yield from _walk(value, depth + 1)


def strings_of(node: Any) -> Iterator[Said]:
    """Yield the strings of a JSON value; rows of a Dash table also as one string each."""
    if isinstance(node, str):
        if "<" in node and ">" in node:
            yield from read_page(node).said
        else:
            yield Said(node)
    elif isinstance(node, dict):
        if node.get("type") == "Tr":
            yield Said(" | ".join(one.text for one in strings_of(node.get("props", {}))))
        for key, value in node.items():
            yield Said(str(key))
            yield from strings_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings_of(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def chance_of_order(values: Sequence[float]) -> float:
    """Return how likely values stand in rising or falling order by chance, 1 if they do not."""
    rising = all(a <= b for a, b in pairwise(values))
    falling = all(a >= b for a, b in pairwise(values))
    if not rising and not falling:
        return 1.0
    ways = math.lgamma(len(values) + 1) - sum(math.lgamma(n + 1) for n in Counter(values).values())
    return min(1.0, 2 * math.exp(-ways))


@dataclass(eq=False)
class Detector:
    """Judges answers of one dataset against its truth.

    Parameters
    ----------
    truth : Truth
    quotable : iterable of str
        Texts that stand in the package or in the words of the interface and may be shown with their numbers.
    """

    truth: Truth
    quotable: Iterable[str] = ()
    findings: list[Finding] = field(default_factory=list)
    numbers: int = 0
    answers: int = 0
    scenes: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    days: dict[tuple[str, str], dict[str, tuple[str, str]]] = field(default_factory=dict)
    charts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._marks = re.compile(
            "|".join(
                rf"(?<!\w){re.escape(mark)}(?!\w)"
                for mark in sorted(set(self.truth.marks_of_tier()), key=len, reverse=True)
            )
            or r"(?!)"
        )
        spoken = {name: unit for unit, names in self.truth.names.items() for name in names}
        self._unit_of = spoken
        self._judged: set[tuple[Any, ...]] = set()
        self._names = re.compile(
            "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(spoken, key=len, reverse=True)) or r"(?!)"
        )
        texts = sorted({text for text in self.quotable if re.search(r"\d", text)}, key=len, reverse=True)
        self._quotable = re.compile("|".join(map(re.escape, texts)) or r"(?!)")
        self._of_layer = {
            name: re.compile(
                "|".join(
                    rf"(?<!\w){re.escape(text)}(?!\w)"
                    for text in (
                        name,
                        *(t for k in ("title", "menu_title") for t in self.truth.specs[name][k].values()),
                    )
                )
            )
            for name in self.truth.concerned
        }

    @cached_property
    def _by_unit(self) -> dict[tuple[str, str], dict[Place, float]]:
        found: dict[tuple[str, str], dict[Place, float]] = {}
        for cell in self.truth.protected:
            found.setdefault((cell.indicator, cell.unit), {})[cell.place] = self.truth.values[cell]
        return found

    @lru_cache(maxsize=4096)  # noqa: B019 - one detector for each test
    def _published(self, indicator: str, unit: str) -> frozenset[float]:
        cells = (cell for cell in self.truth.shown if cell.indicator == indicator and cell.unit == unit)
        return frozenset(self.truth.values[cell] for cell in cells if cell in self.truth.values)

    @lru_cache(maxsize=4096)  # noqa: B019
    def _cumulated(self, indicator: str, unit: str) -> frozenset[float]:
        """Return sums over the periods of a unit that hold a protected figure, but single figures."""
        series = sorted((c.end, v) for c, v in self.truth.values.items() if c.indicator == indicator and c.unit == unit)
        if (indicator, unit) not in self._by_unit or len(series) < 2:
            return frozenset()
        sums, total = set(), 0.0
        for _, value in series:
            total += value
            sums.add(total)
        return frozenset(s for s in sums if s > max(v for _, v in series))

    def _tell(self, kind: str, answer: Answer, what: str) -> None:
        self.findings.append(Finding(kind, answer.address, what[:200]))

    # -- one answer --

    def judge(self, answer: Answer) -> None:
        """Note every leak of an answer."""
        self.answers += 1
        if answer.text.startswith("PAR1"):
            self._tell("data file", answer, "a published table is served as it is")
            return
        if "javascript" in answer.kind or "css" in answer.kind:
            return
        if answer.kind.startswith("application/json"):
            content = json.loads(answer.text)
            if isinstance(content, dict) and "shapes" in content and "states" not in content:
                self._judge_geometry(answer, content)
                return
            said = list(strings_of(content))
            self._judge_json(answer, content)
            if answer.chart and answer.status == 200:
                self._judge_chart(answer, content)
            if answer.is_told_by_place:
                self._judge_tier(answer, said)
                return
        elif answer.kind.startswith("text/html") or answer.kind.startswith("image/svg"):
            page = read_page(answer.text)
            said = page.said
            boot = BOOT.search(answer.text)
            if boot:
                content = json.loads(boot[1])
                said = [*said, *strings_of(content)]
                self._judge_json(answer, content)
                self._judge_drawing(answer, content["scene"], page)
        else:
            said = [Said(re.sub(r"[,;\t]", " | ", line)) for line in answer.text.splitlines()]
        self._judge_said(answer, said)

    def judge_log(self, lines: Iterable[str]) -> None:
        """Note every leak of what the process wrote."""
        self._judge_said(Answer("the log", 200, "text/plain", ""), [Said(line) for line in lines])

    def _judge_said(self, answer: Answer, said: Sequence[Said]) -> None:
        whole = self._judge_tier(answer, said)
        layers = [answer.layer] if answer.layer in self.truth.concerned else []
        named = layers or [name for name, pattern in self._of_layer.items() if pattern.search(whole)]
        if answer.layer and not layers:
            own = {name: pattern for name, pattern in self._of_layer.items() if name in named}
            for one in dict.fromkeys(said):
                for name in (name for name, pattern in own.items() if pattern.search(one.text)):
                    self._judge_string(answer, name, one)
        else:
            for one in dict.fromkeys(said):
                for name in named:
                    self._judge_string(answer, name, one)
        for name in named if not answer.layer or layers else []:
            self._judge_order(answer, name, [one.text for one in said])
            self._judge_totals(answer, name, said)

    def _judge_tier(self, answer: Answer, said: Sequence[Said]) -> str:
        """Check the words of an answer for what its tier may not hold; return them all."""
        whole = "\n".join(one.text for one in said)
        for mark in sorted(set(self._marks.findall(whole))):
            self._tell("above the tier", answer, mark)
        return whole

    def _units_in(self, text: str) -> set[str]:
        return {self._unit_of[name] for name in self._names.findall(text)}

    def _rest(self, text: str) -> str:
        """Return a string without names, dates, addresses and texts that may be quoted."""
        for pattern in (self._quotable, self._names, DATE, ADDRESS):
            text = pattern.sub(" ", text)
        return text

    @lru_cache(maxsize=64)  # noqa: B019
    def _wanted(self, indicator: str) -> frozenset[float]:
        """Return every number that a string about a unit must not hold at its place."""
        mine = [(key, values) for key, values in self._by_unit.items() if key[0] == indicator]
        return frozenset(
            {v for _, values in mine for v in values.values()} | {s for key, _ in mine for s in self._cumulated(*key)}
        )

    def _judge_string(self, answer: Answer, indicator: str, one: Said) -> None:
        about = (indicator, answer.layer, answer.level, answer.period, answer.unit, one)
        if about in self._judged:
            return
        self._judged.add(about)
        raw = numbers_in(one.text)
        self.numbers += len(raw)
        if not any(_same(n, w) for n in raw for w in self._wanted(indicator)):
            return
        found = numbers_in(self._rest(one.text))
        if not found:
            return
        units = self._units_in(one.text)
        if answer.unit:
            units = units or {answer.unit}
        if one.shape is not None and answer.level in self.ids and one.shape < len(self.ids[answer.level]):
            units = units | {self.ids[answer.level][one.shape]}
        years = set(YEAR.findall(one.text))
        # One name may stand for units of several divisions: what is told of one of them is no leak of another.
        published = {value for unit in units for value in self._published(indicator, unit)}
        for unit in units:
            candidates = self._by_unit.get((indicator, unit), {})
            if answer.period and not years:
                years = {answer.period[:4]}
            near = {v for (_, _, end), v in candidates.items() if not years or end[:4] in years}
            far = self._cumulated(indicator, unit)
            for n in found:
                if any(_same(n, v) for v in published) and not (years and any(_same(n, v) for v in near)):
                    continue
                if any(_same(n, v) for v in near):
                    self._tell("protected figure", answer, f"{indicator}, {unit}: {n:g} in {one.text!r}")
                elif any(_same(n, v) for v in far):
                    self._tell("cumulative total", answer, f"{indicator}, {unit}: {n:g} in {one.text!r}")

    # -- JSON --

    def _judge_json(self, answer: Answer, content: Any) -> None:
        for _, value in _walk({"": content}):
            if isinstance(value, dict) and {"ids", "periods", "states", "values"} <= value.keys():
                self._judge_scene(answer, value)
            elif isinstance(value, dict) and answer.group == EVERYBODY:
                self._judge_record(answer, value)
            elif isinstance(value, list) and len(value) >= 5:
                self._judge_list(answer, value)

    def _judge_record(self, answer: Answer, record: Mapping[str, Any]) -> None:
        """Check a row that names a unit and holds numbers beside it."""
        unit = record.get("id", record.get("unit", record.get("unit_id")))
        for name in self.truth.concerned if isinstance(unit, str) and unit in self.truth.names else ():
            if answer.layer not in (None, name):
                continue
            candidates = self._by_unit.get((name, unit), {})
            for key, value in record.items():
                if key not in ("x", "y", "order", "id") and _is_number(value):
                    self.numbers += 1
                    if any(_same(value, v) for v in candidates.values()) and value not in self._published(name, unit):
                        self._tell("protected figure", answer, f"{name}, {unit}: {key} = {value}")

    def _judge_list(self, answer: Answer, items: Sequence[Any]) -> None:
        names = [one if isinstance(one, str) else one.get("id") if isinstance(one, dict) else None for one in items]
        for indicator in self.truth.concerned if answer.layer is None else (answer.layer,):
            if indicator in self.truth.concerned:
                self._judge_order(answer, indicator, [str(name) for name in names if name])

    def _judge_scene(self, answer: Answer, scene: Mapping[str, Any]) -> None:
        indicator, level = scene["indicator"], scene["level"]
        self.ids[level] = list(scene["ids"])
        periods = [(p.get("start"), p.get("end")) for p in scene["periods"]]
        self.days[(indicator, level)] = {p["id"]: at for p, at in zip(scene["periods"], periods, strict=True)}
        group = (scene["variant"].get("sex", "all"), scene["variant"].get("age", "all"))
        if group != answer.group:
            self._tell("group", answer, f"figures of {group}, asked for were those of {answer.group}")
        if group == EVERYBODY:
            self.scenes[(indicator, level)] = scene
        if indicator not in self.truth.concerned:
            return
        truth = self.truth.of(indicator, group)
        at = {
            (p, s): truth[(unit, *days)]
            for p, days in enumerate(periods)
            for s, unit in enumerate(scene["ids"])
            if (unit, *days) in truth
        }
        for key, value in scene.items():
            self._judge_grid(answer, scene, key, value, at)
        self._judge_limits(answer, scene)
        for period, shown in enumerate(scene["national"]):
            for iso3 in shown:
                if periods[period][0] and (iso3, *periods[period]) in truth:
                    self._tell("national figure", answer, f"{indicator}: {iso3} {periods[period][0]}")

    def _judge_grid(
        self, answer: Answer, scene: Mapping[str, Any], key: str, value: Any, at: Mapping[tuple[int, int], float]
    ) -> None:
        """Check what a key says at the place of each protected figure, whatever its form."""
        shapes, periods = len(scene["ids"]), len(scene["periods"])
        if isinstance(value, dict):
            for (p, s), true in at.items():
                for place in (f"{p}:{s}", f"{p},{s}", scene["ids"][s]):
                    told = value.get(place)
                    if told is not None and key in ("qualifiers", "notes", "claims"):
                        self._tell("protected figure", answer, f"{key} of a withheld place: {told}")
                    elif _is_number(told) and _same(told, true):
                        self._tell("protected figure", answer, f"{key}[{place}] = {told}")
            return
        if not isinstance(value, list) or len(value) not in (periods, shapes):
            return
        told_of: dict[tuple[int, int], float] = {}
        for (p, s), true in at.items():
            row = value[p] if len(value) == periods else None
            told = row[s] if isinstance(row, (list, str)) and len(row) == shapes else None
            if told is None and len(value) == shapes:
                told = value[s] if _is_number(value[s]) else None
            if key == "states" and told not in ("s", "-"):
                self._tell("state", answer, f"{scene['ids'][s]} is {told!r} in period {p}")
            elif key == "flags" and told not in (".", None):
                self._tell("protected figure", answer, f"flag {told!r} of {scene['ids'][s]} in period {p}")
            elif key in ("values", "low", "high", "ranks", "rank_of") and told is not None:
                self._tell("protected figure", answer, f"{key} of {scene['ids'][s]} in period {p}: {told}")
            elif key not in KNOWN_INDICES and _is_number(told):
                self.numbers += 1
                told_of[(p, s)] = told
                if _same(told, true):
                    self._tell("protected figure", answer, f"{key} of {scene['ids'][s]} in period {p}: {told}")
        if len(told_of) >= 5 and key not in KNOWN_INDICES and len({at[place] for place in told_of}) > 2:
            ordered = [at[place] for place in sorted(told_of, key=lambda place: told_of[place])]
            if chance_of_order(ordered) < CHANCE:
                self._tell("protected figure", answer, f"{key} rises with the withheld figures")

    def _judge_limits(self, answer: Answer, scene: Mapping[str, Any]) -> None:
        shown = [v for row in scene["values"] for v in row if v is not None]
        top, bottom = max(map(abs, shown), default=0.0), min(shown, default=0.0)
        if "symbol" in scene and not _same(scene["symbol"]["max"], top):
            self._tell("legend limit", answer, f"circles are drawn up to {scene['symbol']['max']}, shown are {top}")
        step = 10.0 ** -scene["decimals"]
        for scope, found in scene["scopes"].items():
            high = max(part["bins"][-1] for part in found.get("within", {"": found}).values())
            if not shown or found["low"] < bottom - step or high > max(shown) + step:
                self._tell("legend limit", answer, f"classes of {scope!r} from {found['low']} to {high}")
        group = (scene["variant"].get("sex", "all"), scene["variant"].get("age", "all"))
        protected = [v for v in self.truth.of(scene["indicator"], group).values() if v > top + step]
        for html in scene.get("html", {}).get("legend", {}).values():
            for text in (self._rest(one.text) for one in read_page(html).said):
                for n in numbers_in(text):
                    if n > len(scene["ids"]) and any(_same(n, v) for v in protected):
                        self._tell("legend limit", answer, f"{n:g} in the legend, shown are figures up to {top:g}")

    # -- charts: which place and period a number is of is told by where it stands --

    def _judge_chart(self, answer: Answer, content: Mapping[str, Any]) -> None:
        """Check every point, cell and row of a chart of the layer against the figures of its group."""
        told = content["response"]["chart-data"]["data"]
        drawn = content["response"]["chart-plot"]["children"]
        withheld = self.truth.of(str(answer.layer), answer.group)
        days = self.days[(str(answer.layer), str(answer.level))]
        if drawn is None:
            return
        self.charts[str(answer.chart)] += 1
        figure = drawn["props"]["figure"]
        links = figure["layout"]["meta"]
        if answer.chart == "heatmap":
            self._judge_heatmap(answer, figure, told, withheld, days)
            return
        for unit, spots in links["spots"].items():
            for spot in spots:
                at = self._days_at(answer, days, spot[0])
                if at and (unit, *at) in withheld:
                    self._tell("protected figure", answer, f"a point at {unit}, which is withheld: {spot}")
        self._judge_rows(answer, told, withheld, days)

    def _days_at(self, answer: Answer, days: Mapping[str, tuple[str, str]], x: Any) -> tuple[str, str] | None:
        """Return the period that a point is of: the one where it stands on an axis of time, or the one asked for."""
        if answer.chart != "series":
            return days.get(str(answer.at))
        return next((at for at in days.values() if at[0] and at[0] <= str(x)[:10] <= at[1]), None)

    def _judge_rows(
        self, answer: Answer, told: Mapping[str, Any], withheld: Mapping[Place, float], days: Mapping[str, Any]
    ) -> None:
        """Check rows that name a place and hold numbers; what another place of the same name may show is no leak."""
        figures = self.truth.values if answer.group == EVERYBODY else self.truth.groups.get(answer.group, {})
        at = days.get(str(answer.at)) if answer.chart != "series" else None
        for name, *cells in told["rows"]:
            numbers = [one for one in cells if _is_number(one)]
            self.numbers += len(numbers)
            units = self._units_called.get(str(name), set())
            hidden = {v for (unit, *when), v in withheld.items() if unit in units and at in (None, tuple(when))}
            open_ = {
                v for cell, v in figures.items()
                if cell.indicator == answer.layer and cell.unit in units and cell.place not in withheld
            }  # fmt: skip
            for n in numbers:
                if any(_same(n, v) for v in hidden) and not any(_same(n, v) for v in open_):
                    self._tell("protected figure", answer, f"{n} in the row of {name}")

    def _judge_heatmap(
        self,
        answer: Answer,
        figure: Mapping[str, Any],
        told: Mapping[str, Any],
        withheld: Mapping[Place, float],
        days: Mapping[str, tuple[str, str]],
    ) -> None:
        """Check each cell: its row is a place and its column a period, whatever they are called."""
        links = figure["layout"]["meta"]
        for trace in figure["data"]:
            for x, y in zip(trace.get("x") or (), trace.get("y") or (), strict=True):
                if trace["mode"] == "markers" and x is not None:
                    self._judge_mark(answer, links, withheld, days, (x, y))
        for unit, row in links["rows"].items():
            for period, column in links["periods"].items():
                true = withheld.get((unit, *days[period]))
                if true is None:
                    continue
                cell = told["rows"][row][1 + column]
                said = [cell] if isinstance(cell, str) else []
                if _is_number(cell):
                    self._tell("protected figure", answer, f"{unit}, {period}: {cell} in the row")
                for trace in figure["data"]:
                    if trace["type"] == "heatmap":
                        said.append(trace["text"][row][column])
                        if trace["z"][row][column] is not None:
                            self._tell("protected figure", answer, f"{unit}, {period}: a colour")
                for text in said:
                    numbers = numbers_in(self._rest(text))
                    self.numbers += len(numbers)
                    if any(_same(n, true) for n in numbers):
                        self._tell("protected figure", answer, f"{unit}, {period}: {text!r}")

    def _judge_mark(
        self,
        answer: Answer,
        links: Mapping[str, Any],
        withheld: Mapping[Place, float],
        days: Mapping[str, tuple[str, str]],
        spot: tuple[float, float],
    ) -> None:
        unit = next(unit for unit, row in links["rows"].items() if row == spot[1])
        period = next(period for period, column in links["periods"].items() if column == spot[0])
        if (unit, *days[period]) in withheld:
            self._tell("protected figure", answer, f"a circle at {unit} in {period}, which is withheld")

    @cached_property
    def _units_called(self) -> dict[str, set[str]]:
        """The units of each name: several may have the same one."""
        found: dict[str, set[str]] = {}
        for unit, names in self.truth.names.items():
            for name in names:
                found.setdefault(name, set()).add(unit)
        return found

    def _judge_drawing(self, answer: Answer, scene: Mapping[str, Any], page: _Page) -> None:
        period = next((i for i, p in enumerate(scene["periods"]) if p["id"] == answer.period), None)
        if period is None:
            return
        for shape in page.circles:
            if scene["states"][period][shape] == "s":
                self._tell("protected figure", answer, f"a circle at {scene['ids'][shape]}, which is withheld")

    def _judge_geometry(self, answer: Answer, content: Mapping[str, Any]) -> None:
        allowed = {"id", "sets", "iso3", "d", "x", "y", "box", "marker", "near"}
        for shape in content["shapes"]:
            if set(shape) - allowed:
                self._tell("protected figure", answer, f"the map says more than form: {sorted(set(shape) - allowed)}")

    # -- order and totals --

    def _judge_order(self, answer: Answer, indicator: str, texts: Sequence[str]) -> None:
        """Check whether places stand in the order of their withheld figures."""
        order = list(dict.fromkeys(self._unit_of[text] for text in texts if text in self._unit_of))
        if len(order) < 5:
            return
        by_period: dict[tuple[str, str], dict[str, float]] = {}
        for (unit, start, end), value in self.truth.of(indicator).items():
            by_period.setdefault((start, end), {})[unit] = value
        pooled = Counter[str]()
        for values in by_period.values():
            pooled.update(values)
        for days, values in [*by_period.items(), (("all", "periods"), dict(pooled))]:
            ordered = [values[unit] for unit in order if unit in values]
            if len(set(ordered)) > 1 and chance_of_order(ordered) < CHANCE:
                self._tell("sort order", answer, f"{len(ordered)} places by {indicator} of {days[0]}–{days[1]}")

    @lru_cache(maxsize=64)  # noqa: B019
    def _totals(self, indicator: str) -> frozenset[float]:
        """Return totals over units and periods that hold a protected figure and that nobody published."""
        sums: dict[tuple[str, ...], float] = {}
        withheld: set[tuple[str, ...]] = set()
        for cell, value in self.truth.values.items():
            if cell.indicator == indicator:
                for key in ((cell.level, cell.end), (cell.level, "all")):
                    sums[key] = sums.get(key, 0.0) + value
                    withheld |= {key} if cell in self.truth.protected else set()
        published = {
            self.truth.values[c] for c in self.truth.shown if c.indicator == indicator and c in self.truth.values
        }
        return frozenset(sums[key] for key in withheld if sums[key] not in published and sums[key] >= LARGE)

    def _judge_totals(self, answer: Answer, indicator: str, said: Sequence[Said]) -> None:
        for one in said:
            totals = self._totals(indicator)
            if not any(_same(n, t) for t in totals for n in numbers_in(one.text)):
                continue
            if any(_same(n, t) for t in totals for n in numbers_in(self._rest(one.text))):
                self._tell("cumulative total", answer, f"{indicator}: {one.text!r}")

    # -- all answers together --

    def judge_together(self) -> None:
        """Note what follows from several answers: totals minus parts, rates times population."""
        shown = {
            Cell(indicator, level, unit, p["start"], p["end"]): float(scene["values"][i][s])
            for (indicator, level), scene in self.scenes.items()
            for i, p in enumerate(scene["periods"])
            if "start" in p
            for s, unit in enumerate(scene["ids"])
            if scene["values"][i][s] is not None
        }
        here = Answer("all answers together", 200, "", "", self.truth.dataset)
        for indicator in self.truth.concerned:
            if self.truth.specs[indicator]["kind"] == "count":
                for cell, value in self._recovered(indicator, shown):
                    if cell in self.truth.protected and _same(value, self.truth.values[cell]):
                        self._tell("difference", here, f"{cell} = {value:g}")
                self._judge_rates(here, indicator, shown)

    def _recovered(self, indicator: str, shown: Mapping[Cell, float]) -> list[tuple[Cell, float]]:
        """Solve every total with one unknown part, again and again, as a patient reader does."""
        known = {cell: value for cell, value in shown.items() if cell.indicator == indicator}
        cells = {cell for cell in self.truth.values if cell.indicator == indicator}
        relations: list[list[Cell]] = []
        children: dict[tuple[str, Place], list[Cell]] = {}
        for (_, unit), parent in self.truth.parents.items():
            for cell in (c for c in cells if c.unit == unit and parent):
                family = children.setdefault((parent, (parent, cell.start, cell.end)), [])
                if cell not in family:
                    family.append(cell)
        for (parent, (_, start, end)), parts in children.items():
            for whole in (c for c in cells if c.unit == parent and (c.start, c.end) == (start, end)):
                if _same(self.truth.values[whole], sum(self.truth.values[c] for c in parts)):
                    relations.append([whole, *parts])
        found: list[tuple[Cell, float]] = []
        while True:
            before = len(found)
            for whole, *parts in relations:
                missing = [c for c in (whole, *parts) if c not in known]
                if len(missing) == 1:
                    rest = known.get(whole, 0.0) - sum(known.get(c, 0.0) for c in parts)
                    value = -rest if missing[0] == whole else rest
                    known[missing[0]] = value
                    found.append((missing[0], value))
            if len(found) == before:
                return found

    def _judge_rates(self, here: Answer, indicator: str, shown: Mapping[Cell, float]) -> None:
        """Check whether a shown rate times the shown population gives a withheld count, again and again."""
        places = {c.place: self.truth.values[c] for c in self.truth.protected if c.indicator == indicator}
        people = {c.place: v for c, v in shown.items() if c.indicator == "population"}
        for rate in {c.indicator for c in shown} - {indicator, "population"}:
            decimals = self.truth.specs[rate].get("display", {}).get("decimals", 1)
            for per in (100, 1_000, 10_000, 100_000):
                tried = hit = 0
                for cell, value in shown.items():
                    if cell.indicator == rate and cell.place in places and cell.place in people:
                        width = 0.5 * 10.0**-decimals * people[cell.place] / per
                        tried += 1
                        hit += (
                            width < 0.5 and abs(value * people[cell.place] / per - places[cell.place]) <= width + 1e-6
                        )
                if tried >= 5 and hit >= 0.8 * tried:
                    self._tell("rate times population", here, f"{rate} x population / {per} gives {indicator}")
