"""How a table is read, as a form: made of what was recognised or settled before, turned into files of the package."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import yaml

from dashboard.bring.store import WorkspaceError, unlike
from dashboard.services import Services
from layers.catalog import MOST_CATEGORIES, AdminLevel, Direction, Kind, Sensitivity, category_word, count_words

FIGURES = "figures"
HEADER = "header"
ROLES = (
    "place_name",
    "place_code",
    "parent_name",
    "parent_code",
    "iso3",
    "level",
    "period",
    "period_start",
    "period_end",
    "year",
    "quarter",
    "month",
    "indicator",
    "sex",
    "age",
    "value",
    "low",
    "high",
    "n",
    "obs_status",
    "missing_reason",
    "boundary_set",
    "note",
    FIGURES,
)
CODE_KINDS = ("pcode", "iso_3166_2", "national", "kato", "soato", "coate", "geonames", "unit_id")
SEXES = ("all", "female", "male")
KINDS = tuple(kind for kind in get_args(Kind) if kind != "range")
CATEGORY = "category"
ORDERS = ("none", "rises")
CATEGORY_SENSITIVITIES = ("low", "moderate")
SOURCE_FIELDS = ("publisher", "source_title", "url", "licence")
FIRST_SOURCE = "first"
DEFAULT_LICENCE = "facts-cited"
MAX_INDICATORS = 24
_NUMBERS = re.compile(r"\d+")
_WORD = re.compile(r"[^a-z0-9]+")
Form = Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """What the lists of the form hold: of the dataset that the new data are joined to."""

    countries: list[tuple[str, str]]
    drivers: list[tuple[str, str]]
    roles: tuple[str, ...] = ROLES
    code_kinds: tuple[str, ...] = CODE_KINDS
    levels: tuple[str, ...] = get_args(AdminLevel)
    kinds: tuple[str, ...] = KINDS
    directions: tuple[str, ...] = get_args(Direction)
    sensitivities: tuple[str, ...] = get_args(Sensitivity)
    sexes: tuple[str, ...] = SEXES
    orders: tuple[str, ...] = ORDERS

    @classmethod
    def of(cls, services: Services, lang: str) -> Catalogue:
        """Return the lists of a dataset in a language."""
        return cls(
            sorted(((iso3, services.country_name(iso3, lang)) for iso3 in services.countries), key=lambda one: one[1]),
            [(driver.id, driver.title.in_language(lang)) for driver in services.catalog.drivers],
        )


@dataclass
class ColumnAnswer:
    """What one column holds."""

    role: str = ""
    indicator: int = 1
    sex: str = ""
    period: str = ""


@dataclass
class CategoryAnswer:
    """A value of columns of words: as the table writes it, as the legend shall, and in how many rows it stands."""

    text: str
    label: str
    rows: int = 0


@dataclass
class IndicatorAnswer:
    """A new indicator: what the catalog must know of it.

    `categories` are the values of its columns, whatever its kind, and `fault` is why there are none.
    """

    id: str = ""
    key: str = ""
    title: str = ""
    unit: str = ""
    population: str = ""
    definition: str = ""
    driver: str = ""
    kind: str = "rate"
    direction: str = "neutral"
    sensitivity: str = "low"
    decimals: str = "1"
    order: str = "none"
    can_be_negative: bool = False
    categories: list[CategoryAnswer] = field(default_factory=list)
    fault: WorkspaceError | None = None


_NOT_SENT = ("can_be_negative", "categories", "fault")
INDICATOR_FIELDS = tuple(name for name in IndicatorAnswer.__dataclass_fields__ if name not in _NOT_SENT)


@dataclass
class Answers:
    """Everything that the form asks about one table."""

    header_rows: str = ""
    first_row: str = ""
    last_row: str = ""
    decimal: str = ""
    code_kind: str = ""
    iso3: str = ""
    level: str = "ADM1"
    period: str = ""
    publisher: str = ""
    source_title: str = ""
    url: str = ""
    licence: str = DEFAULT_LICENCE
    date_accessed: str = ""
    columns: list[ColumnAnswer] = field(default_factory=list)
    indicators: list[IndicatorAnswer] = field(default_factory=list)


def _slug(text: str, fallback: str) -> str:
    slug = _WORD.sub("_", text.encode("ascii", "ignore").decode().lower()).strip("_")[:50].strip("_")
    return slug if re.fullmatch(r"[a-z][a-z0-9_]+", slug) else fallback


def _column_name(column: Mapping[str, Any]) -> str:
    return str(column.get("name") or column["label"])


def _position(columns: Sequence[Mapping[str, Any]], name: str) -> int | None:
    for wanted in ("name", "label"):
        for at, column in enumerate(columns):
            if str(column.get(wanted, "")) == name:
                return at
    return None


def _block_positions(block: Mapping[str, Any], columns: Sequence[Mapping[str, Any]], taken: set[int]) -> list[int]:
    """Return the columns of a block of values, however it names them."""
    named = block["columns"]
    if isinstance(named, Mapping) and "matching" in named:
        pattern = re.compile(str(named["matching"]))
        return [at for at, one in enumerate(columns) if at not in taken and pattern.search(str(one.get("name") or ""))]
    if isinstance(named, Mapping):
        first, last = _position(columns, str(named["from"])), _position(columns, str(named["to"]))
        return [] if first is None or last is None else list(range(first, last + 1))
    return [at for name in named if (at := _position(columns, str(name))) is not None]


def _indicator_values(columns: Sequence[Mapping[str, Any]], roles: Sequence[str]) -> list[str]:
    """Return what a column of indicators holds, if all of its values are known."""
    for column, role in zip(columns, roles, strict=True):
        examples = column.get("examples") or []
        if role == "indicator" and 0 < len(examples) == column.get("distinct"):
            return [str(value) for value in examples]
    return []


def answers_from_spec(spec: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> Answers:
    """Return the form of a mapping.

    Parameters
    ----------
    spec : mapping
        Content of an `intake/<name>.yml`.
    columns : sequence of mapping
        The table's columns: `label`, `name`.

    Returns
    -------
    Answers
    """
    constants = spec.get("set") or {}
    rows = spec.get("header_rows") or ()
    answers = Answers(
        header_rows=", ".join(str(row) for row in rows),
        first_row=str(spec.get("first_row") or ""),
        last_row=str(spec.get("last_row") or ""),
        decimal=str(spec.get("decimal") or ""),
        iso3=str(constants.get("iso3") or ""),
        level=str(constants.get("level") or "ADM1"),
        period=str(constants.get("period") or constants.get("year") or ""),
        columns=[ColumnAnswer() for _ in columns],
    )
    roles = dict(spec.get("columns") or {})
    answers.code_kind = str(roles.pop("code_kind", "") or "")
    taken = set()
    for role, name in roles.items():
        at = _position(columns, str(name))
        if at is not None and role in ROLES:
            answers.columns[at].role = role
            taken.add(at)
    keys: list[str] = []

    def number_of(indicator: str) -> int:
        if indicator not in keys:
            keys.append(indicator)
        return keys.index(indicator) + 1

    for block in spec.get("values") or ():
        inner = block.get("set") or {}
        number = number_of(str(inner.get("indicator") or constants.get("indicator") or ""))
        for at in _block_positions(block, columns, taken):
            answers.columns[at] = ColumnAnswer(
                FIGURES, number, str(inner.get("sex") or ""), _period_text(block.get("period") or inner.get("period"))
            )
    recoded = (spec.get("recode") or {}).get("indicator") or {}
    for value, indicator in recoded.items():
        number_of(str(indicator))
        answers.indicators.append(IndicatorAnswer(id=str(indicator), key=str(value), title=str(value)))
    if not recoded:
        own = [
            answer.role or str(column.get("role") or "")
            for column, answer in zip(columns, answers.columns, strict=True)
        ]
        values = _indicator_values(columns, own)
        if values and not keys:
            answers.indicators = [IndicatorAnswer(key=value, title=value) for value in values]
            return answers
        if not keys:
            number_of(str(constants.get("indicator") or ""))
        answers.indicators = [IndicatorAnswer(id=key) for key in keys]
    return answers


def _period_text(period: object) -> str:
    return "" if period in (None, HEADER) else str(period)


def _read_yaml(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    return content if isinstance(content, dict) else {}


def _text_of(value: Any) -> str:
    return str(value.get("en", "")) if isinstance(value, Mapping) else str(value or "")


def _with_catalog(answers: Answers, package: Path, name: str) -> Answers:
    """Fill in what the package knows of its indicators and of the table's source."""
    for one in answers.indicators:
        spec = _read_yaml(package / "catalog" / "indicators" / f"{one.id}.yml") if one.id else {}
        if spec:
            one.title, one.unit = _text_of(spec.get("title")), _text_of((spec.get("unit") or {}).get("text"))
            one.population, one.definition = _text_of(spec.get("population")), _text_of(spec.get("definition"))
            one.driver, one.kind = str(spec.get("driver", "")), str(spec.get("kind", "rate"))
            one.direction = str(spec.get("direction", "neutral"))
            one.sensitivity = str(spec.get("sensitivity", "low"))
            one.decimals = str((spec.get("display") or {}).get("decimals", 1))
            one.order = "rises" if spec.get("ordered") else "none"
            one.categories = [
                CategoryAnswer(str(text), _text_of(category["label"]))
                for category in spec.get("categories") or ()
                for text in (*category["label"].values(), *category.get("aliases", ()))
            ]
    rows = {row.get("source_id"): row for row in _read_csv(package / "data" / "sources.csv")[1]}
    row = rows.get(name) or rows.get(FIRST_SOURCE) or {}
    answers.publisher, answers.source_title = row.get("publisher", ""), row.get("title", "")
    answers.url, answers.licence = row.get("url", ""), row.get("licence", DEFAULT_LICENCE)
    answers.date_accessed = row.get("date_accessed", "")
    return answers


