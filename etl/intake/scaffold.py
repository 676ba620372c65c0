"""Makes a data package of one's own: its folder, its sources, its indicators, the files as received."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from etl.intake.propose import to_yaml
from etl.package import DESCRIPTOR_FILE, INDICATORS_DIR, REFERENCE_COLUMNS
from etl.problems import Problems, quoted
from etl.reference import known_licences
from etl.yamlfiles import parse_model
from layers.catalog import IndicatorSpec

TABLES = ("sources", "aliases", "exclusions")
FOLDERS = ("raw", "intake", "review", "boundaries", INDICATORS_DIR)
_REQUIRED = {
    "sources": ("source_id", "title", "publisher", "licence"),
    "aliases": ("iso3", "level", "name", "unit_id"),
    "exclusions": ("reason_en", "reason_ru"),
}
_KEYS = {"sources": ["source_id"]}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_RAW_NAME = re.compile(r"[^\w.-]+")


def _resource(table: str) -> dict[str, Any]:
    fields = [
        {
            "name": column,
            "type": "string",
            **({"constraints": {"required": True}} if column in _REQUIRED[table] else {}),
        }
        for column in REFERENCE_COLUMNS[table]
    ]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table in _KEYS:
        schema["primaryKey"] = _KEYS[table]
    return {"name": table, "path": f"data/{table}.csv", "encoding": "utf-8", "schema": schema}


def _csv_line(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()


def _write_descriptor(folder: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    (folder / DESCRIPTOR_FILE).write_text(text + "\n", encoding="utf-8")


def write_package(
    folder: Path, name: str, title: str, source: Mapping[str, str], base: Sequence[str], problems: Problems
) -> bool:
    """Write a package that adds to others: descriptor, reference tables, folders.

    Parameters
    ----------
    folder : pathlib.Path
        Empty or not there yet.
    name, title : str
    source : mapping of str to str
        The first row of data/sources.csv.
    base : sequence of str
        Names of the packages that it adds to, for readers.
    problems : Problems
        Told of what is wrong; then nothing is written.

    Returns
    -------
    bool
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        problems.add(
            str(folder),
            None,
            "",
            found="a folder that is not empty",
            expected="an empty folder, or none yet",
            remedy="Choose another folder.",
        )
    if not _NAME.fullmatch(name):
        problems.add(
            str(folder),
            None,
            "name",
            found=quoted(name),
            expected="small letters, digits, - and _",
            remedy="Choose another name.",
        )
    _check_source(source, [], f"{folder.name}/data/sources.csv", problems)
    if problems.found:
        return False
    for inner in (*FOLDERS, "data"):
        (folder / inner).mkdir(parents=True, exist_ok=True)
    licence = source["licence"]
    content = {
        "profile": "data-package",
        "name": name,
        "title": title,
        "version": "0.1.0",
        "base": list(base),
        "licenses": [{"name": licence, "title": known_licences()[licence].get("title", licence)}],
        "sources": [{"title": source["title"], **({"path": source["url"]} if source.get("url") else {})}],
        "resources": [_resource(table) for table in TABLES],
    }
    _write_descriptor(folder, content)
    for table in TABLES:
        (folder / f"data/{table}.csv").write_text(_csv_line(REFERENCE_COLUMNS[table]), encoding="utf-8")
    _append_source(folder, source)
    return True


def _check_source(source: Mapping[str, str], known: Sequence[str], file: str, problems: Problems) -> None:
    for column in _REQUIRED["sources"]:
        if not source.get(column):
            problems.add(file, None, column, found="nothing", expected="a value", remedy="Give it as an option.")
    licence = source.get("licence", "")
    if licence and licence not in known_licences():
        problems.add(
            file,
            None,
            "licence",
            found=quoted(licence),
            expected=f"one of {', '.join(sorted(known_licences()))}",
            remedy="Read the source's terms and choose; facts-cited is for single figures quoted as facts.",
        )
    if source.get("source_id") in known:
        problems.add(
            file,
            None,
            "source_id",
            found=quoted(source["source_id"]),
            expected="an id that the package does not have yet",
            remedy="Choose another id.",
        )


def _append_source(folder: Path, source: Mapping[str, str]) -> None:
    with (folder / "data/sources.csv").open("a", encoding="utf-8", newline="") as stream:
        stream.write(_csv_line([source.get(column, "") for column in REFERENCE_COLUMNS["sources"]]))


