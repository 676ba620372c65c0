"""The governance page: who answers for the data, who sees what, what is never collected, how to object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, get_args

from babel.dates import format_date
from flask import Flask, Response, request

from dashboard.auth.access import current_access
from dashboard.fragments import environment
from dashboard.page import Page
from dashboard.quality import report_address
from dashboard.reading import reader_language
from dashboard.services import Datasets, Services
from layers.catalog import TIER_OF, TIERS, Governance, Sensitivity, Tier
from layers.words import Words, languages, load_words

ADDRESS = "/governance"


def _may_count(services: Services) -> bool:
    """Whether the reader may know how much the snapshot holds: not somebody who has not signed in to a higher tier."""
    return services.settings.tier == "public" or current_access() is not None


def _tier_rows(services: Services, words: Words) -> list[dict[str, Any]]:
    """Return what each tier holds and who reads it; of the tiers above the served one no layer is counted or named."""
    served: Tier = services.settings.tier
    held = TIERS[: TIERS.index(served) + 1]
    sensitivities: tuple[Sensitivity, ...] = get_args(Sensitivity)
    return [
        {
            "name": words(f"tier.{tier}"),
            "sensitivity": ", ".join(words(f"sensitivity.{s}") for s in sensitivities if TIER_OF[s] == tier),
            "holds": words(f"governance.holds_{tier}"),
            "readers": words(f"governance.readers_{tier}"),
            "here": words.number(sum(spec.tier == tier for spec in services.shown), 0)
            if tier in held and _may_count(services)
            else words("governance.elsewhere"),
            "served": tier == served,
        }
        for tier in TIERS
    ]


def _day(day: date, lang: str) -> str:
    return str(format_date(day, "d MMMM y", locale=lang))


def _people(governance: Governance | None, words: Words) -> list[tuple[str, str]]:
    if governance is None:
        return []
    offices = {name: getattr(governance, name) for name in ("owner", "host", "funder", "contact")}
    return [(words(f"governance.{name}"), office.in_language(words.lang)) for name, office in offices.items()]


def _approvals(governance: Governance | None, words: Words) -> list[str]:
    given = governance.approvals if governance else ()
    return [
        words(
            "governance.approval",
            office=one.name_of_office.in_language(words.lang),
            role=words(f"governance.role_{one.role}")
            if f"governance.role_{one.role}" in words
            else one.role.replace("_", " "),
            day=_day(one.date, words.lang),
        )
        for one in given
    ]


def _counts(services: Services) -> tuple[int, int]:
    """Return how many figures of the snapshot are withheld, and how many there are."""
    reasons = services.snapshot.read_table("observations", columns=["missing_reason"])["missing_reason"]
    return int((reasons == "suppressed").sum()), int(reasons.isin(["", "suppressed"]).sum())


class GovernancePage:
    """Renders the page for the datasets of an app.

    Parameters
    ----------
    datasets : Datasets
    page : Page
        For the styles and the icon.
    """

    def __init__(self, datasets: Datasets, page: Page) -> None:
        self.datasets, self.page = datasets, page
        self._withheld = cache(lambda content: _counts(datasets.by_content(content)))

    def render(self, query: Mapping[str, str], language: str) -> str:
        """Return the page.

        Parameters
        ----------
        query : mapping of str to str
            `dataset` and `lang` of the address.
        language : str
            The reader's language if the address names none.

        Raises
        ------
        UnknownAddressError
            If the address names a dataset that is not served.
        """
        services = self.datasets.get(query.get("dataset") or None)
        lang = query["lang"] if query.get("lang") in languages() else language
        words, dataset = load_words(lang), services.catalog.dataset
        governance = dataset.governance
        withheld, figures = self._withheld(services.content_id)
        until = governance.retention_until if governance else None
        return (
            environment()
            .get_template("governance.html.j2")
            .render(
                w=words,
                lang=lang,
                css=self.page.assets.text("tokens.css"),
                assets=self.page.assets.address,
                home=f"/?lang={lang}" if services.is_default else f"/?dataset={services.id}&lang={lang}",
                quality=report_address(services, lang),
                language_prefix=services.governance_address(""),
                datasets=[
                    {
                        "title": one.catalog.dataset.title.in_language(lang),
                        "href": one.governance_address(lang),
                        "current": one is services,
                    }
                    for one in self.datasets.all.values()
                ],
                dataset=dataset.title.in_language(lang),
                description=dataset.description.in_language(lang),
                synthetic=dataset.synthetic,
                tier=words(f"tier.{services.settings.tier}"),
                people=_people(governance, words),
                purpose=services.purpose(lang),
                complaints=governance.complaints.in_language(lang) if governance else "",
                contact=governance.contact.in_language(lang) if governance else "",
                retention=_day(until, lang) if until else "",
                approvals=_approvals(governance, words),
                tiers=_tier_rows(services, words),
                may_count=_may_count(services),
                withheld=words.number(withheld, 0),
                figures=words.number(figures, 0),
                disclaimer=services.disclaimer(lang),
                un_cleared=dataset.un_cleared,
            )
        )


def register(server: Flask, datasets: Datasets, page: Page, language: str) -> None:
    """Add the address of the page to a server."""
    pages = GovernancePage(datasets, page)

    def governance() -> Response:
        best = reader_language(request, language)
        response = Response(pages.render(request.args.to_dict(), best), mimetype="text/html")
        response.headers["Cache-Control"] = "no-cache"
        return response

    server.add_url_rule(ADDRESS, "atlas_governance", governance)