def form_of(table: Mapping[str, Any], package: Path, form: Form | None) -> Answers:
    """Return what the form shows: what was just sent, else what the package holds, else what was recognised.

    Parameters
    ----------
    table : mapping
        One table of what `recognise` printed.
    package : pathlib.Path
    form : mapping or None
        The form as it was sent.

    Returns
    -------
    Answers
    """
    columns = table["columns"]
    if form is not None:
        answers = answers_from_form(form, len(columns))
        if form.get("do") == "add" and len(answers.indicators) < MAX_INDICATORS:
            answers.indicators.append(IndicatorAnswer())
        _show_categories(table, answers)
        return answers
    name = str(table["name"])
    settled = _read_yaml(package / "intake" / f"{name}.yml")
    answers = answers_from_spec(settled or table["mapping"], columns)
    if not settled:
        named = {_slug(_column_name(column), ""): _column_name(column) for column in columns}
        for one in answers.indicators:
            one.title, one.id = named.get(one.id, "") or one.title or one.key, ""
    answers = _with_catalog(answers, package, name)
    _show_categories(table, answers)
    if not settled:
        for one in answers.indicators:
            one.kind = CATEGORY if one.categories else one.kind
    return answers


# --- columns of words ---


def _values_of(table: Mapping[str, Any], answers: Answers, number: int) -> list[Mapping[str, Any]]:
    """Return the columns with the values of an indicator."""
    found = []
    for column, answer in zip(table["columns"], answers.columns, strict=True):
        role = answer.role or (str(column.get("role")) if table.get("by_itself") else "")
        if role == "value" or (role == FIGURES and answer.indicator == number):
            found.append(column)
    return found


