"""Reports the rows of a reference table that break a rule, column by column."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from etl.package import FILE
from etl.problems import Problems
from etl.readers import ROW
from etl.validate import matches, parse_dates, report_duplicates


class Report:
    """Reports the rows of one reference table that break a rule."""

    def __init__(self, df: pd.DataFrame, problems: Problems) -> None:
        self.df, self.problems = df, problems

    def rows(self, bad: pd.Series[bool], column: str, expected: str, remedy: str) -> None:
        """Report the marked rows."""
        for file, part in self.df.loc[bad.to_numpy(dtype=bool)].groupby(FILE, sort=True, observed=True):
            self.problems.add_rows(
                str(file),
                part[ROW].to_numpy(dtype="int64"),
                column,
                found=part[column].head(10).tolist(),
                expected=expected,
                remedy=remedy,
            )

    def required(self, *columns: str) -> None:
        """Report empty cells."""
        for column in columns:
            self.rows(self.df[column] == "", column, "a value", "Fill the cell.")

    def one_of(self, column: str, codes: Sequence[str], remedy: str = "Use a code of the list.") -> None:
        """Report values that a closed list does not have; empty cells pass."""
        bad = (self.df[column] != "") & ~self.df[column].isin(codes)
        shown = ", ".join(codes[:16]) + (", ..." if len(codes) > 16 else "")
        self.rows(bad, column, f"one of {shown}", remedy)

    def pattern(self, column: str, pattern: str, expected: str) -> None:
        """Report filled cells that do not match."""
        fits = matches(pd.Index(self.df[column]), f"^(?:{pattern})$")
        self.rows(
            (self.df[column] != "") & ~pd.Series(fits, index=self.df.index), column, expected, "Correct the code."
        )

    def known_units(self, units: pd.DataFrame, remedy: str) -> None:
        """Report units that data/units.csv does not have in their country and at their level."""
        place = ["iso3", "level", "unit_id"]
        known = pd.MultiIndex.from_frame(self.df[place]).isin(pd.MultiIndex.from_frame(units[place]))
        unknown = pd.Series(~known, index=self.df.index)
        self.rows(unknown, "unit_id", "a unit of that country and level in data/units.csv", remedy)

    def dates(self, *columns: str) -> pd.DataFrame:
        """Report cells that are no date; return the table with dates."""
        typed = {column: parse_dates(self.df[column]) for column in columns}
        for column, dates in typed.items():
            self.rows(
                (self.df[column] != "") & dates.isna(),
                column,
                "a date such as 2022-06-08",
                "Write the date as year-month-day.",
            )
        return self.df.assign(**typed)

    def key(self, *columns: str) -> None:
        """Report rows that repeat a key."""
        for file, part in self.df.groupby(FILE, sort=True, observed=True):
            report_duplicates(part, list(columns), str(file), self.problems)
        across = self.df.duplicated(list(columns)) & ~self.df.duplicated([FILE, *columns])
        self.rows(across, columns[-1], "a key that no other package uses", "Rename or remove the row.")
