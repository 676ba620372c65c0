"""What a person is asked about a place: which unit is meant, with the units that it may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a place is not joined, or why a unit is proposed for it; in English and Russian."""

    en: str
    ru: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that a place may be.

    Attributes
    ----------
    unit_id, name : str
        `name` is the official English name.
    score : float
        0 to 1.
    reason : Reason
    """

    unit_id: str
    name: str
    score: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Proposal:
    """A place of lenient tables that waits for a decision.

    Attributes
    ----------
    iso3, level, boundary_set, parent, place_code, place_name : str
        The place as written; `parent` is the name of the parent, or else its code.
    reason : Reason
        Why it does not join by itself.
    candidates : tuple of Candidate
        At most three, the best first.
    rows : int
        Figures that wait.
    files, sources : tuple of str
        Tables and source_ids that have the place.
    """

    iso3: str
    level: str
    boundary_set: str
    parent: str
    place_code: str
    place_name: str
    reason: Reason
    candidates: tuple[Candidate, ...]
    rows: int
    files: tuple[str, ...]
    sources: tuple[str, ...]