def _words_of(columns: Sequence[Mapping[str, Any]], number: int) -> dict[str, int]:
    """Return the words that stand in the columns of an indicator, and in how many rows.

    Raises
    ------
    WorkspaceError
        If these cannot be the names of categories.
    """
    for column in columns:
        counts = column.get("counts") or {}
        if not counts and column.get("kind") == "text" and column["distinct"] > MOST_CATEGORIES:
            raise WorkspaceError("bring.too_many_words", n=number, found=column["distinct"], most=MOST_CATEGORIES)
        if not counts:
            raise WorkspaceError("bring.no_words", n=number, column=_column_name(column), most=MOST_CATEGORIES)
    found = count_words(column["counts"] for column in columns)
    if len(found) > MOST_CATEGORIES:
        raise WorkspaceError("bring.too_many_words", n=number, found=len(found), most=MOST_CATEGORIES)
    if len(found) < 2:
        name = _column_name(columns[0]) if columns else "–"
        raise WorkspaceError("bring.no_words", n=number, column=name, most=MOST_CATEGORIES)
    return found


def _show_categories(table: Mapping[str, Any], answers: Answers) -> None:
    """Give each indicator the values of its columns: those it has already in their order, then the new ones."""
    for number, one in enumerate(answers.indicators, 1):
        try:
            words = _words_of(_values_of(table, answers, number), number)
        except WorkspaceError as fault:
            one.categories, one.fault = [], fault
            continue
        labels: dict[str, str] = {}
        for each in one.categories:
            labels.setdefault(category_word(each.text), each.label)
        found = {category_word(text): CategoryAnswer(text, text, rows) for text, rows in words.items()}
        known, new = [name for name in labels if name in found], [name for name in found if name not in labels]
        one.categories = [found[name] for name in (*known, *new)]
        for each in one.categories:
            each.label = labels.get(category_word(each.text)) or each.text


