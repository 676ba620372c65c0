"""The summary of the places that are selected together: asked for once a layer, for all of its periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.audit import note_view
from dashboard.errors import NonsenseError
from dashboard.services import Datasets, Services, to_json
from layers.layer import VALUE, LayerData
from layers.scene import category_text, figure_text
from layers.selection import Extreme, Mean, Summary, summarise_selection
from layers.variant import PLAIN, Variant
from layers.words import Words

MOST_PLACES = 500
_MOST_NAMES = 3


class Selection(BaseModel):
    """The places that are selected together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    units: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = Field(min_length=1, max_length=MOST_PLACES)


def _population(services: Services, level: str, variant: Variant) -> LayerData | None:
    """Return the weights at a level, of the group of people that is shown; None where there are none."""
    weights = services.catalog.dataset.weights
    if weights is None or level not in services.levels(weights):
        return None
    group = (variant.sex, variant.age)
    if group not in services.groups(weights, level):
        return None
    return services.layer(weights, level, Variant(sex=variant.sex, age=variant.age))


class _Writer:
    """Writes summaries of one layer as rows: what it is, the figure, and what belongs to it (period, unit, reason)."""

    def __init__(
        self, services: Services, layer: LayerData, scene: Mapping[str, Any], population: LayerData | None, words: Words
    ) -> None:
        self.services, self.layer, self.scene, self.population, self.words = services, layer, scene, population, words
        self.names = [unit["name"] for unit in services.units(layer.level, words.lang)]
        self.labels = {stop["id"]: stop["label"] for stop in scene["periods"]}

    def _value(self, value: float) -> str:
        return figure_text(self.scene, self.words, value)

    def _note(self, summary: Summary, *more: str) -> str:
        spans = [self.labels[p] for p in dict.fromkeys((summary.periods[0], summary.periods[-1]))]
        return " · ".join(["–".join(spans), self.scene["unit"], *(text for text in more if text)])

    def _mean(self, summary: Summary) -> list[dict[str, str]]:
        words, mean = self.words, summary.mean
        label = words("pick.mean")
        why = summary.why["mean"]
        if mean is None:
            return (
                [] if why == "kind" and summary.total else [self._refused("mean", label, words(f"pick.no_mean_{why}"))]
            )
        left = words.plural("pick.left_out", mean.left_out) if mean.left_out else ""
        places = words.plural("pick.of_places", mean.places)
        note = self._note(summary, places, self._weighted_by(mean), left)
        return [self._row("mean", label, self._value(mean.value), note)]

    def _weighted_by(self, mean: Mean) -> str:
        if self.population is None:
            return ""
        words = self.words
        stops = {stop.id: stop.period.label(words.lang) for stop in self.population.periods if stop.period is not None}
        title = self.population.spec.title.in_language(words.lang)
        return words("pick.weighted_by", title=title, period="–".join(stops[p] for p in mean.population))

    def _total(self, summary: Summary) -> list[dict[str, str]]:
        words, total = self.words, summary.total
        if self.layer.spec.kind != "count":
            return []
        label = words("pick.total")
        if total is None:
            return [self._refused("total", label, words(f"pick.no_total_{summary.why['total']}"))]
        text = self._value(total.value)
        note = words("pick.least") if total.is_least else ""
        text = words("qualifier.at_least", v=text) if total.is_least else text
        return [self._row("total", label, text, self._note(summary, note))]

    def _extreme(self, name: str, label: str, found: Extreme, summary: Summary) -> dict[str, str]:
        names = [str(self.names[shape]) for shape in found.shapes[:_MOST_NAMES]]
        more = len(found.shapes) - len(names)
        text = ", ".join(names) + (f" {self.words.plural('pick.and_more', more)}" if more else "")
        return self._row(name, label, self._value(found.value), f"{text} · {self._note(summary)}")

    def _range(self, summary: Summary) -> list[dict[str, str]]:
        words = self.words
        if summary.lowest is None or summary.highest is None or summary.gap is None:
            reason = words(f"pick.no_range_{summary.why['range']}")
            return [self._refused("range", words("pick.range"), reason)]
        number = words.number(summary.gap, self.scene["decimals"])
        gap = words("pick.points", v=number) if self.scene["sign"] == "%" else self._value(summary.gap)
        times = words("pick.times", v=words.number(summary.ratio, 1)) if summary.ratio is not None else ""
        return [
            self._extreme("lowest", words("pick.lowest"), summary.lowest, summary),
            self._extreme("highest", words("pick.highest"), summary.highest, summary),
            self._row("gap", words("pick.gap"), gap, self._note(summary, times)),
        ]

    def _categories(self, summary: Summary) -> list[dict[str, str]]:
        """Return how many places have each category, and why nothing else is worked out of codes."""
        words = self.words
        rows = [
            self._row(
                f"category-{code:g}",
                category_text(self.scene, code),
                words.plural("pick.places", n),
                self._note(summary),
            )
            for code, n in summary.categories.items()
        ]
        return [*rows, self._refused("mean", words("pick.mean"), words("pick.no_mean_category"))]

    def _national(self, summary: Summary, period: int) -> list[dict[str, str]]:
        if self.layer.spec.kind == "count":
            return []

        def label(iso3: str) -> str:
            """Return the period of a national figure; at "latest" it is the last that has one."""
            stops = self.layer.periods
            own = [i for i in range(len(stops)) if stops[i].period is not None and iso3 in self.layer.national[i]]
            at = own[-1] if stops[period].period is None and own else period
            return str(self.scene["periods"][at]["label"])

        return [
            self._row(
                "national",
                self.words("pick.national", country=self.services.country_name(iso3, self.words.lang)),
                self._value(value),
                f"{label(iso3)} · {self.scene['unit']}",
            )
            for iso3, value in sorted(summary.national.items())
        ]

    def _lead(self, summary: Summary) -> str:
        words = self.words
        parts = [words.plural("pick.places", summary.places)]
        known = summary.states.get(VALUE, 0)
        parts.append(words("pick.with_figure", n=words.number(known, 0)))
        parts += [
            f"{words(f'state.{state}')}: {words.number(n, 0)}" for state, n in summary.states.items() if state != VALUE
        ]
        parts += [words.plural("pick.estimated", summary.estimated)] if summary.estimated else []
        parts += [words.plural("pick.absent", summary.absent)] if summary.absent else []
        return "; ".join(parts) + "."

    @staticmethod
    def _row(name: str, label: str, text: str, note: str) -> dict[str, str]:
        return {"id": name, "label": label, "text": text, "note": note}

    def _refused(self, name: str, label: str, reason: str) -> dict[str, str]:
        return self._row(name, label, "–", reason)

    def write(self, summary: Summary, period: int) -> dict[str, Any]:
        """Return what the card says of a period."""
        sources = {source["id"]: source for source in self.scene["sources"]}
        used = [sources[one] for one in summary.source_ids]
        known = bool(summary.states.get(VALUE)) and self.layer.spec.kind != "range"
        rows: list[dict[str, str]] = []
        if known and self.layer.spec.categories:
            rows = [*self._categories(summary), *self._national(summary, period)]
        elif known:
            rows = [
                *self._mean(summary),
                *self._total(summary),
                *self._range(summary),
                *self._national(summary, period),
            ]
        elif self.layer.spec.kind == "range":
            rows = [self._refused("range", self.words("pick.range"), self.words("pick.no_range_sensitive"))]
        return {
            "lead": self._lead(summary),
            "rows": rows,
            "source": "; ".join(f"{source['publisher']}: {source['title']}" for source in used),
        }


