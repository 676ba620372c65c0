"""The quality report in the app: what joined how, how full the figures are, and which are worth a look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from flask import Flask, Response, request

from dashboard.audit import note_view
from dashboard.fragments import environment
from dashboard.page import Page
from dashboard.reading import reader_language
from dashboard.services import Datasets, Services
from dashboard.view_state import ViewState
from layers.periods import Period
from layers.quality import ReportView, render_report_body, report_style
from layers.words import languages, load_words

ADDRESS = "/quality"
WHOLE_UNITS = 5_000


def report_address(services: Services, lang: str, indicator: str | None = None) -> str:
    """Return the address of the report, or of what it says of one indicator.

    Parameters
    ----------
    services : Services
    lang : str
    indicator : str, optional

    Returns
    -------
    str
    """
    parts = [] if services.is_default else [f"dataset={services.id}"]
    parts += [] if indicator is None else [f"indicator={indicator}"]
    return f"{ADDRESS}?{'&'.join([*parts, f'lang={lang}'])}"


def _on_map(services: Services, line: Mapping[str, Any], lang: str) -> str:
    """Return the address of a figure on the map."""
    start, end = date.fromisoformat(line["period_start"]), date.fromisoformat(line["period_end"])
    view = ViewState(
        dataset=None if services.is_default else services.id,
        layer=line["indicator"],
        level=line["level"],
        period=Period(end, start).id,
        country=line["iso3"],
        unit=line["unit_id"] or None,
        lang=lang,
    )
    return "/" + view.query()


class QualityPage:
    """Renders the report of a snapshot for the app; pages are kept, since a snapshot never changes.

    Parameters
    ----------
    datasets : Datasets
    page : Page
        For the styles, scripts and the icon.
    """

    def __init__(self, datasets: Datasets, page: Page) -> None:
        self.datasets, self.page = datasets, page
        self._body = lru_cache(maxsize=64)(self._render_body)

    def _render_body(self, content: str, indicator: str | None, lang: str) -> str:
        services = self.datasets.by_content(content)
        view = ReportView(
            services.snapshot.report_json(),
            load_words(lang),
            whole=WHOLE_UNITS,
            map_link=lambda line: _on_map(services, line, lang),
            indicator_link=lambda one: report_address(services, lang, one),
        )
        return render_report_body(view, indicator=indicator)

    def render(self, query: Mapping[str, str], language: str) -> str:
        """Return the page.

        Parameters
        ----------
        query : mapping of str to str
            `dataset`, `indicator` and `lang` of the address.
        language : str
            The reader's language if the address names none.

        Returns
        -------
        str

        Raises
        ------
        UnknownAddressError
            If the address names a dataset or an indicator that is not served.
        """
        services = self.datasets.get(query.get("dataset") or None)
        lang = query["lang"] if query.get("lang") in languages() else language
        indicator = query.get("indicator") or None
        if indicator is not None:
            services.spec(indicator)
        note_view("quality", services.id, [services.spec(indicator)] if indicator else services.catalog.indicators)
        words = load_words(lang)
        return (
            environment()
            .get_template("quality.html.j2")
            .render(
                w=words,
                lang=lang,
                title=services.spec(indicator).title.in_language(lang) if indicator else words("quality.title"),
                css=self.page.assets.text("tokens.css") + report_style(),
                assets=self.page.assets.address,
                body=self._body(services.content_id, indicator, lang),
                back=report_address(services, lang) if indicator else None,
                home=f"/?lang={lang}" if services.is_default else f"/?dataset={services.id}&lang={lang}",
                layer=_layer_address(services, indicator, lang),
                governance=services.governance_address(lang),
                language_prefix=report_address(services, "", indicator),
                datasets=[
                    {
                        "title": one.catalog.dataset.title.in_language(lang),
                        "href": report_address(one, lang),
                        "current": one is services,
                    }
                    for one in self.datasets.all.values()
                ],
            )
        )


def _layer_address(services: Services, indicator: str | None, lang: str) -> str | None:
    """Return the address of an indicator's layer; None if it has no figure to be drawn."""
    if indicator is None or not services.levels(indicator):
        return None
    dataset = None if services.is_default else services.id
    level = services.opening_level(indicator)
    return "/" + ViewState(dataset=dataset, layer=indicator, level=level, lang=lang).query()


def register(server: Flask, datasets: Datasets, page: Page, language: str) -> None:
    """Add the address of the report to a server."""
    pages = QualityPage(datasets, page)

    def quality() -> Response:
        best = reader_language(request, language)
        response = Response(pages.render(request.args.to_dict(), best), mimetype="text/html")
        response.headers["Cache-Control"] = "no-cache"
        return response

    server.add_url_rule(ADDRESS, "atlas_quality", quality)
