"""Errors of the dashboard, and the one table that turns errors into what a reader is told."""

from __future__ import annotations

from geodata.errors import DashboardError, DriversError, GeodataError, LayerError


class UnsafeTierError(DashboardError):
    """A tier above public would be reachable from other machines without sign-in."""


class UnknownAddressError(DashboardError):
    """An address names a layer, level, language or file that does not exist."""


class NonsenseError(DashboardError):
    """A request that no page of the app sends."""


STATUS: tuple[tuple[type[DriversError], int], ...] = (
    (NonsenseError, 400),
    (UnknownAddressError, 404),
    (UnsafeTierError, 403),
    (LayerError, 404),
    (GeodataError, 503),
    (DriversError, 500),
)


def http_status(error: DriversError) -> int:
    """Return the HTTP status of an error: the first line of the table that fits."""
    return next(status for kind, status in STATUS if isinstance(error, kind))
