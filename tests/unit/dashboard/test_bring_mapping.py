"""The form of a table: columns of words become categories, with labels, an order, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.bring.mapping import form_of, spec_from_form, write_catalog
from dashboard.bring.store import WorkspaceError
from layers.catalog import IndicatorSpec

ROADS = {"open": 4, "closed in winter": 3, "none": 1}


def column(label: str, name: str, **more: Any) -> dict[str, Any]:
    return {"label": label, "name": name, "kind": "text", "distinct": 3, "counts": {}, **more}


def table(*values: dict[str, Any]) -> dict[str, Any]:
    """Return a table of places and one indicator, as `recognise` tells it."""
    names = [str(one["name"]) for one in values]
    mapping = {
        "file": "raw/roads.csv",
        "columns": {"place_name": "Region"},
        "values": [{"columns": names, "set": {"indicator": "winter_road"}}],
        "set": {"iso3": "KGZ", "level": "ADM1"},
    }
    columns = [column("A", "Region", distinct=9), *values]
    return {"name": "roads", "by_itself": None, "columns": columns, "mapping": mapping}


def sent(*values: tuple[str, str], columns: int = 1, **more: str) -> dict[str, str]:
    """Return the form as it is sent, with a value and its label in each row."""
    form = {
        "do": "save", "publisher": "Road office", "source_title": "Yearbook", "iso3": "KGZ", "level": "ADM1",
        "period": "2022", "role-0": "place_name", "indicators": "1", "ind-1-title": "Winter road",
        "ind-1-driver": "services", "ind-1-kind": "category", "ind-1-order": "none", "ind-1-sensitivity": "low",
        "ind-1-direction": "higher_is_worse",
        **{f"role-{at}": "figures" for at in range(1, columns + 1)},
        **{f"indicator-{at}": "1" for at in range(1, columns + 1)},
    }  # fmt: skip
    for at, (text, label) in enumerate(values):
        form |= {f"ind-1-cat-{at}-text": text, f"ind-1-cat-{at}-label": label, f"ind-1-cat-{at}-place": str(at)}
    return {**form, **{key.replace("_1_", "-1-"): value for key, value in more.items()}}


def texts(form: dict[str, str], one: dict[str, Any], package: Path) -> list[str]:
    return [each.text for each in form_of(one, package, form).indicators[0].categories]


def test_a_column_of_words_opens_as_categories_with_counts(tmp_path: Path) -> None:
    (one,) = form_of(table(column("B", "Winter road", counts=ROADS)), tmp_path, None).indicators
    assert one.kind == "category"
    assert [(each.text, each.label, each.rows) for each in one.categories] == [(t, t, n) for t, n in ROADS.items()]


def test_years_side_by_side_have_one_list(tmp_path: Path) -> None:
    years = table(
        column("B", "2021", counts={"Open": 2, "none": 1}), column("C", "2022", counts={"none": 3, "open": 1})
    )
    (one,) = form_of(years, tmp_path, None).indicators
    assert [(each.text, each.rows) for each in one.categories] == [("none", 4), ("Open", 3)]


def test_buttons_move_a_value_and_those_at_the_ends_stay(tmp_path: Path) -> None:
    roads = table(column("B", "Winter road", counts=ROADS))
    form = sent(("open", ""), ("none", "No road"), ("closed in winter", ""))
    assert texts({**form, "do": "up-1-2"}, roads, tmp_path) == ["open", "closed in winter", "none"]
    assert texts({**form, "do": "down-1-0"}, roads, tmp_path) == ["none", "open", "closed in winter"]
    assert texts({**form, "do": "up-1-0"}, roads, tmp_path) == ["open", "none", "closed in winter"]
    moved = form_of(roads, tmp_path, {**form, "do": "down-1-1"}).indicators[0].categories
    assert [each.label for each in moved] == ["open", "closed in winter", "No road"]


@pytest.mark.parametrize(("order", "direction"), [("none", "neutral"), ("rises", "higher_is_worse")])
def test_the_catalog_gets_categories_that_are_valid_and_come_back(tmp_path: Path, order: str, direction: str) -> None:
    roads = table(column("B", "Winter road", counts=ROADS))
    form = sent(("open", "Open"), ("none", "Closed"), ("closed in winter", "Closed"), ind_1_order=order)
    spec, answers = spec_from_form(roads, form)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sources.csv").write_text("source_id,title,publisher,url,licence,date_accessed\n")
    write_catalog(tmp_path, roads, answers)
    path = tmp_path / "catalog" / "indicators" / "winter_road.yml"
    written = IndicatorSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert written.category_codes == {"open": 1, "closed": 2, "none": 2, "closedinwinter": 2}
    assert (written.ordered, written.direction, written.display.mark) == (order == "rises", direction, "fill")
    (tmp_path / "intake").mkdir()
    (tmp_path / "intake" / "roads.yml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    (again,) = form_of(roads, tmp_path, None).indicators
    assert (again.kind, again.order) == ("category", order)
    assert [(each.text, each.label) for each in again.categories] == [
        ("open", "Open"), ("none", "Closed"), ("closed in winter", "Closed"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "change", "key"),
    [
        (column("B", "Road", counts=ROADS), {"ind-1-kind": "rate", "ind-1-unit": "%"}, "bring.words_no_kind"),
        (column("B", "Road", counts=ROADS), {"ind-1-sensitivity": "high"}, "bring.category_sensitivity"),
        (column("B", "Road", counts={**ROADS, "ferry": 1}), {}, "bring.look_at_values"),
        (column("B", "Road", counts=ROADS), dict.fromkeys([f"ind-1-cat-{n}-label" for n in range(3)], "Road"),
         "bring.one_category"),
        (column("B", "Road", distinct=12), {}, "bring.too_many_words"),
        (column("B", "Road", counts={"open": 9}), {}, "bring.no_words"),
        (column("B", "Road", kind="number", numbers={"lowest": 1.0}), {}, "bring.no_words"),
    ],
)  # fmt: skip
def test_what_cannot_be_categories_is_refused_in_one_line(
    value: dict[str, Any], change: dict[str, str], key: str
) -> None:
    with pytest.raises(WorkspaceError) as refused:
        spec_from_form(table(value), {**sent(*((text, text) for text in ROADS)), **change})
    assert refused.value.key == key
    assert refused.value.given["n"] == 1
