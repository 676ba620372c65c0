"""Whatever stands in a table: recognising and reading it never crashes, and every cell is a figure or listed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from etl.intake.places import PlaceIndex
from etl.intake.propose import propose_mapping, to_yaml, try_mapping
from etl.intake.recognise import recognise_table, to_json
from etl.problems import Problems
from tests.fixtures.raw_tables import raw_table

WORDS = (
    "|Region|West|East|Total|2019|2020 г.|I кв. 2020|January|sex|male|#adm1+name|#affected|12,5|1 234|<5|-|…|1o|%|"
    "тыс. человек|1|2|3|REF_AREA|TIME_PERIOD|OBS_VALUE"
)
CELLS = st.one_of(st.sampled_from(WORDS.split("|")), st.text(max_size=8))
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=9)


@given(rows=TABLES, form=st.sampled_from(["xlsx", "csv", "json"]), has_header=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_table_is_recognised_and_read(rows, form, has_header):
    table = raw_table(*rows, form=form, has_header=has_header)
    recognised = recognise_table(table, PlaceIndex())
    proposal = propose_mapping(recognised, PlaceIndex(), "table.xlsx", given={"period": "2020"})
    assert to_json(recognised)["rows"] == len(rows)
    assert to_yaml(proposal.mapping)
    problems = Problems()
    trial = try_mapping(recognised, proposal, "intake/table.yml", problems)
    assert trial is not None or problems.found
