"""Proposes the mapping of a recognised table, and says what a person still has to decide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from etl.cells import find_decimal
from etl.intake.columns import find_columns
from etl.intake.execute import run_intake
from etl.intake.intake import Intake
from etl.intake.places import NAME, PlaceFit, PlaceIndex
from etl.intake.recognise import ColumnFacts, Recognised
from etl.intake.spec import IntakeSpec
from etl.intake.words import level_of_header, read_age, read_sex
from etl.problems import Problems
from geodata.names import is_total, skeleton
from layers.catalog import MOST_CATEGORIES, Category, IndicatorSpec, count_words

NEEDED = ("iso3", "level", "source_id", "indicator", "period", "place", "values")
_STAND_IN = {"source_id": "source", "indicator": "indicator", "iso3": "XXX", "level": "ADM1"}
_SHOWN = 50
_MAX_TAILS = 12
_COUNTRY = re.compile(r"\b(?:republic|respublikasi|республика(?:сы|си)?)\b", re.IGNORECASE)
_MARK = "\0"
_TOTAL = "_T"
_PARTS = re.compile(r"[|,;:/_]")
_PLACE_KEYS = ("place_name", "place_code", "parent_name", "parent_code", "iso3", "level", "boundary_set")
_PERIOD_KEYS = ("period", "period_start", "period_end", "year", "quarter", "month")
_MOST_REPEATED = 0.2  # of the rows of a table without further dimensions
_LEAST_ROWS = 2  # of each category


@dataclass
class Proposal:
    """A mapping as plain data, in the order in which it is written, and the keys that are still open.

    Attributes
    ----------
    mapping : dict
    open : list of str
        Of `NEEDED`: what nothing in the table says.
    indicators : list of dict
        Of columns of words: `indicator` (empty if the mapping does not name it yet), and what its file in the catalog
        would say: `kind`, `categories`, `ordered`.
    """

    mapping: dict[str, Any]
    open: list[str] = field(default_factory=list)
    indicators: list[dict[str, Any]] = field(default_factory=list)


def _best_fit(recognised: Recognised) -> PlaceFit | None:
    """Return the country and level that the place columns fit best."""
    fits = [
        fit
        for column in recognised.columns
        if column.role in ("place_code", "place_name")
        for fit in column.places
        if fit.share >= 0.3 and (column.role == "place_name") == (fit.system == NAME)
    ]
    return max(fits, key=lambda fit: (fit.share, fit.system != NAME, fit.level), default=None)


def _reference(column: ColumnFacts, recognised: Recognised) -> str:
    """Return how a mapping names a column: by its header, or by its label if several have that header."""
    same = [other for other in recognised.columns if other.name.casefold() == column.name.casefold()]
    return column.name if len(same) == 1 else column.label


def _slug(text: str) -> str:
    words = [skeleton(word) if not word.isascii() else word for word in re.findall(r"\w+", text.casefold())]
    slug = re.sub(r"[^a-z0-9]+", "_", "_".join(words)).strip("_")[:60].strip("_")
    return slug if re.fullmatch(r"[a-z][a-z0-9_]{1,63}", slug) else ""


def _template(column: ColumnFacts) -> str:
    return column.name.replace(column.period_text, _MARK, 1) if column.period_text else column.name


def _pattern(group: list[ColumnFacts], recognised: Recognised) -> str | None:
    """Return a pattern that fits the headers of a group and no other, so that next year's columns fit, too."""
    before, _, after = _template(group[0]).partition(_MARK)
    texts = [column.period_text for column in group]
    is_years = all(re.fullmatch("[0-9]{4}", text) for text in texts)
    inner = "[0-9]{4}" if is_years else ".+"
    tails = dict.fromkeys(text.split(" | ", 1)[1] for text in texts if " | " in text)
    if before == after == "" and not is_years:
        if not tails or len(tails) > _MAX_TAILS or not all(" | " in text for text in texts):
            return None
        inner = rf".+ \| (?:{'|'.join(map(_escape, tails))})"
    pattern = f"^{_escape(before)}(?P<period>{inner}){_escape(after)}$"
    filled = [column for column in recognised.columns if column.kind != "empty"]
    fitting = [column.position for column in filled if re.search(pattern, column.name)]
    return pattern if fitting == [column.position for column in group] else None


