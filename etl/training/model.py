"""How the invented figures come about: patterns over space, trends, a year of shock; district by district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.training.country import BORDER, PERIPHERAL, URBAN, Country
from etl.training.plan import REFORM_YEAR

SHOCK_YEAR = 2020
NORM_RAISED = 2016
PEOPLE_PER_DISTRICT = 120_000
_WAVES = 5
_NEED_OF_KIND = {URBAN: -1.1, BORDER: 0.45, PERIPHERAL: 0.8}
_DENSITY_OF_KIND = {URBAN: 1.5, BORDER: -0.1, PERIPHERAL: -0.5}
_GROWTH_OF_KIND = {URBAN: 0.024, BORDER: 0.011, PERIPHERAL: 0.004}
_DEPARTURES = {2012: 120, 2013: 330, 2014: 460, 2015: 390, 2016: 220, 2017: 80, 2018: 170, 2019: 20, 2020: 10}
_DEPARTURES_UNITS = 62
_DRAWN_SHARE, _WEIGHT_OF_OTHERS = 0.3, 0.03
_CITY_COUNTS_AS = 120_000
_WOMEN_AMONG_DEPARTURES = 0.3
_SEX_SHARE = 0.505
_NO_DOCTOR_SHARE = 0.03
_CLEARLY = 0.25  # by how much another category must be stronger

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """The figures of one indicator by district and year.

    Attributes
    ----------
    value : numpy.ndarray of float64, shape (n_base, n_years)
    weight : numpy.ndarray of float64 or None, same shape
        What a mean over districts is weighted by; None if districts are added up.
    atoms : numpy.ndarray of float64 or None, shape (n_atoms, n_years)
        The same count by cell, if it is made there.
    spread : float or None
        Standard deviation of single answers, for surveys of amounts; None where the answers are yes or no.
    """

    value: Matrix
    weight: Matrix | None = None
    atoms: Matrix | None = None
    spread: float | None = None


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((values - values.mean()) / values.std(), dtype="float64")


class Model:
    """Makes series; the same for the same plan, whatever else is asked for.

    Attributes
    ----------
    years : numpy.ndarray of int
    population : Series
        With weight None.
    women : numpy.ndarray of float64, shape (n_base, n_years)
    need : numpy.ndarray of float64, shape (n_base,)
        The pattern of support need, mean 0 and standard deviation 1.
    """

    def __init__(self, country: Country) -> None:
        self.country = country
        self.years = np.array(country.plan.all_years)
        self.n_base = len(country.kind)
        self._made: dict[str, Series] = {}
        rng = country.plan.stream("need")
        of_kind = np.array([_NEED_OF_KIND.get(kind, 0.0) for kind in country.kind])
        self.need = _standardised(0.9 * self._field(rng) + of_kind + 0.3 * rng.standard_normal(self.n_base))
        self.population = self._population()
        share = _SEX_SHARE + 0.004 * country.plan.stream("women").standard_normal(self.n_base)
        self.women = np.round(self.population.value * share[:, None])

    def _field(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return a smooth pattern over the country: neighbours are alike."""
        xy = self.country.xy / np.hypot(*self.country.xy.T).max()
        angles, phases = 2 * np.pi * rng.random(_WAVES), 2 * np.pi * rng.random(_WAVES)
        lengths = 1.2 + 2.2 * rng.random(_WAVES)
        waves = np.column_stack([np.cos(angles), np.sin(angles)]) * lengths[:, None]
        return _standardised(np.cos(xy @ waves.T + phases).sum(axis=1))

    def _kind(self, name: str) -> NDArray[np.float64]:
        return np.array([kind == name for kind in self.country.kind], dtype="float64")

    def _population(self) -> Series:
        country, rng = self.country, self.country.plan.stream("population")
        base = country.base_of_atom
        log_density = np.array([_DENSITY_OF_KIND.get(kind, 0.0) for kind in country.kind])[base]
        log_density += 0.45 * rng.standard_normal(len(base))
        log_density += np.where(base == country.territory.capital, 1.3, 0.0)
        weight = np.exp(log_density) * country.area
        people = weight / weight.sum() * PEOPLE_PER_DISTRICT * self.n_base
        growth = np.array([_GROWTH_OF_KIND.get(kind, 0.014) for kind in country.kind])[base]
        steps = self.years - self.years[0]
        atoms = np.maximum(np.round(people[:, None] * (1 + growth[:, None]) ** steps), 40.0)
        return Series(self.by_base(atoms), None, atoms)

    def by_base(self, atoms: Matrix) -> Matrix:
        """Add up the cells of each district."""
        result = np.zeros((self.n_base, atoms.shape[1]))
        np.add.at(result, self.country.base_of_atom, atoms)
        return result

    def series(self, entry: dict[str, Any], entries: dict[str, dict[str, Any]]) -> Series:
        """Return the series of an indicator.

        Parameters
        ----------
        entry : dict
            Of indicators.yml.
        entries : dict of str to dict
            All of them, by id: an indicator may be made from another one.

        Returns
        -------
        Series
        """
        name = entry["id"]
        if name not in self._made:
            self._made[name] = self._make(name, entry["model"], entries)
        return self._made[name]

    def _make(self, name: str, model: dict[str, Any], entries: dict[str, dict[str, Any]]) -> Series:
        form, people = model["form"], self.population.value
        if form == "population":
            return self.population
        if form in ("doctors", "schools"):
            return self._staff(form)
        if form == "departures":
            return Series(self.departures()[0])
        if form == "category":
            return Series(self._categories(name, model), people)
        of = self.series(entries[model["of"]], entries) if "of" in model else None
        if of is None:
            value = self._latent(name, model)
            if form == "share":
                value = 100 / (1 + np.exp(-value))
            elif form == "amount":
                value = np.exp(value)
            elif form == "hours":
                value = 24 / (1 + np.exp(-value))
            if model.get("balance"):
                value = value - (value * people).sum(axis=0) / people.sum(axis=0)
            return Series(value, people)
        if form == "ratio":
            return Series(of.value / people * model["per"], people)
        if form == "per_1000":
            return Series(np.round(of.value * people / 1000))
        if form == "norm":
            return Series(self._norm(model), people)
        rng = self.country.plan.stream(f"expected:{name}")
        mean = (of.value * people).sum(axis=0) / people.sum(axis=0)
        own = of.value + model["lift"] + model["pull"] * (mean - of.value)
        own = own + 0.15 * model["lift"] * rng.standard_normal((self.n_base, 1))
        top = float(model.get("top", 100 if "spread" not in model else np.inf))
        return Series(np.clip(own, 0.0, 0.985 * top), people, spread=model.get("spread"))

    def _latent(self, name: str, model: dict[str, Any]) -> Matrix:
        rng = self.country.plan.stream(f"series:{name}")
        second = self._field(rng)
        unit = model["base"] + model["need"] * self.need + model["second"] * second
        unit = unit + model.get("urban", 0.0) * self._kind(URBAN) + model.get("border", 0.0) * self._kind(BORDER)
        if "peripheral" in model:
            unit = unit + model["peripheral"] * self._kind(PERIPHERAL)
        scale = abs(model["need"]) + abs(model["second"])
        unit = unit + 0.2 * scale * rng.standard_normal(self.n_base)
        years = self.years.astype("float64")
        step = model["trend"] * (years - REFORM_YEAR) / 10
        share = np.select([years == SHOCK_YEAR, years == SHOCK_YEAR + 1], [1.0, 0.45], 0.0)
        struck = 1 + 0.4 * self._kind(BORDER)
        value = unit[:, None] + step + model["shock"] * struck[:, None] * share
        value = value + np.where(years >= model.get("break_year", 9999), model.get("break_step", 0.0), 0.0)
        return np.asarray(value + 0.05 * scale * rng.standard_normal((self.n_base, len(years))), dtype="float64")

    def _categories(self, name: str, model: dict[str, Any]) -> Matrix:
        """Return the code of each district and year: the class of one pattern, or the strongest of several.

        A district keeps its category until another one is clearly stronger: nobody digs a well for a year.
        """
        if "cuts" in model:
            return np.digitize(self._latent(name, model), model["cuts"]).astype("float64") + 1.0
        codes = np.array(sorted(model["of_codes"]), dtype="float64")
        strength = np.array([self._latent(f"{name}:{code:.0f}", model["of_codes"][int(code)]) for code in codes])
        chosen = strength[:, :, 0].argmax(axis=0)
        places = np.arange(self.n_base)
        result = np.empty((self.n_base, len(self.years)))
        for year in range(len(self.years)):
            now = strength[:, :, year]
            best = now.argmax(axis=0)
            chosen = np.where(now[best, places] > now[chosen, places] + _CLEARLY, best, chosen)
            result[:, year] = codes[chosen]
        return result

    def _staff(self, form: str) -> Series:
        """Return doctors or schools by cell; small remote municipalities may have none."""
        rng = self.country.plan.stream(f"staff:{form}")
        base, atoms = self.country.base_of_atom, self.population.atoms
        if atoms is None:  # only for the type checker: the population is made by cell
            raise AssertionError
        per = 17.0 * np.exp(-0.28 * self.need) if form == "doctors" else 4.4 * np.exp(0.05 * self.need)
        growth = 1 + (0.012 if form == "doctors" else -0.004) * (self.years - self.years[0])
        chance = rng.random((len(base), 1))
        mean = atoms * per[base][:, None] / 10_000 * growth * np.exp(0.25 * rng.standard_normal((len(base), 1)))
        counts = np.floor(mean + chance)
        if form == "doctors":
            counts = counts * (rng.random((len(base), 1)) > _NO_DOCTOR_SHARE)
        return Series(self.by_base(counts), None, counts)

    def departures(self) -> tuple[Matrix, Matrix]:
        """Return recorded departures and those of women, drawn by lot.

        In each year a lottery picks three districts in ten, and nearly all persons are drawn there by population, of
        which the largest cities count only a part. Nothing else about a district plays a role.
        """
        rng = self.country.plan.stream("departures")
        total, women = np.zeros((self.n_base, len(self.years))), np.zeros((self.n_base, len(self.years)))
        people = self.population.value
        for at, year in enumerate(self.years.tolist()):
            n = round(_DEPARTURES.get(year, 0) * max(1.0, self.country.plan.units / _DEPARTURES_UNITS))
            chance = np.where(rng.random(self.n_base) < _DRAWN_SHARE, 1.0, _WEIGHT_OF_OTHERS)
            cumulated = np.cumsum(np.minimum(people[:, at], _CITY_COUNTS_AS) * chance)
            drawn = np.searchsorted(cumulated, rng.random(n) * cumulated[-1], side="right")
            is_woman = rng.random(n) < _WOMEN_AMONG_DEPARTURES
            total[:, at] = np.bincount(drawn, minlength=self.n_base)
            women[:, at] = np.bincount(drawn[is_woman], minlength=self.n_base)
        return total, women

    def _norm(self, model: dict[str, Any]) -> Matrix:
        urban = self._kind(URBAN)[:, None]
        level = urban * model["urban"] + (1 - urban) * model["elsewhere"]
        raised = level + model["raise"] * (self.years >= NORM_RAISED)
        return np.asarray(np.minimum(raised, model.get("top", np.inf)), dtype="float64")
