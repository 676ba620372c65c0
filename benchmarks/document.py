"""Table and plot of measured values in docs/reference/performance.md, written between two markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.plot import step_plot
from benchmarks.result import MeasuringError, Result, amount, target_text
from benchmarks.servers import ROOT

DOCUMENT = ROOT / "docs" / "reference" / "performance.md"
PLOT = "performance-slider.svg"
START, END = "<!-- measured: start -->", "<!-- measured: end -->"


def measured_section(results: Sequence[Result], conditions: Mapping[str, str]) -> str:
    """Return conditions and table as Markdown."""
    lines = ["| condition | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in conditions.items()]
    lines += ["", "| name | what | value | median | target | |", "|---|---|--:|--:|--:|---|"]
    verdict = {True: "met", False: "**missed**", None: ""}
    for one in results:
        median = amount(one.details["median"], one.unit) if "median" in one.details else ""
        cells = (f"`{one.name}`", one.what, amount(one.value, one.unit), median, target_text(one), verdict[one.is_met])
        lines.append(f"| {' | '.join(cells)} |")
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
