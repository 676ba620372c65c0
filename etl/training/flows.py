"""Invented moves between the regions: more between near and populous ones, more to where there is less need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.training.country import Country, Unit, division_of
from etl.training.model import SHOCK_YEAR, Model
from etl.training.plan import NOTICE_EN, NOTICE_RU

COLUMNS = (
    "flow_id", "level", "from_set", "from_unit", "to_set", "to_unit", "period_start", "period_end", "persons",
    "missing_reason", "source_id",
)  # fmt: skip
SOURCE = "syn-moves"
FLOW_ID = "internal_moves"
K = 10
_MOVERS = 0.0022  # of the population in a year
_OF_SHOCK = 0.45
_DISTANCE_POWER = 2.1
_PULL = 0.35
_NOISE = 0.6


def flow_catalog() -> list[dict[str, Any]]:
    """Return the content of catalog/flows.yml."""
    return [
        {
            "id": FLOW_ID,
            "title": {"en": "Moves between regions", "ru": "Переезды между регионами"},
            "unit": {"en": "persons", "ru": "чел."},
            "definition": {
                "en": "Persons who registered in another region during the year, by former and new region. Numbers "
                f"from 1 to {K - 1} are withheld.",
                "ru": "Лица, зарегистрированные в течение года в другом регионе, по прежнему и новому региону. Числа "
                f"от 1 до {K - 1} скрыты.",
            },
            "definition_source": f"{NOTICE_EN}: register of residence (invented)",
            "sensitivity": "moderate",
            "k": K,
            "caveats": [
                {
                    "en": f"{NOTICE_EN}. Moves that nobody registered are not counted.",
                    "ru": f"{NOTICE_RU}. Переезды без регистрации не учтены.",
                }
            ],
        }
    ]


def _means(country: Country, model: Model, units: list[Unit], at: int) -> NDArray[np.float64]:
    """Return the expected moves of one year between each two regions."""
    people = np.array([model.population.value[unit.base, at].sum() for unit in units])
    weights = [model.population.value[unit.base, at] for unit in units]
    xy = np.array([np.average(country.xy[u.base], axis=0, weights=w) for u, w in zip(units, weights, strict=True)])
    need = np.array([np.average(model.need[u.base], weights=w) for u, w in zip(units, weights, strict=True)])
    distance = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    np.fill_diagonal(distance, np.inf)
    pull = np.exp(-_PULL * need)
    raw = people[:, None] * (people * pull)[None] / distance**_DISTANCE_POWER
    return np.asarray(raw / raw.sum() * people.sum() * _MOVERS, dtype="float64")


def make_flows(country: Country, model: Model) -> Iterator[tuple[str, ...]]:
    """Return the moves of each year between the regions of the division of that year; small numbers as they are.

    Parameters
    ----------
    country : Country
    model : Model

    Yields
    ------
    tuple of str
        In the order of `COLUMNS`.
    """
    rng = country.plan.stream("flows")
    ties: dict[str, NDArray[np.float64]] = {}
    for at, year in enumerate(country.plan.all_years):
        name = division_of(year)
        units = country.at(name, "ADM1")
        if name not in ties:
            ties[name] = np.exp(_NOISE * rng.standard_normal((len(units), len(units))))
        means = _means(country, model, units, at) * ties[name] * (_OF_SHOCK if year == SHOCK_YEAR else 1.0)
        moves = rng.poisson(means)
        for a, origin in enumerate(units):
            for b, target in enumerate(units):
                if a != b:
                    yield (
                        FLOW_ID, "ADM1", name, origin.unit_id, name, target.unit_id, f"{year}-01-01", f"{year}-12-31",
                        str(int(moves[a, b])), "", SOURCE,
                    )  # fmt: skip
