"""Finds the columns of a table that a mapping names, and those that HXL tags, SDMX or our own names say themselves."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.formats.model import RawTable
from etl.intake.layout import Layout, column_names
from etl.intake.spec import ColumnPattern, ColumnRange, Constants, IntakeSpec, Role, ValueBlock
from etl.intake.words import (
    HXL_BESIDE,
    HXL_META,
    HXL_PLACES,
    HXL_SEXES,
    HXL_VALUES,
    SDMX_COLUMNS,
    SDMX_NEEDED,
    STANDARD_COLUMNS,
    plain,
)
from etl.problems import Problems, quoted
from etl.yamlfiles import Located

NEAREST = 3


@dataclass(frozen=True)
class Block:
    """Columns of values side by side, found.

    Attributes
    ----------
    columns : tuple of int
    periods : tuple of str
        The text that says the period of each column; empty unless the headers say it.
    constants : Constants
    """

    columns: tuple[int, ...]
    periods: tuple[str, ...]
    constants: Constants


@dataclass(frozen=True)
class Found:
    """The columns of a table by what they hold.

    Attributes
    ----------
    names : list of str
        Header of each column.
    roles : dict of str to int
    code_kind : str
    blocks : list of Block
    by_itself : str
        ``hxl``, ``sdmx`` or ``standard`` if the table says itself what its columns hold; otherwise empty.
    constants : Constants
        What HXL tags say of the whole table, for example its level.
    """

    names: list[str]
    roles: dict[Role, int]
    code_kind: str = ""
    blocks: list[Block] = field(default_factory=list)
    by_itself: str = ""
    constants: Constants = field(default_factory=Constants)


class Finder:
    """Looks columns up by header or label, and tells what it cannot find."""

    def __init__(
        self,
        names: Sequence[str],
        labels: Sequence[str],
        file: str,
        located: Located | None,
        problems: Problems,
        told: int = 0,
    ) -> None:
        self.names, self.labels, self.told = names, labels, told
        self._file, self._located, self._problems = file, located, problems
        self._by_name: dict[str, list[int]] = {}
        for at, name in enumerate(names):
            self._by_name.setdefault(plain(name), []).append(at)
        self._by_label = {plain(label): at for at, label in enumerate(labels)}

    def tell(self, path: tuple[str | int, ...], found: str, expected: str, remedy: str) -> None:
        """Add a problem of the mapping."""
        self.told += 1
        line = self._located.line(path) if self._located is not None else None
        self._problems.add(self._file, line, ".".join(map(str, path)), found=found, expected=expected, remedy=remedy)

    def column(self, name: str, path: tuple[str | int, ...]) -> int | None:
        """Return the position of the column with this header or label; None with the problem added."""
        found = self._by_name.get(plain(name), [])
        if len(found) == 1:
            return found[0]
        if plain(name) in self._by_label:
            return self._by_label[plain(name)]
        if found:
            labels = ", ".join(self.labels[at] for at in found)
            self.tell(path, f"{quoted(name)}, the header of {len(found)} columns", "one column", f"Name it {labels}.")
            return None
        near = difflib.get_close_matches(plain(name), list(self._by_name), NEAREST)
        shown = [self.names[self._by_name[key][0]] for key in near] or list(self.names[:8])
        self.tell(
            path, f"no column {quoted(name)}", "a header or label of the table", f"Write one of {', '.join(shown)}."
        )
        return None


def _block_columns(block: ValueBlock, at: int, finder: Finder, taken: set[int]) -> tuple[list[int], list[str]]:
    path: tuple[str | int, ...] = ("values", at, "columns")
    if isinstance(block.columns, ColumnPattern):
        pattern = re.compile(block.columns.matching)
        hits = [(n, m) for n, name in enumerate(finder.names) if n not in taken and (m := pattern.search(name))]
        if not hits:
            finder.tell(path, f"no column that matches {quoted(pattern.pattern)}", "at least one", "Correct it.")
        has_group = "period" in pattern.groupindex
        return [n for n, _ in hits], [m["period"] or "" if has_group else finder.names[n] for n, m in hits]
    if isinstance(block.columns, ColumnRange):
        ends = (finder.column(block.columns.start, path), finder.column(block.columns.end, path))
        if ends[0] is None or ends[1] is None:
            return [], []
        columns = [n for n in range(min(ends[0], ends[1]), max(ends[0], ends[1]) + 1) if n not in taken]
    else:
        found = [finder.column(name, path) for name in block.columns]
        columns = [n for n in found if n is not None]
    return columns, [finder.names[n] for n in columns]


def _from_tags(table: RawTable, layout: Layout) -> tuple[dict[Role, int], str, list[Block], Constants]:
    """Return what HXL tags say: places (the finest level), dates, sex and age, values, their bounds and samples."""
    from hxl.model import Column

    roles: dict[Role, int] = {}
    places: dict[tuple[str, str], int] = {}
    blocks: list[Block] = []
    for at, text in enumerate(table.cells.iloc[layout.tags] if layout.tags is not None else ()):
        column = Column.parse(str(text), column_number=at)
        if not column:
            continue
        tag, attributes = column.tag.removeprefix("#"), set(column.attributes)
        role = _role_of_tag(tag, attributes)
        if tag in HXL_PLACES:
            places.setdefault((tag, "code" if "code" in attributes else "name"), at)
        elif role is not None:
            roles.setdefault(role, at)
        elif tag in HXL_VALUES:
            blocks.append(Block((at,), (), _constants_of_tag(attributes)))
    if len(blocks) != 1:  # bounds and samples of several columns of values could be those of any
        for role in HXL_BESIDE.values():
            roles.pop(role, None)
    return _places_of_tags(places, roles, blocks)


def _role_of_tag(tag: str, attributes: set[str]) -> Role | None:
    if tag == "date":
        if "year" in attributes:
            return "year"
        return "period_start" if "start" in attributes else "period_end" if "end" in attributes else "period"
    if tag == "indicator" and attributes & {"name", "code", "label"}:
        return "indicator"
    if tag in HXL_VALUES:
        return next((HXL_BESIDE[name] for name in ("min", "max") if name in attributes), None)
    if tag == "meta":
        return next((role for name, role in HXL_META.items() if name in attributes), None)
    if tag == "status" and "obs" in attributes:
        return "obs_status"
    return "note" if tag == "description" else None


def _constants_of_tag(attributes: set[str]) -> Constants:
    sex = next((HXL_SEXES[name] for name in sorted(attributes) if name in HXL_SEXES), None)
    ages = [name.removeprefix("age_").replace("_", "-") for name in sorted(attributes) if name.startswith("age_")]
    age = next((age for age in ages if re.fullmatch(r"[0-9]{1,3}(-[0-9]{1,3})?", age)), None)
    return Constants.model_validate({"sex": sex, "age": age})


def _places_of_tags(
    places: dict[tuple[str, str], int], roles: dict[Role, int], blocks: list[Block]
) -> tuple[dict[Role, int], str, list[Block], Constants]:
    if not places:
        return roles, "", blocks, Constants()
    order = list(HXL_PLACES)
    finest = max((tag for tag, _ in places), key=order.index)
    if ("country", "code") in places:
        roles["iso3"] = places["country", "code"]
    inner: tuple[tuple[str, Role], ...] = (("name", "place_name"), ("code", "place_code"))
    outer: tuple[tuple[str, Role], ...] = (("name", "parent_name"), ("code", "parent_code"))
    above = {tag for tag, _ in places if tag not in (finest, "country")}
    for tag, kinds in ((finest, inner), (max(above, key=order.index, default=""), outer)):
        for kind, role in kinds:
            if (tag, kind) in places:
                roles[role] = places[tag, kind]
    return roles, "pcode" if "place_code" in roles else "", blocks, Constants(level=HXL_PLACES[finest])


def _says_itself(table: RawTable, layout: Layout, names: list[str]) -> Found | None:
    if layout.tags is not None:
        roles, kind, blocks, constants = _from_tags(table, layout)
        return Found(names, roles, kind, blocks, "hxl", constants)
    plain_names = [name.split(":", 1)[0].strip() for name in names]
    if set(plain_names) >= SDMX_NEEDED:
        roles = {SDMX_COLUMNS[name]: at for at, name in enumerate(plain_names) if name in SDMX_COLUMNS}
        return Found(names, roles, "", [], "sdmx")
    if "value" in names and {"place_code", "place_name"} & set(names):
        roles = {STANDARD_COLUMNS[name]: at for at, name in enumerate(names) if name in STANDARD_COLUMNS}
        return Found(names, roles, "", [], "standard")
    return None


def find_columns(
    table: RawTable, layout: Layout, spec: IntakeSpec, file: str, problems: Problems, located: Located | None = None
) -> Found:
    """Return the columns of a table by what they hold, as the mapping says or else as the table itself does.

    Parameters
    ----------
    table : RawTable
    layout : Layout
    spec : IntakeSpec
    file : str
        Of the mapping, in messages.
    problems : Problems
        Told of columns that the table does not have.
    located : Located, optional

    Returns
    -------
    Found
    """
    names = column_names(table, layout.header)
    finder = Finder(names, table.labels, file, located, problems)
    by_itself = _says_itself(table, layout, names)
    roles: dict[Role, int] = dict(by_itself.roles) if by_itself else {}
    for role, name in spec.columns.roles().items():
        at = finder.column(name, ("columns", role))
        if at is not None:
            roles[role] = at
    taken = {at for role, at in roles.items() if role != "value"}
    blocks: list[Block] = []
    for number, block in enumerate(spec.values):
        columns, periods = _block_columns(block, number, finder, taken)
        of_header = block.period == "header"
        constants = block.set
        if block.period and not of_header:
            constants = constants.model_copy(update={"period": block.period})
        blocks.append(Block(tuple(columns), tuple(periods) if of_header else (), constants))
    if not spec.values:
        if "value" in roles:
            blocks = [Block((roles["value"],), (), Constants())]
        elif by_itself:
            blocks = [block for block in by_itself.blocks if not set(block.columns) & taken]
    kind = spec.columns.code_kind or (by_itself.code_kind if by_itself else "")
    return Found(
        names,
        roles,
        kind,
        blocks,
        by_itself.by_itself if by_itself else "",
        by_itself.constants if by_itself else Constants(),
    )
