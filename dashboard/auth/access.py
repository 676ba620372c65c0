"""What pages know of whoever asks for them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, has_request_context

from dashboard.auth.people import Person
from layers.catalog import Tier


@dataclass(frozen=True)
class Access:
    """Who asks, for which tier.

    Attributes
    ----------
    person : Person
    tier : str
        Tier of the process.
    is_signed_in : bool
        False where no sign-in is asked for.
    token : str
        What the person's forms must carry.
    """

    person: Person
    tier: Tier
    is_signed_in: bool
    token: str


def current_access() -> Access | None:
    """Return who asks for the page; None on pages for everybody, and outside of a request."""
    return getattr(g, "atlas_access", None) if has_request_context() else None
