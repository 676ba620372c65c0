"""Finds out how a text file is encoded, and says what was assumed."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import charset_normalizer

from etl.formats.faults import UnreadableError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CYRILLIC_CODE_PAGES = ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic")
_WESTERN_CODE_PAGE = "cp1252"
_TITLES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "utf-32-le": "UTF-32 LE",
    "utf-32-be": "UTF-32 BE",
    "cp1251": "Windows-1251",
    "cp1252": "Windows-1252",
    "cp866": "DOS code page 866",
    "koi8_r": "KOI8-R",
    "iso8859_5": "ISO 8859-5",
    "mac_cyrillic": "Mac Cyrillic",
}
_SAMPLE_BYTES = 262_144
_FREQUENT_RUSSIAN = frozenset("оеаинтсрвлкмдпуяыбзг")
_MIN_FREQUENT_SHARE = 0.6
_MIN_PLAUSIBLE_SHARE = 0.9
_MAX_BROKEN_SHARE = 0.1
_WORD = re.compile(r"[^\W\d_]+")
_PLAUSIBLE_RANGES = ((0x20, 0x7E), (0xA0, 0x24F), (0x400, 0x52F), (0x600, 0x6FF), (0x2010, 0x2044))
_REMEDY = "Save the file again with encoding UTF-8 (in Excel: CSV UTF-8)."


@dataclass(frozen=True)
class DecodedText:
    """A text and how it was decoded.

    Attributes
    ----------
    text : str
        Without a byte order mark.
    encoding : str
        Name as Python knows it.
    note : str
        What was assumed, for the report.
    """

    text: str
    encoding: str
    note: str


def _is_plausible(text: str) -> bool:
    sample = text[:20_000]
    known = sum(
        character in "\t\r\n" or any(low <= ord(character) <= high for low, high in _PLAUSIBLE_RANGES)
        for character in sample
    )
    return bool(sample) and known / len(sample) >= _MIN_PLAUSIBLE_SHARE


def _utf16_without_mark(content: bytes) -> str | None:
    """Return which UTF-16 it is, or None: half of the bytes of digits, separators and line ends are zero."""
    sample = content[: _SAMPLE_BYTES // 8 * 2]
    for encoding, zero_at in (("utf-16-le", 1), ("utf-16-be", 0)):
        zeros = sample[zero_at::2].count(0)
        if zeros > sample[1 - zero_at :: 2].count(0) and len(content) % 2 == 0:
            try:
                text = sample.decode(encoding)
            except UnicodeDecodeError:
                continue
            if _is_plausible(text):
                return encoding
    return None


def _cyrillic_score(text: str) -> float:
    """Return the share of frequent Russian letters in the words that are not ASCII, 0 if words mix scripts.

    A wrong code page turns frequent letters into rare ones, small letters into capitals inside words, or letters
    into signs.
    """
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    letters = sum(len(word) for word in words)
    signs = sum(not character.isascii() and not character.isalpha() for character in text)
    if not letters:
        return 0.0
    good = 0
    for word in words:
        if any("a" <= character.lower() <= "z" for character in word):
            continue
        if word[1:].islower() or word.isupper() or len(word) == 1:
            good += sum(character.lower() in _FREQUENT_RUSSIAN for character in word)
    return good / (letters + signs / 2)


def _code_page(content: bytes) -> str:
    """Return the code page of 8-bit text: Cyrillic by the frequency of its letters, otherwise charset-normalizer's."""
    sample = content[:_SAMPLE_BYTES]
    scores = {page: _cyrillic_score(sample.decode(page, "replace")) for page in _CYRILLIC_CODE_PAGES}
    best = max(_CYRILLIC_CODE_PAGES, key=lambda page: scores[page])
    if scores[best] >= _MIN_FREQUENT_SHARE:
        return best
    match = charset_normalizer.from_bytes(
        sample, cp_isolation=[*_CYRILLIC_CODE_PAGES, _WESTERN_CODE_PAGE], enable_fallback=False
    ).best()
    if match is None or match.encoding not in _TITLES or match.encoding == _WESTERN_CODE_PAGE:
        return _WESTERN_CODE_PAGE
    return match.encoding if scores[match.encoding] >= _MIN_FREQUENT_SHARE / 2 else _WESTERN_CODE_PAGE


def find_encoding(content: bytes) -> str:
    """Return the encoding of bytes without a mark: UTF-8 if they are, otherwise the likeliest code page."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _code_page(content)
    return "utf-8"


def _broken_utf8(content: bytes, error: UnicodeDecodeError) -> UnreadableError | None:
    """Return the error of a file that is UTF-8 but for a few bytes; None if it is plainly no UTF-8."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(not character.isascii() for character in text) - broken
    if broken > whole * _MAX_BROKEN_SHARE:
        return None
    return UnreadableError(
        f"the byte 0x{content[error.start]:02X} in text that is UTF-8 elsewhere",
        "text in one encoding",
        _REMEDY,
        row=content.count(b"\n", 0, error.start) + 1,
    )


def decode_text(content: bytes) -> DecodedText:
    """Return the text of a file, whatever its encoding.

    Unicode is certain; a code page is an assumption. Not guaranteed: the letters of Kazakh or Kyrgyz code pages
    that share their bytes with Windows-1251.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    DecodedText

    Raises
    ------
    UnreadableError
        If the file is no text, or text in two encodings.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            try:
                text = content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                row = content[len(mark) : len(mark) + error.start].decode(encoding, "replace").count("\n") + 1
                raise UnreadableError(
                    f"bytes that are not {_TITLES[encoding]}, which the file says it is", "text", _REMEDY, row=row
                ) from error
            return DecodedText(text, encoding, f"encoding {_TITLES[encoding]}, as its byte order mark says")
    if b"\0" in content[:_SAMPLE_BYTES]:
        found = _utf16_without_mark(content)
        if found is None:
            raise UnreadableError(
                "binary data", "text", "The file is not what its name says: export it again as CSV UTF-8 or XLSX."
            )
        try:
            return DecodedText(content.decode(found), found, f"encoding {_TITLES[found]} (no byte order mark)")
        except UnicodeDecodeError as error:
            raise UnreadableError(f"bytes that are not {_TITLES[found]}", "text", _REMEDY) from error
    try:
        return DecodedText(content.decode("utf-8"), "utf-8", "encoding UTF-8")
    except UnicodeDecodeError as error:
        mixed = _broken_utf8(content, error)
        if mixed is not None:
            raise mixed from error
    page = _code_page(content)
    text = content.decode(page, "replace")
    lost = text.count("\ufffd")
    note = f"encoding {_TITLES[page]}, assumed from its letters: check that names are spelt right"
    return DecodedText(text, page, f"{note}; {lost:,} bytes are no letters of it" if lost else note)
