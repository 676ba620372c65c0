"""Tells a data owner in plain words what is withheld of an indicator, why, and what a coarser table would keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from etl.disclosure.audit import audit_table
from etl.disclosure.gate import BLOCK_SECONDS, Counted, Family, count_cells, find_families, make_joint, rule_of
from etl.disclosure.search import search_table
from etl.disclosure.table import DisclosureError, make_table
from layers.catalog import IndicatorSpec, Text

_LEVEL_KEY = "level"


@dataclass(frozen=True)
class Kept:
    """What one way of publishing keeps.

    Attributes
    ----------
    way : str
        ``as_is``, ``pool_3``, ``pool_5``, ``merge_sexes``, ``merge_ages`` or ``up_a_level``.
    cells, shown, primary, secondary : int
        Of the indicator that was asked for.
    share_of_total : float
        Of all persons counted at the finest level of the table, the share in cells that are shown.
    least_width : float or None
        The narrowest interval in which a reader can place a withheld count.
    """

    way: str
    cells: int
    shown: int
    primary: int
    secondary: int
    share_of_total: float
    least_width: float | None

    @property
    def share_of_cells(self) -> float:
        """The share of cells that are shown."""
        return self.shown / self.cells if self.cells else 0.0


def _pooled(cells: pd.DataFrame, years: int) -> pd.DataFrame:
    """Return the cells added up over spans of years that end with the last one; incomplete spans are left out."""
    length = (cells["period_end"] - cells["period_start"]).dt.days + 1
    annual = cells.loc[length.between(360, 370) & cells["asked"]]
    if not len(annual):
        return annual
    year = annual["period_end"].dt.year
    span = (int(year.max()) - year) // years
    keys = ["unit_id", "boundary_set", "level", "sex", "age"]
    grouped = annual.assign(span=span, year=year).groupby([*keys, "span"], observed=True)
    pooled = grouped.agg(count=("count", lambda x: x.sum(skipna=False)), n=("year", "nunique")).reset_index()
    pooled = pooled.loc[pooled["n"] == years].drop(columns="n").assign(asked=True)
    last = int(year.max()) - pooled["span"] * years
    pooled["period_end"] = pd.to_datetime(last.astype(str) + "-12-31")
    pooled["period_start"] = pd.to_datetime((last - years + 1).astype(str) + "-01-01")
    return pooled


def _coarser(cells: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that could be published instead, by the way in which they are coarser."""
    ways = {"as_is": cells, "pool_3": _pooled(cells, 3), "pool_5": _pooled(cells, 5)}
    if (cells["sex"] != "all").any():
        ways["merge_sexes"] = cells.loc[cells["sex"] == "all"]
    if (cells["age"] != "all").any():
        ways["merge_ages"] = cells.loc[cells["age"] == "all"]
    levels = sorted(cells[_LEVEL_KEY].unique())
    if len(levels) > 1:
        ways["up_a_level"] = cells.loc[cells[_LEVEL_KEY] != levels[-1]]
    return {way: table for way, table in ways.items() if len(table)}


def _judge(way: str, cells: pd.DataFrame, family: Family, units: pd.DataFrame, rounded: float, seconds: float) -> Kept:
    positions = np.arange(len(cells), dtype="int64")
    frame = cells.reset_index(drop=True).assign(source_hidden=cells["count"].isna().to_numpy())
    joint, judged = make_joint(Counted(frame, positions, positions, rounded), units)
    table = make_table(
        joint.values, joint.relations, rule_of(family.rules), cost=family.rules.cost, hidden=joint.hidden,
        ceiling=joint.ceiling,
    )  # fmt: skip
    pattern = search_table(table, seconds)
    withheld = pattern.withheld | joint.hidden
    audit = audit_table(table, pattern.withheld, exact=int(pattern.withheld.sum()) <= 400)
    widths = (audit.high - audit.low)[pattern.withheld & ~joint.hidden]
    own = np.zeros(len(joint.values), dtype=bool)
    own[: len(judged)] = frame["asked"].to_numpy()[judged]
    finest = frame["asked"] & (frame[_LEVEL_KEY] == frame.loc[frame["asked"], _LEVEL_KEY].max())
    finest &= (frame["sex"] == "all") & (frame["age"] == "all")
    inside = own.copy()
    inside[: len(judged)] = finest.to_numpy()[judged]
    known = inside & ~joint.hidden
    total = float(joint.values[known].sum())
    shown_total = float(joint.values[known & ~withheld].sum())
    return Kept(
        way,
        int(own.sum()),
        int((own & ~withheld).sum()),
        int((own & table.primary & withheld).sum()),
        int((own & withheld & ~table.primary).sum()),
        shown_total / total if total else 0.0,
        float(np.floor(widths.min())) if len(widths) else None,
    )


