"""No text of the interface stands in code: templates, scripts and components take their words from the catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

# What a reader may see in every language: names, codes, units of CSS and signs.
SAME_EVERYWHERE = re.compile(r"^(?:[\W\d_]|Drivers Atlas|PNG|SVG|CSV|JSON|ISO|HXL|km)*$")
ATTRIBUTES = ("title", "aria-label", "placeholder", "alt", "label")
LETTERS = re.compile(r"[^\W\d_]{2,}")

_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_UNREAD = re.compile(r"<(style|script|noscript)\b.*?</\1>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(rf"""\b({"|".join(ATTRIBUTES)})="([^"]*)\"""")
_SCRIPT_TEXT = re.compile(
    r"""(?:\btext(?:Content)?\s*[:=]\s*|\bbutton\(\s*|(?<!\.)\btoggle\(\s*|\bcheckbox\(\s*|\bfield\(\s*|\bdrop\(\s*"""
    r"""|["'](?:aria-label|title|placeholder)["']\s*:\s*|setAttribute\(["'](?:aria-label|title)["'],\s*|\b(?:title|placeholder|label)\s*:\s*)(["'`])((?:(?!\1).)*)\1"""
)


def is_text(value: str) -> bool:
    """Whether a literal is words that a reader would read."""
    return bool(LETTERS.search(value)) and not SAME_EVERYWHERE.match(value)


def texts_of_template(source: str) -> Iterator[str]:
    bare = _UNREAD.sub("", _JINJA.sub("\x00", source))
    yield from (value for _, value in _ATTRIBUTE.findall(bare))
    yield from re.sub(r"<[^>]*>", "\n", bare).replace("\x00", "").split("\n")


def texts_of_script(source: str) -> Iterator[str]:
    for _, value in _SCRIPT_TEXT.findall(re.sub(r"^\s*(//|\*|/\*).*$", "", source, flags=re.MULTILINE)):
        yield re.sub(r"\$\{.*", "", re.sub(r"\$\{[^}]*\}", "", value))


def texts_of_module(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id in ("html", "dbc", "dcc")):
            continue
        said = [*node.args, *(k.value for k in node.keywords if k.arg in (*ATTRIBUTES, "children"))]
        for value in said:
            parts = value.elts if isinstance(value, ast.List) else [value]
            yield from (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


FINDERS = (
    ("dashboard/templates/**/*.j2", texts_of_template),
    ("layers/templates/*.j2", texts_of_template),
    ("assets/**/*.js", texts_of_script),
    ("dashboard/**/*.py", texts_of_module),
)


@pytest.mark.parametrize(("pattern", "find"), FINDERS, ids=[pattern for pattern, _ in FINDERS])
def test_no_text_is_hard_coded(root: Path, pattern: str, find: object) -> None:
    files = sorted(root.glob(pattern))
    assert files
    assert callable(find)
    found = {
        f"{path.relative_to(root)}: {text.strip()}"
        for path in files
        for text in find(path.read_text(encoding="utf-8"))
        if is_text(text.strip())
    }
    assert found == set()


def test_the_search_finds_what_it_is_for() -> None:
    template = '<p title="A hint">{{ w("a.b") }} Hello</p><style>p { color: red }</style>'
    assert [text for text in texts_of_template(template) if is_text(text)] == ["A hint", " Hello"]
    script = 'el("p", { text: "Two words", class: "x" }); button("Close", act); node.textContent = `${n} places`;'
    assert [text for text in texts_of_script(script) if is_text(text)] == ["Two words", "Close", " places"]
    module = 'html.P("Some text", className="small"); html.Div([html.H2("Head"), "more text"])'
    assert {text for text in texts_of_module(module) if is_text(text)} == {"Some text", "Head", "more text"}