def _escape(text: str) -> str:
    return re.escape(text).replace(r"\ ", " ")


def _groups_of_persons(texts: list[str]) -> list[tuple[dict[str, str], str]]:
    """Return the sex and the age that parts of headers say, and what else each header says.

    They are taken only if the headers tell both sexes or several ages apart: a lone "m" may be anything.
    """
    split = [[part.strip() for part in _PARTS.split(text) if part.strip()] for text in texts]
    words = {part for parts in split for part in parts}
    sexes = {part: sex for part in words if (sex := read_sex(part)) is not None}
    ages = {part: age for part in words - set(sexes) if not part.isdecimal() and (age := read_age(part)) is not None}
    if not {"female", "male"} <= set(sexes.values()):
        sexes = {part: sex for part, sex in sexes.items() if sex == "all"}
    if len(set(ages.values())) < 2:
        ages = {}
    if not ages and set(sexes.values()) <= {"all"}:
        return [({}, text) for text in texts]
    found = []
    for parts in split:
        sex = next((sexes[part] for part in parts if sexes.get(part, "all") != "all"), "")
        age = next((ages[part] for part in parts if part in ages), "")
        said = {name: code for name, code in (("sex", sex), ("age", age)) if code}
        found.append((said, " ".join(part for part in parts if part not in sexes and part not in ages)))
    return found


def _wide_blocks(recognised: Recognised, columns: list[ColumnFacts]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[ColumnFacts]] = {}
    stem = recognised.table.file.rpartition("/")[2].partition(".")[0]
    for column in columns:
        kind = column.header_period.kind if column.header_period is not None else ""
        groups.setdefault((_template(column), kind), []).append(column)
    rests = [template.replace(_MARK, "|") for template, _ in groups]
    persons = _groups_of_persons(rests)
    series = {(rest, kind) for (_, rest), (_, kind) in zip(persons, groups, strict=True)}
    blocks: list[dict[str, Any]] = []
    for ((_, kind), group), (said, rest) in zip(groups.items(), persons, strict=True):
        pattern = _pattern(group, recognised)
        labels = [_reference(column, recognised) for column in group]
        block: dict[str, Any] = {"columns": {"matching": pattern} if pattern else labels, "period": "header"}
        constants = dict(said)
        if len(series) > 1 or (len(groups) > 1 and rest):
            rest = " ".join(rest.replace("|", " ").split())
            words = f"{rest or stem} {kind if kind != 'year' and len(series) > 1 else ''}"
            constants = {"indicator": _slug(words) or f"indicator_{len(blocks) + 1}", **said}
        if constants:
            block["set"] = constants
        blocks.append(block)
    return blocks


def _value_columns(recognised: Recognised) -> list[ColumnFacts]:
    """Return the columns of figures: read for the most part, or ambiguous numbers, or below the header of a period."""
    return [
        column
        for column in recognised.columns
        if not column.role
        and column.kind == "number"
        and (
            column.numbers.get("readable", 0) >= 0.5
            or column.header_period is not None
            or bool(find_decimal(column.numbers.get("unreadable", ())).note)
        )
    ]


def _has_further_dimensions(recognised: Recognised, roles: Mapping[str, ColumnFacts]) -> bool:
    """Tell whether places stand in several rows of one period: then words tell these rows apart."""
    if {"indicator", "sex", "age"} & set(roles) or not {"place_name", "place_code"} & set(roles):
        return True
    at = [column.position for role, column in roles.items() if role in (*_PLACE_KEYS, *_PERIOD_KEYS)]
    keys = recognised.table.cells.iloc[recognised.layout.first : recognised.layout.last + 1, at]
    keys = keys.loc[(keys != "").any(axis=1)]
    return bool(keys.duplicated().mean() > _MOST_REPEATED)