def summary_texts(
    services: Services, indicator: str, level: str, lang: str, units: Sequence[str], variant: Variant = PLAIN
) -> dict[str, Any]:
    """Return what the card of a selection says, for every period of a layer.

    Parameters
    ----------
    services : Services
        The dataset.
    indicator, level, lang : str
        The layer and the language.
    units : sequence of str
        The places.
    variant : Variant
        How the layer is looked at.
    """
    layer = services.layer(indicator, level, variant)
    scene = services.scene(indicator, level, lang, variant)
    population = _population(services, level, variant)
    writer = _Writer(services, layer, scene, population, services.words(lang))
    found = summarise_selection(layer, units, population)
    return {
        "title": scene["title"],
        "handling": scene.get("handling", ""),
        "periods": [writer.write(summary, period) for period, summary in enumerate(found)],
    }


def register(server: Flask, datasets: Datasets) -> None:
    """Add the address of the summary to a server."""

    def selection(content: str, lang: str, indicator: str, level: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        spec = services.spec(indicator)
        variant = services.require_variant(indicator, level, request.args)
        try:
            wanted = Selection.model_validate(request.get_json(silent=True))
        except ValidationError as error:
            raise NonsenseError(f"a selection that makes no sense: {error.error_count()} faults") from error
        note_view("layer", services.id, [spec], level)
        found = summary_texts(services, indicator, level, lang, wanted.units, variant)
        return Response(to_json(found), mimetype="application/json")

    rule = "/selection/<content>/<lang>/<indicator>.<level>.json"
    server.add_url_rule(rule, "atlas_selection", selection, methods=["POST"])
