"""Reference periods: their ids for addresses, their labels for readers, their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

LATEST = "latest"


@dataclass(frozen=True, order=True)
class Period:
    """A reference period, both days inclusive; ordered by its last day."""

    end: date
    start: date

    @property
    def is_whole_years(self) -> bool:
        """Whether it runs from a 1 January to a 31 December."""
        return (self.start.month, self.start.day, self.end.month, self.end.day) == (1, 1, 12, 31)

    @property
    def id(self) -> str:
        """Short id for addresses: ``2018``, ``2015-2016``, ``2022-01-01`` or ``2021-01-01_2021-03-31``."""
        if self.is_whole_years:
            first, last = self.start.year, self.end.year
            return str(first) if first == last else f"{first}-{last}"
        if self.start == self.end:
            return self.start.isoformat()
        return f"{self.start.isoformat()}_{self.end.isoformat()}"

    @property
    def years(self) -> float:
        """Position of the last day on an axis of years, for the time slider."""
        first = date(self.end.year, 1, 1)
        length = (date(self.end.year + 1, 1, 1) - first).days
        return self.end.year + ((self.end - first).days + 1) / length

    def label(self, lang: str) -> str:
        """Return the period as readers of `lang` write it."""
        start, end = self.start, self.end
        if self.is_whole_years:
            if start.year == end.year:
                return str(end.year)
            same_century = start.year // 100 == end.year // 100
            return f"{start.year}–{end.year % 100:02d}" if same_century else f"{start.year}–{end.year}"
        if start == end:
            return format_date(end, "d MMM y", locale=lang)
        if start.year == end.year and start.day == 1 and (end + timedelta(days=1)).day == 1:
            return _months(start, end, lang)
        return f"{format_date(start, 'd MMM y', locale=lang)} – {format_date(end, 'd MMM y', locale=lang)}"


def _months(start: date, end: date, lang: str) -> str:
    months = end.month - start.month + 1
    if months == 3 and start.month % 3 == 1:
        quarter = f"{(start.month + 2) // 3} кв." if lang == "ru" else format_date(start, "QQQ", locale=lang)
        return f"{quarter} {end.year}"
    first = format_date(start, "LLL", locale=lang).rstrip(".")
    last = format_date(end, "LLL", locale=lang).rstrip(".")
    return f"{first} {end.year}" if months == 1 else f"{first}–{last} {end.year}"
