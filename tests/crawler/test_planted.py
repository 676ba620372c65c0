"""A test of the leak test: leaks that are planted on purpose are found, each kind for itself, and nothing else is."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Response

from dashboard.factory import AtlasApp, create_app
from dashboard.settings import Settings
from geodata.snapshot import Snapshot, open_snapshot
from layers.variant import Variant
from tests.crawler.detect import Detector
from tests.crawler.serve import app_thread, crawl, told
from tests.crawler.truth import Place, Truth, read_truth

LAYER, LEVEL = "ftf_departures", "ADM2"

pytestmark = pytest.mark.slow


@dataclass
class Field:
    """Where a leak is planted: the app, its truth, and what is withheld in the layer."""

    app: AtlasApp
    truth: Truth
    snapshot: Snapshot
    withheld: dict[Place, float]
    log: list[str]
    patch: pytest.MonkeyPatch
    services: Any = field(init=False)

    def __post_init__(self) -> None:
        self.services = self.app.page.datasets.default

    def scene(self, lang: str = "en") -> dict[str, Any]:
        found: dict[str, Any] = self.services.scene(LAYER, LEVEL, lang)
        return found

    def true_grid(self) -> list[list[float | None]]:
        """Return the withheld figures as a scene would hold them: by period and shape."""
        scene = self.scene()
        days = [(p.get("start"), p.get("end")) for p in scene["periods"]]
        return [[self.withheld.get((unit, *day)) for unit in scene["ids"]] for day in days]

    def largest(self) -> tuple[Place, float]:
        """Return the withheld figure that is largest, at the level of the layer."""
        ids = set(self.scene()["ids"])
        return max(((p, v) for p, v in self.withheld.items() if p[0] in ids), key=lambda item: (item[1], item[0]))

    def after(self, change: Callable[[Response], Response]) -> None:
        self.app.server.after_request(change)


def hover_payload(plot: Field) -> None:
    """The figures travel with the scene, for the tooltip."""
    plot.scene()["customdata"] = plot.true_grid()


def sort_order(plot: Field) -> None:
    """The scene lists its places from the highest withheld figure down."""
    pooled: dict[str, float] = {}
    for (unit, *_), value in plot.withheld.items():
        pooled[unit] = pooled.get(unit, 0.0) + value
    plot.scene()["order"] = sorted(plot.scene()["ids"], key=lambda unit: -pooled.get(unit, 0.0))


def legend_limit(plot: Field) -> None:
    """Circles are scaled by the highest figure, which is withheld."""
    plot.scene()["symbol"]["max"] = 1.0 + max(plot.scene()["symbol"]["max"], plot.largest()[1])


def cumulative_total(plot: Field) -> None:
    """The panel of a place says how many there were in all years."""
    from dashboard.callbacks import panel

    known, original = plot.truth.values, panel.unit_panel

    def with_total(layer: Any, scene: Any, words: Any, unit: Any, shape: int, *rest: Any) -> list[Any]:
        total = sum(v for cell, v in known.items() if cell.indicator == layer.spec.id and cell.unit == unit["id"])
        return [*original(layer, scene, words, unit, shape, *rest), f"{unit['name']}: {total:g} in all years"]

    plot.patch.setattr(panel, "unit_panel", with_total)


def csv_download(plot: Field) -> None:
    """A table can be downloaded, made from the unprotected figures."""
    lines = ["indicator,unit,year,value"]
    lines += [f"{LAYER},{unit},{start[:4]},{value:g}" for (unit, start, _), value in plot.withheld.items()]
    plot.app.server.add_url_rule("/export.csv", "planted", lambda: Response("\n".join(lines), mimetype="text/csv"))


def svg_title(plot: Field) -> None:
    """The map says a figure as the title of a shape."""
    (unit, start, _), value = plot.largest()
    index = plot.scene()["ids"].index(unit)

    def titled(response: Response) -> Response:
        text = response.get_data(as_text=True) if response.mimetype == "text/html" else ""
        if f'id="u{index}"' in text and f'"period":"{start[:4]}"' in text:
            old = f'id="u{index}" '
            before, after = text.split(old, 1)
            head, tail = after.split("/>", 1)
            response.set_data(f"{before}{old}{head}><title>{value:g}</title></path>{tail}")
        return response

    plot.after(titled)


def cached_file(plot: Field) -> None:
    """A scene from before the figures were protected lies in the folder of the snapshot, and is served."""
    content = json.dumps({**plot.scene(), "values": plot.true_grid()})
    name = next(path.name for path in sorted(plot.snapshot.path.iterdir()) if path.name.startswith("disclosure"))
    plot.app.server.add_url_rule(f"/geo/{name}", "planted", lambda: Response(content, mimetype="application/json"))


def log_line(plot: Field) -> None:
    """The process writes down what a panel was filled with."""
    from dashboard.callbacks import panel

    original, logger = panel.unit_panel, logging.getLogger("planted")

    def noted(layer: Any, scene: Any, words: Any, unit: Any, *rest: Any) -> list[Any]:
        for (place, start, _), value in plot.withheld.items():
            if place == unit["id"] and layer.spec.id == LAYER:
                logger.warning("panel of %s, %s: %s in %s", place, LAYER, f"{value:g}", start[:4])
        return original(layer, scene, words, unit, *rest)

    plot.patch.setattr(panel, "unit_panel", noted)


def cells_of_a_chart(plot: Field) -> None:
    """The table of a heat map holds the figures before they were protected."""
    from dashboard.charts import heatmap

    original = heatmap._cell

    def leaky(view: Any, shape: int, period: int) -> Any:
        stop = view.scene["periods"][period]
        place = (view.scene["ids"][shape], str(stop.get("start")), str(stop.get("end")))
        is_it = view.scene["indicator"] == LAYER and not view.scene["variant"]
        return plot.withheld.get(place) if is_it and place in plot.withheld else original(view, shape, period)

    plot.patch.setattr(heatmap, "_cell", leaky)


def circles_of_a_chart(plot: Field) -> None:
    """The heat map draws a circle wherever a figure is, shown or not."""
    from dashboard.charts.chart import ChartView

    original = ChartView.value

    def leaky(view: ChartView, shape: int, period: int | None = None) -> float | None:
        found = original(view, shape, period)
        return 1.0 if found is None and view.state(shape, period) == "s" else found

    plot.patch.setattr(ChartView, "value", leaky)


def _women(plot: Field) -> dict[str, Any]:
    scene: dict[str, Any] = plot.services.scene(LAYER, LEVEL, "en", Variant(sex="female"))
    return scene


def figures_of_women(plot: Field) -> None:
    """The scene of women holds what is withheld of them, and only of them."""
    scene, known = _women(plot), plot.truth.of(LAYER, ("female", "all"))
    days = [(p.get("start"), p.get("end")) for p in scene["periods"]]
    scene["values"] = [[known.get((unit, *day)) for unit in scene["ids"]] for day in days]


def figure_of_a_woman_in_a_chart(plot: Field) -> None:
    """What a pointer is told of a place in the chart of women says a withheld figure in words."""
    from dashboard.charts import heatmap

    known, original = plot.truth.of(LAYER, ("female", "all")), heatmap._cell

    def leaky(view: Any, shape: int, period: int) -> Any:
        stop = view.scene["periods"][period]
        place = (view.scene["ids"][shape], str(stop.get("start")), str(stop.get("end")))
        is_it = view.scene["indicator"] == LAYER and view.scene["variant"].get("sex") == "female"
        return f"about {known[place]:g}" if is_it and place in known else original(view, shape, period)

    plot.patch.setattr(heatmap, "_cell", leaky)


def rate_beside_population(plot: Field) -> None:
    """Another layer is the withheld count over the population, exactly enough to be turned back."""
    people = {cell: v for cell, v in plot.truth.values.items() if cell.indicator == "population"}
    by_place = {cell.place: v for cell, v in people.items()}
    other = plot.services.scene("poverty_rate", LEVEL, "en")
    for i, stop in enumerate(other["periods"]):
        for s, unit in enumerate(other["ids"]):
            place = (unit, str(stop.get("start")), str(stop.get("end")))
            if place in plot.withheld and place in by_place:
                other["values"][i][s] = 100 * plot.withheld[place] / by_place[place]
    specs = copy.deepcopy(dict(plot.truth.specs))
    specs["poverty_rate"]["display"]["decimals"] = 8  # type: ignore[index]
    plot.truth = replace(plot.truth, specs=specs)


PLANTS: dict[str, tuple[Callable[[Field], None], str]] = {
    "hover payload": (hover_payload, "protected figure"),
    "sort order": (sort_order, "sort order"),
    "legend limit": (legend_limit, "legend limit"),
    "cumulative total": (cumulative_total, "cumulative total"),
    "CSV": (csv_download, "protected figure"),
    "SVG title": (svg_title, "protected figure"),
    "cached file": (cached_file, "protected figure"),
    "log line": (log_line, "protected figure"),
    "cells of a chart": (cells_of_a_chart, "protected figure"),
    "circles of a chart": (circles_of_a_chart, "protected figure"),
    "figures of women": (figures_of_women, "protected figure"),
    "a figure of a woman in a chart": (figure_of_a_woman_in_a_chart, "protected figure"),
}


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def truth(built: Path, root: Path) -> Truth:
    return read_truth(root / "packages" / "training", open_snapshot(built / "training", "restricted"))


@pytest.fixture
def field_of(built: Path, truth: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    """A fresh app over the restricted training snapshot, and a log that is listened to."""
    snapshot = open_snapshot(built / "training", "restricted")
    lines: list[str] = []
    handler = _Lines(lines)
    logging.getLogger().addHandler(handler)
    app = create_app(Settings(snapshots=built / "training", tier="restricted", private=tmp_path, bring=False))
    yield Field(app, truth, snapshot, truth.of(LAYER), lines, monkeypatch)
    logging.getLogger().removeHandler(handler)


def crawl_field(plot: Field, root: Path, **scope: Any) -> Detector:
    with app_thread(plot.app.server, plot.log) as served:
        return crawl(
            served, root / "packages" / "training", plot.snapshot, plot.truth, is_default=True,
            **{"languages": ("en",), "levels": (LEVEL,), "only": (LAYER,), **scope},
        )  # fmt: skip


def test_without_a_leak_nothing_is_found(field_of: Field, root: Path) -> None:
    found = crawl_field(field_of, root)
    assert len(field_of.withheld) > 100
    assert found.findings == [], told(found)
    assert len(field_of.truth.of(LAYER, ("female", "all"))) > 100
    assert found.charts["heatmap"] >= 4


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_leak_is_found(name: str, field_of: Field, root: Path) -> None:
    plant, kind = PLANTS[name]
    plant(field_of)
    found = crawl_field(field_of, root)
    assert {one.kind for one in found.findings} >= {kind}, f"{name} was not found; {told(found)}"


def test_a_rate_that_inverts_is_found(field_of: Field, root: Path) -> None:
    rate_beside_population(field_of)
    found = crawl_field(field_of, root, only=(LAYER, "poverty_rate", "population"))
    assert "rate times population" in {one.kind for one in found.findings}, told(found)


def test_an_indicator_above_the_tier_is_found(field_of: Field, root: Path, built: Path) -> None:
    """A public truth is held against a restricted process, as if its disk had held too much."""
    snapshot = open_snapshot(built / "training", "public")
    with app_thread(field_of.app.server, field_of.log) as served:
        found = crawl(
            served, root / "packages" / "training", snapshot, is_default=True, languages=("en",), only=(LAYER,)
        )
    seen = {one.what for one in found.findings if one.kind == "above the tier"}
    assert {"ftf_departures", "FTF departures recorded", "Recorded FTF departures in the year"} <= seen
