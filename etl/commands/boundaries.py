"""The command `boundaries`: import a file of boundaries into a data package."""

from __future__ import annotations

import argparse
from pathlib import Path

from etl.commands.common import FINE, Progress, SubParsers, add_json, print_json

NAME = "boundaries"
_TEXTS = (
    "boundary_set",
    "level",
    "id_property",
    "name_en",
    "name_ru",
    "name_local",
    "local_lang",
    "parent",
    "parent_en",
    "parent_ru",
    "unit_type",
    "valid_from",
    "valid_to",
    "source_id",
    "corrections",
)


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="import a file of boundaries into a data package")
    command.add_argument("action", choices=("import",), help="what to do")
    command.add_argument("file", type=Path, help="file of boundaries")
    command.add_argument("--out", required=True, type=Path, help="folder of the data package; made if it is not there")
    command.add_argument("--set", dest="boundary_set", required=True, help="boundary set, for example KGZ-2018")
    command.add_argument("--level", required=True, choices=("ADM1", "ADM2", "ADM3"), help="admin level of the units")
    command.add_argument("--iso3", help="country (default: the first three letters of the set)")
    command.add_argument(
        "--country", nargs=2, metavar=("EN", "RU"), help="names of the country, if the package lacks it"
    )
    command.add_argument("--id", dest="id_property", required=True, help="property with the code of the unit")
    command.add_argument("--name-en", required=True, help="property with the English name")
    command.add_argument("--name-ru", help="property with the Russian name (default: the English one)")
    command.add_argument("--name-local", help="property with the name in the national language")
    command.add_argument("--local-lang", default="", help="ISO 639-1 code of that language")
    command.add_argument("--parent", required=True, help="property with the code of the parent unit")
    command.add_argument("--parent-en", help="property with the English name of the parent")
    command.add_argument("--parent-ru", help="property with the Russian name of the parent")
    command.add_argument("--type", dest="unit_type", help="unit_type of the units (default: by level)")
    command.add_argument("--title", nargs=2, metavar=("EN", "RU"), help="title of the set, if it is new")
    command.add_argument("--valid-from", default="", help="first day of the set, if it is new")
    command.add_argument("--valid-to", default="", help="last day of the set, if it is new")
    command.add_argument("--source-id", default="", help="source of the boundaries, if the set is new")
    command.add_argument("--corrections", type=Path, help="CSV with what people decided on doubtful features")
    command.add_argument(
        "--known-hole", nargs=2, type=float, action="append", default=[], metavar=("LON", "LAT"),
        help="a point in a hole that is right: a lake, an exclave of another country",
    )  # fmt: skip
    add_json(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.boundary_import import Wanted, import_boundaries

    progress("read the boundaries")
    wanted = Wanted(
        **{name: getattr(options, name) for name in _TEXTS},
        iso3=options.iso3 or options.boundary_set[:3],
        country=tuple(options.country or ("", "")),
        title=tuple(options.title or ("", "")),
        known_holes=tuple((lon, lat) for lon, lat in options.known_hole),
    )
    result = import_boundaries(options.file, options.out, wanted)
    if options.json:
        print_json({"ok": True, **result})
        return FINE
    print(f"imported {result['units']} units and {result['parents']} parents into {result['file']}")
    for note in result["notes"]:
        print(f"note: {note}")
    return FINE
