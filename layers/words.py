"""Words of a language: one YAML catalogue each, numbers and plurals by Babel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml
from babel import Locale
from babel.core import get_global
from babel.dates import format_date
from babel.numbers import format_decimal

from geodata.errors import LayerError

_FOLDER = Path(__file__).parent / "locale"
DEFAULT_LANGUAGE = "en"
NBSP = "\u00a0"


class UnknownLanguageError(LayerError):
    """No catalogue for the language asked for."""


def languages() -> tuple[str, ...]:
    """Return the codes of all languages that have a catalogue, the default first."""
    found = sorted(path.stem for path in _FOLDER.glob("*.yml"))
    return (DEFAULT_LANGUAGE, *(lang for lang in found if lang != DEFAULT_LANGUAGE))


class Words:
    """The texts of one language.

    Parameters
    ----------
    lang : str
        ISO 639-1 code.
    texts : mapping of str to str
        Key to text; a text may hold ``{name}`` fields. Plurals are keys with ``.one``, ``.few``, ``.many``, ``.other``.
    """

    def __init__(self, lang: str, texts: Mapping[str, str]) -> None:
        self.lang = lang
        self._texts = dict(texts)
        self._locale = Locale.parse(lang)

    def __call__(self, key: str, **fields: object) -> str:
        """Return the text of `key` with its fields filled in; a KeyError names an unknown key."""
        text = self._texts[key]
        return text.format(**fields) if fields else text

    def plural(self, key: str, count: int, **fields: object) -> str:
        """Return the plural form of `key` for `count`, which fills the field ``{n}``."""
        form = self._locale.plural_form(count)
        text = self._texts.get(f"{key}.{form}", self._texts.get(f"{key}.other", ""))
        return text.format(n=self.number(count, 0), **fields)

    def ordinal(self, number: int) -> str:
        """Return the number as an ordinal, such as 4th or 4-е."""
        return self._texts[f"ordinal.{self._locale.ordinal_form(number)}"].format(n=number)

    @property
    def is_draft(self) -> bool:
        """Whether native speakers have yet to review the catalogue."""
        return self._texts["lang.status"] == "draft"

    def territory(self, iso3: str) -> str:
        """Return the name of a country (ISO 3166-1 alpha-3) by the CLDR; empty where it has none."""
        alpha2 = get_global("territory_aliases").get(iso3, [""])[0]
        return str(self._locale.territories.get(alpha2, ""))

    def day(self, value: date) -> str:
        """Return a date as readers of the language write it, such as 5 Mar 2024."""
        return str(format_date(value, "d MMM y", locale=self._locale))

    @property
    def separators(self) -> str:
        """The signs of decimals and of thousands, as Plotly wants them."""
        signs = self._locale.number_symbols["latn"]
        return f"{signs['decimal']}{signs['group']}".replace("\u202f", NBSP)

    def number(self, value: float, decimals: int) -> str:
        """Return the number with grouping and exactly `decimals` decimals."""
        if round(value, decimals) == 0:
            value = 0.0  # never "-0"
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        text: str = format_decimal(value, format=pattern, locale=self._locale)
        return text.replace("\u202f", NBSP)

    def with_sign(self, text: str, sign: str) -> str:
        """Return a number's text with its sign of unit, spaced as the language does."""
        if not sign:
            return text
        return self("value.percent" if sign == "%" else "value.sign", v=text, s=sign)

    def subset(self, *prefixes: str) -> dict[str, str]:
        """Return all texts whose key begins with one of the prefixes."""
        return {k: v for k, v in self._texts.items() if k.startswith(prefixes)}

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def keys(self) -> set[str]:
        """Return all keys."""
        return set(self._texts)


@lru_cache(maxsize=16)
def texts_language(lang: str) -> str:
    """Return the language, ``en`` or ``ru``, of catalog texts for readers of `lang`: packages are written in these two.

    A catalogue names it under ``lang.texts``; English where there is no such catalogue.
    """
    return load_words(lang)("lang.texts") if lang in languages() else DEFAULT_LANGUAGE


@lru_cache(maxsize=16)
def load_words(lang: str) -> Words:
    """Return the words of a language.

    Raises
    ------
    UnknownLanguageError
        If there is no catalogue ``layers/locale/<lang>.yml``.
    """
    if lang not in languages():
        raise UnknownLanguageError(f"no catalogue for language {lang!r}; there are: {', '.join(languages())}")
    with (_FOLDER / f"{lang}.yml").open(encoding="utf-8") as file:
        nested = yaml.safe_load(file)
    return Words(lang, dict(_flatten(nested, "")))


def _flatten(node: Mapping[str, object], prefix: str) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in node.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat += _flatten(value, f"{name}.")
        else:
            flat.append((name, str(value)))
    return flat
