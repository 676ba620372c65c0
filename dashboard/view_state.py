"""ViewState: everything that a link must reproduce, read from and written to the query of the address."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from layers.variant import GROUP, READERS, Variant, read_variant, spell

_POSITION = re.compile(r"-?\d{1,6},-?\d{1,6},[1-9]\d{0,5},[1-9]\d{0,5}", re.ASCII)
_SORT = re.compile(r"(place|country|value|period|rank|status|source)-(asc|desc)")
PATH = "path"
"""Key under which the page is asked for an address outside of it, which does not exist."""
FLAGS = ("table", "loop", "present")
"""Keys that are on or off."""
_SAFE = ",;:."
_ID = r"[a-z][a-z0-9_]{1,63}"
GRAMMAR: Mapping[str, re.Pattern[str]] = {
    key: re.compile(pattern, re.ASCII if key not in ("filter", "picked") else 0)
    for key, pattern in {
        "fill": r"bivariate|hatch|outline",
        "whose": GROUP,
        "over": rf"{_ID}\.[a-z]{{1,12}}\.\d{{1,3}}(\.off)?(;{_ID}\.[a-z]{{1,12}}\.\d{{1,3}}(\.off)?){{0,9}}",
        "ref": r"none|[a-z]{3,12}(,[a-z]{3,12}){0,9}",
        "filter": r"[a-z]{2,12}:[^;:]{1,200}(;[a-z]{2,12}:[^;:]{1,200}){0,7}",
        "picked": r"[^,;:]{1,80}(,[^,;:]{1,80}){0,499}",
        "speed": r"0\.5|1|2|4",
        "span": r"[0-9_-]{4,24}\.\.[0-9_-]{4,24}",
        "mode": r"side|swipe|multiples",
        "other": r"[a-z]{2,8}:[\w.-]{1,64}(;[a-z]{2,8}:[\w.-]{1,64}){0,5}",
        "at": r"\d{1,3}",
        "grid": r"(period|sex|age)\.[1-6]x[1-6]",
        "chart": r"series|ranking|distribution|scatter|heatmap",
    }.items()
}
"""What is written in the address as a small language of its own is read by the part of the page that it is for
(assets/); here only its form is checked."""
FILL = "fill"
"""Mark of the entries of `over` that say how the base layer and the second one are shown."""
EVERYWHERE = "all"
"""Value of `country` that shows the whole region even for a layer that covers one country only."""


class ViewState(BaseModel):
    """One view of the map.

    Attributes
    ----------
    dataset, layer, level, period, country, unit : str or None
        Dataset id (None for the first), indicator id, admin level, period id, ISO 3166-1 alpha-3 code in
        focus (or ``all``), unit_id selected;
        None is the default.
    view : str or None
        Map position ``x,y,width,height``: the view box in map units.
    kept : str or None
        Legend entry that is kept in relief: a class digit or a state sign.
    table, sort : bool, str or None
        Whether the table is open, and its order, ``column-asc`` or ``column-desc``.
    sex, age, scheme, k, breaks, mid, palette, ramp, scale, upto, base, measure
        The variant of the layer (`layers.variant.Variant`).
    second, fill : str or None
        Indicator id of the second fill, and how it is drawn: ``bivariate``, ``hatch`` or ``outline``.
    whose : str or None
        The group of people whose figures the second fill shows: ``sex.age``.
    over : str or None
        Layers over the fills, bottom first: ``id.mark.opacity``, with ``.off`` if not shown, joined by ``;``; before
        them, with the mark ``fill``, the base layer and the second one where they are not shown in full.
    ref : str or None
        Reference layers that are on, joined by ``,``; empty text for none.
    inside : str or None
        unit_id of the place that was drilled into.
    filter : str or None
        Conditions on the units, ``key:value`` joined by ``;``.
    picked : str or None
        unit_ids of the places selected together, joined by ``,``.
    speed, loop, span : str, bool, str or None
        Of playing: its speed, whether it begins anew, and the first and last period, ``from..to``.
    mode, other, at, grid : str or None
        Comparison: ``side``, ``swipe`` or ``multiples``; how the other map differs, ``key:value`` joined by ``;``; the
        place of the divider in percent; what the small multiples are by and how many, such as ``period.3x4``.
    chart, against : str or None
        The chart that is open, and the indicator on its other axis.
    present : bool
        Whether the page shows headline, map, legend and time only.
    lang : str
        Language.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str | None = None
    layer: str
    level: str
    period: str | None = None
    country: str | None = None
    unit: str | None = None
    view: str | None = None
    kept: str | None = None
    table: bool = False
    sort: str | None = None
    sex: str | None = None
    age: str | None = None
    scheme: str | None = None
    k: str | None = None
    breaks: str | None = None
    mid: str | None = None
    palette: str | None = None
    ramp: str | None = None
    scale: str | None = None
    upto: str | None = None
    base: str | None = None
    measure: str | None = None
    second: str | None = None
    fill: str | None = None
    whose: str | None = None
    over: str | None = None
    ref: str | None = None
    inside: str | None = None
    filter: str | None = None
    picked: str | None = None
    speed: str | None = None
    loop: bool = False
    span: str | None = None
    mode: str | None = None
    other: str | None = None
    at: str | None = None
    grid: str | None = None
    chart: str | None = None
    against: str | None = None
    present: bool = False
    lang: str = "en"

    def query(self, **changes: object) -> str:
        """Return the query string of this view with some fields changed; defaults are left out."""
        fields = self.model_dump() | changes
        given = {k: v for k, v in fields.items() if v is not None and v is not False}
        return "?" + urlencode({k: spell(v) for k, v in given.items()}, safe=_SAFE)

    def share(self, layer: str) -> float:
        """Return the share of its full colour with which a fill is drawn, from 0 (hidden) to 1."""
        for part in (self.over or "").split(";"):
            name, mark, opacity, *off = [*part.split("."), "", ""]
            if (name, mark) == (layer, FILL):
                return 0.0 if "off" in off else min(int(opacity), 100) / 100
        return 1.0

    @property
    def shown_second(self) -> str | None:
        """The second layer, if the map shows it: maps that are compared show one layer each."""
        is_shown = self.second is not None and not self.mode and self.share(self.second) > 0
        return self.second if is_shown else None

    @property
    def variant(self) -> Variant:
        """The variant of the layer."""
        return read_variant({key: getattr(self, key) or "" for key in READERS})[0]


