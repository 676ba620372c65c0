"""Reads one file with a large native library, in a process of its own: run by `etl.formats.outside`, never imported.

It knows one driver only, no network and no other file, and is ended when it takes too much time or memory. It writes
the tables as Arrow streams into its working folder, and what it says of them as JSON to its standard output.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

_NOT_NEEDED = ("geopandas", "pandas", "shapely", "pyproj")


def _write(name: str, table: pa.Table) -> None:
    with pa.OSFile(name, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _load_beside(name: str) -> Any:
    """Load a module of this folder without its package, which would load everything."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_vector(path: str, task: dict[str, Any]) -> dict[str, Any]:
    """Read the layers of a file of geometries with GDAL, which knows the drivers of the environment only."""
    for name in _NOT_NEEDED:  # pyogrio would load them if it could; without, the process starts in half the time
        sys.modules[name] = None  # type: ignore[assignment]
    import pyogrio

    known = pyogrio.list_drivers()
    if set(known) - set(task["drivers"]):
        return {"error": "GDAL knows more drivers than it may", "kind": "drivers"}
    layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    result: list[dict[str, Any]] = []
    for number, name in enumerate(layers):
        if task["part"] is not None and name != task["part"]:
            continue
        info = pyogrio.read_info(path, layer=name, force_feature_count=True, encoding=task["encoding"])
        if info["features"] > task["rows"] or len(info["fields"]) > task["columns"]:
            result.append({"name": name, "rows": int(info["features"]), "columns": len(info["fields"])})
            continue
        if info["features"] * max(len(info["fields"]), 1) > task["cells"]:
            result.append({"name": name, "rows": int(info["features"]), "columns": len(info["fields"])})
            continue
        meta, table = pyogrio.raw.read_arrow(path, layer=name, encoding=task["encoding"])
        _write(f"{number}.arrow", table)
        result.append(
            {
                "name": name,
                "stream": f"{number}.arrow",
                "crs": meta["crs"],
                "geometry": meta["geometry_name"] or "wkb_geometry",
                "encoding": meta["encoding"],
                "rows": table.num_rows,
                "columns": table.num_columns,
            }
        )
    return {"layers": result, "names": layers}


def read_sheets(path: str, task: dict[str, Any]) -> dict[str, Any]:
    """Read the sheets of an XLS or ODS workbook with calamine."""
    import python_calamine

    value_text = _load_beside("celltext").value_text
    book = python_calamine.CalamineWorkbook.from_path(path)
    states = {sheet.name: str(sheet.visible).rpartition(".")[2] for sheet in book.sheets_metadata}
    kinds = {sheet.name: str(sheet.typ).rpartition(".")[2] for sheet in book.sheets_metadata}
    result: list[dict[str, Any]] = []
    for number, name in enumerate(book.sheet_names):
        if kinds.get(name, "WorkSheet") != "WorkSheet" or (task["part"] is not None and name != task["part"]):
            continue
        sheet = book.get_sheet_by_name(name)
        said = {"name": name, "state": states.get(name, "Visible"), "rows": sheet.height, "columns": sheet.width}
        result.append(said)
        if sheet.start is None:
            continue
        if sheet.height > task["rows"] or sheet.width > task["columns"] or sheet.height * sheet.width > task["cells"]:
            continue
        rows = [[value_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
        columns = [pa.array(list(column), pa.string()) for column in zip(*rows, strict=True)]
        _write(f"{number}.arrow", pa.table(columns, names=[str(n) for n in range(len(columns))]))
        merges = sheet.merged_cell_ranges or []
        said.update({"stream": f"{number}.arrow", "start": list(sheet.start), "merges": [[*a, *b] for a, b in merges]})
    return {"layers": result, "names": list(book.sheet_names)}


def read_parquet(path: str, task: dict[str, Any]) -> dict[str, Any]:
    """Read a Parquet file with Arrow."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as parquet:
        size = parquet.metadata
        said: dict[str, Any] = {"name": "", "rows": size.num_rows, "columns": size.num_columns}
        if size.num_rows <= task["rows"] and size.num_columns <= task["columns"]:
            unpacked = sum(size.row_group(n).total_byte_size for n in range(size.num_row_groups))
            if unpacked > task["bytes"]:
                return {"error": f"a file of {unpacked / 1e6:,.0f} MB unpacked", "kind": "size"}
            if size.num_rows * size.num_columns <= task["cells"]:
                _write("0.arrow", parquet.read())
                said["stream"] = "0.arrow"
    return {"layers": [said], "names": [""]}


READERS = {"vector": read_vector, "sheets": read_sheets, "parquet": read_parquet}


def main() -> None:
    """Do the one task that is given on the command line."""
    task = json.loads(sys.argv[1])
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (task["memory"], task["memory"]))
        resource.setrlimit(resource.RLIMIT_CPU, (int(task["seconds"]) + 1, int(task["seconds"]) + 2))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ImportError:  # not on Windows: there only the time is bounded
        pass
    os.chdir(task["folder"])
    try:
        answer = READERS[task["reader"]](task["path"], task)
    except BaseException as error:  # noqa: BLE001 -- Rust panics are no Exception; whatever it is, the parent tells it
        answer = {"error": f"{error}"[:300] or type(error).__name__, "kind": type(error).__name__}
    Path("answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
