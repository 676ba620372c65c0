"""The quality report of a snapshot: what joined how, what did not, and how full the figures are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from typing import Any

import pandas as pd

from etl.match import Notice
from etl.rows import named_rows, value_rows
from etl.tables import TierContent
from layers.catalog import Text

REPORT_SCHEMA = 1
LISTED_ROWS = 500

_COVERAGE_KEYS = ["indicator_id", "iso3", "boundary_set", "level"]


def _counts(column: pd.Series[Any]) -> dict[str, int]:
    counts = column.value_counts()
    return {str(name): int(n) for name, n in sorted(counts.items(), key=lambda item: str(item[0])) if n}


def _iso(day: Any) -> str | None:
    return None if pd.isna(day) else f"{day:%Y-%m-%d}"


def _coverage(observations: pd.DataFrame, units: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return, by indicator, the coverage of each boundary set and level that it has figures for."""
    if len(observations) == 0:
        return {}
    totals = units.groupby(["boundary_set", "level"], observed=True).size()
    filled = observations[["value", "low", "high"]].notna().any(axis=1)
    grouped = observations.assign(filled=filled).groupby(_COVERAGE_KEYS, observed=True, sort=True)
    summary = grouped.agg(
        rows=("filled", "size"),
        filled=("filled", "sum"),
        units=("unit_id", "nunique"),
        first=("period_start", "min"),
        last=("period_end", "max"),
        periods=("period_end", "nunique"),
    ).reset_index()
    result: dict[str, list[dict[str, Any]]] = {}
    for row in named_rows(summary):
        result.setdefault(str(row.indicator_id), []).append(
            {
                "iso3": row.iso3,
                "boundary_set": row.boundary_set,
                "level": row.level,
                "rows": int(row.rows),
                "rows_with_figure": int(row.filled),
                "units": int(row.units),
                "units_of_set": int(totals.loc[(row.boundary_set, row.level)]),
                "periods": int(row.periods),
                "first": _iso(row.first),
                "last": _iso(row.last),
            }
        )
    return result


def _by_indicator(observations: pd.DataFrame, column: str) -> dict[str, dict[str, int]]:
    counts = observations.groupby(["indicator_id", column], observed=True, sort=True).size()
    result: dict[str, dict[str, int]] = {}
    for indicator_id, name, n in value_rows(counts.reset_index()):
        result.setdefault(str(indicator_id), {})[str(name)] = int(n)
    return result


def _indicator_rows(content: TierContent) -> list[dict[str, Any]]:
    observations = content.tables["observations"]
    coverage = _coverage(observations, content.tables["units"])
    by = {name: _by_indicator(observations, name) for name in ("match_method", "obs_status", "missing_reason")}
    used = _by_indicator(observations, "source_id")
    return [
        {
            "id": spec.id,
            "title": spec.title.model_dump(),
            "driver": spec.driver,
            "kind": spec.kind,
            "rows": sum(by["obs_status"].get(spec.id, {}).values()),
            "coverage": coverage.get(spec.id, []),
            "match_methods": by["match_method"].get(spec.id, {}),
            "statuses": by["obs_status"].get(spec.id, {}),
            "missing": {name: n for name, n in by["missing_reason"].get(spec.id, {}).items() if name},
            "sources": sorted(used.get(spec.id, {})),
        }
        for spec in content.catalog.indicators
    ]


def _source_rows(content: TierContent) -> list[dict[str, Any]]:
    observations = content.tables["observations"]
    rows = _counts(observations["source_id"])
    pairs = observations[["source_id", "indicator_id"]].drop_duplicates()
    indicators = _counts(pairs["source_id"])
    return [
        {
            "source_id": row.source_id,
            "title": row.title,
            "publisher": row.publisher,
            "url": row.url,
            "licence": row.licence,
            "date_accessed": _iso(row.date_accessed),
            "rows": rows.get(row.source_id, 0),
            "indicators": indicators.get(row.source_id, 0),
        }
        for row in named_rows(content.tables["sources"])
    ]


