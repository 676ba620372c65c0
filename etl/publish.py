"""Publishes a snapshot: temporary directory, contracts, hashes, atomic rename, then the pointer CURRENT."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geodata.contracts import CONTRACTS, arrow_schema, check_tables
from geodata.errors import EtlError, SnapshotError
from geodata.hashing import canonical_json, hash_bytes, hash_file, hash_table, snapshot_id
from geodata.snapshot import CURRENT, MANIFEST, SCHEMA_VERSION, open_snapshot_dir

_BUILDING = ".building-"
_LOCK = ".lock"
_TRIES = 20
_PAUSE_SECONDS = 0.05
_ORPHAN_SECONDS = 3600.0
_ROW_GROUP = 64_000
_GEOPARQUET_VERSION = "1.1.0"


class PublishError(EtlError):
    """A snapshot cannot be written."""


def _lock(file: IO[bytes]) -> bool:
    """Take the exclusive lock of an open file without waiting; it is freed when its process ends, however."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync_directory(path: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(source: Path, target: Path) -> None:
    """Move a file or directory over a target; wait a little where another process holds it open (Windows)."""
    for attempt in range(_TRIES):
        try:
            source.replace(target)
        except PermissionError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _remove_leftovers(directory: Path) -> None:
    """Remove what killed builds left: temporary directories whose lock nobody holds."""
    for lock_path in directory.glob(f"{_BUILDING}*{_LOCK}"):
        with contextlib.suppress(OSError), lock_path.open("r+b") as file:
            if not _lock(file):
                continue
            shutil.rmtree(lock_path.with_suffix(""), ignore_errors=True)
            file.close()
            lock_path.unlink(missing_ok=True)
    for orphan in directory.glob(f"{_BUILDING}*"):
        with contextlib.suppress(OSError):
            if orphan.is_dir() and time.time() - orphan.stat().st_mtime > _ORPHAN_SECONDS:
                unlocked = not orphan.with_name(orphan.name + _LOCK).exists()
                shutil.rmtree(orphan, ignore_errors=True) if unlocked else None
    for pointer in directory.glob(f"{CURRENT}.*"):
        with contextlib.suppress(OSError):
            if not (directory / f"{_BUILDING}{pointer.suffix[1:]}{_LOCK}").exists():
                pointer.unlink(missing_ok=True)


@contextlib.contextmanager
def _building(directory: Path) -> Iterator[tuple[Path, str]]:
    """Give a fresh temporary directory beside the target, held by a lock while the build lives."""
    for _ in range(_TRIES):
        token = uuid.uuid4().hex
        lock_path = directory / f"{_BUILDING}{token}{_LOCK}"
        file = lock_path.open("wb")
        if _lock(file) and lock_path.exists():
            break
        file.close()  # another build took it for a leftover in this very moment
    else:
        raise PublishError(f"{directory} cannot be locked by this build; try again")
    temporary = directory / f"{_BUILDING}{token}"
    try:
        temporary.mkdir()
        yield temporary, token
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        file.close()
        lock_path.unlink(missing_ok=True)


def _write_bytes(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _geo_metadata(df: pd.DataFrame) -> dict[bytes, bytes]:
    """Return the GeoParquet metadata of the column geometry (WKB, EPSG:4326, longitude first)."""
    from pyproj import CRS

    geometries = shapely.from_wkb(df["geometry"].dropna().to_numpy())
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted({str(geometry.geom_type) for geometry in geometries}),
        "crs": CRS.from_epsg(4326).to_json_dict(),
        "edges": "planar",
    }
    if len(geometries):
        column["bbox"] = [float(bound) for bound in shapely.total_bounds(geometries)]
    content = {"version": _GEOPARQUET_VERSION, "primary_column": "geometry", "columns": {"geometry": column}}
    return {b"geo": json.dumps(content).encode()}


