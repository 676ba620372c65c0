"""What a source is: its name and terms, the keys it wants, its arguments, and how its files are had."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from etl.fetch.errors import FetchError

if TYPE_CHECKING:
    from etl.fetch.body import Format
    from etl.fetch.cache import Received
    from etl.fetch.client import Client, Pairs

MAX_PAGES = 1000


@dataclass(frozen=True)
class Key:
    """An environment variable that holds a key, and where to get one."""

    variable: str
    what: str
    where: str
    is_required: bool = True


@dataclass(frozen=True)
class Download:
    """The files of one fetch.

    Attributes
    ----------
    series : str
        What of the source it is; ends the proposed source_id.
    title : str
        Title for `data/sources.csv`.
    files : tuple of (str, Received)
        File name and body, in the order of the source.
    licence, terms, redistribution, publisher, page : str, optional
        Where they differ from those of the source.
    """

    series: str
    title: str
    files: tuple[tuple[str, Received], ...]
    licence: str | None = None
    terms: str | None = None
    redistribution: str | None = None
    publisher: str | None = None
    page: str | None = None


@dataclass(frozen=True)
class Session:
    """What an adapter works with: the client, the base address, the keys and words for its errors."""

    client: Client
    base_url: str
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(
        self,
        path: str,
        params: Pairs = (),
        *,
        secret_params: Pairs = (),
        secret_headers: Pairs = (),
        wanted: Format = "json",
        check: Callable[[Any], None] | None = None,
        is_file: bool = False,
        remedy: str = "Check the arguments against the source's documentation.",
    ) -> Received:
        """Get one body; `path` begins with / and belongs to the base address, or is a whole address."""
        from etl.fetch.client import Request

        url = f"{self.base_url}{path}" if path.startswith("/") else path
        return self.client.get(
            Request(
                url=url,
                params=params,
                secret_params=secret_params,
                secret_headers=secret_headers,
                wanted=wanted,
                check=check,
                is_file=is_file,
                remedy=remedy,
            )
        )


@dataclass(frozen=True)
class Source:
    """A place that data can be fetched from.

    Attributes
    ----------
    name : str
        As on the command line.
    licence : str
        Id of `etl/licences.yml`; empty if the download itself says it.
    redistribution : str
        Limits beyond the licence; empty if there are none. Shown loudly.
    must_accept : bool
        Whether nothing is fetched without ``--i-accept-terms``.
    """

    name: str
    title: str
    publisher: str
    base_url: str
    page: str
    licence: str
    terms: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    collect: Callable[[argparse.Namespace, Session], Download]
    keys: tuple[Key, ...] = ()
    redistribution: str = ""
    must_accept: bool = False
    caveat_en: str = ""
    caveat_ru: str = ""

    @property
    def url_variable(self) -> str:
        """Return the environment variable that names a mirror of the source."""
        return f"DRIVERS_ATLAS_FETCH_{self.name.replace('-', '_').upper()}_URL"


def safe_name(name: str) -> str:
    """Return a file name without anything that could leave the folder or trouble a file system."""
    cleaned = re.sub(r"[^\w.-]+", "_", PurePosixPath(name.replace("\\", "/")).name, flags=re.ASCII).lstrip(".")
    return cleaned[-150:] or "download"


def read_pages(get_page: Callable[[int], tuple[Received, bool]]) -> list[Received]:
    """Get pages until one says that it is the last.

    Parameters
    ----------
    get_page : callable
        Takes the page's number from 0; returns its body and whether more follow.

    Raises
    ------
    FetchError
        If a page is the same as the one before, or there is no end.
    """
    pages: list[Received] = []
    for number in range(MAX_PAGES):
        page, has_more = get_page(number)
        if pages and page.sha256 == pages[-1].sha256:
            raise FetchError(f"{page.url}: the same page again; the source does not turn pages. Ask for less at once.")
        pages.append(page)
        if not has_more:
            return pages
    raise FetchError(f"{pages[0].url}: more than {MAX_PAGES} pages. Ask for less at once.")


def name_pages(stem: str, suffix: str, pages: list[Received]) -> tuple[tuple[str, Received], ...]:
    """Return the pages with file names: one is `stem.suffix`, several are numbered."""
    if len(pages) == 1:
        return ((f"{stem}.{suffix}", pages[0]),)
    return tuple((f"{stem}.page-{number:03}.{suffix}", page) for number, page in enumerate(pages, start=1))