def _category_columns(recognised: Recognised, roles: Mapping[str, ColumnFacts]) -> list[ColumnFacts]:
    """Return the columns of few words that repeat, and that say nothing else: neither a place nor a period."""
    columns = [c for c in recognised.columns if c.counts and not c.role and not c.candidates and c.name != c.label]
    if not columns or recognised.refused or recognised.by_itself or _has_further_dimensions(recognised, roles):
        return []
    groups: dict[str, list[ColumnFacts]] = {}
    for column in columns:
        groups.setdefault(_template(column) if column.header_period is not None else column.label, []).append(column)
    found = []
    for group in groups.values():
        counts = count_words(column.counts for column in group)
        if 2 <= len(counts) <= MOST_CATEGORIES and sum(counts.values()) >= _LEAST_ROWS * len(counts):
            found += group
    return found


def _series_blocks(recognised: Recognised, columns: list[ColumnFacts]) -> list[dict[str, Any]]:
    """Return a block for each column whose header says an indicator, or the sex or age of persons."""
    persons = _groups_of_persons([column.name for column in columns])
    is_one = len({rest for _, rest in persons}) == 1
    blocks = []
    for number, (column, (said, rest)) in enumerate(zip(columns, persons, strict=True), 1):
        words = rest if any(part for part, _ in persons) else column.name
        named = {} if is_one and not rest else {"indicator": _slug(words) or f"indicator_{number}"}
        constants = {**named, **said}
        blocks.append({"columns": [_reference(column, recognised)], **({"set": constants} if constants else {})})
    return blocks


def _special_rows(recognised: Recognised, index: PlaceIndex, fit: PlaceFit | None) -> tuple[list[Any], list[Any]]:
    """Return rules for the row of the country and for totals in a table of regions."""
    if fit is None or fit.level == "ADM0":
        return [], []
    cells = recognised.table.cells.iloc[recognised.layout.first : recognised.layout.last + 1]
    rows: list[Any] = []
    skip: list[Any] = []
    column = next((c for c in recognised.columns if c.role == "place_name"), None)
    if column is None:
        code = next((c for c in recognised.columns if c.role == "place_code"), None)
        if code is not None and (cells[code.position].astype("str").str.strip() == fit.iso3).any():
            rows.append({"where": {"place_code": fit.iso3}, "set": {"level": "ADM0"}})
        return rows, skip
    for text in cells[column.position].astype("str").str.strip().unique():
        known = index.levels_of_name(text) if text else set()
        is_country = (fit.iso3, "ADM0") in known or (not known and bool(_COUNTRY.search(text)))
        if is_country and (fit.iso3, fit.level) not in known:
            rows.append({"where": {"place_name": text}, "set": {"level": "ADM0"}})
        elif text and is_total(text):
            skip.append({"where": {"place_name": text}, "reason": "total"})
    return rows, skip


def _parts_of_totals(recognised: Recognised) -> list[Any]:
    """Return rules that leave out the parts of what a dimension of SDMX without a role has the total of (`_T`).

    Otherwise town, countryside and total of one unit would stand three times.
    """
    dimensions = recognised.table.properties.get("sdmx", {}).get("dimensions", ())
    cells = recognised.table.cells.iloc[recognised.layout.first : recognised.layout.last + 1]
    skip = []
    for column in recognised.columns:
        codes = sorted(set(cells[column.position].astype("str")))
        if column.name in dimensions and not column.role and _TOTAL in codes and len(codes) <= _MAX_TAILS:
            reason = f"{column.name} is not the total, {_TOTAL}"
            skip += [{"where": {column.name: code}, "reason": reason} for code in codes if code != _TOTAL]
    return skip


def _place_constants(roles: Mapping[str, ColumnFacts], fit: PlaceFit | None) -> dict[str, str]:
    """Return country and level: of the units that fit; else the country of the parents, the level of the header."""
    if fit is not None:
        return {"iso3": fit.iso3, "level": fit.level}
    found = {}
    parent = roles.get("parent_name") or roles.get("parent_code")
    if parent is not None and parent.places and parent.places[0].share >= 0.3:
        found["iso3"] = parent.places[0].iso3
    levels = [level_of_header(roles[role].name) for role in ("place_name", "place_code") if role in roles]
    if any(levels):
        found["level"] = next(level for level in levels if level)
    return found


