"""ViewState: everything that a link must reproduce, read from and written to the query of the address."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

_POSITION = re.compile(r"-?\d{1,6},-?\d{1,6},[1-9]\d{0,5},[1-9]\d{0,5}", re.ASCII)
_SORT = re.compile(r"(place|country|value|period|rank|status|source)-(asc|desc)")
PATH = "path"
"""Key under which the page is asked for an address outside of it, which does not exist."""
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
    lang: str = "en"

    def query(self, **changes: object) -> str:
        """Return the query string of this view with some fields changed; defaults are left out."""
        fields = self.model_dump() | changes
        fields["table"] = "1" if fields["table"] else None
        return "?" + urlencode({k: v for k, v in fields.items() if v is not None}, safe=",")


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
    periods: Callable[[str, str], Collection[str]]


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
    fields["kept"] = take("kept", lambda v: bool(re.fullmatch(r"[0-8vnaxse]", v)), "notice.unknown_key")
    fields["table"] = take("table", lambda v: v in ("0", "1"), "notice.unknown_key") == "1"
    fields["sort"] = take("sort", lambda v: bool(_SORT.fullmatch(v)), "notice.unknown_key")
    return ViewState.model_validate(fields), tuple(rejected)


def _is_position(value: str) -> bool:
    return bool(_POSITION.fullmatch(value))
