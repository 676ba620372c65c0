"""Finding a place, a layer or a source by words in any script and spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from geodata.contracts import LEVELS
from geodata.names import PlaceName, consonants, likeness, parse_name

LONGEST = 100
"""Longest query that is answered."""
MOST = {"places": 8, "layers": 6, "sources": 4}
"""Most results of each group."""
_EXACT, _SOUNDS, _BEGINS, _WORD_BEGINS, _ALIKE, _INFLECTED = 100.0, 96.0, 88.0, 82.0, 80.0, 78.0
_LEAST_ALIKE = 0.72
_NEAR_SOUNDS = 60
_SHORT = 3
_KIND = 3.0
_FORMER = 1.0
_PART = 2.0
_WORD = re.compile(r"\w+")
_CYRILLIC = re.compile("[а-я]")
_STEM = 4
_ENDING = 3
_MISTYPED = 82
_TITLE, _SYNONYM, _ELSEWHERE = 3.0, 2.0, 1.0


@dataclass(frozen=True)
class PlaceEntry:
    """A unit, by all the names that it has or had.

    Attributes
    ----------
    unit_id, level : str
    kind : str
        What its unit type is in the words of `geodata.names`: region, city, district or other.
    names : tuple of (str, bool)
        Each name, and whether it is a former one.
    codes : tuple of str
        P-code, ISO 3166-2 and national code.
    is_former : bool
        Whether the unit itself is no more.
    others : tuple of OtherName
        Further names that the snapshot tells of it.
    """

    unit_id: str
    level: str
    kind: str
    names: tuple[tuple[str, bool], ...]
    codes: tuple[str, ...]
    is_former: bool
    others: tuple[OtherName, ...] = ()


@dataclass(frozen=True)
class OtherName:
    """A further name of a unit (names.json of a snapshot): what it is to the unit, its spellings, its years.

    Attributes
    ----------
    relation : str
        One of `geodata.contracts.NAME_RELATIONS`, or ``spelling``: how some source writes the unit's name.
    spellings : mapping of str to str
        By language (``en``, ``ru``), ``local``, or an empty text for one that is of no language in particular.
    first_year, last_year : int or None
        Of its use, where they are known.
    """

    relation: str
    spellings: Mapping[str, str]
    first_year: int | None = None
    last_year: int | None = None

    def text(self, lang: str, typed: str) -> str:
        """Return the name as readers of a language write it, or else as it was found."""
        return self.spellings.get(lang) or typed


@dataclass(frozen=True)
class TextEntry:
    """A layer or a source, by the words of its titles, their first words, its synonyms, and what else is said of it.

    `names` are its titles and synonyms as they are written.
    """

    id: str
    title: tuple[str, ...]
    first: tuple[str, ...]
    synonyms: tuple[str, ...]
    elsewhere: tuple[str, ...]
    names: tuple[str, ...]


def text_entry(
    entry_id: str, titles: Sequence[str], elsewhere: Sequence[str], synonyms: Sequence[str] = ()
) -> TextEntry:
    """Return a layer or source with the words of its titles and synonyms, in all languages, and of its other texts."""
    first = tuple(dict.fromkeys(words[0] for words in map(words_of, titles) if words))
    names = tuple(dict.fromkeys((*titles, *synonyms)))
    return TextEntry(entry_id, words_of(*titles), first, words_of(*synonyms), words_of(*elsewhere), names)


@dataclass(frozen=True)
class Hit:
    """A result: its id, how well it fits, the name by which it was found, and what that is if not its own.

    A code has `is_code`; a further name of a place has `other`.
    """

    id: str
    score: float
    name: str = ""
    other: OtherName | None = None
    is_code: bool = False


@dataclass(frozen=True)
class _Spelling:
    place: int
    text: str
    name: PlaceName
    penalty: float
    other: OtherName | None = None


class Finder:
    """Looks up places, layers and sources; made once for a snapshot."""

    def __init__(self, places: Sequence[PlaceEntry], layers: Sequence[TextEntry], sources: Sequence[TextEntry]) -> None:
        self.places, self.layers, self.sources = places, layers, sources
        self._spellings = [one for position, place in enumerate(places) for one in _spellings(position, place)]
        self._sounds = [one.name.forms[0].replace(" ", "") if one.name.forms else "" for one in self._spellings]
        self._bare = [consonants(sound) for sound in self._sounds]
        self._codes: dict[str, dict[int, str]] = {}
        for position, place in enumerate(places):
            for code in (place.unit_id, *place.codes):
                if code:
                    self._codes.setdefault(_bare_code(code), {}).setdefault(position, code)

    def find_places(self, query: str) -> list[Hit]:
        """Return the places that are called like the query, best first; those of one name by level.

        Parameters
        ----------
        query : str
            A name, its beginning, a misspelling of it in any script, or a code.
        """
        best: dict[int, Hit] = {}

        def note(position: int, hit: Hit) -> None:
            if position not in best or hit.score > best[position].score:
                best[position] = hit

        for position, code in self._codes.get(_bare_code(query), {}).items():
            note(position, Hit(self.places[position].unit_id, _EXACT, code, is_code=True))
        asked = parse_name(query)
        if asked.full and 2 * len(asked.whole) >= len(asked.full):  # a letter typed many times sounds like nothing
            for index in self._candidates(asked):
                one = self._spellings[index]
                score = _score(asked, one.name)
                if score:
                    place = self.places[one.place]
                    score += _KIND * ((asked.kind == place.kind) - 0.5) if asked.kind else 0.0
                    score -= one.penalty + _FORMER * place.is_former + LEVELS.index(place.level)
                    note(one.place, Hit(place.unit_id, score, one.text, one.other))
        order = sorted(best, key=lambda p: (-best[p].score, self.places[p].level, self.places[p].unit_id))
        return [best[position] for position in order[: MOST["places"]]]

    def _candidates(self, asked: PlaceName) -> Iterable[int]:
        """Return the spellings that begin like the query or sound near to it."""
        found: dict[int, None] = {}
        for form in asked.forms:
            sound = form.replace(" ", "")
            if not sound:
                continue
            found |= dict.fromkeys(i for i, one in enumerate(self._spellings) if _begins(form, one.name))
            found |= dict.fromkeys(i for i, one in enumerate(self._spellings) if _is_inflected(asked, one.name))
            if len(asked.full) >= _SHORT:
                near = process.extract(sound, self._sounds, scorer=fuzz.ratio, score_cutoff=_NEAR_SOUNDS, limit=40)
                found |= dict.fromkeys(index for _, _, index in near)
                bare = consonants(sound)
                if len(bare) >= _SHORT - 1:
                    near = process.extract(bare, self._bare, scorer=fuzz.ratio, score_cutoff=_NEAR_SOUNDS, limit=40)
                    found |= dict.fromkeys(index for _, _, index in near)
        found |= dict.fromkeys(i for i, one in enumerate(self._spellings) if one.name.full.startswith(asked.full))
        return found

    def find_layers(self, query: str) -> list[Hit]:
        """Return the layers of which every word of the query is said; titles first, then synonyms, then the rest."""
        return _find_texts(self.layers, query)[: MOST["layers"]]

    def find_sources(self, query: str) -> list[Hit]:
        """Return the sources of which every word of the query is said."""
        return _find_texts(self.sources, query)[: MOST["sources"]]


def _spellings(position: int, place: PlaceEntry) -> Iterable[_Spelling]:
    """Return all names of a place: its own first, so that of two that fit alike its own is told."""
    for text, is_former in place.names:
        yield _Spelling(position, text, parse_name(text), _FORMER * is_former)
    for other in place.others:
        penalty = _PART if other.relation == "part" else _FORMER
        for text in dict.fromkeys(other.spellings.values()):
            yield _Spelling(position, text, parse_name(text), penalty, other)


def _bare_code(code: str) -> str:
    return "".join(letter for letter in code.casefold() if letter.isalnum())


def _begins(form: str, name: PlaceName) -> bool:
    joined = form.replace(" ", "")
    if name.whole.replace(" ", "").startswith(joined):
        return True
    return any(
        one.replace(" ", "").startswith(joined) or any(word.startswith(joined) for word in one.split())
        for one in name.forms
    )


def _is_inflected(asked: PlaceName, name: PlaceName) -> bool:
    """Whether a query is a name with a short ending: «Оштук» is of Osh, «Баткене» of Batken."""
    return len(name.core) > 1 and asked.core.startswith(name.core) and len(asked.core) - len(name.core) <= _ENDING


def _score(asked: PlaceName, name: PlaceName) -> float:
    """Return how well a name fits a query, from 0 (not at all) to 100."""
    if asked.full == name.full or asked.core == name.core:
        return _EXACT
    if asked.forms[0] == name.forms[0]:
        return _SOUNDS
    if set(asked.forms) & set(name.forms):
        return _SOUNDS - 1
    share = min(len(asked.full) / max(len(name.full), 1), 1.0)  # of two that begin alike the shorter is nearer
    if name.full.startswith(asked.full) or name.core.startswith(asked.core):
        return _BEGINS + 2 * share
    if any(_begins(form, name) for form in asked.forms if form):
        first = any(one.replace(" ", "").startswith(asked.forms[0].replace(" ", "")) for one in name.forms)
        return (_BEGINS if first else _WORD_BEGINS) + share
    if len(asked.full) < _SHORT:
        return 0.0
    if _is_inflected(asked, name):
        return _INFLECTED
    alike = likeness(asked, name)
    return _ALIKE * alike if alike >= _LEAST_ALIKE else 0.0


def words_of(*texts: str) -> tuple[str, ...]:
    """Return the words of texts, without case and each once."""
    return tuple(dict.fromkeys(word for text in texts for word in _WORD.findall(text.casefold().replace("ё", "е"))))


def _fits(wanted: str, words: Iterable[str]) -> float:
    """Return how well a word is found among others: as it is, as a beginning, with another ending; 0 if not at all."""
    best = 0.0
    for word in words:
        if word == wanted:
            return 1.0
        if len(wanted) >= _SHORT and word.startswith(wanted):
            best = max(best, 0.9)
        elif min(len(wanted), len(word)) > _SHORT:
            if _CYRILLIC.match(wanted) and _stem(word) == _stem(wanted):
                best = max(best, 0.7)
            elif len(wanted) > _STEM and fuzz.ratio(wanted, word) >= _MISTYPED:
                best = max(best, 0.6)
    return best


def _stem(word: str) -> str:
    """Return a Russian word without what may be its ending."""
    return word[: max(min(len(word) - 1, _STEM), len(word) - _ENDING)]


def _find_texts(entries: Sequence[TextEntry], query: str) -> list[Hit]:
    wanted = words_of(query)
    if not wanted:
        return []
    hits = []
    for entry in entries:
        said = ((_TITLE, entry.title), (_SYNONYM, entry.synonyms), (_ELSEWHERE, entry.elsewhere))
        scores = [max(weight * _fits(word, words) for weight, words in said) for word in wanted]
        if all(scores):
            length = len(wanted) / max(len(entry.title), 1)  # a short title says it more plainly
            opening = any(_fits(word, entry.first) for word in wanted)
            hits.append(Hit(entry.id, sum(scores) / len(scores) + 0.2 * min(length, 1.0) + 0.3 * opening))
    return sorted(hits, key=lambda hit: -hit.score)


def told_by(entry: TextEntry, query: str, shown: Sequence[str]) -> str | None:
    """Return the title or synonym by which a layer or source was found; empty if what is shown of it tells so itself.

    Parameters
    ----------
    entry : TextEntry
        A result of the query.
    query : str
    shown : sequence of str
        The texts of the row.

    Returns
    -------
    str or None
        None if the words of the query stand neither in what is shown nor in its titles and synonyms.
    """
    seen = words_of(*shown)
    unseen = [word for word in words_of(query) if not _fits(word, seen)]
    if not unseen:
        return ""
    fits = {name: sum(_fits(word, words_of(name)) for word in unseen) for name in entry.names}
    best = max(entry.names, key=lambda name: (fits[name], -len(name)), default="")
    return best if best and fits[best] else None


def other_names(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[OtherName]]:
    """Return the names that names.json of a snapshot tells, by unit."""
    keys = {"name_en": "en", "name_ru": "ru", "name_local": "local", "name": ""}
    found: dict[str, list[OtherName]] = {}
    for row in rows:
        spellings = {lang: str(row[key]) for key, lang in keys.items() if row.get(key)}
        one = OtherName(str(row["relation"]), spellings, row.get("first_year"), row.get("last_year"))
        found.setdefault(str(row["unit_id"]), []).append(one)
    return found


def place_entries(
    units: Sequence[Mapping[str, Any]], others: Mapping[str, Sequence[OtherName]] | None = None
) -> list[PlaceEntry]:
    """Return the places of published units: rows of all boundary sets, the most recent of each unit last.

    Parameters
    ----------
    units : sequence of mapping
        Rows of the table of units; dates of validity as `datetime` or missing.
    others : mapping of str to sequence of OtherName, optional
        Further names, by unit.
    """
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in units:
        rows.setdefault(row["unit_id"], []).append(row)
    entries = []
    for unit_id, versions in rows.items():
        last = versions[-1]
        names: dict[str, bool] = {}
        for row in reversed(versions):
            for key in ("name_en", "name_ru", "name_local"):
                if row.get(key):
                    names.setdefault(str(row[key]), bool(row.get("has_ended")) and row is not last)
        codes = tuple(str(last[key]) for key in ("pcode", "iso_3166_2", "national_code") if last.get(key))
        entries.append(
            PlaceEntry(
                unit_id=unit_id,
                level=str(last["level"]),
                kind=parse_name(str(last["name_en"])).kind or str(last["unit_type"]),
                names=tuple(names.items()),
                codes=codes,
                is_former=bool(last.get("has_ended")),
                others=tuple((others or {}).get(unit_id, ())),
            )
        )
    return entries