def propose_mapping(
    recognised: Recognised,
    index: PlaceIndex,
    raw_name: str,
    *,
    sha256: str = "",
    is_only_part: bool = True,
    given: Mapping[str, str] | None = None,
) -> Proposal:
    """Propose how a table is read.

    Parameters
    ----------
    recognised : Recognised
    index : PlaceIndex
    raw_name : str
        Name of the file in the folder raw/.
    sha256 : str, optional
        Of the file.
    is_only_part : bool, default True
        Whether the file has one table only.
    given : mapping of str to str, optional
        Constants that are known: ``iso3``, ``level``, ``source_id``, ``indicator``, ``year``, ...

    Returns
    -------
    Proposal
    """
    table, layout = recognised.table, recognised.layout
    mapping: dict[str, Any] = {"file": f"raw/{raw_name}", "format": table.format}
    if not is_only_part:
        mapping["part"] = table.part
    if sha256:
        mapping["sha256"] = sha256
    if not table.has_header and layout.header:
        mapping["header_rows"] = [int(table.rows[at]) for at in layout.header]
    if layout.units is not None:
        mapping["units_row"] = int(table.rows[layout.units])
    constants = dict(given or {})
    fit = _best_fit(recognised)
    roles = {column.role: column for column in recognised.columns if column.role}
    for key, value in _place_constants(roles, fit).items():
        if key not in roles:
            constants.setdefault(key, value)
    if recognised.by_itself != "hxl" and roles:
        mapping["columns"] = {role: _reference(column, recognised) for role, column in roles.items()}
        code = roles.get("place_code")
        system = next((f.system for f in code.places if f.system != NAME and f.share >= 0.5), None) if code else None
        if system:
            mapping["columns"]["code_kind"] = system
    _propose_values(recognised, mapping, roles)
    if recognised.year_hint and not _has_period(mapping, roles, constants):
        constants["year"] = recognised.year_hint
    if "month" in roles and "year" not in roles and recognised.year_hint:
        constants.setdefault("year", recognised.year_hint)
    order = ("iso3", "level", "source_id", "indicator", "year", "period")
    mapping["set"] = {key: constants[key] for key in (*order, *sorted(set(constants) - set(order))) if key in constants}
    rows, skip = _special_rows(recognised, index, fit)
    skip += _parts_of_totals(recognised)
    if skip:
        mapping["skip"] = skip
    if rows:
        mapping["rows"] = rows
    return Proposal(mapping, _still_open(mapping, roles, recognised), _category_indicators(recognised, mapping))


def _propose_values(recognised: Recognised, mapping: dict[str, Any], roles: Mapping[str, ColumnFacts]) -> None:
    if "value" in roles or recognised.by_itself == "hxl":
        return
    categories = _category_columns(recognised, roles)
    values = sorted([*_value_columns(recognised), *categories], key=lambda column: column.position)
    wide = [column for column in values if column.header_period is not None]
    has_row_period = bool({"period", "period_end", "year"} & set(roles))
    if wide and not has_row_period:
        mapping["values"] = _wide_blocks(recognised, wide)
    elif len(values) == 1 and not categories:
        mapping.setdefault("columns", {})["value"] = _reference(values[0], recognised)
    elif values:
        mapping["values"] = _series_blocks(recognised, values)