def _listed_rows(listed: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows that were not joined; lines of one file that no indicator selects are told once."""
    rows: list[dict[str, Any]] = [
        {
            "file": row.source_file,
            "row": int(row.source_row),
            "rows": 1,
            "indicator": row.indicator_id,
            "iso3": row.iso3,
            "level": row.level,
            "place_name": row.place_name,
            "reason": {"en": row.reason_en, "ru": row.reason_ru},
        }
        for row in named_rows(listed.loc[listed["indicator_id"] != ""].head(LISTED_ROWS))
    ]
    for file, part in listed.loc[listed["indicator_id"] == ""].groupby("source_file", sort=True):
        first = part.iloc[0]
        rows.append(
            {
                "file": file,
                "row": int(first["source_row"]),
                "rows": len(part),
                "indicator": "",
                "iso3": "",
                "level": "",
                "place_name": "",
                "reason": {"en": first["reason_en"], "ru": first["reason_ru"]},
            }
        )
    return rows


def make_report(content: TierContent, notices: Sequence[Notice]) -> dict[str, Any]:
    """Return the quality report of one tier.

    Parameters
    ----------
    content : TierContent
    notices : sequence of Notice

    Returns
    -------
    dict
        JSON-able; without any time or path of the machine, so that the same input gives the same report.
    """
    observations = content.tables["observations"]
    dataset = content.catalog.dataset
    read = len(observations) + len(content.listed) + content.rows_withheld
    return {
        "schema": REPORT_SCHEMA,
        "dataset": dataset.id,
        "title": dataset.title.model_dump(),
        "tier": content.tier,
        "rows": {
            "read": read,
            "joined": len(observations),
            "listed": len(content.listed),
            "withheld": content.rows_withheld,
        },
        "by_match_method": _counts(observations["match_method"]),
        "by_status": _counts(observations["obs_status"]),
        "by_missing_reason": {k: n for k, n in _counts(observations["missing_reason"]).items() if k},
        "by_confidentiality": _counts(observations["conf_status"]),
        "indicators": _indicator_rows(content),
        "sources": _source_rows(content),
        "listed": _listed_rows(content.listed),
        "withheld": [asdict(item) for item in content.withheld],
        "notices": [asdict(notice) for notice in notices],
    }


_WORDS: dict[str, Text] = {
    key: Text(en=en, ru=ru)
    for key, (en, ru) in {
        "title": ("Quality report", "Отчёт о качестве данных"),
        "tier": ("Tier", "Уровень доступа"),
        "read": ("rows read", "строк прочитано"),
        "joined": ("joined to a unit", "присоединено к единицам"),
        "listed": ("listed, not joined", "указано, но не присоединено"),
        "withheld": ("withheld at this tier", "не публикуется на этом уровне"),
        "methods": ("How the figures were matched", "Как показатели сопоставлены с единицами"),
        "statuses": ("Status of the figures", "Статус значений"),
        "missing": ("Why figures are missing", "Почему значений нет"),
        "indicators": ("Indicators", "Показатели"),
        "sources": ("Sources", "Источники"),
        "listed_rows": ("Rows that were not joined", "Неприсоединённые строки"),
        "withheld_rows": ("Indicators that this tier does not hold", "Показатели, которых нет на этом уровне"),
        "notices": ("Notices", "Примечания"),
        "indicator": ("Indicator", "Показатель"),
        "set": ("Boundary set", "Набор границ"),
        "level": ("Level", "Уровень"),
        "units": ("Units with figures", "Единиц с данными"),
        "period": ("Period", "Период"),
        "periods": ("Periods", "Периодов"),
        "rows": ("Rows", "Строк"),
        "source": ("Source", "Источник"),
        "publisher": ("Publisher", "Издатель"),
        "licence": ("Licence", "Лицензия"),
        "accessed": ("Accessed", "Дата обращения"),
        "file": ("File and row", "Файл и строка"),
        "place": ("Place", "Место"),
        "reason": ("Reason", "Причина"),
        "sensitivity": ("Sensitivity", "Чувствительность"),
        "needs": ("Needs tier", "Нужный уровень"),
        "kind": ("Kind", "Вид"),
        "subject": ("Subject", "Предмет"),
        "detail": ("Detail", "Подробности"),
        "none": ("None.", "Нет."),
        "code": ("Code", "Код"),
        "meaning": ("Meaning", "Значение"),
        "m_pcode": ("exact P-code", "точный P-код"),
        "m_iso_3166_2": ("exact ISO 3166-2 code", "точный код ISO 3166-2"),
        "m_unit_id": ("exact id of the unit", "точный идентификатор единицы"),
        "m_iso3": ("country code", "код страны"),
        "m_alias": ("reviewed name", "проверенное название"),
        "s_A": ("normal value", "обычное значение"),
        "s_B": ("break in the series", "разрыв ряда"),
        "s_E": ("estimated", "оценка"),
        "s_I": ("imputed", "импутировано"),
        "s_M": ("missing", "нет значения"),
        "s_O": ("missing, not assessed", "нет значения, не обследовано"),
        "s_P": ("provisional", "предварительно"),
        "s_U": ("low reliability", "низкая надёжность"),
        "r_not_collected": ("not collected", "не собиралось"),
        "r_not_assessed": ("not assessed", "не обследовано"),
        "r_suppressed": ("withheld", "скрыто"),
        "r_not_applicable": ("not applicable", "не применимо"),
        "n_code_of_other_set": ("code of another division", "код другого деления"),
        "n_unused_exclusion": ("exclusion that fits no row", "исключение, не подошедшее ни к одной строке"),
    }.items()
}

_STYLE = """
:root{color-scheme:light;--ink:#1f2933;--soft:#5b6774;--line:#d9dfe5;--band:#f4f6f8;--accent:#1d5f8a}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:72rem;margin:0 auto;padding:32px 24px 64px}
nav{max-width:72rem;margin:0 auto;padding:16px 24px 0}
a{color:var(--accent)}
h1{font-size:28px;line-height:1.2;margin:0 0 8px}
h2{font-size:20px;margin:40px 0 8px}
.lead{color:var(--soft);margin:0 0 24px}
.tiles{display:flex;flex-wrap:wrap;gap:16px;margin:0;padding:0;list-style:none}
.tiles li{min-width:9rem;padding:12px 16px;background:var(--band);border-radius:4px}
.tiles b{display:block;font-size:28px;line-height:1.2;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th{text-align:left;border-bottom:2px solid var(--line);padding:8px 12px 8px 0;vertical-align:bottom}
td{border-bottom:1px solid var(--line);padding:6px 12px 6px 0;vertical-align:top}
.n{text-align:right}
.bar{display:inline-block;width:64px;height:8px;margin-right:8px;background:var(--line);vertical-align:middle}
.bar i{display:block;height:8px;background:var(--accent)}
@media print{nav{display:none}main{padding:0;break-after:page}}
"""


class _Page:
    """One language of the HTML report."""

    def __init__(self, report: dict[str, Any], lang: str) -> None:
        self.report, self.lang = report, lang

    def word(self, key: str) -> str:
        return _WORDS[key].in_language(self.lang) if key in _WORDS else key

    def text(self, value: dict[str, str]) -> str:
        return value[self.lang]

    def number(self, n: int) -> str:
        return f"{n:,}".replace(",", "\u202f" if self.lang == "ru" else ",")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()) -> str:
        if not rows:
            return f"<p>{escape(self.word('none'))}</p>"

        def cells(tag: str, row: Sequence[str]) -> str:
            return "".join(f"<{tag}{' class=n' if at in numeric else ''}>{cell}</{tag}>" for at, cell in enumerate(row))

        head = cells("th", [escape(self.word(key)) for key in heads])
        body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
        return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"

    def section(self, key: str, body: str) -> str:
        return f"<h2>{escape(self.word(key))}</h2>\n{body}"

    def codes(self, name: str, prefix: str) -> str:
        rows = [
            [escape(code), escape(self.word(prefix + code)), self.number(n)] for code, n in self.report[name].items()
        ]
        return self.table(("code", "meaning", "rows"), rows, (2,))

    def coverage(self) -> str:
        rows = []
        for item in self.report["indicators"]:
            for part in item["coverage"]:
                share = part["units"] / part["units_of_set"]
                bar = f'<span class=bar><i style="width:{share:.0%}"></i></span>'
                rows.append(
                    [
                        escape(self.text(item["title"])),
                        escape(part["boundary_set"]),
                        escape(part["level"]),
                        f"{bar}{part['units']} / {part['units_of_set']}",
                        escape(f"{part['first']} – {part['last']}"),
                        self.number(part["periods"]),
                        self.number(part["rows"]),
                    ]
                )
        return self.table(("indicator", "set", "level", "units", "period", "periods", "rows"), rows, (5, 6))

    def sources(self) -> str:
        rows = []
        for item in self.report["sources"]:
            title = escape(item["title"])
            if item["url"].startswith(("https://", "http://")):
                title = f'<a href="{escape(item["url"], quote=True)}" rel=noreferrer>{title}</a>'
            rows.append(
                [
                    title,
                    escape(item["publisher"]),
                    escape(item["licence"]),
                    escape(item["date_accessed"] or ""),
                    self.number(item["indicators"]),
                    self.number(item["rows"]),
                ]
            )
        return self.table(("source", "publisher", "licence", "accessed", "indicators", "rows"), rows, (4, 5))

    def listed(self) -> str:
        rows = [
            [
                escape(f"{item['file']}, {item['row']}"),
                escape(" ".join(filter(None, (item["iso3"], item["place_name"])))),
                escape(item["indicator"]),
                escape(self.text(item["reason"])),
                self.number(item["rows"]),
            ]
            for item in self.report["listed"]
        ]
        return self.table(("file", "place", "indicator", "reason", "rows"), rows, (4,))

    def render(self) -> str:
        report = self.report
        lead = f"{self.text(report['title'])}. {self.word('tier')}: {report['tier']}."
        tiles = "".join(
            f"<li><b>{self.number(report['rows'][key])}</b>{escape(self.word(key))}</li>"
            for key in ("read", "joined", "listed", "withheld")
        )
        withheld = [
            [escape(w["indicator"]), escape(w["sensitivity"]), escape(w["needs_tier"])] for w in report["withheld"]
        ]
        notices = [
            [escape(self.word("n_" + n["kind"])), escape(n["subject"]), escape(n["detail"]), self.number(n["rows"])]
            for n in report["notices"]
        ]
        return "\n".join(
            (
                f"<main lang={self.lang} id={self.lang}>",
                f"<h1>{escape(self.word('title'))}</h1>",
                f"<p class=lead>{escape(lead)}</p>",
                f"<ul class=tiles>{tiles}</ul>",
                self.section("methods", self.codes("by_match_method", "m_")),
                self.section("statuses", self.codes("by_status", "s_")),
                self.section("missing", self.codes("by_missing_reason", "r_")),
                self.section("listed_rows", self.listed()),
                self.section("withheld_rows", self.table(("indicator", "sensitivity", "needs"), withheld)),
                self.section("notices", self.table(("kind", "subject", "detail", "rows"), notices, (3,))),
                self.section("indicators", self.coverage()),
                self.section("sources", self.sources()),
                "</main>",
            )
        )


def render_report(report: dict[str, Any]) -> str:
    """Return the quality report as one HTML page in English and Russian, without scripts or outside files.

    Parameters
    ----------
    report : dict
        As of `make_report`.

    Returns
    -------
    str
    """
    title = escape(f"{_WORDS['title'].en}: {report['title']['en']} ({report['tier']})")
    return "\n".join(
        (
            "<!doctype html>",
            "<html lang=en>",
            f'<head><meta charset=utf-8><meta name=viewport content="width=device-width"><title>{title}</title>',
            f"<style>{_STYLE}</style></head>",
            "<body>",
            '<nav><a href="#en">English</a> · <a href="#ru" lang=ru>Русский</a></nav>',
            _Page(report, "en").render(),
            _Page(report, "ru").render(),
            "</body></html>",
            "",
        )
    )
