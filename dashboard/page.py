"""The first page: everything a reader needs before any script has run, in one answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dashboard.audit import note_view
from dashboard.export.svg import render_map, swatch_definitions
from dashboard.fragments import environment, joined_scene, render_fragments
from dashboard.places import within_of
from dashboard.services import Datasets, Services, to_json
from dashboard.view_state import EVERYWHERE, Rejected, ViewState, parse_view
from layers.bivariate import FILLS, Pair
from layers.layer import REGION
from layers.variant import read_group
from layers.words import Words

ASSETS = Path(__file__).parent.parent / "assets"
MODULES = ("scene.js", "map.js", "timeline.js", "tip.js", "dash.js", "main.js")
STYLES = ("tokens.css", "atlas.css", "print.css")
LATE = "late"
"""Folder of the scripts and styles that are loaded when the map answers: the workbench."""
LATE_STYLES = "late/all.css"
"""All styles of that folder in one file."""
BRING = ("bring.js", "bring.css")
SENT_WORDS = (
    "value.", "qualifier.", "state.", "state_note.", "flag.", "unit.", "ordinal.", "head.", "tip.", "time.", "period.",
    "notice.offline", "notice.synthetic", "share.", "map.", "legend.", "foot.sources_more", "app.region",
    "app.loading_",
)  # fmt: skip
LATE_WORDS = (
    "work.", "classes.", "more_time.", "stack.", "compare.", "drill.", "search.", "filter.", "pick.", "chart.", "a11y.",
    "typology.", "overlay.", "group.", "scheme.", "palette.", "menu.title", "level.", "tier.", "handling.title",
    "table.file_",
)  # fmt: skip
"""Words of the workbench, which come when the map answers."""
_FOCUS_MARGIN = 0.06
_LEAST_FOCUS = 0.03
"""Share of the map's width below which a place is not shown larger: what lies around a town stays in sight."""
_SCRIPT = re.compile(r'<script src="([^"]+)"')
_LATE = ("dash_ag_grid",)