def _category_indicators(recognised: Recognised, mapping: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the catalog would say of the columns of words that a mapping takes as values."""
    spec = IntakeSpec.model_validate(mapping)
    columns: dict[str, list[ColumnFacts]] = {}
    for block in find_columns(recognised.table, recognised.layout, spec, "", Problems()).blocks:
        indicator = block.constants.indicator or spec.set.indicator or ""
        columns.setdefault(indicator, []).extend(recognised.columns[at] for at in block.columns)
    return [
        {
            "indicator": indicator,
            "kind": "category",
            "categories": [
                {"code": code, "label": {"en": text, "ru": text}}
                for code, text in enumerate(count_words(column.counts for column in group), 1)
            ],
            "ordered": False,
        }
        for indicator, group in columns.items()
        if group and all(column.counts for column in group)
    ]


def _has_period(mapping: dict[str, Any], roles: Mapping[str, Any], constants: Mapping[str, str]) -> bool:
    by_header = any(block.get("period") for block in mapping.get("values", ()))
    return by_header or bool({"period", "period_end", "year"} & {*roles, *constants})


def _still_open(mapping: dict[str, Any], roles: Mapping[str, Any], recognised: Recognised) -> list[str]:
    constants = mapping["set"]
    blocks = mapping.get("values", ())
    said = {*roles, *constants}
    found = [key for key in ("iso3", "level", "source_id") if key not in said and recognised.by_itself != "hxl"]
    found += [key for key in ("source_id",) if key not in said and recognised.by_itself == "hxl"]
    if "indicator" not in said and not (blocks and all("indicator" in block.get("set", {}) for block in blocks)):
        found.append("indicator")
    if not _has_period(mapping, roles, constants):
        found.append("period")
    if not {"place_name", "place_code"} & said:
        found.append("place")
    if not blocks and "value" not in mapping.get("columns", {}) and recognised.by_itself != "hxl":
        found.append("values")
    return found


class _Dumper(yaml.SafeDumper):
    """Writes codes in quotes, lists of columns on one line."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    is_plain = re.fullmatch(r"[a-z][a-z0-9_]*|ADM[0-3]|[A-Z]{3}", value) and value not in (
        "true",
        "false",
        "null",
        "yes",
    )
    is_plain = is_plain and value not in ("no", "on", "off", "y", "n")
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if is_plain else '"')


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    flow = not any(isinstance(item, dict) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flow)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def to_yaml(mapping: Mapping[str, Any]) -> str:
    """Return a mapping as YAML; codes and names are quoted."""
    plain: dict[str, Any] = dict(mapping)
    return yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=118)


def _trial_categories(proposal: Proposal) -> dict[str, IndicatorSpec]:
    """Return the proposed indicators of categories with all that reading a table needs of them."""
    found = {}
    for one in proposal.indicators:
        name = one["indicator"] or _STAND_IN["indicator"]
        categories = tuple(Category.model_validate(category) for category in one["categories"])
        fields: dict[str, Any] = {"id": name, "categories": categories}
        found[name] = IndicatorSpec.model_construct(None, **fields)
    return found


def try_mapping(recognised: Recognised, proposal: Proposal, file: str, problems: Problems) -> dict[str, Any] | None:
    """Read the table by a mapping and say what would come out; open constants are filled for the trial.

    Parameters
    ----------
    recognised : Recognised
    proposal : Proposal
    file : str
        Name of the mapping in messages.
    problems : Problems
        Told of what does not fit.

    Returns
    -------
    dict or None
        Counts of figures and of what is not read, with the first of each; None if the mapping does not work.
    """
    mapping = dict(proposal.mapping)
    stand_ins = {key: value for key, value in _STAND_IN.items() if key in proposal.open}
    mapping["set"] = {**stand_ins, **mapping.get("set", {})}
    spec = IntakeSpec.model_validate(mapping)
    intake = run_intake(recognised.table, spec, file, problems, categories=_trial_categories(proposal))
    return None if intake is None else trial_json(intake, set(stand_ins))


def trial_json(intake: Intake, hidden: set[str]) -> dict[str, Any]:
    """Return what came out of an intake: counts, and the first figures and listed rows."""
    figures, listed = intake.figures, intake.listed
    shown = [
        "place_code",
        "place_name",
        "indicator",
        "period_start",
        "period_end",
        "sex",
        "age",
        "value",
        "low",
        "high",
    ]
    first = figures[[*(name for name in shown if name not in hidden), "missing_reason", "_row", "_cell"]].head(_SHOWN)
    renamed = first.rename(columns={"_row": "row", "_cell": "cell"})
    texts = [name for name in renamed.columns if name != "row"]
    return {
        "figures": len(figures),
        "missing": int((figures["missing_reason"].astype("str") != "").sum()),
        "listed": len(listed),
        "first_figures": renamed.astype(dict.fromkeys(texts, "str")).to_dict("records"),
        "first_listed": listed.head(_SHOWN).drop(columns=["indicator"]).to_dict("records"),
        "notes": list(intake.notes),
    }
