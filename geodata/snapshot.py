"""The snapshot reader: opens a published snapshot, refuses an altered one, loads its tables when asked."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import RetentionError, SnapshotError
from geodata.hashing import hash_file, snapshot_id

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 3
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
CATALOG = "catalog.json"
DISCLOSURE = "disclosure.json"
DISCLOSURE_VERSION = 1
NAMES = "names.json"
TIERS = ("public", "partner", "restricted")
TABLES = ("units", "boundary_sets", "observations", "indicators", "sources", "programmes", "flows", "evidence")

_ID = re.compile(r"[0-9a-f]{16}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_HOW_TO_BUILD = "publish it again with `python -m etl build PACKAGE --out DIR`"


def today_utc() -> date:
    """Return the day in UTC, by the system's clock."""
    return datetime.now(UTC).date()


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SnapshotError(f"{path.name} of the snapshot cannot be read: {error}; {_HOW_TO_BUILD}") from error


class Snapshot:
    """An open, verified, read-only snapshot.

    Tables are loaded from disk when first asked for. Text columns are pandas `str` without missing values (empty
    means unknown or none; `typology` alone may be missing), dates are datetime64[ms], numbers float64 with NaN.
    The geometry of units is not loaded: maps are drawn from the map files.

    Parameters
    ----------
    path : pathlib.Path
        The directory of the snapshot.
    manifest : dict
        Its verified manifest.
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self._by_indicator = lru_cache(maxsize=128)(self._read_observations)

    @property
    def snapshot_id(self) -> str:
        """The id: the first 16 hex digits of the hash over the logical hashes of all files."""
        return str(self.manifest["snapshot_id"])

    @property
    def tier(self) -> str:
        """The tier that the snapshot was published for."""
        return str(self.manifest["tier"])

    def catalog_json(self) -> dict[str, Any]:
        """Return the content of catalog.json."""
        content: dict[str, Any] = _read_json(self.path / CATALOG)
        return content

    @cached_property
    def retention_until(self) -> date | None:
        """The last day (UTC) on which the figures may be served; None if no day is set."""
        day = (self.catalog_json()["dataset"].get("governance") or {}).get("retention_until")
        return None if day is None else date.fromisoformat(day)

    def is_past_retention(self, today: date) -> bool:
        """Whether the figures may no longer be served on a day."""
        return self.retention_until is not None and self.retention_until < today

    def report_json(self) -> dict[str, Any]:
        """Return the content of the quality report."""
        content: dict[str, Any] = _read_json(self.path / "report.json")
        return content

    def other_names(self) -> list[dict[str, Any]]:
        """Return the other names of units that names.json tells; none if the snapshot does not have that file."""
        if NAMES not in self.manifest["files"]:
            return []
        names: list[dict[str, Any]] = _read_json(self.path / NAMES)["names"]
        return names

    def map_file(self, level: str) -> Path:
        """Return the path of the map file of an admin level; its name holds the hash of its content.

        Raises
        ------
        SnapshotError
            If the snapshot has no map of that level.
        """
        start = f"map_{self.manifest['dataset']}_{level}."
        names = sorted(name for name in self.manifest["files"] if name.startswith(start))
        if not names:
            raise SnapshotError(f"the snapshot has no map of level {level}: it has {', '.join(self.map_levels)}")
        path: Path = self.path / names[0]
        return path

    @property
    def map_levels(self) -> tuple[str, ...]:
        """The admin levels that have a map."""
        start = f"map_{self.manifest['dataset']}_"
        names = (name for name in self.manifest["files"] if name.startswith(start))
        return tuple(sorted(name.removeprefix(start).split(".")[0] for name in names))

    @property
    def reference_file(self) -> Path | None:
        """The path of the reference layers (land, lakes, places, graticule); None if the dataset has none."""
        start = f"reference_{self.manifest['dataset']}."
        names = sorted(name for name in self.manifest["files"] if name.startswith(start))
        return self.path / names[0] if names else None

    def reference_json(self) -> dict[str, Any] | None:
        """Return the reference layers; None if the dataset has none."""
        return None if self.reference_file is None else _read_json(self.reference_file)

    def map_json(self, level: str) -> dict[str, Any]:
        """Return the content of the map file of an admin level.

        Raises
        ------
        SnapshotError
            If the snapshot has no map of that level.
        """
        content: dict[str, Any] = _read_json(self.map_file(level))
        return content

    def read_table(
        self, name: str, columns: Sequence[str] | None = None, filters: list[tuple[str, str, Any]] | None = None
    ) -> pd.DataFrame:
        """Read one published table, or some of its columns and rows.

        Parameters
        ----------
        name : str
            One of `TABLES`.
        columns : sequence of str, optional
            All but the geometry if not given.
        filters : list of (column, operator, value), optional
            As of ``pyarrow.parquet.read_table``.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        SnapshotError
            If there is no such table.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        if name not in TABLES:
            raise SnapshotError(f"a snapshot has no table {name!r}: it has {', '.join(TABLES)}")
        path = self.path / f"{name}.parquet"
        if columns is None:
            columns = [column for column in pq.read_schema(path).names if column != "geometry"]
        table = pq.read_table(path, columns=list(columns), filters=filters)
        for index, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                table = table.set_column(index, field.name, table.column(index).cast(field.type.value_type))
        df: pd.DataFrame = table.replace_schema_metadata(None).to_pandas(date_as_object=False)
        return df

    def _read_observations(self, indicator_id: str) -> pd.DataFrame:
        return self.read_table("observations", filters=[("indicator_id", "==", indicator_id)])

    def observations(self, indicator_id: str) -> pd.DataFrame:
        """Return the observations of an indicator; no rows if the snapshot does not hold it.

        The frame is shared between callers: copy it before changing it.
        """
        return self._by_indicator(indicator_id)

    @cached_property
    def units(self) -> pd.DataFrame:
        """The admin units of all boundary sets, without geometry."""
        return self.read_table("units")

    @cached_property
    def boundary_sets(self) -> pd.DataFrame:
        """The boundary sets with their dates of validity."""
        return self.read_table("boundary_sets")

    @cached_property
    def sources(self) -> pd.DataFrame:
        """The sources with their licences and terms."""
        return self.read_table("sources")


