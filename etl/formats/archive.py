"""Opens ZIP archives (also XLSX and ODS, which are such) without trusting what they say of themselves."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers import expat

from etl.formats.bounds import Limits, megabytes
from etl.formats.faults import DAMAGED, UnreadableError

_ENCRYPTED_FLAG = 0x1
_CHUNK_BYTES = 65_536
_JUDGED_BYTES = 1_000_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise UnreadableError(
            f'an encrypted archive ("{name[:80]}")', "a file without a password", "Save it without a password."
        )
    parts = PurePosixPath(name.replace("\\", "/")).parts
    outside = ".." in parts or name.startswith(("/", "\\")) or ":" in name
    if outside or stat.S_ISLNK(info.external_attr >> 16):
        raise UnreadableError(
            f'an archive with a path that leads outside ("{name[:80]}")',
            "files inside the archive only",
            "Pack the files again; do not open this archive with other programs.",
        )
    if info.compress_type not in _METHODS:
        raise UnreadableError(
            f'an archive packed by an unusual method ("{name[:80]}")', "a usual ZIP archive", "Pack the files again."
        )


def _check_directory(archive: zipfile.ZipFile, packed: int, limits: Limits) -> None:
    members = archive.infolist()
    if len(members) > limits.zip_members:
        raise UnreadableError(
            f"an archive of {len(members):,} files", f"at most {limits.zip_members:,}", "Pack only what is needed."
        )
    for info in members:
        _check_member(info)
    names = [info.filename for info in members]
    if len(set(names)) < len(names):
        raise UnreadableError("an archive that holds a file name twice", "each name once", "Pack the files again.")
    unpacked = sum(info.file_size for info in members)
    if unpacked > limits.unzipped_bytes:
        raise UnreadableError(
            f"an archive of {megabytes(unpacked)} unpacked",
            f"at most {megabytes(limits.unzipped_bytes)}",
            "Split the file, or keep only what is needed.",
        )
    if unpacked > _JUDGED_BYTES and unpacked > packed * limits.zip_ratio:
        raise UnreadableError(
            f"an archive that unpacks to {unpacked // max(packed, 1):,} times its size",
            f"at most {limits.zip_ratio:,} times",
            "Do not open the file: it may be made to exhaust the computer. Ask for it again.",
        )


@contextmanager
def open_archive(path: Path, kind: str, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose directory is within the bounds.

    Parameters
    ----------
    path : pathlib.Path
    kind : str
        What is expected, for messages, for example ``an XLSX workbook``.
    limits : Limits

    Yields
    ------
    zipfile.ZipFile
        What its members unpack to is checked again by `open_member`.

    Raises
    ------
    UnreadableError
        If it is damaged, encrypted, too large or leads outside.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise UnreadableError(
            "a ZIP archive that is cut off or damaged",
            kind,
            "Download or copy the file again: its end is missing.",
        ) from error
    with archive:
        _check_directory(archive, max(path.stat().st_size, 1), limits)
        yield archive


def open_chunks(archive: zipfile.ZipFile, name: str, limits: Limits) -> Iterator[bytes]:
    """Yield the content of a member, unpacked, in pieces.

    Raises
    ------
    UnreadableError
        If it unpacks to more than allowed, or is damaged.
    """
    left = limits.unzipped_bytes
    try:
        with archive.open(name) as member:
            while chunk := member.read(_CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise UnreadableError(
                        f'an archive in which "{name[:80]}" unpacks to more than {megabytes(limits.unzipped_bytes)}',
                        "less",
                        "Do not open the file: it may be made to exhaust the computer. Ask for it again.",
                    )
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, LookupError, RuntimeError, OSError, ValueError) as error:
        raise UnreadableError(f'an archive in which "{name[:80]}" is damaged', "a whole archive", DAMAGED) from error


def read_member(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    """Return the content of a member, within the bounds."""
    return b"".join(open_chunks(archive, name, limits))


def write_member(archive: zipfile.ZipFile, name: str, target: IO[bytes], limits: Limits) -> None:
    """Unpack a member into an open file, within the bounds."""
    for chunk in open_chunks(archive, name, limits):
        target.write(chunk)


def _refuse_doctype(*_: object) -> None:
    raise UnreadableError(
        "XML with a document type (DOCTYPE), which can name entities and other files",
        "XML without",
        "Save the file again with a usual office or GIS program.",
    )


def xml_parser() -> expat.XMLParserType:
    """Return a parser that refuses document types, and so all entities."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    return parser


def check_xml(content: bytes, kind: str) -> None:
    """Raise `UnreadableError` if a text is no well-formed XML, or declares a document type."""
    try:
        xml_parser().Parse(content, True)
    except expat.ExpatError as error:
        raise UnreadableError(f"XML that is not well-formed ({error})", kind, DAMAGED) from error


def feed_xml(archive: zipfile.ZipFile, name: str, parser: expat.XMLParserType, kind: str, limits: Limits) -> None:
    """Parse a member as XML, within the bounds.

    Raises
    ------
    UnreadableError
        If it is no well-formed XML, declares a document type, or unpacks to more than allowed.
    """
    try:
        for chunk in open_chunks(archive, name, limits):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnreadableError(f'XML that is not well-formed ("{name[:80]}": {error})', kind, DAMAGED) from error


def check_xml_members(archive: zipfile.ZipFile, kind: str, limits: Limits) -> None:
    """Raise `UnreadableError` if a member that is XML by its name declares a document type or is damaged."""
    for name in archive.namelist():
        if name.lower().endswith((".xml", ".rels", ".vml", ".kml")):
            feed_xml(archive, name, xml_parser(), kind, limits)
