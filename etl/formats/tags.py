"""Finds the row of HXL hashtags of a table."""

from __future__ import annotations

import dataclasses

from hxl.model import Column

from etl.formats.model import RawTable

_SEARCHED_ROWS = 25
_MIN_SHARE = 0.5


def tag_of(cell: str) -> str:
    """Return an HXL tag with its attributes in the usual form; empty text if a cell is none."""
    if not cell.lstrip().startswith("#"):
        return ""
    column = Column.parse(cell.strip(), use_exception=False)
    return str(column.display_tag) if column else ""


def with_tags(table: RawTable) -> RawTable:
    """Return the table with the property ``hxl``, if one of its first rows holds HXL hashtags.

    As in libhxl, at least half of the filled cells of that row must be tags.

    Parameters
    ----------
    table : RawTable

    Returns
    -------
    RawTable
        Property ``hxl``: ``position`` (index of the row of tags in `cells`), ``row`` (its number in the file) and
        ``tags`` (tag by column).
    """
    for position in range(min(len(table.cells), _SEARCHED_ROWS)):
        cells = [str(cell) for cell in table.cells.iloc[position]]
        tags = {column: tag for column, cell in enumerate(cells) if (tag := tag_of(cell))}
        if tags and len(tags) >= _MIN_SHARE * sum(bool(cell.strip()) for cell in cells):
            hxl = {"position": position, "row": int(table.rows[position]), "tags": tags}
            note = f"row {hxl['row']} holds HXL tags"
            return dataclasses.replace(table, notes=(*table.notes, note), properties={**table.properties, "hxl": hxl})
    return table
