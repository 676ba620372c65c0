"""Reference periods: ids for addresses, labels for readers, order, place on the time axis."""

from __future__ import annotations

from datetime import date

import pytest

from layers.periods import Period


def period(start: str, end: str) -> Period:
    return Period(end=date.fromisoformat(end), start=date.fromisoformat(start))


CASES = [
    ("2018-01-01", "2018-12-31", "2018", "2018", "2018"),
    ("2015-01-01", "2016-12-31", "2015-2016", "2015–16", "2015–16"),
    ("1999-01-01", "2001-12-31", "1999-2001", "1999–2001", "1999–2001"),
    ("2008-01-01", "2009-12-31", "2008-2009", "2008–09", "2008–09"),
    ("2022-01-01", "2022-01-01", "2022-01-01", "1 Jan 2022", "1 янв. 2022"),
    ("2021-01-01", "2021-03-31", "2021-01-01_2021-03-31", "Q1 2021", "1 кв. 2021"),
    ("2021-10-01", "2021-12-31", "2021-10-01_2021-12-31", "Q4 2021", "4 кв. 2021"),
    ("2021-01-01", "2021-06-30", "2021-01-01_2021-06-30", "Jan–Jun 2021", "янв–июнь 2021"),
    ("2021-02-01", "2021-04-30", "2021-02-01_2021-04-30", "Feb–Apr 2021", "февр–апр 2021"),
    ("2024-02-01", "2024-02-29", "2024-02-01_2024-02-29", "Feb 2024", "февр 2024"),
    ("2010-07-01", "2011-06-30", "2010-07-01_2011-06-30", "1 Jul 2010 – 30 Jun 2011", "1 июл. 2010 – 30 июн. 2011"),
    ("2021-03-05", "2021-03-20", "2021-03-05_2021-03-20", "5 Mar 2021 – 20 Mar 2021", "5 мар. 2021 – 20 мар. 2021"),
]


@pytest.mark.parametrize(("start", "end", "name", "en", "ru"), CASES)
def test_ids_and_labels(start: str, end: str, name: str, en: str, ru: str) -> None:
    found = period(start, end)
    assert found.id == name
    assert found.label("en") == en
    assert found.label("ru").replace("\u00a0", " ").replace(" г.", "") == ru


def test_ids_tell_periods_apart() -> None:
    assert len({period(start, end).id for start, end, *_ in CASES}) == len(CASES)


def test_order_is_by_last_day_then_by_first() -> None:
    whole, quarter = period("2020-01-01", "2020-12-31"), period("2020-10-01", "2020-12-31")
    later, earlier = period("2021-01-01", "2021-03-31"), period("2019-01-01", "2019-12-31")
    assert sorted([later, quarter, whole, earlier]) == [earlier, whole, quarter, later]


@pytest.mark.parametrize(
    ("end", "years"),
    [("2018-12-31", 2019.0), ("2020-12-31", 2021.0), ("2021-01-01", 2021 + 1 / 365), ("2020-06-30", 2020 + 182 / 366)],
)
def test_position_on_the_axis_of_years(end: str, years: float) -> None:
    assert period(end, end).years == pytest.approx(years)


def test_positions_follow_the_calendar() -> None:
    ends = ["2019-12-31", "2020-01-01", "2020-02-29", "2020-12-31", "2021-01-01"]
    positions = [period(end, end).years for end in ends]
    assert positions == sorted(set(positions))
