"""What an intake is once it is read: figures in the columns of a data package, and a list of what is not read."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from etl.intake.spec import IntakeSpec

CELL = "_cell"
INTAKE_DIR = "intake"
FIGURE_TEXTS = (
    "indicator",
    "iso3",
    "level",
    "place_code",
    "place_name",
    "period_start",
    "period_end",
    "sex",
    "age",
    "qualifier",
    "obs_status",
    "missing_reason",
    "boundary_set",
    "source_id",
    "note_en",
    "note_ru",
    "code_kind",
    "parent_name",
    "parent_code",
)
FIGURE_NUMBERS = ("value", "low", "high", "n")


@dataclass(frozen=True)
class Intake:
    """A file as received, read by its mapping.

    Attributes
    ----------
    file : str
        The mapping, as it is named in messages.
    raw_file, format, part : str
        What was read.
    spec : IntakeSpec
    figures : pandas.DataFrame
        One row for each figure, all text, in the columns of data/figures/*.csv and `code_kind`, `parent_name`,
        `parent_code`, `_row`, `_cell`.
    listed : pandas.DataFrame
        Rows, columns and cells that are not read: `row`, `cell`, `indicator`, `place_name`, `reason_en`, `reason_ru`.
    notes : tuple of str
        What the reader found out.
    """

    file: str
    raw_file: str
    format: str
    part: str
    spec: IntakeSpec
    figures: pd.DataFrame
    listed: pd.DataFrame
    notes: tuple[str, ...] = ()
