"""Recognises files against the units and the catalog of packages, as the command line and the app show it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from etl.formats import RawTable, read_tables
from etl.intake.execute import run_intake
from etl.intake.places import PlaceIndex
from etl.intake.propose import NEEDED, Proposal, propose_mapping, to_yaml, trial_json, try_mapping
from etl.intake.recognise import Recognised, recognise_table, to_json
from etl.intake.scaffold import add_intake, intake_name, raw_name
from etl.intake.spec import CodeKind, Constants, IntakeSpec, Role
from etl.package import BoundIndicator, Package, categories_of, read_catalog
from etl.persons import EXPECTED, REMEDIES
from etl.problems import Problems
from etl.reference import Reference, check_reference, known_licences
from etl.rows import named_rows
from etl.yamlfiles import Located, parse_model, read_yaml
from geodata.contracts import LEVELS, MISSING_REASONS, SENSITIVITIES
from layers.catalog import IndicatorSpec, Kind

_KINDS = get_args(Kind)


def _countries(reference: Reference) -> list[dict[str, Any]]:
    units = reference.units.loc[reference.units["level"] == "ADM0"].drop_duplicates("iso3")
    levels = reference.units.groupby("iso3")["level"].unique()
    return [
        {"iso3": row.iso3, "name": {"en": row.name_en, "ru": row.name_ru}, "levels": sorted(levels[row.iso3])}
        for row in named_rows(units.sort_values("iso3"))
    ]


def _known(package: Package, reference: Reference) -> dict[str, Any]:
    """Return the lists that a person chooses from."""
    specs = sorted((bound.spec for bound in package.indicators), key=lambda spec: spec.id)
    return {
        "roles": list(get_args(Role)),
        "code_kinds": list(get_args(CodeKind)),
        "levels": list(LEVELS),
        "constants": list(Constants.model_fields),
        "licences": sorted(known_licences()),
        "missing_reasons": [reason for reason in MISSING_REASONS if reason],
        "sensitivities": list(SENSITIVITIES),
        "kinds": list(_KINDS),
        "needed": list(NEEDED),
        "countries": _countries(reference),
        "drivers": [{"id": driver.id, "title": driver.title.model_dump()} for driver in package.drivers],
        "sources": _sources(reference),
        "indicators": [_indicator(spec) for spec in specs],
    }


def _sources(reference: Reference) -> list[dict[str, str]]:
    rows = reference.sources[["source_id", "title", "publisher"]].astype("str")
    return [{str(name): str(value) for name, value in row.items()} for row in rows.to_dict("records")]


def _indicator(spec: IndicatorSpec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "title": spec.title.model_dump(),
        "unit": spec.unit.text.model_dump(),
        "driver": spec.driver,
        "kind": spec.kind,
        "levels": list(spec.levels),
        "value_range": list(spec.value_range),
    }


def _problems_json(problems: Problems) -> list[dict[str, Any]]:
    return [problem.to_json() | {"text": str(problem)} for problem in problems.found]


def _table_json(
    recognised: Recognised,
    proposal: Proposal,
    name: str,
    problems: Problems,
    given: IntakeSpec | None,
    categories: Mapping[str, IndicatorSpec],
) -> dict[str, Any]:
    trial = None
    file = f"intake/{name}.yml"
    if recognised.refused:
        pass
    elif given is not None:
        intake = run_intake(recognised.table, given, file, problems, categories=categories)
        trial = None if intake is None else trial_json(intake, set())
    elif not {"place", "period", "values"} & set(proposal.open):
        trial = try_mapping(recognised, proposal, file, problems)
    return {
        **to_json(recognised),
        "name": name,
        "mapping": proposal.mapping,
        "yaml": to_yaml(proposal.mapping),
        "open": proposal.open,
        "indicators": proposal.indicators,
        "trial": trial,
    }


def _report_refused(recognised: Recognised, problems: Problems) -> None:
    layout, table = recognised.layout, recognised.table
    row = int(table.rows[layout.header[-1]]) if layout.header and table.rows[layout.header[-1]] > 0 else None
    for refusal in recognised.refused:
        problems.add(
            table.file,
            row,
            refusal.column,
            found=refusal.found,
            expected=EXPECTED[refusal.kind],
            remedy=REMEDIES[refusal.kind],
        )


def _read_mapping(path: Path | None, problems: Problems) -> tuple[IntakeSpec | None, Located | None]:
    if path is None:
        return None, None
    located = read_yaml(path, path.name, problems)
    if located is None:
        return None, None
    return parse_model(IntakeSpec, located.value, path.name, problems, located), located


def _recognise_file(
    path: Path,
    tables: list[RawTable],
    index: PlaceIndex,
    given: Mapping[str, str],
    spec: IntakeSpec | None,
    located: Located | None,
    problems: Problems,
    mapping_name: str | None = None,
    described: Sequence[BoundIndicator] = (),
    prefix: str = "",
) -> dict[str, Any]:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    found = []
    for table in tables:
        recognised = recognise_table(table, index)
        only = len(tables) == 1
        proposal = propose_mapping(
            recognised, index, raw_name(path.name), sha256=sha256, is_only_part=only, given=given
        )
        if spec is not None and located is not None:
            proposal = Proposal(located.value, [])
        _report_refused(recognised, problems)
        name = mapping_name or intake_name(path.name, table.part, only)
        categories = categories_of(described, f"{prefix}intake/{name}.yml")
        found.append(_table_json(recognised, proposal, name, problems, spec, categories))
    return {
        "file": path.name,
        "bytes": path.stat().st_size if path.is_file() else 0,
        "sha256": sha256,
        "tables": found,
        "written": [],
    }


def recognise_files(
    paths: Sequence[Path],
    base: Sequence[Path],
    *,
    format: str | None = None,  # noqa: A002 -- the word of the mapping
    part: str | None = None,
    given: Mapping[str, str] | None = None,
    mapping: Path | None = None,
    name: str | None = None,
    package: Path | None = None,
    write: bool = False,
    replace: bool = False,
    progress: Callable[[str], None] = lambda step: None,
) -> dict[str, Any]:
    """Say what files hold, propose how they are read, and put them into a package if asked to.

    Parameters
    ----------
    paths : sequence of pathlib.Path
    base : sequence of pathlib.Path
        Packages with the known units and indicators.
    format, part : str, optional
        As of a mapping.
    given : mapping of str to str, optional
        Constants for the proposed mappings.
    mapping : pathlib.Path, optional
        A mapping that is tried instead of the proposed one.
    name : str, optional
        Name of the mapping, instead of one made of file and part; for one table.
    package : pathlib.Path, optional
        The package that the files belong to.
    write : bool, default False
        Copy the files into the package and write the mappings. Nothing is written if anything is refused.
    replace : bool, default False
        Write over what is there.
    progress : callable, optional

    Returns
    -------
    dict
        As docs/reference/intake.md describes it.
    """
    problems = Problems()
    progress("read the units")
    roots = [*base, *([package] if package is not None and package not in base else [])]
    known = read_catalog(roots, problems) if roots else Package()
    reference = check_reference(known, problems) if roots and not problems.found else None
    index = PlaceIndex.of(reference) if reference is not None else PlaceIndex()
    spec, located = _read_mapping(mapping, problems)
    described = known.indicators if package is not None else []
    prefix = f"{package.name}/" if package is not None and package != roots[0] else ""
    constants = _check_given(given or {}, problems)
    files = []
    for path in paths:
        progress(f"read {path.name}")
        tables = read_tables(path, path.name, problems, format, part or (spec.part if spec is not None else None))
        files.append(_recognise_file(path, tables, index, constants, spec, located, problems, name, described, prefix))
    if write and package is not None and not problems.found:
        for path, file in zip(paths, files, strict=True):
            mappings = {table["name"]: table["yaml"] for table in file["tables"]}
            file["written"] = add_intake(package, path, mappings, problems, replace=replace)
    listed = _known(known, reference) if reference is not None else {}
    return {"ok": not problems.found, "files": files, "known": listed, "problems": _problems_json(problems)}


def _check_given(given: Mapping[str, str], problems: Problems) -> dict[str, str]:
    return dict(given) if parse_model(Constants, dict(given), "--set", problems) is not None else {}