def _verify_manifest(manifest: Any, path: Path) -> dict[str, Any]:
    if not isinstance(manifest, dict) or manifest.get("schema_version") != SCHEMA_VERSION:
        found = manifest.get("schema_version") if isinstance(manifest, dict) else None
        raise SnapshotError(
            f"{MANIFEST} of {path.name} has schema_version {found!r}, this program reads {SCHEMA_VERSION}: "
            f"{_HOW_TO_BUILD}"
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or not {CATALOG, *(f"{t}.parquet" for t in TABLES)} <= files.keys():
        raise SnapshotError(f"{MANIFEST} of {path.name} does not list all files: {_HOW_TO_BUILD}")
    try:
        expected = snapshot_id({name: entry["logical_hash"] for name, entry in files.items()})
    except (TypeError, KeyError) as error:
        raise SnapshotError(f"{MANIFEST} of {path.name} has a file without hash: {_HOW_TO_BUILD}") from error
    if manifest.get("snapshot_id") != expected or path.name != expected:
        raise SnapshotError(f"{MANIFEST} of {path.name} was altered: its files make {expected}; {_HOW_TO_BUILD}")
    return manifest


def verify_files(path: Path, manifest: dict[str, Any]) -> None:
    """Check every file of a snapshot against the SHA-256 in its manifest.

    Parameters
    ----------
    path : pathlib.Path
        The directory of the snapshot.
    manifest : dict
        Its manifest.

    Raises
    ------
    SnapshotError
        Naming the first file that is missing or altered.
    """
    for name, entry in sorted(manifest["files"].items()):
        if not _FILE_NAME.fullmatch(name):
            raise SnapshotError(f"{MANIFEST} of {path.name} names a file {name!r} outside of the snapshot")
        try:
            found = hash_file(path / name)
        except OSError as error:
            raise SnapshotError(f"{name} of snapshot {path.name} cannot be read: {error}; {_HOW_TO_BUILD}") from error
        if found != entry.get("sha256"):
            raise SnapshotError(
                f"{name} of snapshot {path.name} was altered: its SHA-256 starts with {found[:12]}, the manifest "
                f"says {str(entry.get('sha256'))[:12]}; {_HOW_TO_BUILD}"
            )


def _verify_disclosure(snapshot: Snapshot) -> None:
    """Refuse a snapshot that holds a sensitive indicator without evidence of disclosure control for its figures."""
    indicators = snapshot.catalog_json()["indicators"]
    sensitive = [spec["id"] for spec in indicators if spec["sensitivity"] not in ("low", "moderate")]
    if not sensitive:
        return
    files = snapshot.manifest["files"]
    evidence = _read_json(snapshot.path / DISCLOSURE) if DISCLOSURE in files else {}
    held = evidence.get("indicators", {}) if isinstance(evidence, dict) else {}
    valid = held and evidence.get("version") == DISCLOSURE_VERSION
    valid = valid and evidence.get("observations") == files["observations.parquet"]["logical_hash"]
    lacking = [name for name in sensitive if not valid or (held.get(name) or {}).get("passed") is not True]
    if lacking:
        raise SnapshotError(
            f"snapshot {snapshot.path.name} holds {lacking[0]} without evidence that its small numbers are protected "
            f"({DISCLOSURE}); {_HOW_TO_BUILD}"
        )


def open_snapshot_dir(path: Path) -> Snapshot:
    """Open one snapshot directory, whichever its tier, and verify all its files.

    Parameters
    ----------
    path : pathlib.Path
        The directory that holds manifest.json.

    Returns
    -------
    Snapshot

    Raises
    ------
    SnapshotError
        If anything is missing, altered or of another schema version, or a sensitive indicator has no evidence of
        disclosure control.
    """
    path = path.resolve()
    manifest = _verify_manifest(_read_json(path / MANIFEST), path)
    if manifest.get("tier") not in TIERS:
        raise SnapshotError(f"{MANIFEST} of {path.name} has tier {manifest.get('tier')!r}: {_HOW_TO_BUILD}")
    verify_files(path, manifest)
    snapshot = Snapshot(path, manifest)
    _verify_disclosure(snapshot)
    return snapshot


def current_snapshot_dir(root: Path, tier: str) -> Path:
    """Return the directory of the snapshot that is served for a tier.

    Parameters
    ----------
    root : pathlib.Path
        What the ETL was given as ``--out``.
    tier : str
        ``public``, ``partner`` or ``restricted``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    SnapshotError
        If the tier is unknown, nothing was published for it, or CURRENT is damaged.
    """
    if tier not in TIERS:
        raise SnapshotError(f"there is no tier {tier!r}: choose one of {', '.join(TIERS)}")
    pointer = root / tier / CURRENT
    try:
        current = pointer.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise SnapshotError(
            f"no snapshot of tier {tier} in {root}: publish one with "
            f"`python -m etl build PACKAGE --out {root} --tier {tier}`"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{pointer} cannot be read: {error}; {_HOW_TO_BUILD}") from error
    if not _ID.fullmatch(current):
        raise SnapshotError(f"{pointer} holds {current[:40]!r}, which is no snapshot id: {_HOW_TO_BUILD}")
    return root / tier / current


def dataset_roots(root: Path, tier: str) -> tuple[Path, ...]:
    """Return the folders under a root that hold a published snapshot of a tier: the root itself, or its subfolders.

    Parameters
    ----------
    root : pathlib.Path
        What the ETL was given as ``--out``, or a folder of such folders, one for each dataset.
    tier : str
        ``public``, ``partner`` or ``restricted``.

    Returns
    -------
    tuple of pathlib.Path
        In the order of their names; the root alone if nothing is published anywhere.
    """
    if (root / tier / CURRENT).is_file() or not root.is_dir():
        return (root,)
    return tuple(sorted(path for path in root.iterdir() if (path / tier / CURRENT).is_file())) or (root,)


def open_snapshot(root: Path, tier: str, today: date | None = None) -> Snapshot:
    """Open the snapshot that is served for a tier and verify all its files.

    Parameters
    ----------
    root : pathlib.Path
        What the ETL was given as ``--out``.
    tier : str
        ``public``, ``partner`` or ``restricted``.
    today : datetime.date, optional
        The day in UTC by the system's clock if not given.

    Returns
    -------
    Snapshot

    Raises
    ------
    SnapshotError
        If there is none, or it is incomplete, altered, or of another tier or schema version.
    RetentionError
        If its figures may be kept no longer.
    """
    snapshot = open_snapshot_dir(current_snapshot_dir(root, tier))
    if snapshot.tier != tier:
        raise SnapshotError(
            f"{MANIFEST} of {snapshot.path.name} is of tier {snapshot.tier}, expected {tier}: {_HOW_TO_BUILD}"
        )
    if snapshot.is_past_retention(today or today_utc()):
        raise RetentionError(
            f"{snapshot.manifest.get('dataset')}: the figures were to be kept until {snapshot.retention_until} and are "
            "served no more; delete them, or have their owner decide on a new date and build again"
        )
    return snapshot
