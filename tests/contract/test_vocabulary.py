"""Words that accuse stay out of the interface, the catalogs and the documents (layers/vocabulary.yml)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from layers.words import languages, load_words

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "NOTICE", "docs/**/*.md", "packages/*/README.md")
INTERFACE = ("assets/*.js", "dashboard/templates/**/*.j2", "layers/templates/*.j2")
CATALOGS = ("packages/*/catalog/**/*.yml", "packages/*/catalog/*.yml")
TITLES_OF_SOURCES = {"definition_source", "id", "where", "file"}
QUOTED = re.compile(r"```.*?```|`[^`]*`|^>.*?$|\]\([^)]*\)", re.DOTALL | re.MULTILINE)


@cache
def vocabulary() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "layers" / "vocabulary.yml").read_text(encoding="utf-8"))
    return content


@cache
def denied() -> re.Pattern[str]:
    """Return one pattern for all languages: a Russian document is not safe from an English word."""
    patterns = [one["pattern"] for words in vocabulary()["words"].values() for one in words]
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)


@cache
def allowed() -> re.Pattern[str]:
    phrases = sorted((re.escape(one["phrase"]) for one in vocabulary()["allowed"]), key=len, reverse=True)
    return re.compile("|".join(phrase.replace(r"\ ", r"\s+") for phrase in phrases) or r"(?!)", re.IGNORECASE)


def found_in(text: str) -> list[str]:
    """Return the denied words of a text, each with what stands around it."""
    rest = allowed().sub(" ", text)
    return [rest[max(0, m.start() - 40) : m.end() + 40].replace("\n", " ") for m in denied().finditer(rest)]


def texts_of(node: Any) -> Iterator[str]:
    """Return the texts of a catalog file, without what is not ours to word."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in TITLES_OF_SOURCES:
                yield from texts_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_of(value)


def files(*patterns: str) -> list[Path]:
    found = sorted({path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()})
    assert found, patterns
    return found


@pytest.mark.parametrize("lang", languages())
def test_no_word_of_the_interface_accuses(lang: str) -> None:
    texts = load_words(lang).subset("")
    assert {key: found_in(text) for key, text in texts.items() if found_in(text)} == {}


@pytest.mark.parametrize("path", files(*INTERFACE), ids=lambda path: path.name)
def test_no_script_or_template_accuses(path: Path) -> None:
    assert found_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", files(*DOCUMENTS), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_document_accuses(path: Path) -> None:
    assert found_in(QUOTED.sub(" ", path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("package", sorted(ROOT.glob("packages/*")), ids=lambda path: path.name)
def test_no_catalog_text_accuses(package: Path) -> None:
    found = {}
    for path in sorted(package.glob("catalog/**/*.yml")):
        words = [hit for text in texts_of(yaml.safe_load(path.read_text(encoding="utf-8"))) for hit in found_in(text)]
        if words:
            found[path.name] = words
    described = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    named = [str(described.get(key, "")) for key in ("title", "description")]
    assert (found, [hit for text in named for hit in found_in(text)]) == ({}, [])


def test_every_word_has_a_reason_and_something_better() -> None:
    content = vocabulary()
    assert set(content) == {"words", "allowed"}
    reviewed = {lang for lang in languages() if not load_words(lang).is_draft}
    assert set(content["words"]) >= reviewed
    for words in content["words"].values():
        for one in words:
            assert set(one) == {"pattern", "reason", "instead"}
            assert all(one.values()), one
            re.compile(one["pattern"])


def test_every_exception_is_needed_and_explained() -> None:
    texts = [path.read_text(encoding="utf-8") for path in files(*INTERFACE, *DOCUMENTS, *CATALOGS)]
    texts += [text for lang in languages() for text in load_words(lang).subset("").values()]
    whole = re.sub(r"\s+", " ", "\n".join(texts)).casefold()
    for one in vocabulary()["allowed"]:
        assert set(one) == {"phrase", "reason"}
        assert one["reason"]
        assert denied().search(one["phrase"]), f"not denied, so no exception: {one['phrase']}"
        assert re.sub(r"\s+", " ", one["phrase"]).casefold() in whole, f"stands nowhere: {one['phrase']}"


@pytest.mark.parametrize(
    "text",
    [
        "A hotspot of extremism", "Radicalised youth", "a high-risk community", "the worst districts", "at-risk youth",
        "suspicious villages", "vulnerable people", "breeding ground", "failed districts", "problem area",
        "Очаги экстремизма", "Худшие районы", "группа риска", "неблагополучные семьи", "Угроза", "проблемные районы",
    ],
)  # fmt: skip
def test_accusing_words_are_found(text: str) -> None:
    assert found_in(text) != []


@pytest.mark.parametrize("text", ["gaps in services", "no data", "the radius", "потребности", "district", "promptly"])
def test_neutral_words_are_not(text: str) -> None:
    assert found_in(text) == []
