"""Who does what where: invented programmes, in places and sectors, with gaps and doubles to be found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from etl.training.country import Country, division_of
from etl.training.model import Model
from etl.training.plan import LAST_YEAR

COLUMNS = (
    "org_name", "org_type", "sector", "activity", "boundary_set", "level", "unit_id", "status", "period_start",
    "period_end", "target", "reached", "budget_usd", "source_id",
)  # fmt: skip
SOURCE = "syn-programmes"
_ORGANISATIONS = (
    ("Lantern Fund (invented)", "donor"), ("Blue Bridge Initiative (invented)", "ngo"),
    ("Ministry of Common Works (invented)", "government"), ("Open Orchard Network (invented)", "ngo"),
    ("Union of Municipalities (invented)", "local_government"), ("Seven Rivers Agency (invented)", "un_agency"),
    ("Craft and Skills Chamber (invented)", "business"),
)  # fmt: skip
_WORK = (
    ("water_sanitation", "Repair of village water points"),
    ("energy", "Repair of transformers and lines"),
    ("health", "Mobile clinics and posts for family doctors"),
    ("education", "School repair and second shifts"),
    ("jobs", "Vocational courses and first jobs"),
    ("migration_services", "Advice for migrants and returned migrants"),
    ("local_governance", "Public hearings and complaint desks"),
)
_PER_DISTRICT = 2.4
_DOUBLED_SHARE = 0.06


def _status(start: int, end: int, chance: float) -> str:
    if end < LAST_YEAR:
        return "suspended" if chance < 0.06 else "completed"
    return "planned" if start > LAST_YEAR else "ongoing"


def make_programmes(country: Country, model: Model) -> Iterator[tuple[str, ...]]:
    """Return the programmes; where they are follows the need only loosely, so that there are gaps to find.

    Parameters
    ----------
    country : Country
    model : Model

    Yields
    ------
    tuple of str
        In the order of `COLUMNS`.
    """
    rng = country.plan.stream("programmes")
    n = round(_PER_DISTRICT * country.plan.units)
    need = model.need
    ease = np.exp(-0.4 * rng.standard_normal(len(need)) + 0.25 * need)
    ease[country.territory.exclave] *= 0.05
    cumulated = np.cumsum(ease)
    seen: set[tuple[str, ...]] = set()
    for _ in range(n):
        base = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
        sector, activity = _WORK[int(rng.integers(len(_WORK)))]
        start = int(rng.integers(max(country.plan.first_year, LAST_YEAR - 11), LAST_YEAR + 2))
        end = start + int(rng.integers(1, 5))
        month = int(rng.integers(1, 13))
        name, level = division_of(start), ("ADM1" if rng.random() < 0.12 else "ADM2")
        unit = next(u for u in country.at(name, level) if base in u.base)
        people = float(model.population.value[unit.base, -1].sum())
        target = float(np.round(people * (0.004 + 0.05 * rng.random()), -1)) + 10
        status = _status(start, end, float(rng.random()))
        progress = {"completed": 0.7 + 0.45 * rng.random(), "ongoing": 0.2 + 0.5 * rng.random(), "suspended": 0.1}
        reached = "" if status == "planned" else f"{target * progress[status]:.0f}"
        budget = f"{np.round(target * (20 + 180 * rng.random()), -3) + 5000:.0f}"
        times = 3 if rng.random() < _DOUBLED_SHARE else 1
        for org in rng.permutation(len(_ORGANISATIONS))[:times].tolist():
            row = (
                *_ORGANISATIONS[org], sector, activity, name, level, unit.unit_id, status, f"{start}-{month:02d}-01",
                f"{end}-12-31", f"{target:.0f}", reached, budget, SOURCE,
            )  # fmt: skip
            key = (row[0], row[2], row[3], row[4], row[6], row[8])
            if key not in seen:
                seen.add(key)
                yield row