@dataclass(frozen=True)
class Known:
    """What exists in the served snapshot, to check an address against."""

    dataset: str | None
    layers: Mapping[str, Collection[str]]
    countries: Collection[str]
    languages: Collection[str]
    default_layer: str
    default_level: Callable[[str], str]
    units: Callable[[str], Collection[str]]
    places: Collection[str]
    periods: Callable[[str, str], Collection[str]]
    variant: Callable[[str, str, Mapping[str, str]], tuple[Variant, tuple[tuple[str, str], ...]]]


@dataclass(frozen=True)
class Rejected:
    """A part of an address that names nothing that exists: a key of the words and the value found."""

    key: str
    value: str


def parse_view(query: Mapping[str, str], known: Known, language: str) -> tuple[ViewState, tuple[Rejected, ...]]:
    """Return the view that a query asks for, and what in it was rejected; a rejected part takes its default.

    Parameters
    ----------
    query : mapping of str to str
        Decoded query of the address. Unknown keys are rejected, nothing raises.
    known : Known
        What exists.
    language : str
        Language of a query that names none.
    """
    rejected: list[Rejected] = []
    fields: dict[str, object] = {"dataset": known.dataset}

    def take(name: str, fits: Callable[[str], bool], complaint: str) -> str | None:
        value = query.get(name)
        if value is None or value == "":
            return None
        if fits(value):
            return value
        rejected.append(Rejected(complaint, value[:40]))
        return None

    for key, value in query.items():
        if key == PATH:
            rejected.append(Rejected("notice.unknown_path", value[:40]))
        elif key not in ViewState.model_fields:
            rejected.append(Rejected("notice.unknown_key", key[:40]))
    fields["lang"] = take("lang", lambda v: v in known.languages, "notice.unknown_language") or language
    layer = take("layer", lambda v: v in known.layers, "notice.unknown_layer") or known.default_layer
    level = take("level", lambda v: v in known.layers[layer], "notice.unknown_level") or known.default_level(layer)
    fields |= {"layer": layer, "level": level}
    fields["period"] = take("period", lambda v: v in known.periods(layer, level), "notice.unknown_period")
    fields["country"] = take("country", lambda v: v == EVERYWHERE or v in known.countries, "notice.unknown_country")
    fields["unit"] = take("unit", lambda v: v in known.units(level), "notice.unknown_unit")
    fields["view"] = take("view", _is_position, "notice.bad_position")
    fields["inside"] = take("inside", lambda v: v in known.places, "notice.unknown_unit")
    fields["kept"] = take("kept", lambda v: bool(re.fullmatch(r"[0-8vnaxseoztmlw]", v)), "notice.unknown_key")
    fields["sort"] = take("sort", lambda v: bool(_SORT.fullmatch(v)), "notice.unknown_key")
    variant, unread = known.variant(layer, level, query)
    fields |= variant.fields()
    rejected += [Rejected("notice.unknown_value", f"{key}={value}") for key, value in unread]
    for key in ("second", "against"):
        fields[key] = take(key, lambda v: v in known.layers, "notice.unknown_layer")
    for key, pattern in GRAMMAR.items():
        fields[key] = take(key, lambda v, p=pattern: bool(p.fullmatch(v)), "notice.unknown_key")  # type: ignore[misc]
    for key in FLAGS:
        fields[key] = take(key, lambda v: v in ("0", "1"), "notice.unknown_key") == "1"
    return ViewState.model_validate(fields), tuple(rejected)


def _is_position(value: str) -> bool:
    return bool(_POSITION.fullmatch(value))