def add_source(folder: Path, source: Mapping[str, str], problems: Problems) -> bool:
    """Add a row to data/sources.csv of a package.

    Returns
    -------
    bool
        Whether it was added; if not, the problem was.
    """
    path = folder / "data/sources.csv"
    if not _has_file(path, f"{folder.name}/data/sources.csv", problems):
        return False
    with path.open(encoding="utf-8", newline="") as stream:
        known = [row.get("source_id", "") for row in csv.DictReader(stream)]
    _check_source(source, known, f"{folder.name}/data/sources.csv", problems)
    if problems.found:
        return False
    _append_source(folder, source)
    return True


def _has_file(path: Path, file: str, problems: Problems) -> bool:
    if path.is_file():
        return True
    problems.add(
        file,
        None,
        "",
        found="no such file",
        expected="a data package",
        remedy="Make one with `python -m etl new-package`.",
    )
    return False


def add_indicator(folder: Path, content: Mapping[str, Any], problems: Problems) -> Path | None:
    """Write catalog/indicators/<id>.yml of a package, checked against the model of indicators.

    Parameters
    ----------
    folder : pathlib.Path
    content : mapping
        The keys of `IndicatorSpec`.
    problems : Problems

    Returns
    -------
    pathlib.Path or None
        The file; None if the content is refused, or if the indicator is there already.
    """
    file = f"{folder.name}/{INDICATORS_DIR}/{content.get('id', '')}.yml"
    if not _has_file(folder / DESCRIPTOR_FILE, f"{folder.name}/{DESCRIPTOR_FILE}", problems):
        return None
    if parse_model(IndicatorSpec, dict(content), file, problems) is None:
        return None
    path = folder / INDICATORS_DIR / f"{content['id']}.yml"
    if path.exists():
        problems.add(
            file,
            None,
            "id",
            found=f"the indicator {content['id']}, which is there already",
            expected="an id that the package does not have yet",
            remedy="Choose another id, or edit the file.",
        )
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_yaml(content), encoding="utf-8")
    return path


def raw_name(name: str) -> str:
    """Return the name under which a file as received is kept: without blanks and signs that paths dislike."""
    return _RAW_NAME.sub("_", name).strip("._") or "table"


def intake_name(name: str, part: str, is_only_part: bool) -> str:
    """Return the name of the mapping of a table."""
    stem = name.rpartition(".")[0] or name
    words = stem if is_only_part else f"{stem}_{part}"
    return _RAW_NAME.sub("_", words).strip("._").casefold() or "table"


def add_intake(
    folder: Path, file: Path, mappings: Mapping[str, str], problems: Problems, *, replace: bool = False
) -> list[str]:
    """Copy a file as received into raw/ of a package, and write the mappings of its tables into intake/.

    Parameters
    ----------
    folder : pathlib.Path
    file : pathlib.Path
    mappings : mapping of str to str
        Name and YAML of each mapping.
    problems : Problems
        Told if something else is there under the same name; then nothing is written.
    replace : bool, default False
        Write over what is there.

    Returns
    -------
    list of str
        The files that were written, named from the package.
    """
    if not _has_file(folder / DESCRIPTOR_FILE, f"{folder.name}/{DESCRIPTOR_FILE}", problems):
        return []
    name = raw_name(file.name)
    content = file.read_bytes()
    planned = {f"raw/{name}": content}
    planned |= {f"intake/{key}.yml": text.encode("utf-8") for key, text in mappings.items()}
    for path, new in planned.items():
        target = folder / path
        if target.exists() and target.read_bytes() != new and not replace:
            problems.add(
                f"{folder.name}/{path}",
                None,
                "",
                found="another file of that name",
                expected="a name that is free",
                remedy="Rename the file, or replace what is there with --replace.",
            )
    if problems.found:
        return []
    for path, new in planned.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.startswith("raw/") and file.resolve() != target.resolve():
            shutil.copyfile(file, target)
        elif not path.startswith("raw/"):
            target.write_bytes(new)
    _describe_raw(folder, f"raw/{name}", content)
    return list(planned)


def _describe_raw(folder: Path, path: str, content: bytes) -> None:
    """Write the resource of a file as received into datapackage.json: path, size and hash."""
    descriptor = json.loads((folder / DESCRIPTOR_FILE).read_text(encoding="utf-8"))
    resource = {
        "name": "raw-" + re.sub(r"[^a-z0-9._-]+", "-", Path(path).name.casefold()).strip("-._"),
        "path": path,
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    others = [item for item in descriptor["resources"] if item.get("path") != path]
    taken = {item["name"] for item in others}
    while resource["name"] in taken:
        resource["name"] = f"{resource['name']}-2"
    _write_descriptor(folder, {**descriptor, "resources": [*others, resource]})