class Assets:
    """Our own scripts and styles, addressed by the hash of them all."""

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Content of every file that the page names."""
        names = [*MODULES, *STYLES, *BRING, "icon.svg", *self.late]
        files = {name: (ASSETS / name).read_bytes() for name in names}
        return files | {LATE_STYLES: b"\n".join(files[name] for name in self.late if name.endswith(".css"))}

    @cached_property
    def late(self) -> tuple[str, ...]:
        """Names of the files of the workbench, each below ``late/``."""
        return tuple(sorted(f"{LATE}/{path.name}" for path in (ASSETS / LATE).glob("*.*")))

    @cached_property
    def address(self) -> str:
        """Path under which the files are served, immutable."""
        digest = hashlib.sha256()
        for name in sorted(self.files):
            digest.update(self.files[name])
        return f"/a/{digest.hexdigest()[:12]}"

    @cached_property
    def css(self) -> str:
        """All styles of the map, for the head of the page."""
        return self.text(*STYLES)

    def text(self, *names: str) -> str:
        """Return style sheets one after the other, without comments and indentation."""
        text = "\n".join(self.files[name].decode() for name in names)
        return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


def focus_box(
    map_json: Mapping[str, Any], country: str | None, view: str | None, place: Sequence[float] | None = None
) -> tuple[float, float, float, float]:
    """Return the view box of the map: an explicit position, a place or country with a margin, or the whole map."""
    width, height = float(map_json["width"]), float(map_json["height"])
    if view:
        x, y, w, h = (float(part) for part in view.split(","))
        return (x, y, w, h)
    found = place or next((c["box"] for c in map_json["countries"] if c["iso3"] == country), None)
    if found is None:
        return (0.0, 0.0, width, height)
    x0, y0, x1, y1 = found
    side = max(x1 - x0, y1 - y0)
    margin = max(_FOCUS_MARGIN * side, (_LEAST_FOCUS * width - side) / 2)
    return (x0 - margin, y0 - margin, x1 - x0 + 2 * margin, y1 - y0 + 2 * margin)


class Page:
    """Renders the first page of an app.

    Parameters
    ----------
    datasets : Datasets
        What is served.
    can_bring : bool
        Whether the page leads to those on which data is brought.
    """

    def __init__(self, datasets: Datasets, *, can_bring: bool = False) -> None:
        self.datasets = datasets
        self.can_bring = can_bring
        self.assets = Assets()

    def view(self, query: Mapping[str, str], language: str) -> tuple[Services, ViewState, tuple[Rejected, ...]]:
        """Return the dataset and the view of a query, and what in it was rejected."""
        wanted = query.get("dataset") or None
        is_known = wanted is None or wanted in self.datasets.all
        services = self.datasets.get(wanted if is_known else None)
        view, rejected = without_second(services, *parse_view(query, services.known(), language))
        return (
            services,
            view,
            rejected if is_known else (Rejected("notice.unknown_dataset", str(wanted)[:40]), *rejected),
        )

    def render(self, query: Mapping[str, str], language: str, app_entry: str, config: str, scripts: str) -> str:
        """Return the HTML of the page.

        Parameters
        ----------
        query : mapping of str to str
            Query of the address.
        language : str
            The reader's language if the address names none.
        app_entry, config, scripts : str
            What Dash wants on the page; its scripts are loaded after the map answers (assets/dash.js).
        """
        services, view, rejected = self.view(query, language)
        words = services.words(view.lang)
        for one in (view.layer, view.second):
            if one:
                note_view("page", services.id, [services.spec(one)], view.level)
        scene = services.scene(view.layer, view.level, view.lang, view.variant)
        layer = services.layer(view.layer, view.level, view.variant)
        place = services.place(view.inside, view.lang) if view.inside else None
        if place is not None:
            scene = {**scene, "place": place, "within": within_of(scene, place["inside"])}
        scope = scope_of(view, scene, place)
        period = layer.period_index(view.period or self._default_period(services, view.layer))
        units = services.units(view.level, view.lang)
        map_json = services.map_json(view.level)
        names = {iso3: services.country_name(iso3, view.lang) for iso3 in services.countries}
        pair = self._pair(services, view, scene)
        html = render_fragments(scene, words, period, scope, names, pair)
        box = focus_box(map_json, scope, view.view, place["box"] if place else None)
        shares = (view.share(view.layer), view.share(view.second) if view.second else 1.0)
        dataset = services.catalog.dataset
        return (
            environment()
            .get_template("index.html.j2")
            .render(
                w=words,
                view=view,
                scope=scope,
                scene=joined_scene(pair, words) if pair else scene,
                html=html,
                legend=html["legend"][scope],
                svg=render_map(scene, words, map_json, units, names, period, scope, view.unit, box, pair, shares),
                shares=shares,
                title=services.spec(view.layer).menu_title.in_language(view.lang),
                swatches=swatch_definitions(),
                css=self.assets.css,
                assets=self.assets.address,
                modules=MODULES[:-1],
                dataset=dataset.title.in_language(view.lang),
                datasets=self._choice(services, view.lang),
                can_bring=self.can_bring,
                description=dataset.description.in_language(view.lang),
                synthetic=dataset.synthetic,
                countries=sorted(names.items(), key=lambda item: item[1]),
                menu=self.menu(services, view, words, names),
                notices=self._notices(rejected, words),
                disclaimer=services.disclaimer(view.lang),
                un_cleared=dataset.un_cleared,
                governance=services.governance_address(view.lang),
                home=next(one["href"] for one in self._choice(services, view.lang) if one["current"]),
                language_prefix=view.query(lang=""),
                app_entry=app_entry,
                config=config,
                boot=self._boot(services, view, scene, scope, period, units, map_json, names, words, scripts),
            )
        )

    @staticmethod
    def _pair(services: Services, view: ViewState, scene: Mapping[str, Any]) -> Pair | None:
        """Return the two layers that a view shows, with the first as it is open; None for a view of one layer."""
        if view.shown_second is None:
            return None
        fill = view.fill or FILLS[0]
        group = read_group(view.whose)
        found = services.pair(view.layer, view.shown_second, view.level, view.lang, fill, view.variant, group)
        return replace(found, base=scene)

    @staticmethod
    def _default_period(services: Services, layer: str) -> str | None:
        default = services.catalog.dataset.default_view
        return default.period if layer == default.indicator else None

    def menu(self, services: Services, view: ViewState, words: Words, names: Mapping[str, str]) -> str:
        """Return the menu of layers by driver."""
        catalog = services.catalog
        groups = []
        for driver in catalog.drivers:
            specs = [s for s in services.shown if s.driver == driver.id and s.display.menu]
            if not specs:
                continue
            layers = []
            theme = driver.title.in_language(view.lang)
            for spec in specs:
                level = services.opening_level(spec.id)
                covered = services.coverage(spec.id, level)
                title = spec.menu_title.in_language(view.lang)
                layers.append(
                    {
                        "id": spec.id,
                        "title": title,
                        "level": level,
                        "current": spec.id == view.layer,
                        "href": ViewState(dataset=view.dataset, layer=spec.id, level=level, lang=view.lang).query(),
                        "breadth": len(covered),
                        "names": ", ".join(names.get(c, c) for c in covered),
                        "cover": " ".join(covered)
                        if len(covered) < 3
                        else words.plural("menu.countries", len(covered)),
                        "text": " ".join((title, spec.title.in_language(view.lang), spec.id, theme)).casefold(),
                    }
                )
            layers.sort(key=lambda one: (-int(str(one["breadth"])), str(one["title"])))
            current = any(one["current"] for one in layers)
            groups.append({"id": driver.id, "title": theme, "layers": layers, "open": current})
        governance = services.governance_address(view.lang)
        return environment().get_template("menu.html.j2").render(w=words, groups=groups, governance=governance)

    def _choice(self, chosen: Services, lang: str) -> list[dict[str, Any]]:
        return [
            {
                "title": one.catalog.dataset.title.in_language(lang),
                "href": f"/?lang={lang}" if one.is_default else f"/?dataset={one.id}&lang={lang}",
                "current": one is chosen,
                "synthetic": one.synthetic,
            }
            for one in self.datasets.all.values()
        ]

    @staticmethod
    def _notices(rejected: Sequence[Rejected], words: Words) -> str:
        if not rejected:
            return ""
        return words("notice.bad_address", what=", ".join(words(r.key, value=r.value) for r in rejected))

    def _boot(
        self, services: Services, view: ViewState, scene: Mapping[str, Any], scope: str, period: int,
        units: Sequence[Mapping[str, Any]], map_json: Mapping[str, Any], names: Mapping[str, str],
        words: Words, scripts: str,
    ) -> str:  # fmt: skip
        sources = _SCRIPT.findall(scripts)
        boot = {
            "view": view.model_dump(),
            "scope": scope,
            "period": period,
            "scene": scene,
            "units": list(units),
            "geometry": without_paths(map_json),
            "names": dict(names),
            "words": words.subset(*SENT_WORDS),
            "separators": words.separators,
            "late_words": f"/words/{words_digest(to_json(words.subset(*LATE_WORDS)))}/{view.lang}.json",
            "late_styles": f"{self.assets.address}/{LATE_STYLES}",
            "late_scripts": [f"{self.assets.address}/{name}" for name in self.assets.late if name.endswith(".js")],
            "data": f"/data/{services.content_id}/{view.lang}",
            "pair": f"/pair/{services.content_id}/{view.lang}",
            "second": view.shown_second is not None,
            "layers": f"/layers/{services.content_id}/{view.lang}.json",
            "places": f"/places/{services.content_id}/{view.lang}.json",
            "find": f"/find/{services.content_id}/{view.lang}",
            "scripts": [s for s in sources if not any(late in s for late in _LATE)],
            "late": [s for s in sources if any(late in s for late in _LATE)],
        }
        return to_json(boot).decode().replace("</", "<\\/")


def without_second(
    services: Services, view: ViewState, rejected: tuple[Rejected, ...]
) -> tuple[ViewState, tuple[Rejected, ...]]:
    """Return a view without its second layer, or without the group of it, and why, if it cannot be shown so."""
    if view.second is None:
        return view.model_copy(update={"whose": None}), rejected
    title = services.spec(view.second).title.in_language(view.lang)
    fault = services.second_fault(view.layer, view.second, view.level)
    if fault is not None:
        left_out = view.model_copy(update={"second": None, "fill": None, "whose": None})
        return left_out, (*rejected, Rejected(fault, title))
    if services.has_group(view.second, view.level, read_group(view.whose)):
        return view, rejected
    return view.model_copy(update={"whose": None}), (*rejected, Rejected("stack.no_group", title))


def words_digest(body: bytes) -> str:
    """Return the version in the address of a page's late words."""
    return hashlib.sha256(body).hexdigest()[:12]


def only_country(countries: Sequence[str]) -> str:
    """Return the country of a layer that covers just one (the map then opens on it), or the region."""
    return countries[0] if len(countries) == 1 else REGION


def scope_of(view: ViewState, scene: Mapping[str, Any], place: Mapping[str, Any] | None) -> str:
    """Return whose scale the colours have: the country of the place that is looked into, the one in focus, or all."""
    if place is not None:
        return str(place["iso3"])
    return REGION if view.country == EVERYWHERE else view.country or only_country(scene["countries"])


def without_paths(map_json: Mapping[str, Any]) -> dict[str, Any]:
    """Return a map without its paths: the browser finds those in the drawing that came with the page."""
    keep = ("x", "y", "box", "near", "marker")
    return {
        **{k: map_json[k] for k in ("width", "height", "km_per_unit")},
        "shapes": [{k: s[k] for k in keep} for s in map_json["shapes"]],
        "countries": [{k: c[k] for k in ("iso3", "box", "x", "y")} for c in map_json["countries"]],
    }
