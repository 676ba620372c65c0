"""What to generate: sizes, years, seed, and the streams of random numbers that follow from the seed."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np

from geodata.errors import EtlError

LAST_YEAR = 2024
REFORM_YEAR = 2018
DEFAULT_UNITS, DEFAULT_YEARS, DEFAULT_SEED = 62, 17, 1
DEFAULT_ADM1, DEFAULT_ADM3 = 9, 440
MIN_UNITS, MAX_UNITS = 30, 5000
MIN_YEARS, MAX_YEARS = 8, 60
MIN_INDICATORS, MAX_INDICATORS = 6, 200
MAX_SEED = 2**31 - 1
MAX_ADM1 = 80
MAX_ADM3 = 2000

NOTICE_EN = "SYNTHETIC TRAINING DATA"
NOTICE_RU = "СИНТЕТИЧЕСКИЕ УЧЕБНЫЕ ДАННЫЕ"


@dataclass(frozen=True)
class Plan:
    """The size of a training country.

    Attributes
    ----------
    units : int
        ADM2 units after the reform.
    years : int
        Years of figures; the last one is `LAST_YEAR`.
    indicators : int
        Number of indicators; None for all that have a meaning of their own.
    seed : int
        Another seed gives another country.
    hard_mode : bool
        Plant the faults of `etl.training.faults`.

    Raises
    ------
    EtlError
        If a number is out of range.
    """

    units: int = DEFAULT_UNITS
    years: int = DEFAULT_YEARS
    indicators: int | None = None
    seed: int = DEFAULT_SEED
    hard_mode: bool = False

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("units", self.units, MIN_UNITS, MAX_UNITS),
            ("years", self.years, MIN_YEARS, MAX_YEARS),
            ("indicators", self.indicators, MIN_INDICATORS, MAX_INDICATORS),
            ("seed", self.seed, 0, MAX_SEED),
        ):
            if value is not None and not low <= value <= high:
                raise EtlError(f"--{name} {value} is out of range: give a number from {low} to {high}")

    @property
    def adm1(self) -> int:
        """Number of ADM1 units after the reform, the capital city among them."""
        return min(MAX_ADM1, max(5, round(DEFAULT_ADM1 * math.sqrt(self.units / DEFAULT_UNITS))))

    @property
    def adm3(self) -> int:
        """Number of ADM3 units; 0 (no such level) where they would be more than `MAX_ADM3`."""
        wanted = round(self.units * DEFAULT_ADM3 / DEFAULT_UNITS)
        return wanted if wanted <= MAX_ADM3 else 0

    @property
    def first_year(self) -> int:
        """The first year that has figures."""
        return LAST_YEAR - self.years + 1

    @property
    def all_years(self) -> range:
        """All years that have figures."""
        return range(self.first_year, LAST_YEAR + 1)

    def stream(self, topic: str) -> np.random.Generator:
        """Return the random numbers of a topic; no topic changes those of another."""
        return np.random.default_rng([self.seed, zlib.crc32(topic.encode())])