def _write_table(path: Path, name: str, df: pd.DataFrame) -> None:
    schema = arrow_schema(CONTRACTS[name])
    if "geometry" in df.columns:
        schema = schema.with_metadata(_geo_metadata(df))
    table = pa.Table.from_pandas(df, schema=schema, preserve_index=False).replace_schema_metadata(schema.metadata)
    with path.open("wb") as file:
        pq.write_table(table, file, compression="zstd", row_group_size=_ROW_GROUP)
        file.flush()
        os.fsync(file.fileno())


def _place(temporary: Path, target: Path) -> None:
    """Move the finished directory to its name; an intact snapshot of the same content stays, a damaged one goes."""
    if target.exists():
        try:
            open_snapshot_dir(target)
        except SnapshotError:
            damaged = target.with_name(f"{_BUILDING}{uuid.uuid4().hex}")
            _replace(target, damaged)
            shutil.rmtree(damaged, ignore_errors=True)
        else:
            return
    try:
        _replace(temporary, target)
    except OSError as error:
        if not target.exists():
            raise PublishError(f"the snapshot cannot be moved to {target}: {error.strerror}") from error
        open_snapshot_dir(target)


def publish_snapshot(
    out: Path,
    tier: str,
    tables: Mapping[str, pd.DataFrame],
    documents: Mapping[str, dict[str, Any]],
    maps: Mapping[str, dict[str, Any]],
    pages: Mapping[str, str],
    summary: Mapping[str, Any],
    reference: Mapping[str, Any] | None = None,
) -> Path:
    """Write a snapshot and make it the one that is served.

    Until the very last step the former snapshot stays served. Killed builds leave a temporary directory that the
    next build removes; two builds at once do not meet.

    Parameters
    ----------
    out : pathlib.Path
    tier : str
    tables : mapping of table name to pandas.DataFrame
        All published tables.
    documents : mapping of file name to dict
        JSON files.
    maps : mapping of level to dict
        Map files; their names get the hash of their content.
    pages : mapping of file name to str
        Other text files.
    summary : mapping of str to Any
        Further keys of the manifest: dataset, title, projection, quality and so on.
    reference : mapping of str to Any, optional
        The reference layers; the name of their file gets the hash of its content, too.

    Returns
    -------
    pathlib.Path
        The directory of the snapshot.

    Raises
    ------
    ContractError
        If a table breaks its contract.
    PublishError
        If the disk refuses.
    """
    check_tables(tables)
    directory = out / tier
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(directory)
        with _building(directory) as (temporary, token):
            files: dict[str, dict[str, Any]] = {}
            for name, df in tables.items():
                _write_table(temporary / f"{name}.parquet", name, df)
                files[f"{name}.parquet"] = {"logical_hash": hash_table(df), "rows": len(df), "contract": name}
            named = {f"map_{summary['dataset']}_{level}": content for level, content in maps.items()}
            if reference is not None:
                named[f"reference_{summary['dataset']}"] = dict(reference)
            for stem, content in (*documents.items(), *named.items()):
                body = canonical_json(content)
                digest = hash_bytes(body)
                name = f"{stem}.{digest[:8]}.json" if stem in named else stem
                _write_bytes(temporary / name, body)
                files[name] = {"logical_hash": digest, "rows": None, "contract": None}
            for name, page in pages.items():
                _write_bytes(temporary / name, page.encode())
                files[name] = {"logical_hash": hash_bytes(page.encode()), "rows": None, "contract": None}
            for name, entry in files.items():
                entry["sha256"] = hash_file(temporary / name)
            identity = snapshot_id({name: entry["logical_hash"] for name, entry in files.items()})
            manifest = {
                "schema_version": SCHEMA_VERSION,
                "snapshot_id": identity,
                "tier": tier,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "files": files,
                **summary,
            }
            _write_bytes(temporary / MANIFEST, canonical_json(manifest))
            _sync_directory(temporary)
            _place(temporary, directory / identity)
            _sync_directory(directory)
            pointer = directory / f"{CURRENT}.{token}"
            _write_bytes(pointer, f"{identity}\n".encode())
            _replace(pointer, directory / CURRENT)
            _sync_directory(directory)
    except OSError as error:
        raise PublishError(f"cannot write to {error.filename or directory}: {error.strerror}") from error
    return directory / identity
