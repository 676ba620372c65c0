"""Reads data packages: descriptor, tables, boundaries and catalog, with every fault of form collected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pandas as pd

from etl.boundary_files import SUFFIXES, BoundBoundaries, name_units, read_boundaries
from etl.descriptor import Descriptor, Resource
from etl.intake.intake import INTAKE_DIR, Intake
from etl.persons import find_belonging, names_persons
from etl.problems import Problems, quoted
from etl.readers import ROW, TABLE_READERS, read_text
from etl.validate import check_foreign_keys, check_no_persons, check_table
from etl.yamlfiles import list_yaml, parse_model, read_yaml
from layers.catalog import Columns, Dataset, Driver, FlowSpec, IndicatorSpec

FILE = "_file"
DATASET_FILE = "catalog/dataset.yml"
DRIVERS_FILE = "catalog/drivers.yml"
FLOWS_FILE = "catalog/flows.yml"
INDICATORS_DIR = "catalog/indicators"
DESCRIPTOR_FILE = "datapackage.json"

REFERENCE_COLUMNS = {
    "boundary_sets": (
        "boundary_set",
        "iso3",
        "title_en",
        "title_ru",
        "valid_from",
        "valid_to",
        "by_date",
        "source_id",
        "note_en",
        "note_ru",
    ),
    "units": (
        "boundary_set",
        "unit_id",
        "level",
        "parent_unit_id",
        "iso3",
        "pcode",
        "iso_3166_2",
        "national_code",
        "name_en",
        "name_ru",
        "name_local",
        "local_lang",
        "unit_type",
        "geometry",
        "members",
        "lon",
        "lat",
        "note_en",
        "note_ru",
    ),
    "sources": (
        "source_id",
        "title",
        "publisher",
        "url",
        "licence",
        "terms",
        "date_accessed",
        "caveat_en",
        "caveat_ru",
    ),
    "aliases": ("iso3", "level", "name", "unit_id", "source_id", "decided_by", "decided_on", "note"),
    "ambiguous_names": ("iso3", "name", "candidates", "reason"),
    "other_names": (
        "iso3",
        "level",
        "unit_id",
        "name_en",
        "name_ru",
        "name_local",
        "relation",
        "first_year",
        "last_year",
        "source_id",
        "decided_by",
        "decided_on",
        "note",
    ),
    "codes": ("iso3", "scheme", "code", "unit_id", "valid_from", "valid_to", "source_id"),
    "exclusions": ("file", "iso3", "level", "place_name", "source_id", "reason_en", "reason_ru"),
    "crosswalk": (
        "from_set",
        "to_set",
        "level",
        "from_unit",
        "to_unit",
        "share_population",
        "share_area",
        "method",
    ),
    "programmes": (
        "org_name",
        "org_type",
        "sector",
        "activity",
        "boundary_set",
        "level",
        "unit_id",
        "status",
        "period_start",
        "period_end",
        "target",
        "reached",
        "budget_usd",
        "source_id",
    ),
    "flows": (
        "flow_id",
        "level",
        "from_set",
        "from_unit",
        "to_set",
        "to_unit",
        "period_start",
        "period_end",
        "persons",
        "missing_reason",
        "source_id",
    ),
}
OPTIONAL_COLUMNS = {"units": ("typology",), "crosswalk": ("source_id", "note"), "boundary_sets": ("known_holes",)}
JOINING_TABLES = tuple(name for name in REFERENCE_COLUMNS if name not in ("programmes", "flows"))
REQUIRED_TABLES = ("boundary_sets", "units", "sources")
_NUMBER_TYPES = ("number", "integer")
_Listed = TypeVar("_Listed", Driver, FlowSpec)


@dataclass(frozen=True, slots=True)
class BoundIndicator:
    """An indicator, the file that declares it and the table that holds its figures."""

    spec: IndicatorSpec
    file: str
    table: str
    has_mapping: bool = False


@dataclass
class Package:
    """One or several data packages as read, before anything is joined.

    Attributes
    ----------
    name : str
        Name of the first package.
    dataset : Dataset or None
        None if its file has problems.
    drivers : tuple of Driver
    flows : tuple of FlowSpec
    indicators : list of BoundIndicator
    reference : dict of str to pandas.DataFrame
        The tables of `REFERENCE_COLUMNS`, all text, with `_file` and `_row`.
    figures : dict of str to pandas.DataFrame
        By file; all text, with `_row`. The figures of an intake are under the name of its mapping.
    intakes : dict of str to Intake
        By mapping; the files as received, read.
    boundaries : dict of str to BoundBoundaries
        By boundary set.
    reference_files : dict of str to list of str
        The files of each reference table, also of those that could not be read.
    """

    name: str = ""
    dataset: Dataset | None = None
    drivers: tuple[Driver, ...] = ()
    flows: tuple[FlowSpec, ...] = ()
    indicators: list[BoundIndicator] = field(default_factory=list)
    reference: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, pd.DataFrame] = field(default_factory=dict)
    intakes: dict[str, Intake] = field(default_factory=dict)
    boundaries: dict[str, BoundBoundaries] = field(default_factory=dict)
    reference_files: dict[str, list[str]] = field(default_factory=dict)


def _read_descriptor(root: Path, prefix: str, problems: Problems) -> Descriptor | None:
    file = prefix + DESCRIPTOR_FILE
    text = read_text(root / DESCRIPTOR_FILE, file, "the descriptor of the data package", problems)
    if text is None:
        return None
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        problems.add(
            file,
            error.lineno,
            "",
            found=f"text that is no JSON ({error.msg})",
            expected="JSON",
            remedy="Check commas, brackets and quotes on this line.",
        )
        return None
    return parse_model(Descriptor, content, file, problems)


def _read_table(root: Path, resource: Resource, prefix: str, problems: Problems) -> pd.DataFrame | None:
    file = prefix + resource.path
    reader = TABLE_READERS.get(resource.path.rsplit(".", 1)[-1])
    if reader is None or resource.table is None:
        return None
    plain = frozenset(f.name for f in resource.table.fields if f.type in _NUMBER_TYPES)
    df = reader(root / resource.path, file, problems, plain)
    if df is not None:
        check_no_persons(df, file, problems, figures=Path(resource.path).stem not in JOINING_TABLES)
        check_table(df, resource, file, problems)
    return df


def _read_list(root: Path, name: str, what: type[_Listed], prefix: str, problems: Problems) -> tuple[_Listed, ...]:
    """Read a YAML file that is a list of drivers, or of flows."""
    file = prefix + name
    located = read_yaml(root / name, file, problems)
    if located is None:
        return ()
    if not isinstance(located.value, list):
        problems.add(
            file,
            1,
            "",
            found="no list",
            expected=f"a list of {Path(name).stem}",
            remedy="Begin each entry with '- id:'.",
        )
        return ()
    found = (parse_model(what, item, file, problems, located.below(at)) for at, item in enumerate(located.value))
    return tuple(one for one in found if one is not None)


def _read_indicator(root: Path, path: Path, prefix: str, problems: Problems) -> BoundIndicator | None:
    file = prefix + path.relative_to(root).as_posix()
    located = read_yaml(path, file, problems)
    if located is None:
        return None
    spec = parse_model(IndicatorSpec, located.value, file, problems, located)
    if spec is None:
        return None
    if spec.id != path.stem:
        problems.add(
            file,
            located.line(("id",)),
            "id",
            found=quoted(spec.id),
            expected=f"the name of the file, {path.stem}",
            remedy="Rename the file or the indicator.",
        )
        return None
    if any(names_persons(name) for name in (spec.id, *spec.source.where.values())):
        problems.add(
            file,
            located.line(("id",)),
            "id",
            found=quoted(spec.id),
            expected="no indicator of persons, ethnicity, nationality or religion",
            remedy="Remove the indicator: it is not published at any tier.",
        )
        return None
    belonging = find_belonging(text for one in spec.categories for text in one.texts)
    if belonging:
        problems.add(
            file,
            located.line(("categories",)),
            "categories",
            found=f"a list {belonging}",
            expected="no categories of ethnicity, nationality or religion",
            remedy="Remove the indicator: it is not published at any tier.",
        )
        return None
    is_there = spec.source.reader == "intake" and (root / spec.source.file).is_file()
    return BoundIndicator(spec, file, prefix + spec.source.file, is_there)


def _check_binding(bound: BoundIndicator, df: pd.DataFrame | None, problems: Problems) -> bool:
    if df is None:
        if not problems.has_any(bound.table) and not bound.has_mapping:
            is_intake = bound.spec.source.reader == "intake"
            problems.add(
                bound.file,
                None,
                "source.file",
                found=quoted(bound.table),
                expected="a mapping in the folder intake/" if is_intake else "a resource of datapackage.json",
                remedy="Add the mapping, or correct its name."
                if is_intake
                else "Describe the file in datapackage.json, or correct its name.",
            )
        return False
    needed = {*bound.spec.source.where, *required_columns(bound.spec.columns)}
    absent = sorted(needed - set(df.columns))
    if absent and not problems.has_any(bound.table):
        problems.add(
            bound.file,
            None,
            "source",
            found=f"no column {', '.join(absent)} in {bound.table}",
            expected="the columns that the indicator reads",
            remedy="Correct `where` or `columns`, or add the column.",
        )
    return not absent


def required_columns(columns: Columns) -> set[str]:
    """Return the columns without which no figure can be placed in space and time."""
    return {
        columns.iso3,
        columns.level,
        columns.place_code,
        columns.place_name,
        columns.period_start,
        columns.period_end,
        columns.value,
        columns.source_id,
    }


def categories_of(bounds: Sequence[BoundIndicator], file: str) -> dict[str, IndicatorSpec]:
    """Return the indicators of categories that read a table, by the text that selects them, "" if none does."""
    mine = [bound.spec for bound in bounds if bound.table == file and bound.spec.categories]
    return {spec.source.where.get("indicator", ""): spec for spec in mine}


def _read_intakes(root: Path, prefix: str, bounds: Sequence[BoundIndicator], problems: Problems) -> dict[str, Intake]:
    paths = list(list_yaml(root / INTAKE_DIR))
    if not paths:
        return {}
    from etl.intake.execute import read_intake  # the readers of foreign formats are large: loaded only if needed

    found = (
        read_intake(root, path, prefix, problems, categories_of(bounds, prefix + path.relative_to(root).as_posix()))
        for path in paths
    )
    return {intake.file: intake for intake in found if intake is not None}


def _columns_of(name: str) -> tuple[str, ...]:
    return (*REFERENCE_COLUMNS[name], *OPTIONAL_COLUMNS.get(name, ()))


def _reference_table(df: pd.DataFrame, name: str, file: str, problems: Problems) -> pd.DataFrame | None:
    absent = [column for column in REFERENCE_COLUMNS[name] if column not in df.columns]
    if absent:
        problems.add(
            file,
            1,
            ", ".join(absent),
            found="no such column",
            expected=f"the columns {', '.join(REFERENCE_COLUMNS[name])}",
            remedy="Add the missing column to the header and to every row.",
        )
        return None
    columns = _columns_of(name)
    filled = df.assign(**{column: "" for column in columns if column not in df.columns})
    text = filled.loc[:, [*columns, ROW]].astype(dict.fromkeys(columns, "str"))
    return text.assign(**{FILE: file})


def _read_one(root: Path, prefix: str, problems: Problems, *, only_catalog: bool = False) -> Package:
    package = Package(name=root.name)
    if not root.is_dir():
        problems.add(
            prefix + DESCRIPTOR_FILE,
            None,
            "",
            found=f"no folder {root.name}",
            expected="a data package",
            remedy="Give the folder that holds datapackage.json.",
        )
        return package
    descriptor = _read_descriptor(root, prefix, problems)
    resources = descriptor.resources if descriptor is not None else ()
    tables: dict[str, tuple[Resource, str, pd.DataFrame]] = {}
    for resource in resources:
        if only_catalog and Path(resource.path).parent.name != "data":
            continue
        df = _read_table(root, resource, prefix, problems)
        if df is not None:
            tables[resource.name] = (resource, prefix + resource.path, df)
    check_foreign_keys(tables, problems)
    for _, file, df in tables.values():
        name = Path(file).stem
        if Path(file).parent.name == "data" and name in REFERENCE_COLUMNS:
            table = _reference_table(df, name, file, problems)
            if table is not None:
                package.reference[name] = table
        else:
            package.figures[file] = df
    described = {prefix + resource.path for resource in resources}
    for name in REFERENCE_COLUMNS:
        package.reference_files[name] = [f"{prefix}data/{name}.csv"]
    for name in REQUIRED_TABLES if descriptor is not None and not prefix else ():
        file = f"{prefix}data/{name}.csv"
        if file not in described:
            problems.add(
                prefix + DESCRIPTOR_FILE,
                None,
                "resources",
                found=f"no resource {file}",
                expected=f"{file}",
                remedy="Add the table and describe it.",
            )
    if (root / DATASET_FILE).exists() or not prefix:
        located = read_yaml(root / DATASET_FILE, prefix + DATASET_FILE, problems)
        if located is not None:
            package.dataset = parse_model(Dataset, located.value, prefix + DATASET_FILE, problems, located)
    if (root / DRIVERS_FILE).exists() or not prefix:
        package.drivers = _read_list(root, DRIVERS_FILE, Driver, prefix, problems)
    if (root / FLOWS_FILE).exists():
        package.flows = _read_list(root, FLOWS_FILE, FlowSpec, prefix, problems)
    read = [_read_indicator(root, path, prefix, problems) for path in list_yaml(root / INDICATORS_DIR)]
    bounds = [bound for bound in read if bound is not None]
    if not only_catalog:
        package.intakes = _read_intakes(root, prefix, bounds, problems)
        package.figures |= {file: intake.figures for file, intake in package.intakes.items()}
    for bound in bounds if descriptor is not None else ():
        if only_catalog or _check_binding(bound, package.figures.get(bound.table), problems):
            package.indicators.append(bound)
    for path in sorted((root / "boundaries").glob("*")) if not only_catalog else ():
        bound_set = read_boundaries(root, path, prefix, problems) if path.suffix in SUFFIXES else None
        if bound_set is not None and path.stem in package.boundaries:
            problems.add(
                bound_set.file,
                None,
                "",
                found=f"a second file of {path.stem}",
                expected=f"one file of each boundary set ({package.boundaries[path.stem].file} is there already)",
                remedy="Take one of them out.",
            )
        elif bound_set is not None:
            package.boundaries[path.stem] = bound_set
    return package


def _concat(packages: Sequence[Package], name: str) -> pd.DataFrame:
    found = [package.reference[name] for package in packages if name in package.reference]
    if found:
        return pd.concat(found, ignore_index=True)
    empty = pd.DataFrame({column: pd.Series(dtype="str") for column in (*_columns_of(name), FILE)})
    return empty.assign(**{ROW: pd.Series(dtype="int32")})


def _check_catalog(package: Package, problems: Problems) -> None:
    known = {driver.id for driver in package.drivers}
    seen: dict[str, str] = {}
    for bound in package.indicators:
        if known and bound.spec.driver not in known and not problems.has_any(DRIVERS_FILE):
            problems.add(
                bound.file,
                None,
                "driver",
                found=quoted(bound.spec.driver),
                expected=f"one of {', '.join(sorted(known))}",
                remedy="Correct the driver, or add it to catalog/drivers.yml.",
            )
        if bound.spec.id in seen:
            problems.add(
                bound.file,
                None,
                "id",
                found=quoted(bound.spec.id),
                expected=f"an id that {seen[bound.spec.id]} does not use",
                remedy="Rename one of the indicators.",
            )
        seen[bound.spec.id] = bound.file
    for file, ids in ((DRIVERS_FILE, [d.id for d in package.drivers]), (FLOWS_FILE, [f.id for f in package.flows])):
        doubled = sorted({one for one in ids if ids.count(one) > 1})
        if doubled:
            what = f"each {Path(file).stem.removesuffix('s')} once"
            problems.add(file, None, "id", found=", ".join(doubled), expected=what, remedy="Remove one.")
    if package.dataset is not None and not problems.found:
        first = package.dataset.default_view.indicator
        public = [bound.spec.id for bound in package.indicators if bound.spec.tier == "public"]
        if first not in public:
            problems.add(
                DATASET_FILE,
                None,
                "default_view.indicator",
                found=quoted(first),
                expected="an indicator of the public tier",
                remedy="Name one of the public indicators.",
            )
        weights = package.dataset.weights
        counts = [b.spec.id for b in package.indicators if b.spec.kind == "count" and b.spec.sensitivity == "low"]
        if weights is not None and weights not in counts:
            problems.add(
                DATASET_FILE,
                None,
                "weights",
                found=quoted(weights),
                expected="an indicator of kind count and of low sensitivity",
                remedy="Name the indicator that counts the residents, or take weights out.",
            )


def read_packages(roots: Sequence[Path], problems: Problems) -> Package:
    """Read one or several data packages into one.

    The first package gives the dataset; the later ones add tables, drivers and indicators to it. Their files are
    named with the name of their folder in front.

    Parameters
    ----------
    roots : sequence of pathlib.Path
        Folders with a datapackage.json.
    problems : Problems
        Collects every fault of form; what can be read is returned all the same.

    Returns
    -------
    Package
    """
    packages = [_read_one(root, _prefix(root, at), problems) for at, root in enumerate(roots)]
    _check_one_file_for_each_set(packages, problems)
    merged = _merge(packages)
    units = merged.reference["units"]
    merged.boundaries = {name: name_units(name, bound, units, problems) for name, bound in merged.boundaries.items()}
    _check_catalog(merged, problems)
    return merged


def _check_one_file_for_each_set(packages: Sequence[Package], problems: Problems) -> None:
    first: dict[str, str] = {}
    for package in packages:
        for name, bound in package.boundaries.items():
            if first.setdefault(name, bound.file) != bound.file:
                problems.add(
                    bound.file,
                    None,
                    "",
                    found=f"polygons of {name}, which {first[name]} has, too",
                    expected="the polygons of a boundary set in one package",
                    remedy="Put all polygons of the set into one file, or give this one a set of its own.",
                )


def read_catalog(roots: Sequence[Path], problems: Problems) -> Package:
    """Read what several packages know: reference tables, drivers and indicators; no figures and no boundaries.

    Parameters
    ----------
    roots : sequence of pathlib.Path
    problems : Problems

    Returns
    -------
    Package
    """
    return _merge([_read_one(root, _prefix(root, at), problems, only_catalog=True) for at, root in enumerate(roots)])


def _prefix(root: Path, position: int) -> str:
    return f"{root.name}/" if position else ""


def _merge(packages: Sequence[Package]) -> Package:
    first = packages[0]
    drivers = {driver.id: driver for package in reversed(packages) for driver in package.drivers}
    order = dict.fromkeys(driver.id for package in packages for driver in package.drivers)
    return Package(
        name=first.name,
        dataset=first.dataset,
        drivers=first.drivers if len(packages) == 1 else tuple(drivers[driver_id] for driver_id in order),
        flows=tuple(flow for package in packages for flow in package.flows),
        indicators=[bound for package in packages for bound in package.indicators],
        reference={name: _concat(packages, name) for name in REFERENCE_COLUMNS},
        figures={file: df for package in packages for file, df in package.figures.items()},
        intakes={file: intake for package in packages for file, intake in package.intakes.items()},
        reference_files={
            name: [file for package in packages for file in package.reference_files.get(name, [])]
            for name in REFERENCE_COLUMNS
        },
        boundaries={name: bound for package in packages for name, bound in package.boundaries.items()},
    )
