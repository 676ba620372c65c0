"""Humanitarian Data Exchange (CKAN): the resources of a dataset; COD-AB boundaries as a source of their own.

References
----------
https://docs.ckan.org/en/latest/api/ (package_show); https://data.humdata.org/faqs/licenses
"""

from __future__ import annotations

import argparse
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from etl.fetch.arguments import iso3, slug
from etl.fetch.body import Format, format_of
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Session, Source

LICENCES = {  # ids of HDX -> ids of etl/licences.yml
    "cc-by": "CC-BY-4.0",
    "cc-by-igo": "CC-BY-IGO-3.0",
    "cc-by-sa": "CC-BY-SA-4.0",
    "cc-by-nc": "CC-BY-NC-4.0",
    "hdx-odc-by": "ODC-BY-1.0",
    "hdx-odc-odbl": "ODbL-1.0",
    "hdx-pddl": "ODC-PDDL-1.0",
    "other-pd-nr": "public-domain",
}
ZIPPED = ("shp", "geodatabase", "gdb", "zipped")
COD_AB_PATTERNS = ("*.geojson*", "*geojson*", "*.shp*", "*shp*")


def _add_hdx_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", type=slug, help="name in the dataset's address, such as cod-ab-kgz")
    parser.add_argument(
        "--resource",
        action="append",
        metavar="PATTERN",
        help="name or id of a resource, or a pattern such as '*.geojson*'; repeatable; needed if there are several",
    )


def _add_cod_ab_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("country", type=iso3, help="ISO 3166-1 alpha-3 code")
    parser.add_argument(
        "--resource", action="append", metavar="PATTERN", help="as for hdx (default: GeoJSON, otherwise the shapefile)"
    )


def _check_package(content: Any) -> None:
    result = content.get("result") if isinstance(content, dict) and content.get("success") is True else None
    if not isinstance(result, dict):
        raise FetchError("found JSON without success and result; expected an answer of package_show")
    resources = result.get("resources")
    if not isinstance(resources, list) or not resources or not all(isinstance(one, dict) for one in resources):
        raise FetchError("found a dataset without resources; expected at least one file")


def _choose(resources: list[dict[str, Any]], patterns: list[str]) -> list[dict[str, Any]]:
    """Return the resources whose name or id one of the patterns names, upper and lower case alike."""
    wanted = [pattern.lower() for pattern in patterns]
    return [
        resource
        for resource in resources
        if any(
            fnmatchcase(str(resource.get(field) or "").lower(), pattern)
            for field in ("name", "id")
            for pattern in wanted
        )
    ]


def _choose_cod_ab(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return next((found for one in COD_AB_PATTERNS if (found := _choose(resources, [one]))), [])


def _file_name(resource: dict[str, Any]) -> str:
    path = PurePosixPath(unquote(urlsplit(_address(resource)).path))
    return path.name if path.suffix else str(resource.get("name") or resource.get("id"))


def _address(resource: dict[str, Any]) -> str:
    return str(resource.get("download_url") or resource.get("url") or "")


def _wanted(resource: dict[str, Any], name: str) -> Format:
    promised = format_of(name)
    is_zipped = any(word in str(resource.get("format", "")).lower() for word in ZIPPED)
    return "zip" if promised == "any" and is_zipped else promised


def _read_dataset(session: Session, dataset: str) -> dict[str, Any]:
    received = session.get(
        "/api/3/action/package_show",
        [("id", dataset)],
        check=_check_package,
        remedy=f"Search https://data.humdata.org for the dataset; its address ends with its name, not {dataset}.",
    )
    result: dict[str, Any] = received.json()["result"]
    return result


def _download(session: Session, dataset: str, result: dict[str, Any], chosen: list[dict[str, Any]]) -> Download:
    if not chosen:
        names = "; ".join(str(one.get("name") or one.get("id")) for one in result["resources"])
        raise FetchError(f"hdx: choose with --resource from the resources of {dataset}: {names}")
    files = []
    for resource in chosen:
        name = _file_name(resource)
        page = f"https://data.humdata.org/dataset/{dataset}"
        received = session.get(_address(resource), wanted=_wanted(resource, name), is_file=True, remedy=f"See {page}.")
        files.append((name, received))
    licence_id = str(result.get("license_id") or "")
    words = [result.get("license_title") or licence_id, result.get("license_other"), result.get("dataset_source")]
    organisation = result.get("organization")
    contributor = organisation.get("title") if isinstance(organisation, dict) else None
    return Download(
        series=dataset,
        title=str(result.get("title") or dataset),
        files=tuple(files),
        licence=LICENCES.get(licence_id, ""),
        terms="; ".join(str(word) for word in words if word),
        publisher=f"{contributor or 'Contributor'} (HDX)",
        page=f"https://data.humdata.org/dataset/{dataset}",
    )


def _collect_hdx(options: argparse.Namespace, session: Session) -> Download:
    result = _read_dataset(session, options.dataset)
    resources = result["resources"]
    chosen = _choose(resources, options.resource) if options.resource else resources if len(resources) == 1 else []
    return _download(session, options.dataset, result, chosen)


def _collect_cod_ab(options: argparse.Namespace, session: Session) -> Download:
    dataset = f"cod-ab-{options.country.lower()}"
    result = _read_dataset(session, dataset)
    resources = result["resources"]
    chosen = _choose(resources, options.resource) if options.resource else _choose_cod_ab(resources)
    return _download(session, dataset, result, chosen)


SOURCE = Source(
    name="hdx",
    title="Humanitarian Data Exchange: any resource of a dataset",
    publisher="Contributors to HDX",
    base_url="https://data.humdata.org",
    page="https://data.humdata.org",
    licence="",
    terms="the dataset's own, as HDX states them",
    add_arguments=_add_hdx_arguments,
    collect=_collect_hdx,
)
COD_AB = Source(
    name="cod-ab",
    title="OCHA common operational datasets: administrative boundaries",
    publisher="OCHA",
    base_url="https://data.humdata.org",
    page="https://data.humdata.org/dashboards/cod",
    licence="CC-BY-IGO-3.0",
    terms="the dataset's own, as HDX states them; mostly CC BY-IGO",
    add_arguments=_add_cod_ab_arguments,
    collect=_collect_cod_ab,
)
