"""geoBoundaries: the boundaries of a country at one level.

References
----------
https://www.geoboundaries.org/api.html
"""

from __future__ import annotations

import argparse
import re
from typing import Any

from etl.fetch.arguments import iso3
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Session, Source

RELEASES = ("gbOpen", "gbHumanitarian", "gbAuthoritative")
LICENCES = (  # words of boundaryLicense -> ids of etl/licences.yml; the first that fits
    (r"non-?commercial|share-?alike|\b(nc|sa|nd)\b", ""),
    (r"intergovernmental|\bigo\b", "CC-BY-IGO-3.0"),
    (r"open database|odbl", "ODbL-1.0"),
    (r"zero|cc0", "CC0-1.0"),
    (r"public domain", "public-domain"),
    (r"(attribution|cc[ -]by) 3\.0", "CC-BY-3.0"),
    (r"(attribution|cc[ -]by) 4\.0", "CC-BY-4.0"),
)
REMEDY = "See https://www.geoboundaries.org for the countries, levels and releases that there are."


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("country", type=iso3, help="ISO 3166-1 alpha-3 code")
    parser.add_argument("level", choices=("ADM0", "ADM1", "ADM2", "ADM3"), help="admin level")
    parser.add_argument("--release", choices=RELEASES, default="gbOpen", help="default: gbOpen")
    parser.add_argument("--simplified", action="store_true", help="the simplified geometry")


def _licence(words: str) -> str:
    return next((licence for pattern, licence in LICENCES if re.search(pattern, words, re.IGNORECASE)), "")


def _check(content: Any) -> None:
    if not isinstance(content, dict) or not isinstance(content.get("gjDownloadURL"), str):
        raise FetchError("found JSON without gjDownloadURL; expected the metadata of one boundary")


def _collect(options: argparse.Namespace, session: Session) -> Download:
    path = f"/{options.release}/{options.country}/{options.level}/"
    metadata = session.get(path, check=_check, remedy=REMEDY).json()
    address = metadata.get("simplifiedGeometryGeoJSON") if options.simplified else metadata["gjDownloadURL"]
    if not address:
        raise FetchError(f"geoboundaries: {options.country} {options.level} has no simplified geometry.")
    received = session.get(str(address), wanted="geojson", is_file=True, remedy=REMEDY)
    words = str(metadata.get("boundaryLicense") or "")
    parts = [words, metadata.get("licenseDetail"), metadata.get("licenseSource"), metadata.get("boundarySource")]
    year = metadata.get("boundaryYearRepresented") or "year unknown"
    suffix = "_simplified" if options.simplified else ""
    return Download(
        series=f"{options.release}-{options.country}-{options.level}",
        title=f"geoBoundaries {options.release}, {options.country} {options.level}, {year}",
        files=((f"geoboundaries_{options.release}_{options.country}_{options.level}{suffix}.geojson", received),),
        licence=_licence(words),
        terms="; ".join(dict.fromkeys(str(part) for part in parts if part and str(part) != "nan")),
    )


SOURCE = Source(
    name="geoboundaries",
    title="geoBoundaries: administrative boundaries",
    publisher="William & Mary geoLab (geoBoundaries; Runfola et al. 2020, doi:10.1371/journal.pone.0231866)",
    base_url="https://www.geoboundaries.org/api/current",
    page="https://www.geoboundaries.org/api.html",
    licence="",
    terms="the boundary's own, as its metadata states them; cite geoBoundaries and the boundary's source",
    add_arguments=_add_arguments,
    collect=_collect,
)
