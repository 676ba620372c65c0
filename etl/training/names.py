"""Invented place names in three scripts, spelling variants of them, and messy names with their right answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_CYRILLIC = dict(zip("abdefgiklmnoprstuvz", "абдефгиклмнопрстувз", strict=True))
_ARABIC = {
    "a": "ا", "b": "ب", "d": "د", "e": "ە", "f": "ف", "g": "گ", "i": "ي", "k": "ك", "l": "ل", "m": "م",
    "n": "ن", "o": "و", "p": "پ", "r": "ر", "s": "س", "t": "ت", "u": "ۇ", "v": "ۋ", "z": "ز",
}  # fmt: skip
_VOWELS = "aeiou"
_HAMZA = "ئ"
_ONSETS = (
    "va", "ze", "ilu", "mo", "tesk", "dre", "olva", "nuri", "pelo", "rasu", "bru", "kavo", "fel", "istu", "gom",
    "luz", "sem", "trov", "enka", "ubri", "vod", "zani", "mirk", "dulo", "pazi", "skel", "orfi", "teb", "klu", "rivo",
)  # fmt: skip
_MIDDLES = ("", "", "la", "re", "ni", "so", "mu", "do", "vi", "za", "ro", "ke")
_ENDINGS = {
    "ADM1": ("undor", "avelle", "ostram", "imarun", "eskavor"),
    "ADM2": ("oldim", "uvrek", "istorn", "evost", "amblor", "ofrun", "izgul", "ebruk", "undrel"),
    "ADM3": ("ovik", "elub", "amsk", "idron", "ufel", "opril", "ezmo", "andul", "irbek", "olfa"),
}
COUNTRY, NORTH, EAST = "Ilvandor", "Osmeruk", "Taluveska"
LOCAL_LANG = "qaa"  # ISO 639 keeps qaa to qtz for local use: no real language has it


@dataclass(frozen=True, slots=True)
class Name:
    """A name in three scripts: English (Latin), Russian (Cyrillic), local (Arabic)."""

    en: str
    ru: str
    local: str


def spell(latin: str) -> Name:
    """Return an invented name in the three scripts; they follow letter by letter.

    Parameters
    ----------
    latin : str
        Of the letters that the invented language has.

    Returns
    -------
    Name
    """
    low = latin.lower()
    cyrillic = "".join(_CYRILLIC[letter] for letter in low)
    if cyrillic.startswith("е"):
        cyrillic = "э" + cyrillic[1:]
    arabic = (_HAMZA if low[0] in _VOWELS else "") + "".join(_ARABIC[letter] for letter in low)
    return Name(low.capitalize(), cyrillic.capitalize(), arabic)


class NameGiver:
    """Gives each unit a name that no other unit has, except where a homonym is wanted."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._given = {COUNTRY.lower(), NORTH.lower(), EAST.lower()}

    def give(self, level: str) -> Name:
        """Return a new name for a unit of a level."""
        endings = _ENDINGS[level]
        tries = 0
        while True:
            tries += 1
            parts = [_ONSETS[int(self._rng.integers(len(_ONSETS)))]]
            parts += [_MIDDLES[int(self._rng.integers(len(_MIDDLES)))] for _ in range(1 + tries // 40)]
            parts.append(endings[int(self._rng.integers(len(endings)))])
            word = parts[0]
            for part in parts[1:]:
                joint = word[-1:] in _VOWELS and part[:1] in _VOWELS
                word = (word[:-1] if joint else word) + part
            if word not in self._given:
                self._given.add(word)
                return spell(word)


_SWAPS = (("v", "w"), ("k", "c"), ("z", "s"), ("u", "oo"), ("i", "y"), ("f", "ph"))


def swap_letter(name: str) -> str:
    """Return a name as another transliteration would write it; the first swap that applies inside of the word."""
    for letter, other in _SWAPS:
        at = name.find(letter, 1)
        if at > 0:
            return name[:at] + other + name[at + 1 :]
    return name + "h"


def double_letter(name: str) -> str:
    """Return a name with its third letter twice."""
    return name[:3] + name[2:]


def drop_letter(name: str) -> str:
    """Return a name without its last letter but one."""
    return name[:-2] + name[-1]
