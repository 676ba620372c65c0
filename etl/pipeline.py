"""The steps of a build in their order: read, validate, harmonise, match, join, protect, publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from etl.boundaries import UnitShapes, build_shapes, read_known_holes
from etl.carry import carry_series
from etl.disclosure.earlier import read_earlier
from etl.disclosure.evidence import evidence_json
from etl.disclosure.gate import Earlier, Sealed
from etl.harmonise import Harmonised, harmonise_figures
from etl.join import Joined, join_units
from etl.match import Matches, match_places
from etl.other_names import other_names_json
from etl.package import JOINING_TABLES, REQUIRED_TABLES, Package, read_packages
from etl.problems import Problems
from etl.proposal import Proposal
from etl.protect import protect_figures
from etl.publish import publish_snapshot
from etl.quality.page import render_report
from etl.quality.report import make_report
from etl.reference import Reference, check_reference
from etl.reference_layers import ReferenceLayers, read_reference_layers
from etl.release import require_release
from etl.review import read_decisions
from etl.rows import named_rows
from etl.tables import TierContent, catalog_json, draw, make_content, make_maps, units_table
from geodata.contracts import check_tables
from geodata.errors import ProjectionError
from geodata.projection import require_equal_area
from geodata.reference_layers import make_reference
from geodata.snapshot import DISCLOSURE, NAMES
from layers.catalog import TIERS, Dataset, Driver, FlowSpec, IndicatorSpec, Tier

Progress = Callable[[str], None]
UNIT_ORDER = ["iso3", "level", "unit_id", "boundary_set"]


@dataclass(frozen=True)
class Prepared:
    """A package that has passed every check, ready to be published at any tier.

    Attributes
    ----------
    dataset : Dataset
    drivers : tuple of Driver
    specs : list of IndicatorSpec
    reference : Reference
    units : pandas.DataFrame
        The published table of units.
    shapes : UnitShapes
        Row by row as `units`.
    joined : Joined
    proposals : list of Proposal
        Places that wait for a decision.
    flows : tuple of FlowSpec
        Moves of people between units; their figures are in `reference`.
    layers : ReferenceLayers or None
        What is drawn for orientation; None if no package says.
    """

    dataset: Dataset
    drivers: tuple[Driver, ...]
    specs: list[IndicatorSpec]
    reference: Reference
    units: pd.DataFrame
    shapes: UnitShapes
    joined: Joined
    proposals: list[Proposal]
    flows: tuple[FlowSpec, ...] = ()
    layers: ReferenceLayers | None = None


@dataclass(frozen=True)
class Matched:
    """Packages up to the matching of their figures, before anything is joined.

    Attributes
    ----------
    package : Package
    reference : Reference
        With its units in their final order, and the decisions of the review files.
    shapes : UnitShapes or None
        None if boundaries or units have problems.
    harmonised : Harmonised
    matches : Matches
    """

    package: Package
    reference: Reference
    shapes: UnitShapes | None
    harmonised: Harmonised
    matches: Matches


@dataclass(frozen=True, slots=True)
class Published:
    """What a build published for one tier."""

    tier: str
    path: Path
    snapshot_id: str
    indicators: int
    observations: int
    quality: dict[str, Any]


def _no_progress(step: str) -> None:
    """Say nothing."""


def _are_good(package: Package, problems: Problems, *names: str) -> bool:
    """Tell whether reference tables were read, are not empty where they must not be, and have no problem."""
    files = [file for name in names for file in package.reference_files.get(name, [])]
    filled = all(len(package.reference[name]) for name in REQUIRED_TABLES if name in names)
    return filled and not problems.has_any(*files)


def _projection_fits(package: Package, problems: Problems) -> bool:
    if package.dataset is None:
        return False
    try:
        require_equal_area(package.dataset.projection.proj)
    except ProjectionError as error:
        problems.add(
            "catalog/dataset.yml",
            None,
            "projection.proj",
            found=f'"{package.dataset.projection.proj}"',
            expected="an equal-area projection in metres",
            remedy=f"Correct it ({error}).",
        )
        return False
    return True


def match_packages(roots: Sequence[Path], problems: Problems, progress: Progress = _no_progress) -> Matched:
    """Read, validate, harmonise and match one or several data packages.

    Parameters
    ----------
    roots : sequence of pathlib.Path
    problems : Problems
        Collects every problem; the result is complete only if none was added.
    progress : callable, optional

    Returns
    -------
    Matched

    Raises
    ------
    BadInputError
        If the reference tables have problems: then nothing can be matched.
    """
    progress("read")
    package = read_packages(roots, problems)
    progress("validate")
    reference = check_reference(package, problems)
    shapes = None
    units_are_good = _are_good(package, problems, "boundary_sets", "units")
    if _projection_fits(package, problems) and units_are_good and package.dataset is not None:
        units = reference.units.sort_values(UNIT_ORDER, ignore_index=True)
        reference = replace(reference, units=units)
        holes = read_known_holes(reference.boundary_sets, problems)
        shapes = build_shapes(units, package.boundaries, package.dataset.projection.proj, problems, holes)
    reference = replace(reference, decisions=read_decisions(roots, reference, problems))
    progress("harmonise")
    sources = reference.sources["source_id"] if _are_good(package, problems, "sources") else None
    harmonised = harmonise_figures(package, sources, problems)
    if not _are_good(package, problems, *JOINING_TABLES):
        problems.raise_if_any()
    progress("match")
    ranges = frozenset(bound.spec.id for bound in package.indicators if bound.spec.kind == "range")
    matches = match_places(harmonised.figures, reference, problems, lenient_files=harmonised.lenient, several=ranges)
    return Matched(package, reference, shapes, harmonised, matches)


def prepare(roots: Sequence[Path], progress: Progress = _no_progress, *, carry: bool = True) -> Prepared:
    """Read, validate, harmonise, match and join one or several data packages.

    Parameters
    ----------
    roots : sequence of pathlib.Path
        Folders with a datapackage.json; the first gives the dataset, later ones add to it.
    progress : callable, optional
        Called with the name of each step.
    carry : bool, default True
        Carry series to other boundary sets where their indicators say so; without it figures stay as published.

    Returns
    -------
    Prepared

    Raises
    ------
    BadInputError
        With every problem of every file, if there is any.
    """
    problems = Problems()
    matched = match_packages(roots, problems, progress)
    package, reference, shapes = matched.package, matched.reference, matched.shapes
    specs = {bound.spec.id: bound.spec for bound in package.indicators}
    good = _are_good(package, problems, "sources")
    layers = read_reference_layers(roots, sorted(reference.sources["source_id"]) if good else None, problems)
    progress("join")
    joined = join_units(matched.harmonised, matched.matches, reference, specs, problems)
    problems.raise_if_any()
    if carry:
        joined = carry_series(joined, package.indicators, reference, problems)
        problems.raise_if_any()
    if shapes is None or package.dataset is None:  # only for the type checker: each of them adds a problem
        raise AssertionError
    return Prepared(
        package.dataset,
        package.drivers,
        list(specs.values()),
        reference,
        units_table(reference, shapes),
        shapes,
        joined,
        matched.matches.proposals,
        package.flows,
        layers,
    )


def _sources_json(sources: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {
        row.source_id: {
            "title": row.title,
            "publisher": row.publisher,
            "url": row.url,
            "licence": row.licence,
            "terms": row.terms,
            "date_accessed": None if pd.isna(row.date_accessed) else f"{row.date_accessed:%Y-%m-%d}",
            "caveat": {"en": row.caveat_en, "ru": row.caveat_ru},
        }
        for row in named_rows(sources)
    }


def _sets_json(sets: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {
        row.boundary_set: {
            "iso3": row.iso3,
            "title": {"en": row.title_en, "ru": row.title_ru},
            "valid_from": None if pd.isna(row.valid_from) else f"{row.valid_from:%Y-%m-%d}",
            "valid_to": None if pd.isna(row.valid_to) else f"{row.valid_to:%Y-%m-%d}",
            "by_date": bool(row.by_date),
            "source_id": row.source_id,
            "note": {"en": row.note_en, "ru": row.note_ru},
        }
        for row in named_rows(sets)
    }


def _units_of_today(content: TierContent) -> dict[str, int]:
    sets = content.tables["boundary_sets"]
    today = pd.Timestamp.now().normalize()
    valid = sets["by_date"] & ~(sets["valid_from"] > today) & ~(sets["valid_to"] < today)
    units = content.tables["units"]
    counts = (
        units.loc[units["boundary_set"].isin(sets.loc[valid, "boundary_set"])].groupby("level", observed=True).size()
    )
    return {str(level): int(n) for level, n in counts.sort_index().items() if n}


def _summary(prepared: Prepared, content: TierContent, report: dict[str, Any]) -> dict[str, Any]:
    catalog = content.catalog
    used = {spec.driver for spec in catalog.indicators}
    return {
        "dataset": prepared.dataset.id,
        "title": prepared.dataset.title.model_dump(),
        "projection": prepared.dataset.projection.proj,
        "un_cleared": prepared.dataset.un_cleared,
        "governance": prepared.dataset.governance and prepared.dataset.governance.model_dump(mode="json"),
        "units": _units_of_today(content),
        "drivers": [driver.id for driver in catalog.drivers if driver.id in used],
        "indicators": len(catalog.indicators),
        "observations": len(content.tables["observations"]),
        "withheld": [asdict(item) for item in content.withheld],
        "sources": _sources_json(content.tables["sources"]),
        "boundary_sets": _sets_json(content.tables["boundary_sets"]),
        "quality": _quality(report),
    }


def _search_summary(sealed: Sealed, content: TierContent) -> dict[str, Any]:
    """Return how the withheld cells were found; it may differ between machines, so it is no part of the evidence."""
    held = {spec.id: sealed.search[spec.id] for spec in content.catalog.indicators if spec.id in sealed.search}
    return {"disclosure": held} if held else {}


def _quality(report: dict[str, Any]) -> dict[str, Any]:
    return {
        **{f"rows_{name}": n for name, n in report["rows"].items()},
        "by_match_method": report["by_match_method"],
        "by_status": report["by_status"],
    }


def _content(prepared: Prepared, tier: Tier) -> TierContent:
    return make_content(
        prepared.dataset,
        prepared.drivers,
        prepared.specs,
        prepared.reference,
        prepared.units,
        prepared.joined,
        tier,
        prepared.flows,
        prepared.layers.sources if prepared.layers is not None else (),
    )


def protect(
    prepared: Prepared, earlier: Earlier, progress: Progress = _no_progress, tiers: Sequence[Tier] = TIERS
) -> tuple[Prepared, Sealed]:
    """Withhold what may not be published of a prepared package; it is the same in every tier.

    Parameters
    ----------
    prepared : Prepared
    earlier : mapping of str to pandas.DataFrame
        What earlier releases show, by indicator.
    progress : callable, optional
    tiers : sequence of str
        What will be published.

    Returns
    -------
    prepared : Prepared
        Withheld figures have no numbers.
    sealed : Sealed
        The evidence.

    Raises
    ------
    BadInputError
        If figures are finer than allowed, or totals contradict their parts.
    DisclosureError
        If what is already published gives away what must be hidden.
    """
    joined = prepared.joined
    observations, sealed = protect_figures(
        joined.observations, prepared.specs, prepared.reference.units, earlier, progress, tiers
    )
    notices = [*joined.notices, *sealed.notices]
    return replace(prepared, joined=replace(joined, observations=observations, notices=notices)), sealed


def publish(
    prepared: Prepared,
    out: Path,
    tiers: Sequence[Tier],
    progress: Progress = _no_progress,
    *,
    supersede: bool = False,
) -> list[Published]:
    """Publish a prepared package, one snapshot for each tier.

    Parameters
    ----------
    prepared : Prepared
    out : pathlib.Path
    tiers : sequence of str
    progress : callable, optional
    supersede : bool, default False
        Nobody has an earlier release of the folder: what it shows is not taken as known.

    Returns
    -------
    list of Published

    Raises
    ------
    BadInputError
        If the dataset may not be released: its retention date is past, or approvals are missing.
    DisclosureError
        If what is already published gives away what must be hidden.
    ContractError
        If a table breaks its contract.
    PublishError
        If the disk refuses.
    """
    require_release(prepared.dataset, prepared.specs, tiers)
    guarded = [spec.id for spec in prepared.specs if spec.protection is not None]
    earlier = read_earlier(out, prepared.dataset.id, guarded) if guarded and not supersede else {}
    prepared, sealed = protect(prepared, earlier, progress, tiers)
    result = []
    reference = prepared.reference
    names = other_names_json(reference.other_names, reference.aliases, reference.ambiguous_names, reference.units)
    maps: dict[str, dict[str, Any]] | None = None
    surroundings: dict[str, Any] | None = None
    for tier in tiers:
        progress(f"protect ({tier})")
        content = _content(prepared, tier)
        if maps is None:
            progress("draw the map")
            drawing = draw(prepared.dataset, prepared.shapes)
            sets = content.tables["boundary_sets"]
            maps = make_maps(prepared.dataset, drawing, prepared.units, sets, prepared.shapes)
            if prepared.layers is not None:
                features, named = prepared.layers.features, prepared.layers.sources
                surroundings = make_reference(drawing, features, named, dataset=prepared.dataset.id)
        report = make_report(content, prepared.joined.notices, maps=maps, proposals=prepared.proposals)
        documents = {"catalog.json": catalog_json(content.catalog), "report.json": report}
        evidence = evidence_json(sealed.evidence, content.catalog.indicators, content.tables["observations"])
        if evidence is not None:
            documents[DISCLOSURE] = evidence
        if names is not None:
            documents[NAMES] = names
        progress(f"publish ({tier})")
        path = publish_snapshot(
            out,
            tier,
            content.tables,
            documents,
            maps,
            {"report.html": render_report(report)},
            _summary(prepared, content, report) | _search_summary(sealed, content),
            surroundings,
        )
        result.append(
            Published(
                tier,
                path,
                path.name,
                len(content.catalog.indicators),
                len(content.tables["observations"]),
                _quality(report),
            )
        )
    return result


def validate(roots: Sequence[Path], progress: Progress = _no_progress) -> dict[str, Any]:
    """Run every step but the publishing, up to the contracts of the published tables.

    Parameters
    ----------
    roots : sequence of pathlib.Path
    progress : callable, optional

    Returns
    -------
    dict
        The quality report of the restricted tier, which holds every indicator.

    Raises
    ------
    BadInputError
        With every problem.
    DisclosureError
        If small numbers cannot be protected.
    ContractError
        If a table breaks its contract.
    """
    prepared, _ = protect(prepare(roots, progress), {}, progress)
    progress("check the contracts")
    content = _content(prepared, "restricted")
    check_tables(content.tables)
    return make_report(content, prepared.joined.notices, proposals=prepared.proposals)