def _require_kind(table: Mapping[str, Any], answers: Answers, number: int) -> None:
    """Require that an indicator is of categories where its columns hold words, and only there."""
    one, columns = answers.indicators[number - 1], _values_of(table, answers, number)
    if one.kind != CATEGORY:
        if columns and all(column.get("counts") for column in columns):
            raise WorkspaceError("bring.words_no_kind", n=number, column=_column_name(columns[0]))
        return
    words = _words_of(columns, number)
    if one.sensitivity not in CATEGORY_SENSITIVITIES:
        raise WorkspaceError("bring.category_sensitivity", n=number)
    if {category_word(text) for text in words} != {category_word(each.text) for each in one.categories}:
        raise WorkspaceError("bring.look_at_values", n=number)
    if len({category_word(each.label or each.text) for each in one.categories}) < 2:
        raise WorkspaceError("bring.one_category", n=number)


def _sent_categories(form: Form, number: int) -> list[CategoryAnswer]:
    """Return the values of an indicator in the order of the form, one of them moved if its button was pressed."""
    rows = []
    for at in range(MOST_CATEGORIES):
        key = f"ind-{number}-cat-{at}-"
        if f"{key}text" in form:
            place = form.get(f"{key}place", "")
            label = " ".join(form.get(f"{key}label", "").split())[:60]
            rows.append((int(place) if place.isdigit() else at, at, CategoryAnswer(form[f"{key}text"], label)))
    rows.sort(key=lambda row: row[:2])
    for step, word in ((-1, "up"), (1, "down")):
        here = next((n for n, row in enumerate(rows) if form.get("do") == f"{word}-{number}-{row[1]}"), None)
        if here is not None and 0 <= here + step < len(rows):
            rows[here], rows[here + step] = rows[here + step], rows[here]
            break
    return [row[2] for row in rows]


def answers_from_form(form: Form, n_columns: int) -> Answers:
    """Return the answers of a form as it was sent."""
    plain = {name: " ".join(form.get(name, "").split())[:400] for name in Answers.__dataclass_fields__}
    for name in ("columns", "indicators"):
        plain.pop(name)
    answers = Answers(**plain)  # type: ignore[arg-type]
    for at in range(n_columns):
        chosen = form.get(f"indicator-{at}", "1")
        answers.columns.append(
            ColumnAnswer(
                form.get(f"role-{at}", ""),
                int(chosen) if chosen.isdigit() else 1,
                form.get(f"sex-{at}", ""),
                form.get(f"period-{at}", "").strip()[:40],
            )
        )
    count = form.get("indicators", "1")
    for number in range(1, min(int(count) if count.isdigit() else 1, MAX_INDICATORS) + 1):
        one = IndicatorAnswer()
        for name in INDICATOR_FIELDS:
            setattr(one, name, " ".join(form.get(f"ind-{number}-{name}", "").split())[:400])
        one.categories = _sent_categories(form, number)
        answers.indicators.append(one)
    return answers