def explain_indicator(
    observations: pd.DataFrame,
    specs: Sequence[IndicatorSpec],
    units: pd.DataFrame,
    indicator: str,
    progress: Callable[[str], None],
    *,
    seconds: float = BLOCK_SECONDS,
) -> dict[str, Any]:
    """Return what is withheld of an indicator and what each coarser table would keep.

    Parameters
    ----------
    observations : pandas.DataFrame
        Joined figures; those withheld by their source are marked.
    specs : sequence of IndicatorSpec
    units : pandas.DataFrame
    indicator : str
    progress : callable
    seconds : float

    Returns
    -------
    dict
        ``indicator``, ``title``, ``protected``, ``rules`` and ``ways``, a list of what each way of publishing keeps.

    Raises
    ------
    DisclosureError
        If there is no such indicator, or its totals contradict their parts.
    """
    spec = next((spec for spec in specs if spec.id == indicator), None)
    if spec is None:
        raise DisclosureError(
            f"there is no indicator {indicator!r}; protected are {', '.join(_protected(specs)) or 'none'}"
        )
    result: dict[str, Any] = {"indicator": spec.id, "title": spec.title.model_dump(), "sensitivity": spec.sensitivity}
    family = next((f for f in find_families(specs) if spec.id in [m.id for m in f.members]), None)
    if family is None:
        return result | {"protected": False, "rules": None, "together_with": [], "ways": []}
    observations = observations.reset_index(drop=True)
    names = [family.root, *(member.id for member in family.members)]
    df = observations.loc[observations["indicator_id"].astype("str").isin(names)]
    counted = count_cells(df, family, observations)
    level = df["level"].astype("str").reindex(counted.cells["row"]).to_numpy()
    asked = df.index[df["indicator_id"].astype("str") == indicator].to_numpy()
    shown = np.zeros(len(counted.cells), dtype=bool)
    shown[counted.cell[np.isin(counted.rows, asked)]] = True
    cells = counted.cells.assign(**{_LEVEL_KEY: level, "asked": shown})
    for name in ("unit_id", "boundary_set", "sex", "age"):
        cells[name] = cells[name].astype("str")
    ways = []
    for way, table in _coarser(cells).items():
        progress(f"try: {way}")
        ways.append(_judge(way, table, family, units, counted.rounded, seconds))
    return result | {
        "protected": True,
        "rules": family.rules.model_dump(mode="json"),
        "together_with": [name for name in dict.fromkeys(names) if name != spec.id],
        "ways": [
            {
                "way": kept.way,
                "cells": kept.cells,
                "shown": kept.shown,
                "primary": kept.primary,
                "secondary": kept.secondary,
                "share_of_cells": round(kept.share_of_cells, 4),
                "share_of_total": round(kept.share_of_total, 4),
                "least_width": kept.least_width,
            }
            for kept in ways
        ],
    }


def _protected(specs: Sequence[IndicatorSpec]) -> list[str]:
    return [spec.id for spec in specs if spec.protection is not None]


_WORDS = {
    "open": Text(
        en="{title}: nothing is withheld. Its sensitivity is {sensitivity}, or its source has published the figures.",
        ru="{title}: ничего не скрывается. Чувствительность: {sensitivity}, или источник сам опубликовал значения.",
    ),
    "head": Text(
        en="{title}: {shown} of {cells} figures are shown, {hidden} are withheld.",
        ru="{title}: показано значений: {shown} из {cells}, скрыто: {hidden}.",
    ),
    "enough": Text(
        en="No figure counts fewer than {k} persons.",
        ru="Нет значений меньше {k} человек.",
    ),
    "primary": Text(
        en="{n} because they count fewer than {k} persons{zeros}.",
        ru="{n}: в них меньше {k} человек{zeros}.",
    ),
    "zeros": Text(
        en=" (zeros too, so that nobody learns of the others by elimination)",
        ru=" (и нули: иначе остальные находятся исключением)",
    ),
    "secondary": Text(
        en="{n} more, because a withheld number could be worked out from them and the totals.",
        ru="Ещё {n}: по ним и по итогам можно было бы вычислить скрытое число.",
    ),
    "width": Text(
        en="From all that is shown, a reader can place a withheld number at best in a range {width} wide.",
        ru="По всему показанному скрытое число можно определить лишь с точностью до промежутка шириной {width}.",
    ),
    "together": Text(en="Protected together with: {names}.", ru="Защищается вместе с: {names}."),
    "compare": Text(en="What would keep more:", ru="Что сохранило бы больше:"),
    "row": Text(
        en="{way}: {cells:.0%} of the figures are shown, and {total:.0%} of the persons at the finest level.",
        ru="{way}: показано {cells:.0%} значений и {total:.0%} человек на самом подробном уровне.",
    ),
    "as_is": Text(en="as it is", ru="как сейчас"),
    "pool_3": Text(en="add up 3 years", ru="сложить по 3 года"),
    "pool_5": Text(en="add up 5 years", ru="сложить по 5 лет"),
    "merge_sexes": Text(en="women and men together", ru="женщины и мужчины вместе"),
    "merge_ages": Text(en="all ages together", ru="все возрасты вместе"),
    "up_a_level": Text(en="leave out the finest level", ru="без самого подробного уровня"),
}


def explanation_lines(found: dict[str, Any], lang: str) -> list[str]:
    """Return an explanation in plain words.

    Parameters
    ----------
    found : dict
        Of `explain_indicator`.
    lang : str
        ``en`` or ``ru``.

    Returns
    -------
    list of str
    """

    def say(name: str, **values: Any) -> str:
        return _WORDS[name].in_language(lang).format(**values)

    title = found["title"][lang]
    if not found["protected"]:
        return [say("open", title=title, sensitivity=found["sensitivity"])]
    now, rules = found["ways"][0], found["rules"]
    lines = [say("head", title=title, shown=now["shown"], cells=now["cells"], hidden=now["cells"] - now["shown"])]
    if now["shown"] == now["cells"]:
        return [*lines, say("enough", k=rules["k"])]
    zeros = say("zeros") if rules["zeros"] == "banded" else ""
    lines.append("  " + say("primary", n=now["primary"], k=rules["k"], zeros=zeros))
    if now["secondary"]:
        lines.append("  " + say("secondary", n=now["secondary"]))
    if now["least_width"] is not None:
        lines.append(say("width", width=f"{now['least_width']:.0f}"))
    if found["together_with"]:
        lines.append(say("together", names=", ".join(found["together_with"])))
    lines.append(say("compare"))
    for way in found["ways"]:
        name = say(way["way"])
        lines.append("  " + say("row", way=name, cells=way["share_of_cells"], total=way["share_of_total"]))
    return lines
