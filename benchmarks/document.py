"""Table and plot of measured values in docs/reference/performance.md, written between two markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.browser import RASTERISATION
from benchmarks.first_map import CONDITIONS
from benchmarks.plot import STEP, step_plot
from benchmarks.result import MeasuringError, Result, amount, target_text
from benchmarks.servers import ROOT

DOCUMENT = ROOT / "docs" / "reference" / "performance.md"
PLOT = "performance-slider.svg"
START, END = "<!-- measured: start -->", "<!-- measured: end -->"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], marks: str) -> list[str]:
    """Return a Markdown table; `marks` has l or r for each column."""
    rule = "|".join("--:" if mark == "r" else "---" for mark in marks)
    return [f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)]


def _by_peer(results: Sequence[Result], names: Sequence[str]) -> dict[str, dict[tuple[str, int], Result]]:
    """Return the results of some names by peer, then by name and units."""
    found: dict[str, dict[tuple[str, int], Result]] = {}
    for one in results:
        if one.name in names:
            found.setdefault(one.details["peer"], {})[one.name, one.details["units"]] = one
    return found


def step_table(results: Sequence[Result]) -> list[str]:
    """Return the steps of ours and the peers by units as a Markdown table; nothing without any."""
    found = _by_peer(results, [STEP])
    sizes = sorted({units for cells in found.values() for _, units in cells})
    rows = []
    for peer, cells in found.items():
        drawn = "CPU" if next(iter(cells.values())).details["rasterisation"] == RASTERISATION else "software WebGL"
        texts = []
        for units in sizes:
            one = cells.get((STEP, units))
            stopped = f", {one.details['steps']} steps" if one and one.details.get("is_stopped") else ""
            texts.append(f"{one.value:,.1f} ({one.details['p95']:,.1f}{stopped})" if one else "")
        rows.append([f"`{peer}`", drawn, *texts])
    if not rows:
        return []
    title = "Median step of the slider (95 % of steps) [ms]; a number of steps where a slow peer was stopped early:"
    head = ["peer", "drawn with", *(f"{units:,} units" for units in sizes)]
    return [title, "", *_table(head, rows, "ll" + "r" * len(sizes)), ""]


def first_map_table(results: Sequence[Result]) -> list[str]:
    """Return first maps of ours and the peers by condition as a Markdown table; nothing without any."""
    names = [f"first_map.generated.{one.name}.painted" for one in CONDITIONS]
    found = _by_peer(results, [*names, *(f"{name}_bytes" for name in names)])
    rows = []
    for peer, cells in found.items():
        told = {name: one for (name, _), one in cells.items()}
        pairs = [(told[name], told[f"{name}_bytes"]) if name in told else None for name in names]
        texts = [", ".join(amount(one.value, one.unit) for one in pair) if pair else "" for pair in pairs]
        rows.append([f"`{peer}`", *texts])
    if not rows:
        return []
    head = ["peer", *(one.title for one in CONDITIONS)]
    title = "First map of the generated map painted, empty cache, and bytes until then:"
    return [title, "", *_table(head, rows, "l" + "r" * len(names)), ""]


def measured_section(results: Sequence[Result], conditions: Mapping[str, str]) -> str:
    """Return conditions and tables as Markdown."""
    lines = ["| condition | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in conditions.items()]
    lines += ["", *step_table(results), *first_map_table(results)]
    verdict = {True: "met", False: "**missed**", None: ""}
    rows = []
    for one in results:
        more = [one.details.get("median"), one.details.get("p95")]
        texts = [amount(one.value, one.unit), *("" if v is None else amount(v, one.unit) for v in more)]
        rows.append([f"`{one.name}`", one.what, *texts, target_text(one), verdict[one.is_met]])
    lines += _table(["name", "what", "value", "median", "p95", "target", ""], rows, "llrrrrl")
    return "\n".join(lines)


def write_document(results: Sequence[Result], conditions: Mapping[str, str], path: Path = DOCUMENT) -> None:
    """Replace what stands between the markers of the page; write the plot of the slider beside it.

    Raises
    ------
    MeasuringError
        If the page lacks the markers.
    """
    text = path.read_text(encoding="utf-8")
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise MeasuringError(f"{path.name} needs the lines {START} and {END}, once each, in this order")
    head, tail = text.split(START)[0], text.split(END)[1]
    section = measured_section(results, conditions)
    plot = step_plot(results)
    if plot:
        (path.parent / PLOT).write_text(plot, encoding="utf-8")
        title = "Median time of a step of the slider over the units on the map, ours and peers"
        section += f"\n\n![{title}]({PLOT})"
    path.write_text(f"{head}{START}\n{section}\n{END}{tail}", encoding="utf-8")