def spec_from_form(table: Mapping[str, Any], form: Form, taken: Collection[str] = ()) -> tuple[dict[str, Any], Answers]:
    """Return the mapping that a form describes, and its answers.

    Parameters
    ----------
    table : mapping
        One table of what `recognise` printed.
    form : mapping
        The form as it was sent.
    taken : collection of str
        Ids that new indicators cannot have.

    Raises
    ------
    WorkspaceError
        If the form leaves out what no table can do without.
    """
    columns = table["columns"]
    answers = answers_from_form(form, len(columns))
    for rank, one in enumerate(answers.indicators, 1):
        if not one.title:
            raise WorkspaceError("bring.no_indicator_title", n=rank)
        if not one.unit and one.kind != CATEGORY:
            raise WorkspaceError("bring.no_indicator_unit", n=rank)
        one.id = one.id or unlike(
            _slug(one.title, f"{table['name']}_{rank}"), {*taken, *(each.id for each in answers.indicators)}
        )
    if not answers.publisher or not answers.source_title:
        raise WorkspaceError("bring.no_source")
    suggested = table["mapping"]
    spec: dict[str, Any] = {"file": suggested["file"]}
    spec |= {name: suggested[name] for name in ("format", "part", "sha256", "units_row") if suggested.get(name)}
    header_rows = [int(row) for row in _NUMBERS.findall(answers.header_rows)]
    spec |= {"header_rows": header_rows} if header_rows else {}
    for name in ("first_row", "last_row"):
        text = str(getattr(answers, name))
        spec |= {name: int(text)} if text.isdigit() else {}
    spec |= {"decimal": answers.decimal} if answers.decimal in (",", ".") else {}
    roles: dict[str, str] = {}
    blocks: dict[tuple[int, str, str], list[int]] = {}
    for at, (column, answer) in enumerate(zip(columns, answers.columns, strict=True)):
        if answer.role == FIGURES:
            key = (answer.indicator, answer.sex, answer.period)
            blocks.setdefault(key, []).append(at)
            _note_sign(column, answers.indicators[answer.indicator - 1 : answer.indicator])
        elif answer.role in ROLES:
            if answer.role == "value":
                _note_sign(column, answers.indicators)
            if answer.role in roles:
                raise WorkspaceError("bring.role_twice", role=answer.role)
            roles[answer.role] = _column_name(column)
    if "value" not in roles and not blocks and not table.get("by_itself"):
        raise WorkspaceError("bring.no_values")
    for rank in range(1, len(answers.indicators) + 1):
        _require_kind(table, answers, rank)
    if "place_code" in roles and answers.code_kind in CODE_KINDS:
        roles["code_kind"] = answers.code_kind
    spec["columns"] = roles
    if blocks:
        has_period = bool({"period", "period_start", "year"} & set(roles) or answers.period)
        spec["values"] = [
            _block(key, [columns[at] for at in places], answers.indicators, has_period, _suggested(table, places))
            for key, places in blocks.items()
        ]
    constants = {"source_id": str(table["name"])}
    constants |= {"iso3": answers.iso3} if answers.iso3 and "iso3" not in roles else {}
    constants |= {"level": answers.level} if answers.level and "level" not in roles else {}
    if answers.period:
        needs_year = {"month", "quarter"} & set(roles) and re.fullmatch(r"\d{4}", answers.period)
        constants["year" if needs_year else "period"] = answers.period
    if "indicator" in roles or (len(answers.indicators) > 1 and not blocks):
        spec["recode"] = {"indicator": {one.key or one.title: one.id for one in answers.indicators}}
    elif not blocks:
        constants["indicator"] = answers.indicators[0].id
    spec["set"] = constants
    spec |= {name: suggested[name] for name in ("missing", "skip", "fill_down") if suggested.get(name)}
    return spec, answers


def _note_sign(column: Mapping[str, Any], indicators: Sequence[IndicatorAnswer]) -> None:
    """Note of the indicators of a column whether it holds values below zero."""
    lowest = (column.get("numbers") or {}).get("lowest")
    for one in indicators:
        one.can_be_negative |= lowest is not None and lowest < 0


def _suggested(table: Mapping[str, Any], places: Sequence[int]) -> Any:
    """Return how the proposed mapping names just these columns, if it does: by a pattern, for example."""
    columns, spec = table["columns"], table["mapping"]
    roles = [_position(columns, str(name)) for name in (spec.get("columns") or {}).values()]
    taken = {at for at in roles if at is not None}
    for block in spec.get("values") or ():
        if _block_positions(block, columns, taken) == list(places):
            return block["columns"]
    return None


def _block(
    key: tuple[int, str, str],
    columns: Sequence[Mapping[str, Any]],
    indicators: Sequence[IndicatorAnswer],
    has_period: bool,
    suggested: Any,
) -> dict[str, Any]:
    number, sex, period = key
    if not 1 <= number <= len(indicators):
        raise WorkspaceError("bring.no_such_indicator", n=number)
    constants = {"indicator": indicators[number - 1].id}
    constants |= {"sex": sex} if sex in SEXES else {}
    block: dict[str, Any] = {"columns": suggested or [_column_name(column) for column in columns], "set": constants}
    if period:
        return {**block, "period": period}
    is_in_header = not has_period and all(column.get("header_period") for column in columns)
    return {**block, "period": HEADER} if is_in_header else block


# --- the files of the package ---


def _read_csv(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    if not path.is_file():
        return [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), [dict(row) for row in reader]


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def _write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=120)
    path.write_text(text, encoding="utf-8")


