"""A measured value with its target, and how it is printed."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MB = 1_000_000
OURS = "ours"
_DIGITS = {"ms": 1, "s": 3, "B": 0, "MB": 0, "px": 0, "x": 1, "/s": 1, "errors": 0, "": 2}


class MeasuringError(Exception):
    """Something could not be measured; the message says what, and what to do."""


@dataclass(frozen=True)
class Result:
    """One measured value; `target` is the most that it may be (or the least), None where nothing is promised.

    Attributes
    ----------
    name : str
        Dotted: part, case, quantity.
    value : float
        In `unit`.
    unit : str
        ms, s, B (bytes), MB (10^6 bytes), px, x (times as long), /s (requests a second), errors, or nothing for a
        plain number.
    target : float or None
        In the same unit.
    what : str
        One line for people: what was measured, from where to where.
    details : dict
        Whatever else belongs to the value: peer (ours if none is named), units, p95, runs, bytes.
    is_least : bool
        Whether the target is the least that the value may be.
    """

    name: str
    value: float
    unit: str
    target: float | None
    what: str
    details: dict[str, Any] = field(default_factory=dict)
    is_least: bool = False

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.is_least else self.value <= self.target

    def as_json(self) -> str:
        """Return the result as one JSON line."""
        known = {"peer": OURS, "units": None, "p95": None} | self.details
        plain = {
            "name": self.name, "peer": known["peer"], "units": known["units"], "value": self.value, "p95": known["p95"],
            "unit": self.unit, "target": self.target,
        }  # fmt: skip
        return json.dumps(plain | known, ensure_ascii=False)


def rounded(value: float, unit: str) -> float:
    """Return a value with as many decimals as its unit deserves."""
    digits = _DIGITS[unit]
    return round(value, digits) if digits else round(value)


def result(
    name: str, samples: float | Sequence[float], unit: str, target: float | None, what: str, **details: Any
) -> Result:
    """Return the result of one or many samples: their median, and how many there were.

    Parameters
    ----------
    name, unit, target, what
        As in `Result`.
    samples : float or sequence of float
        One value, or one for each run.
    **details
        Further keys of the JSON line. A details key `p95=True` adds the 95th percentile of the samples.

    Raises
    ------
    MeasuringError
        If there is no sample.
    """
    values = [float(v) for v in samples] if isinstance(samples, Sequence) else [float(samples)]
    if not values:
        raise MeasuringError(f"{name}: nothing was measured")
    more: dict[str, Any] = {"runs": len(values)} if len(values) > 1 else {}
    if details.pop("p95", False):
        more["p95"] = rounded(percentile(values, 95), unit)
    return Result(name, rounded(statistics.median(values), unit), unit, target, what, more | details)


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the smallest sample that at least `percent` of all samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank), 1) - 1]


def table_of(results: Sequence[Result]) -> str:
    """Return the results as a table for people."""
    rows = [("", "what", "value", "target")]
    signs = {True: "met", False: "MISSED", None: ""}
    rows += [(signs[one.is_met], one.what, amount(one.value, one.unit), target_text(one)) for one in results]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{mark:<{widths[0]}}  {what:<{widths[1]}}  {value:>{widths[2]}}  {target:>{widths[3]}}".rstrip()
        for mark, what, value, target in rows
    ]
    return "\n".join(lines)


def amount(value: float, unit: str) -> str:
    """Return a value as people write it: bytes as kB from 1,000 on, thousands grouped."""
    if unit == "B" and abs(value) >= 1000:
        return f"{value / 1000:,.1f} kB"
    return f"{value:,.{_DIGITS[unit]}f} {unit}".rstrip()


def target_text(one: Result) -> str:
    """Return the target as people write it, empty without one."""
    return "" if one.target is None else f"{'≥' if one.is_least else '≤'} {amount(one.target, one.unit)}"
