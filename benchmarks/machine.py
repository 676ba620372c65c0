"""What measured values depend on: machine, versions, and what else ran."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import run
from benchmarks.browser import RASTERISATION, SOFTWARE_WEBGL, VIEWPORT

_PACKAGES = (
    "dash", "plotly", "geopandas", "shapely", "pandas", "playwright", "dash-leaflet", "folium", "bokeh", "locust",
)  # fmt: skip
_GB = 1_000_000_000


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    if not hasattr(os, "sysconf"):
        return "not known"
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / _GB:.0f} GB"


def _chromium() -> str:
    executable = run.find_chromium()
    if executable is None:
        return "none"
    if os.name == "nt":  # Edge and Chrome on Windows open a window instead of telling
        return Path(executable).name
    told = subprocess.run([executable, "--version"], capture_output=True, text=True, check=False)
    return told.stdout.strip()


def load() -> float | None:
    """Return the mean number of running processes of the last minute; None where not known."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def conditions(load_before: float | None) -> dict[str, str]:
    """Return the conditions of a run as lines of the document."""
    told = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{_processor()}, {os.cpu_count()} cores, {_memory()}, {platform.system()}",
        "Python": f"{platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        "browser": f"{_chromium()}, headless, {VIEWPORT['width']} x {VIEWPORT['height']}",
        "rasterisation": f"{RASTERISATION}; peers that draw with WebGL: {SOFTWARE_WEBGL}",
    }
    if load_before is not None:
        told["other load"] = f"{load_before} running processes on {os.cpu_count()} cores in the minute before the run"
    return told