def _categories_yaml(answers: Sequence[CategoryAnswer]) -> list[dict[str, Any]]:
    """Return the categories in their order; values with one label are one category."""
    texts: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for one in answers:
        name = category_word(one.label or one.text)
        labels.setdefault(name, one.label or one.text)
        texts.setdefault(name, []).append(one.text)
    found = []
    for code, (name, label) in enumerate(labels.items(), 1):
        aliases = [text for text in texts[name] if category_word(text) != name]
        found.append({"code": code, "label": {"en": label, "ru": label}, **({"aliases": aliases} if aliases else {})})
    return found


def _indicator_yaml(one: IndicatorAnswer, answers: Answers, intake: str) -> dict[str, Any]:
    def both(text: str) -> dict[str, str]:
        return {"en": text, "ru": text}

    is_count = one.kind == "count"
    unit: dict[str, Any] = {"text": both(one.unit)}
    if one.unit.startswith("%"):
        unit["sign"] = both("%")
    low = None if one.kind == "index" or one.can_be_negative else 0
    decimals = int(one.decimals) if one.decimals.isdigit() else 1
    is_ordered = one.order == "rises"
    measured: dict[str, Any] = {
        "unit": unit,
        "value_range": [low, 100 if one.unit.startswith("%") and one.kind == "rate" else None],
    }
    if one.kind == CATEGORY:
        measured = {"categories": _categories_yaml(one.categories), "ordered": is_ordered}
    return {
        "id": one.id,
        "title": both(one.title),
        "menu_title": both(one.title),
        "headline": both(one.title),
        "driver": one.driver,
        "kind": one.kind,
        "definition": both(one.definition or one.title),
        "definition_source": f"{answers.publisher}, {answers.source_title}",
        **measured,
        "direction": one.direction if one.kind != CATEGORY or is_ordered else "neutral",
        "levels": [answers.level or "ADM1"],
        "periodicity": "annual",
        "population": both(one.population or one.unit or one.title),
        "source": {"reader": "intake", "file": f"intake/{intake}.yml", "where": {"indicator": one.id}},
        "missing": {"reason": "not_collected"},
        "sensitivity": one.sensitivity,
        "display": {
            "mark": "symbol" if is_count else "fill",
            "decimals": 0 if one.kind == CATEGORY else decimals,
            "level": answers.level or "ADM1",
        },
    }


def _table_of(path: Path) -> str:
    """Return the table that an indicator reads; empty if there is no such indicator."""
    return str((_read_yaml(path).get("source") or {}).get("file", ""))


def write_spec(incoming: Path, table: Mapping[str, Any], spec: Mapping[str, Any]) -> Path:
    """Write a mapping beside the files that were sent, for the ETL to try; return where it is."""
    path = incoming / f"{table['name']}.yml"
    _write_yaml(path, spec)
    return path


def write_catalog(package: Path, table: Mapping[str, Any], answers: Answers) -> Callable[[], None]:
    """Write the source and the indicators of a table into the package.

    Parameters
    ----------
    package : pathlib.Path
    table : mapping
        One table of what `recognise` printed.
    answers : Answers
        Of `spec_from_form`.

    Returns
    -------
    callable
        Takes back all that is written of the table, its mapping included.

    Raises
    ------
    WorkspaceError
        If an indicator's id is that of another table.
    """
    name = str(table["name"])
    mapping = f"intake/{name}.yml"
    folder = package / "catalog" / "indicators"
    ids = [one.id for one in answers.indicators]
    for each in ids:
        if ids.count(each) > 1 or _table_of(folder / f"{each}.yml") not in ("", mapping):
            raise WorkspaceError("bring.indicator_taken", id=each)
    sources = package / "data" / "sources.csv"
    former = [path for path in sorted(folder.glob("*.yml")) if _table_of(path) == mapping]
    touched = [sources, package / mapping, *former, *(folder / f"{each}.yml" for each in ids)]
    before = {path: path.read_bytes() if path.is_file() else None for path in touched}
    names, rows = _read_csv(sources)
    row = {
        "source_id": name,
        "title": answers.source_title,
        "publisher": answers.publisher,
        "url": answers.url,
        "licence": answers.licence or DEFAULT_LICENCE,
        "date_accessed": answers.date_accessed,
    }
    kept = [one for one in rows if one.get("source_id") != name]
    _write_csv(sources, names, [*kept, {key: row.get(key, "") for key in names}])
    for path in former:
        path.unlink()
    for one in answers.indicators:
        _write_yaml(folder / f"{one.id}.yml", _indicator_yaml(one, answers, name))

    def undo() -> None:
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)

    return undo
