"""Place names as they are compared: exact keys across spellings, and skeletons that sound alike across scripts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

# Words that say what kind of unit a name is of, as they stand after `_fold`: English, Russian, Kazakh, Kyrgyz, Tajik,
# Turkmen, Uzbek (both scripts), Dari and Pashto.
_KIND_WORDS = {
    "region": (
        "region regional oblast oblasti oblys oblysy oblus oblusu viloyat viloyati vilayat vilayet wilayat wilaya "
        "welayat welayaty velayat velayaty province prov "
        "область области област обл облысы облыс облусу облус регион вилоят вилояти вилояты вилаят велаят провинция "
        "ولایت ولایات"
    ),
    "city": (
        "city town shahri shahar shahr shaary shaar saher saheri qalasy qala kalasy "
        "город города гор қаласы қала шаары шаар шаҳри шаҳар шаҳр шахри шахар шәһәри شهر شار ښار"
    ),
    "district": (
        "district distr rayon raion rayony rayonu rajon tuman tumani nohiya nohiyai etrap etraby audan "
        "audany район района районы району туман тумани ноҳия ноҳияи нохия нохияи этрап этрабы аудан ауданы "
        "ولسوالی ولسوالۍ ناحیه"
    ),
    "republic": (
        "republic respublika respublikasi respublikasy ҷумҳурии ҷумҳурӣ республика республикаси республикасы "
        "республикасынын جمهوری"
    ),
}
_KIND_OF = {word: kind for kind, words in _KIND_WORDS.items() for word in words.split()}
# With a point behind; single letters only where they stand last, because initials stand first.
_ABBREVIATIONS = {
    "обл": "region",
    "вил": "region",
    "vil": "region",
    "prov": "region",
    "v": "region",
    "г": "city",
    "гор": "city",
    "sh": "city",
    "ш": "city",
    "қ": "city",
    "тум": "district",
    "tum": "district",
    "t": "district",
    "dist": "district",
    "distr": "district",
}
_PLURAL_IF_FIRST = frozenset({"районы", "города"})  # «Тюп районы» is one district, «Районы ...» are several
_FIRST_ABBREVIATIONS = frozenset({"обл", "вил", "vil", "prov", "г", "гор", "тум", "tum", "dist", "distr"})
_BESIDE_KIND = frozenset(
    {"of", "the", "autonomous", "avtonom", "muxtor", "muxtori"}
    | {"автономная", "автономный", "автономной", "автоном", "мухтор", "мухтори"}
)
_JOINTLY = re.compile(r"\b(?:р\s*[-/]\s*о?н)(?=\W|$)\.?")
_DATED = re.compile(r"\([^)]*\b\d{4}\b[^)]*\)")
_NUMBERING = re.compile(r"^\s*\d{1,3}[.)]\s+|\s*\d\)\s*$")
_FOOTNOTE = re.compile("[¹²³⁰-⁹*†‡]+")
_APOSTROPHES = re.compile("['`´‘’‚‛ʹʻʼʽʾʿˈ′″ʺ\"“”«»]")
_TOKEN = re.compile(r"[^\W_]+\.?")
_ARABIC_FORMS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ۀ": "ه", "ة": "ه", "أ": "ا", "إ": "ا", "\u0640": None, "\u200c": None}
)
_YO = str.maketrans({"ё": "е"})
TOTALS = frozenset(
    {"total", "всего", "итого", "jami", "жами", "барлыгы", "барлығы", "бардыгы", "бардығы", "ҳамагӣ", "ҳамаги", "ҷамъ"}
    | {"jemi", "مجموع", "جمله"}
)

_CYRILLIC = dict(zip("абвгдезиклмнопрстуфхцыэ", "abvgdeziklmnoprstufhsie", strict=True)) | {
    "ё": "o", "ж": "j", "й": "i", "ч": "č", "ш": "š", "щ": "š", "ъ": "", "ь": "", "ю": "iu", "я": "ia",
    "қ": "k", "ҡ": "k", "ӄ": "k", "ғ": "g", "ң": "n", "ӊ": "n", "ҥ": "n", "ө": "o", "ӧ": "o", "ў": "o",
    "ү": "u", "ұ": "u", "ӯ": "u", "ӱ": "u", "һ": "h", "ҳ": "h", "ӽ": "h", "і": "i", "ӣ": "i", "ә": "a", "ӓ": "a",
    "җ": "j", "ҷ": "j", "ҹ": "j", "ӌ": "j",
}  # fmt: skip
_ARABIC = dict(zip("اآبپتثجحخدذرزژس", "aabptsjhhdzrzjs", strict=True)) | {
    "ط": "t", "ظ": "z", "ع": "", "ء": "", "ئ": "", "ؤ": "u", "چ": "č", "ش": "š", "ص": "s", "ض": "z",
    "غ": "g", "ف": "f", "ق": "k", "ک": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n", "ں": "n", "و": "u", "ه": "h",
    "ی": "i", "ې": "e", "ۍ": "i", "ټ": "t", "ډ": "d", "ړ": "r", "ږ": "g", "ښ": "š", "ګ": "g", "ڼ": "n", "څ": "s",
    "ځ": "z", "ە": "e", "ۇ": "u", "ۋ": "v", "ۆ": "o", "ۈ": "u", "ھ": "h",
}  # fmt: skip
_LATIN_LETTERS = str.maketrans(
    {"ç": "č", "ş": "š", "ž": "j", "ý": "i", "ň": "n", "ñ": "n", "ı": "i", "ğ": "g", "ǵ": "g", "ə": "a", "ø": "o"}
)
_LATIN_SOUNDS = (
    (re.compile(r"(?<=[aeiouy])j(?=[^aeiouy]|$)"), "i"),
    (re.compile("shch|sch|sh"), "š"),
    (re.compile("dzh|dj|zh"), "j"),
    (re.compile("ch"), "č"),
    (re.compile("kh|x"), "h"),
    (re.compile("gh"), "g"),
    (re.compile("ph"), "f"),
    (re.compile("ts|tz"), "s"),
    (re.compile("oo|ou"), "u"),
    (re.compile("ee"), "i"),
    (re.compile("ck|q|c"), "k"),
    (re.compile("w"), "v"),
    (re.compile("y"), "i"),
)
_DJ = re.compile("dj")
_GLIDE = re.compile(r"i(?=[aeou])")
_DOUBLED = re.compile(r"(.)\1+")
_VOWELS = re.compile("[aeiou]")
_CYRILLIC_ADJECTIVE = re.compile(r"^(.{2,}?)(?:ск|цк)(?:ая|ий|ой|ое|ого)$")
_LATIN_ADJECTIVE = re.compile(r"^(.{2,}?)(?:tsk|sk|ck)(?:aya|aja|aia|iy|ij|ii|oye|oe)$")
_ADJECTIVE_JOINT = re.compile(r"^(.{3,}?)(?:ин|ен|ан|ов|ев|ий|й|in|en|an|ov|ev|ij|iy|ii)$")
_IZAFET = ("e", "i", "и", "ی")


def name_key(name: str) -> str:
    """Return a place name as reviewed names are compared: NFKC, without case, blanks collapsed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A place name, taken apart.

    Attributes
    ----------
    full : str
        Exact key of all words.
    core : str
        Exact key without the words that say what kind of unit it is.
    kind : str
        The kind that these words say: region, city, district, republic; empty if they say none, or several.
    forms : tuple of str
        Skeletons of the core, words separated by blanks: as written first, then without Russian adjectival endings.
    whole : str
        Skeleton of all words.
    is_arabic : bool
        Whether the name is in Arabic script, which leaves out short vowels.
    """

    full: str
    core: str
    kind: str
    forms: tuple[str, ...]
    whole: str
    is_arabic: bool


def _clean(text: str) -> str:
    """Return text without case, footnote marks, apostrophes, vowel signs and dated remarks; letters as written."""
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _FOOTNOTE.sub("", text)).casefold())
    text = "".join(letter for letter in composed if unicodedata.category(letter) != "Mn")
    text = _NUMBERING.sub("", _DATED.sub(" ", _APOSTROPHES.sub("", text)))
    return _JOINTLY.sub(" район ", text)


def _fold(word: str) -> str:
    """Return a clean word without marks of Latin letters and with one form of each Arabic letter; й stays й."""
    bases = ((letter, unicodedata.normalize("NFD", letter)[0]) for letter in word.translate(_ARABIC_FORMS))
    text = "".join(base if base.isascii() else letter for letter, base in bases)
    return text.replace("ı", "i").translate(_YO).rstrip(".")


def _kind_of(word: str, is_first: bool) -> str:
    bare = _fold(word)
    if word.endswith(".") and bare in _ABBREVIATIONS and (not is_first or bare in _FIRST_ABBREVIATIONS):
        return _ABBREVIATIONS[bare]
    return "" if is_first and bare in _PLURAL_IF_FIRST else _KIND_OF.get(bare, "")


def _take_kinds(words: list[str]) -> tuple[list[str], str]:
    """Take the words of kind off both ends; at least one word stays, and so does shahr in Shahr-e-Buzurg."""
    kinds: set[str] = set()
    rest = list(words)
    while len(rest) > 1:
        if kind := _kind_of(rest[-1], is_first=False):
            kinds.add(kind)
            del rest[-1]
        elif (kind := _kind_of(rest[0], is_first=True)) and rest[1] not in _IZAFET:
            kinds.add(kind)
            del rest[0]
        elif kinds and _fold(rest[0]) in _BESIDE_KIND:
            del rest[0]
        elif kinds and _fold(rest[-1]) in _BESIDE_KIND:
            del rest[-1]
        else:
            break
    return rest, kinds.pop() if len(kinds) == 1 else ""


def skeleton(word: str) -> str:
    """Return a word as it sounds, roughly, in few Latin letters, whatever its script and transliteration.

    Parameters
    ----------
    word : str
        Without case.

    Returns
    -------
    str
        Letters of one sound each (``š`` and ``č`` for sh and ch); doubled letters once, glides left out.
    """
    text = word
    if text.isascii() or unicodedata.name(text[:1], "").startswith("LATIN"):
        text = text.translate(_LATIN_LETTERS)
        text = "".join(c if c in "čš" else unicodedata.normalize("NFD", c)[0] for c in text)
        for pattern, sound in _LATIN_SOUNDS:
            text = pattern.sub(sound, text)
    else:
        text = "".join(_CYRILLIC.get(c, _ARABIC.get(c, c)) for c in text.translate(_ARABIC_FORMS))
        text = _DJ.sub("j", text)
    return _DOUBLED.sub(r"\1", _GLIDE.sub("", _DOUBLED.sub(r"\1", text)))


def consonants(text: str) -> str:
    """Return a skeleton without its vowels."""
    return _VOWELS.sub("", text)


def _stem(word: str) -> tuple[str, ...]:
    """Return what a Russian adjective may be made of: «чуйская» of «чуй», «алматинская» of «алмат»."""
    found = _CYRILLIC_ADJECTIVE.match(word) or _LATIN_ADJECTIVE.match(word)
    if found is None:
        return ()
    base = found.group(1)
    shorter = _ADJECTIVE_JOINT.match(base)
    return (base, shorter.group(1)) if shorter else (base,)


def _forms(words: list[str]) -> tuple[str, ...]:
    variants = [words]
    stems = [_stem(word) for word in words]
    if any(stems):
        for position in (0, -1):
            variants.append([stem[position] if stem else word for word, stem in zip(words, stems, strict=True)])
    return tuple(dict.fromkeys(" ".join(filter(None, map(skeleton, variant))) for variant in variants))


@lru_cache(maxsize=65536)
def parse_name(name: str) -> PlaceName:
    """Take a place name apart.

    The exact keys leave out case, punctuation, blanks, apostrophes, footnote marks, marks of Latin letters and the
    difference between е and ё, and nothing else: two names with one key are one name written by two typists.

    Parameters
    ----------
    name : str
        As a table writes it.

    Returns
    -------
    PlaceName
    """
    words = _TOKEN.findall(_clean(name))
    rest, kind = _take_kinds(words)
    return PlaceName(
        full="".join(map(_fold, words)),
        core="".join(map(_fold, rest)),
        kind=kind,
        forms=_forms([word.rstrip(".") for word in rest]),
        whole=" ".join(skeleton(word.rstrip(".")) for word in words),
        is_arabic=any("\u0600" <= letter <= "\u06ff" for letter in name),
    )


def is_total(name: str) -> bool:
    """Tell whether a row is called a total, which is no place."""
    return parse_name(name).full in TOTALS


def likeness(one: PlaceName, other: PlaceName) -> float:
    """Return how alike two names sound, from 0 to 1; kinds of unit are not compared.

    Between Arabic and another script consonants are compared, because short vowels are not written.

    Parameters
    ----------
    one, other : PlaceName

    Returns
    -------
    float
        1 only if a skeleton of one is that of the other.
    """
    best = 0.0
    for first, form in enumerate(one.forms):
        for second, against in enumerate(other.forms):
            score = _likeness_of_forms(form, against, across=one.is_arabic != other.is_arabic)
            # an adjective may be made of several names, so a stem is a little less sure than what is written
            best = max(best, score * (1.0 if first == second == 0 else 0.98))
    if (one.full == one.core) != (other.full == other.core):  # perhaps the word for the kind is misspelt
        best = max(best, 0.97 * fuzz.ratio(one.whole, other.whole) / 100)
    return best


def _likeness_of_forms(one: str, other: str, *, across: bool) -> float:
    joined = fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")) / 100
    if across:
        return max(joined, 0.95 * fuzz.ratio(consonants(one), consonants(other)) / 100)
    words = 0.9 * fuzz.token_set_ratio(one, other) / 100 if " " in one or " " in other else 0.0
    return max(joined, words)
