import pytest

from etl.intake.periods import read_period, read_periods


@pytest.mark.parametrize(
    ("text", "start", "end", "kind"),
    [
        ("2019", "2019-01-01", "2019-12-31", "year"),
        ("2019 г.", "2019-01-01", "2019-12-31", "year"),
        ("2019-yil", "2019-01-01", "2019-12-31", "year"),
        ("2019¹⁾", "2019-01-01", "2019-12-31", "year"),
        ("2015 | year²)", "2015-01-01", "2015-12-31", "year"),
        ("2019/20", "2019-01-01", "2020-12-31", "span"),
        ("2012-13", "2012-01-01", "2013-12-31", "span"),
        ("I кв. 2020", "2020-01-01", "2020-03-31", "quarter"),
        ("2001 | IV quarter", "2001-10-01", "2001-12-31", "quarter"),
        ("2020-Q2", "2020-04-01", "2020-06-30", "quarter"),
        ("I полугодие 2020", "2020-01-01", "2020-06-30", "half"),
        ("янв.2024", "2024-01-01", "2024-01-31", "month"),
        ("February 2024", "2024-02-01", "2024-02-29", "month"),
        ("2019-03", "2019-03-01", "2019-03-31", "month"),
        ("2024-M02", "2024-02-01", "2024-02-29", "month"),
        ("январь-октябрь 2020 года", "2020-01-01", "2020-10-31", "span"),
        ("на 1 января 2024 года", "2024-01-01", "2024-01-01", "day"),
        ("31.12.2020", "2020-12-31", "2020-12-31", "day"),
        ("2020-W01", "2019-12-30", "2020-01-05", "span"),
    ],
)
def test_periods_as_people_write_them(text, start, end, kind):
    period = read_period(text)
    assert (period.start.isoformat(), period.end.isoformat(), period.kind) == (start, end, kind)


@pytest.mark.parametrize("text", ["", "12", "Abay", "Marriages 2019", "Decrease 2019", "31.02.2020", "2003-04"])
def test_texts_that_say_no_clear_period(text):
    assert read_period(text) is None


def test_what_a_dash_means_follows_from_the_other_texts():
    assert read_periods(["2003-04", "2003-11"])["2003-04"].kind == "month"
    assert read_periods(["2003-04", "2012-13"])["2003-04"].kind == "span"
    assert read_periods(["2003-04", "2003-11", "2012-13"])["2003-04"] is None


def test_a_year_from_elsewhere_completes_months_and_quarters():
    assert read_period("August", "2024").start.isoformat() == "2024-08-01"
    assert read_period("III квартал", "2024").end.isoformat() == "2024-09-30"
