"""The audit log as a page, for the owner of the data."""

from __future__ import annotations

from typing import get_args

from flask import Flask, Response, g, request

from dashboard.audit import ACTS, EVERY, AuditLog
from dashboard.auth.gate import Gate
from dashboard.auth.people import LOOPBACK_ID
from layers.catalog import TIERS, AdminLevel

ADDRESS = "/audit"
PER_PAGE = 50
_MOST_PAGES = 10_000


def register(server: Flask, gate: Gate, log: AuditLog) -> None:
    """Add the page to a server.

    Parameters
    ----------
    server : flask.Flask
    gate : Gate
    log : AuditLog
    """

    def audit() -> Response:
        if not g.atlas_person.is_owner:
            return gate.message(403, "owner_only")
        number = request.args.get("page", "1")
        page = min(int(number), _MOST_PAGES) if number.isascii() and number.isdigit() and int(number) else 1
        indicator = request.args.get("indicator", "")[:64]
        tiers = TIERS[: TIERS.index(gate.settings.tier) + 1]
        found = log.entries(indicator, (page - 1) * PER_PAGE, PER_PAGE + 1, tiers)
        choices = log.indicators(tiers)
        log.write("audit", g.atlas_person.id, gate.settings.tier)
        return gate.render(
            "audit",
            entries=found[:PER_PAGE],
            acts=ACTS,
            every=EVERY,
            nobody=LOOPBACK_ID,
            levels=get_args(AdminLevel),
            tiers=TIERS,
            has_older=len(found) > PER_PAGE,
            page=page,
            indicator=indicator,
            choices=choices,
        )

    server.add_url_rule(ADDRESS, "atlas_audit", audit)
