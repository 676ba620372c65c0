"""Global Data Lab: sub-national human development and living standards.

References
----------
https://docs.globaldatalab.org/gdldata/
"""

from __future__ import annotations

import argparse

from etl.fetch.arguments import iso3_list, matching, number
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Key, Session, Source

KEY = Key("GDL_API_TOKEN", "API token", "https://globaldatalab.org/mygdl/")
DATASETS = ("shdi", "areadata")
_indicators = matching(r"\w+(,\w+)*", "indicators with commas, such as shdi,edindex", str.lower)
_levels = matching(r"\d(,\d)*", "levels with commas, such as 1,4")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", choices=DATASETS, help="shdi (human development) or areadata (living standards)")
    parser.add_argument("indicators", type=_indicators, help="with commas; several need --year")
    parser.add_argument("countries", type=iso3_list, help="ISO 3166-1 alpha-3 codes with commas")
    parser.add_argument("--year", type=number, help="one year; needed for several indicators")
    parser.add_argument("--levels", type=_levels, help="1 national, 4 sub-national (default: as the source has it)")
    parser.add_argument("--interpolate", action="store_true", help="let the source fill years between surveys")


def _check(rows: list[list[str]]) -> None:
    header = [cell.strip().lower() for cell in rows[0]]
    if {"title", "body"} <= set(header):
        raise FetchError(f"Global Data Lab says: {' '.join(rows[1]) if len(rows) > 1 else 'no reason'}")
    if len(rows) < 2:
        raise FetchError("found a table without rows")


def _collect(options: argparse.Namespace, session: Session) -> Download:
    several = "," in options.indicators
    if several and not options.year:
        raise FetchError("global-data-lab: several indicators are given out for one year at a time: add --year.")
    parts = [options.dataset, "download", *([options.year] if several else [])]
    parts += [options.indicators.replace(",", "+"), options.countries.replace(",", "+"), ""]
    params = [("format", "csv"), ("interpolation", "1" if options.interpolate else "0")]
    if options.levels:
        params.append(("levels", options.levels.replace(",", " ")))  # a space is written +
    received = session.get(
        f"/{'/'.join(parts)}",
        params,
        secret_params=[("token", session.keys.get(KEY.variable, ""))],
        wanted="csv",
        check=_check,
        remedy=f"See https://docs.globaldatalab.org/gdldata/ for datasets and indicators; check {KEY.variable}.",
    )
    words = (options.indicators, options.countries, options.year, options.levels)
    series = "_".join(word.replace(",", "-") for word in words if word)
    return Download(
        series=f"{options.dataset}-{series}",
        title=f"Global Data Lab {options.dataset}: {options.indicators}, {options.countries}",
        files=((f"global-data-lab_{options.dataset}_{series}.csv", received),),
        page=f"https://globaldatalab.org/{options.dataset}/",
    )


SOURCE = Source(
    name="global-data-lab",
    title="Global Data Lab: sub-national human development and living standards",
    publisher="Global Data Lab, Radboud University",
    base_url="https://globaldatalab.org",
    page="https://globaldatalab.org/termsofuse/",
    licence="facts-cited",
    terms="Global Data Lab terms of use; attribution required",
    add_arguments=_add_arguments,
    collect=_collect,
    keys=(KEY,),
    redistribution="Non-commercial use only; do not pass the files on.",
)
