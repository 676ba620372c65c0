"""The command `topology`: check the polygons of boundaries, and offer a repair."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.commands.common import FINE, Progress, SubParsers, add_json, print_json

if TYPE_CHECKING:
    from etl.boundary_layers import BoundaryLayer
    from etl.topology_report import TopologyReport

NAME = "topology"
_FIRST = 10


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="check the polygons of boundaries, and offer a repair")
    command.add_argument("boundaries", type=Path, help="file of boundaries, or folder with a datapackage.json")
    command.add_argument("--set", dest="boundary_set", help="only this boundary set of the package")
    command.add_argument("--id", dest="id_property", help="property of a file that holds the code of the unit")
    command.add_argument("--name", dest="name_property", help="property that holds its name")
    command.add_argument("--parent", dest="parent_property", help="property that holds the code of its parent")
    command.add_argument(
        "--against", action="append", default=[], help="file, package, or boundary set of a package to compare with"
    )
    command.add_argument("--out", type=Path, help="report as a page (.html) or as places on a map (.geojson)")
    command.add_argument(
        "--repair", type=Path, help="new GeoJSON file with a repaired copy; its account goes beside it"
    )
    command.add_argument("--snap", type=float, default=1.0, help="repair: bring vertices together [m] (default: 1)")
    command.add_argument("--gap", type=float, default=200.0, help="repair: widest gap to fill [m] (default: 200)")
    command.add_argument(
        "--fit-to", action="append", default=[], help="repair: fit the outer edge to this file, package or set"
    )
    add_json(command)


class _Known:
    """Finds layers by path or by the name of a boundary set of a package that was named."""

    def __init__(self) -> None:
        self.layers: dict[str, list[BoundaryLayer]] = {}
        self.proj = ""

    def read(self, path: Path) -> list[BoundaryLayer]:
        """Return the layers of a file or package."""
        from etl.boundary_layers import BoundaryError, file_layer, package_layers

        if path.is_dir():
            layers, proj = package_layers(path)
            self.proj = self.proj or proj
            for layer in layers:
                self.layers.setdefault(layer.boundary_set, []).append(layer)
            return layers
        if not path.exists():
            raise BoundaryError(f"{path} is neither a file nor a package, nor a boundary set of a package named before")
        return [file_layer(path)]

    def find(self, values: Sequence[str]) -> list[BoundaryLayer]:
        """Return the layers of several paths or boundary sets; of a package only what figures join by date."""
        found: list[BoundaryLayer] = []
        for value in values:
            found += self.layers[value] if value in self.layers else [x for x in self.read(Path(value)) if x.by_date]
        return found


def _inputs(options: argparse.Namespace, known: _Known) -> list[BoundaryLayer]:
    from etl.boundary_layers import BoundaryError, file_layer

    if not options.boundaries.is_dir():
        return [
            file_layer(
                options.boundaries,
                id_property=options.id_property,
                name_property=options.name_property,
                parent_property=options.parent_property,
            )
        ]
    layers = known.read(options.boundaries)
    if options.boundary_set is None:
        return layers
    chosen = [layer for layer in layers if layer.boundary_set == options.boundary_set]
    if not chosen:
        names = ", ".join(dict.fromkeys(layer.boundary_set for layer in layers))
        raise BoundaryError(f"{options.boundary_set} has no polygons in this package; these sets have: {names}")
    return chosen


def _repair(
    options: argparse.Namespace, layers: list[BoundaryLayer], known: _Known, report: TopologyReport
) -> dict[str, Any]:
    from etl.boundary_layers import BoundaryError, read_features
    from etl.repair import repair_account, repair_layer, write_repair
    from etl.topology_report import check_topology

    if len(layers) != 1:
        names = ", ".join(layer.name for layer in layers)
        raise BoundaryError(f"a repair takes one layer, but there are {len(layers)} ({names}): choose with --set")
    layer, proj = layers[0], report.projection
    fit_to = known.find(options.fit_to)
    against = known.find(options.against)
    repair = repair_layer(layer, proj, snap_m=options.snap, gap_m=options.gap, fit_to=fit_to)
    after = check_topology([repair.layer], against, proj)
    is_file = not options.boundaries.is_dir()
    source = options.boundaries if is_file else options.boundaries / "boundaries" / f"{layer.boundary_set}.geojson"
    settings = {"snap_m": options.snap, "gap_m": options.gap, "fit_to": [item.name for item in fit_to]}
    account = repair_account(repair, source, report, after, settings)
    properties = (
        [dict(row) for row in read_features(source).properties.to_dict("records")]
        if is_file
        else [{"unit_id": unit} for unit in layer.ids]
    )
    write_repair(options.repair, repair, [{str(k): str(v) for k, v in row.items()} for row in properties], account)
    return account


def _print(report: TopologyReport, account: dict[str, Any] | None, options: argparse.Namespace) -> None:
    from etl.topology_report import KINDS

    for layer in report.layers:
        print(
            f"{layer['name']}: {layer['units']} units, {layer['polygons']} polygons, {layer['vertices']:,} vertices, "
            f"{layer['area_km2']:,.0f} km2"
        )
    if not report.findings:
        print("nothing was found")
    for kind, words in KINDS.items():
        found = [finding for finding in report.findings if finding.kind == kind]
        if found:
            total = sum(finding.area_km2 or 0.0 for finding in found)
            print(f"{words}: {len(found)}" + (f", {total:,.4g} km2" if total else ""))
            for finding in found[:_FIRST]:
                print(f"  {finding}")
            if len(found) > _FIRST:
                print(f"  and {len(found) - _FIRST} more: see --out or --json")
    if account is not None:
        print(f"offered repair in {options.repair}: {account['units_changed']} units changed")
        for step in account["steps"]:
            print(f"  {step}")
        changed = [unit for unit in account["units"] if unit["changed_km2"] > 0 or unit["vertices_new"] > 0]
        for unit in sorted(changed, key=lambda unit: -unit["changed_km2"])[:_FIRST]:
            print(
                f"  {unit['unit']} {unit['name']}: {unit['changed_km2']:,.4g} km2 ({unit['changed_pct']:.3g}%), "
                f"{unit['vertices_new']} new vertices, at most {unit['farthest_m']:,.0f} m away"
            )
        print("  the original is unchanged; look at the report before you use the repair")


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.boundary_layers import BoundaryError
    from etl.repair import repair_html
    from etl.topology_report import check_topology, render_html, write_text

    if options.fit_to and options.repair is None:
        raise BoundaryError("--fit-to is a part of a repair: name its new file with --repair")
    if options.out is not None and options.out.suffix not in (".html", ".geojson"):
        raise BoundaryError(f"{options.out} is neither .html nor .geojson: name the file of the report so")
    known = _Known()
    layers = _inputs(options, known)
    against = known.find(options.against)
    progress("check the polygons")
    report = check_topology(layers, against, known.proj)
    account = _repair(options, layers, known, report) if options.repair is not None else None
    if options.out is not None and options.out.suffix == ".html":
        extra = "" if account is None else repair_html(account)
        write_text(options.out, render_html(report, f"Topology of {options.boundaries.name}", extra))
    elif options.out is not None:
        write_text(options.out, report.geojson_text())
    if options.json:
        print_json({"ok": True, **report.to_json(), "repair": account})
    else:
        _print(report, account, options)
    return FINE
