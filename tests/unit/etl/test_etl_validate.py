import json

import numpy as np
import pandas as pd
import pytest

from etl.descriptor import Resource
from etl.persons import names_persons
from etl.problems import Problems
from etl.validate import check_table, parse_dates, parse_numbers


def check(values, **field):
    resource = Resource.model_validate(
        {
            "name": "t",
            "path": "t.csv",
            "schema": {"fields": [{"name": "a", **field}], "primaryKey": field.pop("key", [])},
        }
    )
    df = pd.DataFrame({"a": pd.Categorical(values), "_row": np.arange(2, len(values) + 2, dtype="int32")})
    problems = Problems()
    check_table(df, resource, "t.csv", problems)
    return [problem.row for problem in problems.found]


@pytest.mark.parametrize(
    ("values", "field", "rows"),
    [
        (["1", "x", "", "-2.5e3", "1,5", " 1", "nan", "inf"], {"type": "number"}, [3, 6, 7, 8, 9]),
        (["1", "1.5", "-3"], {"type": "integer"}, [3]),
        (["true", "True", "1"], {"type": "boolean"}, [3, 4]),
        (["2020-02-29", "2021-02-29", "2020-1-1", "0020-01-01", ""], {"type": "date"}, [3, 4, 5]),
        (["a", ""], {"constraints": {"required": True}}, [3]),
        (["a", "b", "a", "", ""], {"constraints": {"unique": True}}, [4]),
        (["a", "b", ""], {"constraints": {"enum": ["a"]}}, [3]),
        (["KAZ", "kaz"], {"constraints": {"pattern": "[A-Z]{3}"}}, [3]),
        (["0", "5", "11", ""], {"type": "number", "constraints": {"minimum": 1, "maximum": 10}}, [2, 4]),
        (["1999-12-31", "2000-01-01"], {"type": "date", "constraints": {"minimum": "2000-01-01"}}, [2]),
        (["a", "abcd"], {"constraints": {"minLength": 2, "maxLength": 3}}, [2, 3]),
    ],
)
def test_types_and_constraints(values, field, rows):
    assert check(values, **field) == rows


def test_constraint_that_would_not_be_checked_is_refused():
    field = {"name": "a", "constraints": {"minimun": 1}}
    with pytest.raises(ValueError, match="minimun"):
        Resource.model_validate({"name": "t", "path": "t.csv", "schema": {"fields": [field]}})


@pytest.mark.parametrize("path", ["../t.csv", "/t.csv", "C:/t.csv", "a\\t.csv"])
def test_paths_stay_inside_the_package(path):
    with pytest.raises(ValueError, match="inside the package"):
        Resource.model_validate_json(json.dumps({"name": "t", "path": path, "schema": {"fields": [{"name": "a"}]}}))


def test_numbers_and_dates_are_parsed_alike_from_text_and_category():
    texts = pd.Series(["1.5", "", "x", "-2e3"], dtype="str")
    for column in (texts, texts.astype("category")):
        np.testing.assert_array_equal(parse_numbers(column), [1.5, np.nan, np.nan, -2000.0])
    days = pd.Series(["2020-02-29", "", "2020-02-30"], dtype="str")
    for column in (days, days.astype("category")):
        assert parse_dates(column).isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    "name",
    [
        "ethnicity",
        "Ethnic Group",
        "nationality",
        "religion",
        "religiosity",
        "mosque_count",
        "surname",
        "first_name",
        "date_of_birth",
        "dob",
        "phone",
        "passport_no",
        "document_id",
        "национальность",
        "ФИО",
        "телефон",
        "паспорт",
    ],
)
def test_names_of_personal_data(name):
    assert names_persons(name)


@pytest.mark.parametrize(
    "name",
    [
        "national_code",
        "name_en",
        "place_name",
        "document",
        "inter_ethnic_mediation_centres",
        "interethnic_complaints",
        "international_migrants",
        "phonetic",
        "dobry",
        "population_all",
        "lon",
        "training_of_teachers",
    ],
)
def test_names_that_only_look_alike(name):
    assert not names_persons(name)
