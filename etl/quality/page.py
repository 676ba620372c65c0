"""The quality report as one file that opens without a network: both languages, no scripts, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from layers.quality import ReportView, render_report_body, report_style
from layers.words import languages, load_words

WHOLE_UNITS = 100
WHOLE_CELLS = 60_000
_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; font-family: system-ui, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; }
nav.languages { max-width: 76rem; margin: 0 auto; padding: 16px 24px 0; }
nav.languages a { display: inline-block; min-height: 24px; margin-right: 16px; color: #1d4f80; }
a:focus-visible { outline: 3px solid #1d4f80; }
@media print { nav.languages { display: none; } }
"""


def render_report(report: Mapping[str, Any]) -> str:
    """Return the quality report as one HTML page, one part for each language.

    The second language is shown when a link leads into it; a browser that cannot hide the other shows both. Matrices
    of more than `WHOLE_UNITS` units, show totals only, and there are
    none if they have more than `WHOLE_CELLS` cells together: report.json has every cell.

    Parameters
    ----------
    report : mapping
        As of `etl.quality.report.make_report`.

    Returns
    -------
    str
    """
    whole = _whole_units(report)
    catalogues = [words for words in map(load_words, languages()) if not words.is_draft]
    title = f"{catalogues[0]('quality.title')}: {report['title']['en']} ({report['tier']})"
    parts = [
        f'<main class="q" id="{words.lang}" lang="{words.lang}">\n'
        f"{render_report_body(ReportView(report, words, whole=whole))}</main>"
        for words in catalogues
    ]
    links = "".join(
        f'<a href="#{words.lang}" lang="{words.lang}" hreflang="{words.lang}">{words("lang.name")}</a>'
        for words in catalogues
    )
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}{_language_style([words.lang for words in catalogues])}\n{report_style()}</style></head>",
            "<body>",
            f'<nav class="languages" aria-label="Language / Язык">{links}</nav>',
            *parts,
            "</body></html>",
            "",
        )
    )


def _language_style(names: Sequence[str]) -> str:
    """Return the rules that show one language: the first, or another one while a link leads into it."""
    first, *others = names
    rules = [
        f"body:not(:has(#{lang}:target, #{lang} :target)) #{lang}, "
        f"body:has(#{lang}:target, #{lang} :target) #{first} {{ display: none; }}"
        for lang in others
    ]
    return "\n".join(("@supports selector(body:has(:target)) {", *rules, "}"))


def _whole_units(report: Mapping[str, Any]) -> int:
    matrices = [block["matrix"] for one in report["indicators"] for block in one["coverage"]]
    cells = sum(len(m["units"]) * len(m["periods"]) for m in matrices if len(m["units"]) <= WHOLE_UNITS)
    return WHOLE_UNITS if cells <= WHOLE_CELLS else 0
