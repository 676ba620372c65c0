"""Variant: another way to look at the same layer, as an address spells it; its scene is a scene like any other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from geodata.contracts import AGE, SEXES
from geodata.errors import LayerError
from layers.catalog import Scheme
from layers.palette import PALETTES

Scale = Literal["within", "across"]
Measure = Literal["absolute", "percent"]
Midpoint = Literal["zero", "mean", "norm"]

_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?", re.ASCII)
_PERIOD = re.compile(r"[0-9]{4}[0-9_-]{0,24}", re.ASCII)
MOST_BREAKS = 8


class UnknownVariantError(LayerError):
    """A variant asks for what the layer does not have."""


class Variant(BaseModel):
    """What is looked at, and how it is classified; a field left at its default changes nothing.

    Attributes
    ----------
    sex, age : str
        The group of people whose figures are shown (codes of the contract ``observations``).
    scheme, k, breaks : str, int, tuple of float or None
        Class scheme, number of classes (2 to 9), own inner and upper class bounds; None is the catalog's.
    mid : str or None
        Midpoint of a diverging classification: ``zero``, ``mean`` (the national mean), ``norm``, or a number.
    palette : str or None
        One of `layers.palette.PALETTES`.
    ramp : bool
        A continuous ramp of colour instead of classes.
    scale : str or None
        ``within``: each country is classified by itself; ``across``: all by the same breaks.
    upto : bool
        Every unit shows its latest figure up to the period, with its age.
    base : str or None
        Period id: figures are changes since that period, ``measure`` says in what.
    measure : str
        ``absolute`` (in the unit) or ``percent`` of the figure of the base period.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sex: str = "all"
    age: str = "all"
    scheme: Scheme | None = None
    k: int | None = None
    breaks: tuple[float, ...] | None = None
    mid: str | None = None
    palette: str | None = None
    ramp: bool = False
    scale: Scale | None = None
    upto: bool = False
    base: str | None = None
    measure: Measure = "absolute"

    @property
    def is_reclassified(self) -> bool:
        """Whether the classes, their colours or their midpoint are chosen by the reader."""
        chosen = (self.scheme, self.k, self.breaks, self.mid, self.palette)
        return self.ramp or any(one is not None for one in chosen)

    def fields(self) -> dict[str, str]:
        """Return what differs from the defaults, as an address spells it, in the order of the fields."""
        spelt = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value != field.default:
                spelt[name] = spell(value)
        return spelt


PLAIN = Variant()
EVERYONE = ("all", "all")
"""The group of people, (sex, age), that leaves nobody out."""
GROUP = rf"({'|'.join(SEXES)})\.({AGE})"
"""How an address spells a group of people of its own, such as that of a second layer: ``female.15-24``."""


def read_group(text: str | None) -> tuple[str, str]:
    """Return the group of people, (sex, age), that an address spells; everyone if it spells none.

    Raises
    ------
    UnknownVariantError
        If it is no group.
    """
    found = re.fullmatch(GROUP, text or ".".join(EVERYONE), re.ASCII)
    if found is None:
        raise UnknownVariantError(f"{text!r} is no group of people: write it as female.15-24")
    return found[1], found[2]


def spell(value: Any) -> str:
    """Return a value as an address spells it."""
    if value is True:
        return "1"
    if isinstance(value, tuple):
        return ",".join(spell(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _breaks(value: str) -> tuple[float, ...]:
    parts = value.split(",")
    if not 1 <= len(parts) <= MOST_BREAKS or not all(_NUMBER.fullmatch(part) for part in parts):
        raise ValueError(value)
    numbers = tuple(float(part) for part in parts)
    if list(numbers) != sorted(set(numbers)):
        raise ValueError(value)
    return numbers


def _one_of(codes: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in codes:
            raise ValueError(value)
        return value

    return read


def _like(pattern: re.Pattern[str], *codes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in codes and not pattern.fullmatch(value):
            raise ValueError(value)
        return value

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"\d{1,2}", value, re.ASCII) or not low <= int(value) <= high:
            raise ValueError(value)
        return int(value)

    return read


def _flag(value: str) -> bool:
    return _one_of(("0", "1"))(value) == "1"


READERS: Mapping[str, Callable[[str], Any]] = {
    "sex": _one_of(SEXES),
    "age": _like(re.compile(AGE)),
    "scheme": _one_of(get_args(Scheme)),
    "k": _whole(2, 9),
    "breaks": _breaks,
    "mid": _like(_NUMBER, *get_args(Midpoint)),
    "palette": _one_of(PALETTES),
    "ramp": _flag,
    "scale": _one_of(get_args(Scale)),
    "upto": _flag,
    "base": _like(_PERIOD),
    "measure": _one_of(get_args(Measure)),
}


def read_variant(query: Mapping[str, str]) -> tuple[Variant, tuple[tuple[str, str], ...]]:
    """Return the variant that a query spells, and the (key, value) pairs that cannot be read; these take their default.

    Keys that are none of a variant's are not looked at.
    """
    fields: dict[str, Any] = {}
    rejected = []
    for key, read in READERS.items():
        value = query.get(key)
        if not value:
            continue
        try:
            fields[key] = read(value)
        except ValueError:
            rejected.append((key, value[:40]))
    return Variant.model_validate(fields), tuple(rejected)


def fit_variant(
    variant: Variant, groups: tuple[tuple[str, str], ...], periods: tuple[str, ...], has_trend: bool = True
) -> tuple[Variant, tuple[tuple[str, str], ...]]:
    """Return the variant as far as a layer has it, and the (key, value) pairs that it does not have.

    Parameters
    ----------
    variant : Variant
    groups : tuple of (sex, age)
        Groups of people of whom the layer has figures.
    periods : tuple of str
        Ids of the layer's dated periods.
    has_trend : bool
        Whether the layer may be shown as changes between periods, and its figures be carried to later ones.
    """
    rejected: list[tuple[str, str]] = []
    changes: dict[str, Any] = {}
    if (variant.sex, variant.age) not in (*groups, ("all", "all")):
        rejected += [(key, getattr(variant, key)) for key in ("sex", "age") if getattr(variant, key) != "all"]
        changes |= {"sex": "all", "age": "all"}
    if variant.base is not None and (variant.base not in periods[:-1] or not has_trend):
        rejected.append(("base", variant.base))
        changes["base"] = None
    if variant.upto and (not has_trend or (variant.base is not None and "base" not in changes)):
        rejected.append(("upto", "1"))  # a change is between two figures of their own periods
        changes["upto"] = False
    if variant.measure != "absolute" and (variant.base is None or "base" in changes):
        changes["measure"] = "absolute"
    return variant.model_copy(update=changes), tuple(rejected)
