"""What callbacks and pages ask for: the catalog, layers, scenes and units of one snapshot, computed once."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import pandas as pd

from dashboard.errors import EndedError, NonsenseError, RefusedError, UnknownAddressError
from dashboard.fragments import render_fragments
from dashboard.overlays import flows_json, overlay_index, programmes_json
from dashboard.places import COLUMNS as PLACE_COLUMNS
from dashboard.places import COUNTRY, Place, find_place
from dashboard.search import LONGEST, Finder, Hit, TextEntry, other_names, place_entries, text_entry, told_by
from dashboard.settings import Settings
from dashboard.view_state import Known
from geodata.errors import DashboardError
from geodata.names import parse_name
from geodata.snapshot import Snapshot
from layers.bivariate import SIDE, Pair
from layers.catalog import AdminLevel, Catalog, IndicatorSpec
from layers.choices import fit_classes, norms_in_force
from layers.classify import TAKES_K
from layers.layer import LayerData, Shapes, build_layer
from layers.restraint import ACTS
from layers.scene import build_scene, handling_text
from layers.variant import EVERYONE, PLAIN, Variant, fit_variant, read_variant
from layers.variant_words import group_text
from layers.words import Words, languages, load_words, texts_language

_MOST_VARIANTS = 200
_T = TypeVar("_T")


class Services:
    """Read-only access to one snapshot; safe to share between threads.

    Parameters
    ----------
    snapshot : Snapshot
        The snapshot, already verified.
    settings : Settings
        Settings of the process.
    is_default : bool
        Whether an address that names no dataset means this one.
    """

    def __init__(self, snapshot: Snapshot, settings: Settings, is_default: bool = True) -> None:
        self.snapshot = snapshot
        self.is_default = is_default
        self.settings = settings
        self.catalog = Catalog.model_validate(snapshot.catalog_json())
        self._layers: dict[tuple[str, str], LayerData] = {}
        self._scenes: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._variants: OrderedDict[tuple[object, ...], Any] = OrderedDict()
        self._units: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._maps: dict[str, Mapping[str, Any]] = {}
        self._lock = Lock()

    @property
    def id(self) -> str:
        """The id of the dataset."""
        return self.catalog.dataset.id

    @property
    def synthetic(self) -> bool:
        """Whether the dataset is invented for training: every view of it then says so."""
        return self.catalog.dataset.synthetic

    @cached_property
    def content_id(self) -> str:
        """Id of everything that decides what data addresses answer: the snapshot, the code of layers and the words."""
        digest = hashlib.sha256(self.snapshot.manifest["snapshot_id"].encode())
        here = Path(__file__).parent
        files = [*here.parent.glob("layers/**/*"), *here.glob("templates/*"), *here.glob("*.py")]
        files.append(here.parent / "geodata" / "names.py")  # how names are found
        for path in sorted(p for p in files if p.suffix in (".py", ".yml", ".j2")):
            digest.update(path.read_bytes())
        digest.update(self.settings.model_dump_json(include={"disclaimer_en", "disclaimer_ru"}).encode())
        return digest.hexdigest()[:12]

    def words(self, lang: str) -> Words:
        """Return the words of a language."""
        return load_words(lang)

    def spec(self, indicator: str) -> IndicatorSpec:
        """Return the indicator, or raise `UnknownAddressError`."""
        found = self.catalog.indicator(indicator)
        if found is None:
            raise UnknownAddressError(f"no layer {indicator!r} in this snapshot")
        return found

    def map_json(self, level: str) -> Mapping[str, Any]:
        """Return the published map of a level, or raise `UnknownAddressError`."""
        if level not in self._maps:
            if level not in self.snapshot.map_levels:
                raise UnknownAddressError(f"no map of level {level!r} in this snapshot")
            self._maps[level] = self.snapshot.map_json(level)
        return self._maps[level]

    def shapes(self, level: str) -> Shapes:
        """Return the shapes of a level."""
        return Shapes.from_map(self.map_json(level))

    def layer(self, indicator: str, level: str, variant: Variant = PLAIN) -> LayerData:
        """Return the layer of an indicator at a level, all periods."""
        if variant != PLAIN:
            return self._kept(("layer", indicator, level, variant), lambda: self._build(indicator, level, variant))
        key = (indicator, level)
        with self._lock:
            if key not in self._layers:
                self._layers[key] = self._build(indicator, level, PLAIN)
            return self._layers[key]

    def _build(self, indicator: str, level: str, variant: Variant) -> LayerData:
        spec = self.spec(indicator)
        if level not in self.levels(indicator):
            raise UnknownAddressError(f"{indicator} is not published at level {level!r}")
        known_level: AdminLevel = next(one for one in spec.levels if one == level)
        table = self.snapshot.observations(indicator)
        return build_layer(spec, known_level, table, self.shapes(level), variant, self._norms(spec))

    def _norms(self, spec: IndicatorSpec) -> dict[str, float]:
        """Return the norm in force in each country, of the indicator that a catalog names as an indicator's norm."""
        if spec.norm is None:
            return {}
        table = self.snapshot.observations(spec.norm)
        return norms_in_force(table[(table["sex"] == "all") & (table["age"] == "all")], self.countries)

    def _kept(self, key: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """Return what was made before, or make it; only the most recently used are kept."""
        with self._lock:
            if key in self._variants:
                self._variants.move_to_end(key)
                found: _T = self._variants[key]
                return found
        made = make()
        with self._lock:
            self._variants[key] = made
            while len(self._variants) > _MOST_VARIANTS:
                self._variants.popitem(last=False)
        return made

    def groups(self, indicator: str, level: str) -> tuple[tuple[str, str], ...]:
        """Return the groups of people, (sex, age), of whom an indicator has figures at a level."""
        table = self.snapshot.observations(indicator)
        table = table[table["level"] == level]
        found = table[["sex", "age"]].drop_duplicates().astype("str").itertuples(index=False, name=None)
        return tuple(sorted(found, key=lambda group: (group[1] != "all", group)))

    def variant(
        self, indicator: str, level: str, query: Mapping[str, str]
    ) -> tuple[Variant, tuple[tuple[str, str], ...]]:
        """Return the variant of a layer that a query spells, and what in it cannot be read or is not there."""
        variant, unread = read_variant(query)
        if variant == PLAIN:
            return variant, unread
        groups = self.groups(indicator, level)
        group = (variant.sex, variant.age)
        shown = Variant(sex=variant.sex, age=variant.age) if group in groups else PLAIN
        periods = tuple(p.id for p in self.layer(indicator, level, shown).periods if p.period is not None)
        fitting, absent = fit_variant(variant, groups, periods, self.spec(indicator).allows("trend"))
        if not fitting.is_reclassified:
            return fitting, unread + absent
        kept = {"sex": fitting.sex, "age": fitting.age, "base": fitting.base, "measure": fitting.measure}
        unclassified = self.layer(indicator, level, Variant.model_validate(kept))
        classified, refused = fit_classes(unclassified.spec, fitting, unclassified.midpoints)
        return classified, unread + absent + refused

    def require_variant(self, indicator: str, level: str, query: Mapping[str, str]) -> Variant:
        """Return the variant of a layer that a query spells, or raise `UnknownAddressError`."""
        if level not in self.levels(indicator):
            raise UnknownAddressError(f"{indicator} is not published at level {level!r}")
        variant, rejected = self.variant(indicator, level, query)
        if rejected:
            wrong = ", ".join(f"{key}={value}" for key, value in rejected)
            raise UnknownAddressError(f"{indicator} at {level} has no {wrong}")
        return variant

    def scene(self, indicator: str, level: str, lang: str, variant: Variant = PLAIN) -> dict[str, Any]:
        """Return the scene of a layer in a language, with its page fragments."""
        if variant != PLAIN:
            key = ("scene", indicator, level, lang, variant)
            return self._kept(key, lambda: self._draw(indicator, level, lang, variant))
        plain = (indicator, level, lang)
        if plain not in self._scenes:
            self._scenes[plain] = self._draw(indicator, level, lang, PLAIN)
        return self._scenes[plain]

    def _draw(self, indicator: str, level: str, lang: str, variant: Variant) -> dict[str, Any]:
        layer = self.layer(indicator, level, variant)
        addresses = {
            "map": f"/geo/{self.snapshot.map_file(level).name}",
            "units": f"/units/{self.content_id}/{lang}/{level}.json",
        }
        scene = build_scene(layer, self.words(lang), self.sources(lang), addresses)
        scene["synthetic"] = self.synthetic
        if "handling" in scene:
            scene["handling"] = handling_text(layer.spec, self.words(lang), self.purpose(lang))
        scene["levels"] = list(self.levels(indicator))
        scene["variant"] = variant.fields()
        groups = self.groups(indicator, level)
        scene["groups"] = [list(group) for group in groups]
        if len(groups) > 1:
            scene["group_names"] = [group_text(self.words(lang), sex, age) for sex, age in groups]
        names = {iso3: self.country_name(iso3, lang) for iso3 in self.countries}
        scene["html"] = render_fragments(scene, self.words(lang), names=names)
        return scene

    def second_fault(self, first: str, second: str, level: str) -> str | None:
        """Return the key of the words that say why two layers are not shown on one map, or None if they may be."""
        one, other = self.spec(first), self.spec(second)
        if not (one.allows("join") and other.allows("join")):
            return "stack.not_joined"
        if first == second:
            return "stack.same"
        if one.categories or other.categories:
            return "stack.no_categories"
        if one.display.mark != "fill" or other.display.mark != "fill":
            return "stack.no_classes"
        return None if level in self.levels(second) else "stack.not_at_level"

    def has_group(self, indicator: str, level: str, group: tuple[str, str]) -> bool:
        """Whether a level shows an indicator for a group of people, (sex, age); for everyone it always does."""
        return group == EVERYONE or group in self.groups(indicator, level)

    def pair(
        self,
        first: str,
        second: str,
        level: str,
        lang: str,
        fill: str,
        variant: Variant = PLAIN,
        group: tuple[str, str] = EVERYONE,
    ) -> Pair:
        """Return two layers of a level for one map.

        Parameters
        ----------
        first, second : str
            Indicator ids: of the layer that is open, and of the one beside it.
        level, lang : str
        fill : str
            How the second is drawn (`layers.bivariate.FILLS`).
        variant : Variant
            Of the first layer; the second is scaled and carried forward as the first is.
        group : tuple of str
            Sex and age of those whose figures the second layer shows; it has some (`has_group`).

        Raises
        ------
        RefusedError
            If figures of one of the layers are not joined with those of others, or the two make no map.
        """
        fault = self.second_fault(first, second, level)
        if fault is not None:
            raise RefusedError(f"{first} and {second} at {level}: {self.words(lang)(fault, value=second)}")
        base = self.scene(first, level, lang, variant)
        shown = Variant(sex=group[0], age=group[1], scale=variant.scale, upto=variant.upto)
        other = self.scene(second, level, lang, self._in_thirds(second, shown))
        if fill != "bivariate":
            return Pair(fill, base, base, other)
        return Pair(fill, base, self.scene(first, level, lang, self._in_thirds(first, variant)), other)

    def _in_thirds(self, indicator: str, variant: Variant) -> Variant:
        """Return a variant in three classes: by its own scheme if that can make three, or else by quantiles."""
        scheme = variant.scheme or self.spec(indicator).display.scheme
        changes = {"k": SIDE, "breaks": None, "mid": None, "palette": None, "ramp": False}
        return variant.model_copy(update={**changes, "scheme": scheme if scheme in TAKES_K else "quantiles"})

    def overlays(self, lang: str) -> dict[str, Any]:
        """Return what can be drawn over the fills beside layers (dashboard/overlays.py)."""
        return self._kept(("overlays", lang), lambda: overlay_index(self, lang))

    def reference(self) -> dict[str, Any] | None:
        """Return the reference layers of the dataset's maps; None if it has none."""
        return self._kept(("reference",), self.snapshot.reference_json)

    def flows(self, lang: str, level: str) -> dict[str, Any]:
        """Return the moves between the places of a level, or raise `UnknownAddressError`."""
        return self._kept(("flows", lang, level), lambda: flows_json(self, lang, level))

    def programmes(self, lang: str, level: str) -> dict[str, Any]:
        """Return who does what where on a map of a level, or raise `UnknownAddressError`."""
        return self._kept(("programmes", lang, level), lambda: programmes_json(self, lang, level))

    def layer_list(self, lang: str) -> list[dict[str, Any]]:
        """Return what the workbench must know of every layer to offer it."""
        drivers = {driver.id: driver.title.in_language(lang) for driver in self.catalog.drivers}
        return [
            {
                "id": spec.id,
                "title": spec.title.in_language(lang),
                "menu_title": spec.menu_title.in_language(lang),
                "driver": spec.driver,
                "driver_title": drivers[spec.driver],
                "kind": spec.kind,
                "mark": spec.display.mark,
                "unit": spec.unit.text.in_language(lang),
                "direction": spec.direction,
                "sensitivity": spec.sensitivity,
                "tier": spec.tier,
                "menu": spec.display.menu,
                "levels": list(self.levels(spec.id)),
                "opening": self.opening_level(spec.id),
                "countries": {level: list(self.coverage(spec.id, level)) for level in self.levels(spec.id)},
                "allows": [act for act in ACTS if spec.allows(act)],
                "synonyms": " ".join(spec.synonyms.all).casefold(),
            }
            for spec in self.shown
        ]

    def sources(self, lang: str) -> dict[str, dict[str, Any]]:
        """Return the sources by id, with the caveat in the language."""
        return {
            row["source_id"]: {
                **{k: _text(row[k]) for k in ("title", "publisher", "url", "licence", "terms", "date_accessed")},
                "caveat": _in_language(row, "caveat", lang),
            }
            for row in _records(self.snapshot.sources)
        }

    @cached_property
    def country_rows(self) -> dict[str, dict[str, Any]]:
        """The ADM0 unit of each country."""
        rows = self.snapshot.units
        rows = rows[rows["level"] == "ADM0"].drop_duplicates("iso3")
        return {row["iso3"]: row for row in _records(rows)}

    def country_name(self, iso3: str, lang: str) -> str:
        """Return the name of a country in a language."""
        row = self.country_rows.get(iso3)
        return iso3 if row is None else _unit_name(row, lang)

    def units(self, level: str, lang: str) -> list[dict[str, Any]]:
        """Return what readers see of each shape of a level, in drawing order.

        A shape in several boundary sets is described by its row in the most recent one.
        """
        key = (level, lang)
        if key not in self._units:
            shapes = self.shapes(level)
            table = self.snapshot.units
            table = table[table["level"] == level].assign(
                order=lambda t: t["valid_to"].fillna(pd.Timestamp("9999-01-01"))
            )
            table = table.sort_values("order", kind="stable").drop_duplicates("unit_id", keep="last")
            rows = {row["unit_id"]: row for row in _records(table)}
            names = {i: _unit_name(r, lang) for i, r in rows.items()}
            self._units[key] = [self._unit(rows[i], names, lang) for i in shapes.ids]
        return self._units[key]

    def _unit(self, row: Mapping[str, Any], names: Mapping[str, str], lang: str) -> dict[str, Any]:
        members = [names.get(m, m) for m in _text(row.get("members")).split("|") if m]
        words = self.words(lang)
        kind = f"unit_type.{row['unit_type']}"
        shown = {
            "id": row["unit_id"],
            "name": names[row["unit_id"]],
            "iso3": row["iso3"],
            "country": "" if row["level"] == "ADM0" else self.country_name(row["iso3"], lang),
            "kind": row["unit_type"],
            "type": words(kind) if kind in words else row["unit_type"],
            "parent": _text(row.get("parent_unit_id")),
            "typology": _text(row.get("typology")),
            "local": _text(row.get("name_local")),
            "pcode": _text(row.get("pcode")),
            "iso": _text(row.get("iso_3166_2")),
            "members": ", ".join(members) if row["unit_type"] in ("survey_group", "joined") else "",
            "note": _in_language(row, "note", lang),
            "opens": True if row["unit_id"] in self._parents else "",
        }
        return {k: v for k, v in shown.items() if v != "" or k in ("country", "name")}

    @cached_property
    def _parents(self) -> frozenset[str]:
        """Units that have others below them: those that can be looked into."""
        return frozenset(self.snapshot.units["parent_unit_id"]) - {""}

    @cached_property
    def places(self) -> frozenset[str]:
        """Units below a country that are on a map."""
        levels = (level for level in self.snapshot.map_levels if level != COUNTRY)
        return frozenset(unit for level in levels for unit in self.shapes(level).ids)

    def place(self, unit_id: str, lang: str) -> dict[str, Any]:
        """Return what the page must know of a place to look into it, or raise `UnknownAddressError`.

        Its name, where it lies, what belongs to it at every level, and at which levels each layer has figures of it.
        """
        if unit_id not in self.places:
            raise UnknownAddressError(f"no place {unit_id!r} in this snapshot")
        return self._kept(("place", unit_id, lang), lambda: self._describe_place(unit_id, lang))

    def _describe_place(self, unit_id: str, lang: str) -> dict[str, Any]:
        iso3 = next(row for row in self.snapshot.units[["unit_id", "iso3"]].itertuples() if row.unit_id == unit_id).iso3
        units = self.snapshot.read_table("units", columns=PLACE_COLUMNS, filters=[("iso3", "==", iso3)])
        place = find_place(units, unit_id)
        if place is None:
            raise UnknownAddressError(f"{unit_id!r} is a country: it is no place below one")
        known = {u["id"]: (level, u) for level in self.snapshot.map_levels for u in self.units(level, lang)}
        shown = known[unit_id][1]
        return {
            "id": unit_id,
            "level": place.level,
            "iso3": place.iso3,
            "name": shown["name"],
            "type": shown["type"],
            "country": shown["country"],
            "box": next(s["box"] for s in self.map_json(place.level)["shapes"] if s["id"] == unit_id),
            "path": [{"id": u, "level": known[u][0], "name": known[u][1]["name"]} for u in place.path if u in known],
            "inside": place.inside,
            "levels": {spec.id: self._levels_inside(spec.id, place) for spec in self.shown},
        }

    def _levels_inside(self, indicator: str, place: Place) -> list[str]:
        """Return the levels at which an indicator has a figure of a place, published or withheld."""
        found: list[str] = []
        for level in self.levels(indicator):
            units = {unit for ids in place.inside.get(level, {}).values() for unit in ids}
            if not units.isdisjoint(self._held[indicator, level]):
                found.append(level)
        return found

    @cached_property
    def countries(self) -> tuple[str, ...]:
        """Countries of the snapshot, in drawing order."""
        return self.shapes("ADM0").countries

    def known(self) -> Known:
        """Return what an address may name."""
        return Known(
            dataset=None if self.is_default else self.id,
            layers={s.id: self.levels(s.id) for s in self.shown},
            countries=self.countries,
            languages=languages(),
            default_layer=self.catalog.dataset.default_view.indicator,
            default_level=self.opening_level,
            units=lambda level: self.shapes(level).ids,
            places=self.places,
            periods=lambda layer, level: [p.id for p in self.layer(layer, level).periods],
            variant=self.variant,
        )

    @cached_property
    def _versions(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of every unit, the most recent last; `has_ended` is true of those that a later boundary set lacks."""
        table = self.snapshot.units.sort_values("valid_to", kind="stable", na_position="last")
        found: dict[str, list[dict[str, Any]]] = {}
        for row in _records(table):
            row["has_ended"] = not pd.isna(row["valid_to"])
            found.setdefault(row["unit_id"], []).append(row)
        return found

    @cached_property
    def _finder(self) -> Finder:
        rows = [row for versions in self._versions.values() for row in versions if row["unit_id"] in self._on_map]
        places = place_entries(rows, other_names(self.snapshot.other_names()))
        return Finder(places, tuple(self._layer_texts.values()), tuple(self._source_texts.values()))

    @cached_property
    def _layer_texts(self) -> dict[str, TextEntry]:
        drivers = {driver.id: driver.title for driver in self.catalog.drivers}
        return {
            spec.id: text_entry(
                spec.id,
                [text for one in (spec.menu_title, spec.title) for text in (one.en, one.ru)],
                [
                    spec.id.replace("_", " "),
                    *(t for one in (spec.definition, drivers[spec.driver], spec.population) for t in (one.en, one.ru)),
                ],
                spec.synonyms.all,
            )
            for spec in self.shown
        }

    @cached_property
    def _source_texts(self) -> dict[str, TextEntry]:
        return {
            row["source_id"]: text_entry(
                row["source_id"], [_text(row["title"]), _text(row["publisher"])], [], [row["source_id"]]
            )
            for row in _records(self.snapshot.sources)
            if row["source_id"] in self._layers_of
        }

    @cached_property
    def _on_map(self) -> frozenset[str]:
        return self.places | frozenset(self.shapes(COUNTRY).ids)

    @cached_property
    def _layers_of(self) -> dict[str, list[str]]:
        """Layers that have figures of a source, in menu order."""
        pairs = self._figures[["indicator_id", "source_id"]].drop_duplicates()
        held = {(str(i), str(s)) for i, s in pairs.itertuples(index=False)}
        found: dict[str, list[str]] = {}
        for spec in self.shown:
            for source in sorted(s for i, s in held if i == spec.id):
                found.setdefault(source, []).append(spec.id)
        return found

    def find(self, query: str, lang: str) -> dict[str, Any]:
        """Return the places, layers and sources that words name, each with what tells it from others of its name.

        Raises
        ------
        NonsenseError
            If the query is longer than the page allows.
        """
        if len(query) > LONGEST:
            raise NonsenseError(f"a query of {len(query)} letters; at most {LONGEST} are read")
        asked = " ".join(query.split())
        finder = self._finder
        return {
            "places": [self._found_place(hit, lang) for hit in finder.find_places(asked)],
            "layers": [self._found_layer(hit.id, lang, asked) for hit in finder.find_layers(asked)],
            "sources": [self._found_source(hit.id, lang, asked) for hit in finder.find_sources(asked)],
        }

    def _found_place(self, hit: Hit, lang: str) -> dict[str, Any]:
        row = self._versions[hit.id][-1]
        parent = self._versions.get(_text(row["parent_unit_id"]), [{}])[-1]
        words = self.words(lang)
        kind = f"unit_type.{row['unit_type']}"
        name = _unit_name(row, lang)
        shown = {
            "id": hit.id,
            "level": row["level"],
            "iso3": row["iso3"],
            "name": name,
            "type": words(kind) if kind in words else row["unit_type"],
            "parent": _unit_name(parent, lang) if parent.get("level", COUNTRY) != COUNTRY else "",
            "country": "" if row["level"] == COUNTRY else self.country_name(row["iso3"], lang),
            "why": self._why_place(hit, name, lang),
            "until": str(row["valid_to"].year) if row["has_ended"] else "",
        }
        return {k: v for k, v in shown.items() if v}

    def _why_place(self, hit: Hit, shown: str, lang: str) -> str:
        """Return by which name or code a place was found; empty if it is the name that is shown."""
        words = self.words(lang)
        if hit.is_code:
            return words("search.code", name=hit.name)
        if hit.other is None:
            is_shown = parse_name(hit.name).full == parse_name(shown).full
            return "" if is_shown else words("search.by_other", name=hit.name)
        is_short = hit.other.relation == "short"
        name = hit.name if is_short else hit.other.text(texts_language(lang), hit.name)
        first, last = hit.other.first_year, hit.other.last_year
        span = "" if last is None else "_until" if first is None or hit.other.relation == "part" else "_span"
        return words(f"search.by_{hit.other.relation}{span}", name=name, first=first, last=last)

    def _why_text(self, entry: TextEntry, query: str, lang: str, *shown: str) -> dict[str, str]:
        """Return by which words a layer or source was found, if what is shown of it does not tell."""
        name = told_by(entry, query, shown)
        if name == "":
            return {}
        words = self.words(lang)
        return {"why": words("search.in_text") if name is None else words("search.synonym", name=name)}

    def _found_layer(self, indicator: str, lang: str, query: str = "") -> dict[str, Any]:
        spec = self.spec(indicator)
        driver = next(one for one in self.catalog.drivers if one.id == spec.driver)
        title, theme = spec.menu_title.in_language(lang), driver.title.in_language(lang)
        return {
            "id": indicator,
            "title": title,
            "driver": theme,
            "level": self.opening_level(indicator),
            **self._why_text(self._layer_texts[indicator], query, lang, title, theme),
        }

    def _found_source(self, source_id: str, lang: str, query: str) -> dict[str, Any]:
        source = self.sources(lang)[source_id]
        title, publisher = source["title"], source["publisher"]
        layers = [self._found_layer(one, lang) for one in self._layers_of[source_id]]
        why = self._why_text(self._source_texts[source_id], query, lang, title, publisher)
        return {"id": source_id, "title": title, "publisher": publisher, "layers": layers, **why}

    def disclaimer(self, lang: str) -> str:
        """Return the boundary disclaimer: the settings' text, or the dataset's."""
        own = self.settings.disclaimer_ru if texts_language(lang) == "ru" else self.settings.disclaimer_en
        return own or self.catalog.dataset.disclaimer.in_language(lang)

    def governance_address(self, lang: str) -> str:
        """Return where it says who answers for the dataset (dashboard/governance.py)."""
        return f"/governance?lang={lang}" if self.is_default else f"/governance?dataset={self.id}&lang={lang}"

    def purpose(self, lang: str) -> str:
        """Return what the dataset may be used for; empty where its manifest does not say."""
        declared = self.catalog.dataset.governance
        return declared.purpose.in_language(lang) if declared is not None else ""

    def boundary_sets(self) -> dict[str, dict[str, Any]]:
        """Return the boundary sets by id."""
        return {row["boundary_set"]: row for row in _records(self.snapshot.boundary_sets)}

    def unit_observations(self, unit_id: str) -> pd.DataFrame:
        """Return all observations of a unit, every indicator."""
        return self.snapshot.read_table("observations", filters=[("unit_id", "==", unit_id)])

    @cached_property
    def _figures(self) -> pd.DataFrame:
        """Where every indicator has a figure, published or withheld."""
        columns = ["indicator_id", "level", "iso3", "unit_id", "source_id", "value", "low", "high", "missing_reason"]
        table = self.snapshot.read_table("observations", columns=columns)
        withheld = table["missing_reason"] == "suppressed"
        table = table[table["value"].notna() | table["low"].notna() | table["high"].notna() | withheld]
        return table[["indicator_id", "level", "iso3", "unit_id", "source_id"]].drop_duplicates()

    @cached_property
    def _held(self) -> dict[tuple[str, str], frozenset[str]]:
        groups = self._figures.groupby(["indicator_id", "level"])["unit_id"]
        return {(str(indicator), str(level)): frozenset(units) for (indicator, level), units in groups}

    @cached_property
    def _covered(self) -> dict[tuple[str, str], tuple[str, ...]]:
        table = self._figures
        found: dict[tuple[str, str], set[str]] = {}
        for indicator, level, iso3 in (
            table[["indicator_id", "level", "iso3"]].drop_duplicates().itertuples(index=False)
        ):
            found.setdefault((indicator, level), set()).add(iso3)
        return {key: tuple(sorted(countries)) for key, countries in found.items()}

    def coverage(self, indicator: str, level: str) -> tuple[str, ...]:
        """Return the countries that have a figure of an indicator at a level, published or withheld."""
        return self._covered.get((indicator, level), ())

    def levels(self, indicator: str) -> tuple[AdminLevel, ...]:
        """Return the levels at which an indicator has figures."""
        return tuple(level for level in self.spec(indicator).levels if self.coverage(indicator, level))

    def opening_level(self, indicator: str) -> AdminLevel:
        """Return the level at which a layer opens: the one its catalog names, if there are figures."""
        wanted, found = self.spec(indicator).display.level, self.levels(indicator)
        return wanted if wanted in found or not found else found[-1]

    @cached_property
    def shown(self) -> tuple[IndicatorSpec, ...]:
        """Indicators that have any figure in this snapshot, in menu order."""
        return tuple(s for s in self.catalog.indicators if self.levels(s.id))


class Datasets:
    """All datasets that a process serves, the first of them the default.

    Parameters
    ----------
    snapshots : sequence of Snapshot
        One for each dataset, verified. Real datasets come before synthetic ones.
    settings : Settings
        Settings of the process.

    Raises
    ------
    DashboardError
        If two snapshots are of the same dataset.
    """

    def __init__(self, snapshots: Sequence[Snapshot], settings: Settings) -> None:
        ordered = sorted(
            snapshots, key=lambda s: (bool(s.catalog_json()["dataset"].get("synthetic")), s.path.as_posix())
        )
        self._settings = settings
        services = [Services(snapshot, settings, number == 0) for number, snapshot in enumerate(ordered)]
        self.all = {one.id: one for one in services}
        self.ended: dict[str, date] = {}
        if len(self.all) < len(services):
            raise DashboardError(f"two snapshots of one dataset: {', '.join(str(s.path) for s in snapshots)}")

    def add(self, snapshot: Snapshot) -> None:
        """Serve one more dataset, or a newer snapshot of one that is served; readers see the old or the new, whole."""
        services = Services(snapshot, self._settings, is_default=False)
        self.all = {**self.all, services.id: services}

    def remove(self, dataset: str) -> None:
        """Serve a dataset no longer; the default stays."""
        self.all = {key: one for key, one in self.all.items() if key != dataset or one.is_default}

    def end_past(self, today: date) -> dict[str, date]:
        """Serve no more what is past its retention date; return the datasets that this ends, with their last days."""
        past = {
            key: one.snapshot.retention_until for key, one in self.all.items() if one.snapshot.is_past_retention(today)
        }
        ending = {key: day for key, day in past.items() if day is not None}
        if ending:
            self.ended = {**self.ended, **ending}
            self.all = {key: one for key, one in self.all.items() if key not in ending}
        return ending

    @property
    def default(self) -> Services:
        """The dataset of an address that names none."""
        return next(iter(self.all.values()))

    def get(self, dataset: str | None) -> Services:
        """Return a dataset by id, the default for None, or raise `UnknownAddressError`."""
        if dataset is None:
            return self.default
        if dataset in self.ended:
            raise EndedError(
                f"{dataset}: the figures were to be kept until {self.ended[dataset]}; they are shown no more"
            )
        if dataset not in self.all:
            raise UnknownAddressError(f"no dataset {dataset!r} is served here")
        return self.all[dataset]

    def by_content(self, content: str) -> Services:
        """Return the dataset whose data addresses hold a content id, or raise `UnknownAddressError`."""
        for one in self.all.values():
            if one.content_id == content:
                return one
        raise UnknownAddressError(f"data of version {content!r} are no longer served; reload the page")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)


def _in_language(row: Mapping[str, Any], name: str, lang: str) -> str:
    """Return a text of a published table, which has them in English and Russian."""
    return _text(row.get(f"{name}_{texts_language(lang)}")) or _text(row.get(f"{name}_en"))


def _unit_name(row: Mapping[str, Any], lang: str) -> str:
    """Return the name of a unit: its own if it is in the language, or else as that language's readers know it."""
    if row.get("local_lang") == lang and _text(row.get("name_local")):
        return _text(row["name_local"])
    words = load_words(lang)
    if row["level"] == "ADM0" and lang not in ("en", "ru"):
        known = words.territory(str(row["iso3"]))
        if known:
            return known
    return _text(row.get(f"name_{words('lang.names')}")) or _text(row["name_en"])


def to_json(value: Any) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
