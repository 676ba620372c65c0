"""What only the measurements need: Python packages of the peers, and the scripts of folium's pages from npm."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from benchmarks.result import MeasuringError
from benchmarks.servers import ROOT

MODULES = {
    "bokeh": "bokeh",
    "dash_leaflet": "dash-leaflet",
    "folium": "folium",
    "locust": "locust",
}
PINNED = Path(__file__).parent / "peer_libraries"
FETCHED = ROOT / "var" / "bench" / "peer_libraries"
_FILES = ("package.json", "package-lock.json")
_LAST_WORDS = 1000


def require_modules() -> None:
    """Raise MeasuringError unless every package that the measurements need is installed."""
    missing = [package for module, package in MODULES.items() if find_spec(module) is None]
    if missing:
        raise MeasuringError(
            f"not installed here: {', '.join(missing)}; `python run.py bench` installs them (requirements-bench.lock)"
        )


@cache
def find_libraries() -> Path | None:
    """Return the folder of the npm packages that folium's pages load; None, with one line about why, without them."""
    try:
        return fetch_libraries()
    except MeasuringError as error:
        print(f"folium is left out: {error}", file=sys.stderr)
        return None


def fetch_libraries() -> Path:
    """Return that folder; npm fetches the packages once, hash by hash.

    Raises
    ------
    MeasuringError
        If they are not there yet and npm is not installed or fails.
    """
    packages = FETCHED / "node_modules"
    if packages.is_dir() and all(_is_current(name) for name in _FILES):
        return packages
    npm = shutil.which("npm")
    if npm is None:
        raise MeasuringError("its pages need npm once, to fetch their scripts; install Node.js with npm")
    FETCHED.mkdir(parents=True, exist_ok=True)
    (FETCHED / _FILES[-1]).unlink(missing_ok=True)  # a broken-off installation must not look like a finished one
    for name in _FILES:
        shutil.copyfile(PINNED / name, FETCHED / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command, cwd=FETCHED, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        (FETCHED / _FILES[-1]).unlink()
        raise MeasuringError(f"npm could not fetch the scripts of its pages:\n{done.stdout[-_LAST_WORDS:].strip()}")
    return packages


def _is_current(name: str) -> bool:
    fetched = FETCHED / name
    return fetched.is_file() and fetched.read_bytes() == (PINNED / name).read_bytes()
