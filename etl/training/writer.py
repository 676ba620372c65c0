"""Writes the training package: tables, descriptor, catalog and boundaries, the same bytes for the same plan."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import shapely
import yaml

from etl.training.country import EAST_SET, NEW, NORTH_SET, OLD, Country, make_country
from etl.training.faults import COLUMNS as FAULT_COLUMNS
from etl.training.faults import plant_faults
from etl.training.figures import COLUMNS as FIGURE_COLUMNS
from etl.training.figures import FigureMaker, catalog_entry, read_entries, table_of
from etl.training.flows import COLUMNS as FLOW_COLUMNS
from etl.training.flows import flow_catalog, make_flows
from etl.training.geometry import DECIMALS, PROJECTION
from etl.training.names import COUNTRY, spell
from etl.training.plan import NOTICE_EN, NOTICE_RU, REFORM_YEAR, Plan
from etl.training.programmes import COLUMNS as PROGRAMME_COLUMNS
from etl.training.programmes import make_programmes
from etl.training.reference import (
    ALIAS_COLUMNS,
    AMBIGUOUS_COLUMNS,
    BOUNDARY_SET_COLUMNS,
    CROSSWALK_COLUMNS,
    MADE_ON,
    MESSY_COLUMNS,
    SOURCE_COLUMNS,
    UNIT_COLUMNS,
    alias_rows,
    ambiguous_rows,
    boundary_set_rows,
    messy_rows,
    source_rows,
    unit_rows,
)
from etl.training.reform import METHOD, make_crosswalk
from etl.training.surroundings import surroundings
from geodata.errors import EtlError

NAME = "training"
_VERSION = "1.0.0"
_WIDTH, _TOLERANCE_M = 4800, 500
_NUMBERS = {
    "value",
    "low",
    "high",
    "n",
    "lon",
    "lat",
    "target",
    "reached",
    "budget_usd",
    "persons",
    "share_population",
    "share_area",
}
_DATES = {"valid_from", "valid_to", "period_start", "period_end", "date_accessed", "decided_on", "as_of"}
_KEYS = {
    "boundary-sets": ["boundary_set"],
    "units": ["boundary_set", "unit_id"],
    "sources": ["source_id"],
    "crosswalk": ["level", "from_unit", "to_unit"],
    "faults": ["fault_id"],
}
_REQUIRED = {
    "boundary-sets": ["boundary_set", "iso3", "title_en", "title_ru", "by_date", "source_id"],
    "units": ["boundary_set", "unit_id", "level", "iso3", "name_en", "name_ru", "unit_type", "geometry"],
    "sources": ["source_id", "title", "publisher", "licence", "terms", "date_accessed"],
    "crosswalk": list(CROSSWALK_COLUMNS),
}
_TITLES = {
    "boundary-sets": "Boundary sets and when they are valid",
    "units": "Administrative units of each boundary set",
    "sources": "Sources, all invented",
    "aliases": "Reviewed names",
    "ambiguous-names": "Names that never join on their own",
    "programmes": "Who does what where",
    "flows": "Moves between regions, by year",
    "crosswalk": "From the division until 2017 to that since 2018, as shares of the former unit",
    "messy-names": "Names as careless tables write them, with the right answers",
    "faults": "The faults planted in this package, with the message that each must give",
}
_DRIVERS = (
    ("economic", "Economy", "Экономика"),
    ("migration", "Migration", "Миграция"),
    ("services", "Services", "Услуги"),
    ("population", "Population", "Население"),
    ("governance", "Governance and trust", "Управление и доверие"),
    ("ftf", "FTF departures (invented)", "Выезды ИБТ (вымышлено)"),
)


@dataclass
class Draft:
    """A package in memory, before it is written; faults are planted here.

    Attributes
    ----------
    tables : dict of str to list of str
        By path: the header and the lines, without line breaks.
    documents : dict of str to str
        Other text files by path.
    features : dict of str to list of (str, list)
        By boundary set: unit_id and rings by polygon, as [lon, lat].
    raw : dict of str to bytes
        Tables in another encoding than UTF-8, by path.
    """

    tables: dict[str, list[str]] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    features: dict[str, list[tuple[str, list[Any]]]] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)


def _lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().removesuffix("\n").split("\n")


def _coordinates(polygon: Any) -> list[Any]:
    return [
        [
            [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in shapely.get_coordinates(ring).tolist()]
            for ring in rings
        ]
        for part in shapely.get_parts(polygon)
        for rings in ([part.exterior, *part.interiors],)
    ]


def _field(name: str, resource: str) -> dict[str, Any]:
    kind = "number" if name in _NUMBERS else "date" if name in _DATES else "string"
    if name == "by_date":
        return {
            "name": name, "type": "boolean", "trueValues": ["true"], "falseValues": ["false"],
            "constraints": {"required": True},
        }  # fmt: skip
    result: dict[str, Any] = {"name": name, "type": kind}
    required = name in _REQUIRED.get(resource, ()) or (resource.startswith("figures-") and name in _FIGURE_REQUIRED)
    if required:
        result["constraints"] = {"required": True}
    return result


_FIGURE_REQUIRED = {"indicator", "iso3", "level", "period_start", "period_end", "source_id"}


def _resource(path: str, header: Sequence[str]) -> dict[str, Any]:
    stem = path.rsplit("/", 1)[-1].removesuffix(".csv").replace("_", "-")
    is_figures = "/figures/" in path
    name = f"figures-{stem}" if is_figures else stem
    schema: dict[str, Any] = {"fields": [_field(column, name) for column in header], "missingValues": [""]}
    if name in _KEYS:
        schema["primaryKey"] = _KEYS[name]
    if is_figures or name in ("boundary-sets", "programmes", "flows"):
        schema["foreignKeys"] = [
            {"fields": ["source_id"], "reference": {"resource": "sources", "fields": ["source_id"]}}
        ]
    title = _TITLES.get(name, f"Figures: {stem}")
    return {
        "name": name, "title": f"{title} ({NOTICE_EN})", "path": path, "profile": "tabular-data-resource",
        "format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "schema": schema,
    }  # fmt: skip


def _descriptor(draft: Draft) -> str:
    resources = [_resource(path, next(csv.reader([lines[0]]))) for path, lines in draft.tables.items()]
    for path in sorted(draft.raw):
        header = next(csv.reader([draft.raw[path].split(b"\n", 1)[0].decode("ascii")]))
        resources.append(_resource(path, header))
    content = {
        "profile": "data-package",
        "name": NAME,
        "title": f"{COUNTRY}: {NOTICE_EN}",
        "version": _VERSION,
        "created": f"{MADE_ON}T00:00:00Z",
        "description": f"{NOTICE_EN}. An invented country for workshops and tests, made by "
        "python -m etl make-training. No name, border or figure is real.",
        "licenses": [
            {"name": "CC0-1.0", "title": "CC0 1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}
        ],
        "sources": [{"title": f"{NOTICE_EN}: invented by the generator of the Drivers Atlas"}],
        "contributors": [{"title": "Drivers Atlas maintainers", "role": "maintainer"}],
        "resources": resources,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _yaml(content: Any) -> str:
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=None))


def _office(en: str, ru: str) -> dict[str, str]:
    return {"en": f"{en} of {COUNTRY} (invented)", "ru": f"{ru}, {spell(COUNTRY).ru} (вымышлено)"}


def _governance() -> dict[str, Any]:
    """Return who answers for the data: offices as invented as the country; there is nothing to be kept short."""
    return {
        "owner": _office("Office for Regional Programmes", "Управление региональных программ"),
        "host": _office("Statistical Computing Centre", "Вычислительный центр статистики"),
        "funder": _office("Fund for Regional Support", "Фонд региональной поддержки"),
        "contact": _office("Data Desk", "Отдел данных"),
        "complaints": {
            "en": "In this exercise: write to the Data Desk (invented), which answers within 30 days and can have a "
            "figure withdrawn.",
            "ru": "В этом упражнении: напишите в отдел данных (вымышлено); он отвечает в течение 30 дней и может "
            "добиться отзыва значения.",
        },
        "purpose": {
            "en": "Training: to practise how support is planned by place. No other use.",
            "ru": "Обучение: упражнения в планировании поддержки по территориям. Иное использование не допускается.",
        },
        "retention_until": date(2099, 12, 31),
        "approvals": [
            {
                "role": "data_owner",
                "name_of_office": _office("Office for Regional Programmes", "Управление региональных программ"),
                "date": date(2024, 1, 15),
            },
            {
                "role": "protection_adviser",
                "name_of_office": _office("Office for the Protection of Persons", "Управление защиты граждан"),
                "date": date(2024, 1, 22),
            },
        ],
    }


def _dataset() -> dict[str, Any]:
    russian = spell(COUNTRY).ru
    return {
        "id": NAME,
        "title": {"en": f"{COUNTRY}: {NOTICE_EN}", "ru": f"{russian}: {NOTICE_RU}"},
        "region": {"en": f"{COUNTRY} (invented)", "ru": f"{russian} (вымышленная страна)"},
        "description": {
            "en": f"{NOTICE_EN}. An invented country for workshops and tests: its names, borders and figures are made "
            "by a generator and describe no real place, people or event.",
            "ru": f"{NOTICE_RU}. Вымышленная страна для семинаров и проверок: названия, границы и значения созданы "
            "генератором и не описывают никакое реальное место, людей или события.",
        },
        "disclaimer": {
            "en": f"{NOTICE_EN}. The country lies in the empty South Pacific, around the point farthest from all land, "
            "so that nobody can take it for a real one.",
            "ru": f"{NOTICE_RU}. Страна расположена в пустой части юга Тихого океана, вокруг самой удалённой от суши "
            "точки, чтобы её нельзя было принять за настоящую.",
        },
        "un_cleared": False,
        "synthetic": True,
        "projection": {"proj": PROJECTION, "width": _WIDTH, "tolerance_m": _TOLERANCE_M},
        "default_view": {"indicator": "poverty_rate", "level": "ADM2"},
        "weights": "population",
        "caveats": [
            {"en": f"{NOTICE_EN}: never quote these figures.", "ru": f"{NOTICE_RU}: не цитируйте эти значения."},
            {
                "en": f"The division was reformed on 1 January {REFORM_YEAR}; each figure is drawn on the "
                "division of its date.",
                "ru": f"Деление изменено 1 января {REFORM_YEAR} года; каждое значение показано на делении своей даты.",
            },
        ],
        "governance": _governance(),
    }


def _catalog(draft: Draft, entries: list[dict[str, Any]]) -> None:
    used = {entry["driver"] for entry in entries}
    draft.documents["catalog/dataset.yml"] = _yaml(_dataset())
    drivers = [{"id": d, "title": {"en": en, "ru": ru}} for d, en, ru in _DRIVERS if d in used]
    draft.documents["catalog/drivers.yml"] = _yaml(drivers)
    for entry in entries:
        draft.documents[f"catalog/indicators/{entry['id']}.yml"] = _yaml(catalog_entry(entry))


def _plain(share: Decimal) -> str:
    text = f"{share:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def draft_package(plan: Plan) -> tuple[Draft, Country]:
    """Make the package of a plan in memory.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    draft : Draft
    country : Country
    """
    country = make_country(plan)
    entries = read_entries(plan.indicators)
    maker = FigureMaker(country, entries)
    draft = Draft()
    draft.tables["data/boundary_sets.csv"] = _lines(BOUNDARY_SET_COLUMNS, boundary_set_rows(country))
    draft.tables["data/units.csv"] = _lines(UNIT_COLUMNS, unit_rows(country))
    draft.tables["data/sources.csv"] = _lines(SOURCE_COLUMNS, source_rows())
    draft.tables["data/aliases.csv"] = _lines(ALIAS_COLUMNS, alias_rows(country))
    draft.tables["data/ambiguous_names.csv"] = _lines(AMBIGUOUS_COLUMNS, ambiguous_rows(country))
    programmes = sorted(make_programmes(country, maker.model))
    draft.tables["data/programmes.csv"] = _lines(PROGRAMME_COLUMNS, programmes)
    draft.tables["data/flows.csv"] = _lines(FLOW_COLUMNS, make_flows(country, maker.model))
    draft.documents["catalog/flows.yml"] = _yaml(flow_catalog())
    draft.documents["reference/reference.geojson"] = surroundings(country)
    before = maker.model.population.value[:, REFORM_YEAR - 1 - plan.first_year]
    links = [
        (OLD, NEW, k.level, k.from_unit, k.to_unit, _plain(k.share_population), _plain(k.share_area), METHOD)
        for k in make_crosswalk(country, before)
    ]
    draft.tables["data/crosswalk.csv"] = _lines(CROSSWALK_COLUMNS, links)
    draft.tables["data/messy_names.csv"] = _lines(MESSY_COLUMNS, messy_rows(country))
    for entry in entries:
        table = draft.tables.setdefault(f"data/figures/{table_of(entry)}.csv", [",".join(FIGURE_COLUMNS)])
        table.extend(maker.rows(entry))
    for name in (OLD, NEW, NORTH_SET, EAST_SET):
        draft.features[name] = [(unit_id, _coordinates(p)) for unit_id, p in country.polygons[name].items()]
    _catalog(draft, entries)
    if plan.hard_mode:
        faults = plant_faults(draft.tables, draft.documents, draft.features, draft.raw, country)
        draft.tables["data/faults.csv"] = _lines(FAULT_COLUMNS, faults)
    draft.documents["datapackage.json"] = _descriptor(draft)
    return draft, country


def _geojson(features: list[tuple[str, list[Any]]]) -> str:
    lines = []
    for unit_id, parts in features:
        geometry = (
            {"type": "Polygon", "coordinates": parts[0]}
            if len(parts) == 1
            else {"type": "MultiPolygon", "coordinates": parts}
        )
        feature = {"type": "Feature", "properties": {"unit_id": unit_id}, "geometry": geometry}
        lines.append(json.dumps(feature, separators=(",", ":")))
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def write_training_package(plan: Plan, out: Path) -> dict[str, int]:
    """Write the training package of a plan into a folder.

    Nothing else in the folder is touched, except that former catalog, data and boundary files of a training package
    are removed first. The same plan gives the same bytes.

    Parameters
    ----------
    plan : Plan
    out : pathlib.Path

    Returns
    -------
    dict of str to int
        How many units of each level, figures and indicators were written.

    Raises
    ------
    EtlError
        If the folder holds another package, or the disk refuses.
    """
    draft, country = draft_package(plan)
    files = {path: "\n".join(lines) + "\n" for path, lines in draft.tables.items()}
    files |= draft.documents
    files |= {f"boundaries/{name}.geojson": _geojson(items) for name, items in draft.features.items() if items}
    content = {path: text.encode() for path, text in files.items()} | draft.raw
    try:
        _clear(out)
        for path, body in sorted(content.items()):
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
    except OSError as error:
        raise EtlError(f"cannot write to {error.filename or out}: {error.strerror}") from error
    counts = {level: len(country.at(NEW, level)) for level in ("ADM1", "ADM2", "ADM3")}
    figures = sum(len(lines) - 1 for path, lines in draft.tables.items() if "/figures/" in path)
    indicators = sum(path.startswith("catalog/indicators/") for path in draft.documents)
    return {
        **counts,
        "figures": figures,
        "indicators": indicators,
        "bytes": sum(len(body) for body in content.values()),
    }


def _clear(out: Path) -> None:
    """Remove the files of a former training package; refuse a folder that holds something else."""
    descriptor = out / "datapackage.json"
    if descriptor.exists():
        try:
            name = json.loads(descriptor.read_text(encoding="utf-8")).get("title", "")
        except (ValueError, AttributeError):
            name = ""
        if NOTICE_EN not in str(name):
            raise EtlError(f"{out} holds another data package: give an empty folder, or that of a training package")
    elif out.exists() and any(out.iterdir()):
        raise EtlError(f"{out} is not empty and holds no training package: give another folder")
    for pattern in (
        "data/*.csv",
        "data/figures/*.csv",
        "boundaries/*.geojson",
        "reference/*.geojson",
        "catalog/*.yml",
        "catalog/indicators/*.yml",
    ):
        for path in out.glob(pattern):
            path.unlink()
