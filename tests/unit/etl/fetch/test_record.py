import csv
import hashlib
import json

import pytest

from etl.fetch.cache import Received
from etl.fetch.client import user_agent
from etl.fetch.errors import FetchError
from etl.fetch.record import SOURCE_COLUMNS, csv_lines, write_download
from etl.fetch.registry import SOURCES
from etl.fetch.source import Download, safe_name

SOURCE = next(one for one in SOURCES if one.name == "world-bank")
LIMITED = next(one for one in SOURCES if one.name == "acled")


def received(tmp_path, content, accessed="2026-05-04T23:59:00Z"):
    path = tmp_path / hashlib.sha256(content).hexdigest()
    path.write_bytes(content)
    return Received(
        path, "https://example.org/a?b=1", path.name, len(content), accessed, '"v1"', None, "application/json"
    )


def download(tmp_path, content=b"{}", name="a.json", **more):
    return Download(
        series="SP.POP TOTL", title="Population,\n total", files=((name, received(tmp_path, content)),), **more
    )


def test_the_file_is_as_received_and_its_record_beside_it(tmp_path):
    result = write_download(SOURCE, download(tmp_path, b'{"a":\r\n1}'), tmp_path / "new" / "out")
    assert (tmp_path / "new/out/a.json").read_bytes() == b'{"a":\r\n1}'
    record = json.loads((tmp_path / "new/out/a.json.fetch.json").read_text(encoding="utf-8"))
    assert record == {
        "file": "a.json",
        "source": "world-bank",
        "adapter": f"etl.fetch.world_bank ({user_agent()})",
        "url": "https://example.org/a?b=1",
        "date_accessed": "2026-05-04",
        "time_accessed_utc": "2026-05-04T23:59:00Z",
        "licence": "CC-BY-4.0",
        "terms": SOURCE.terms,
        "redistribution": "",
        "sha256": hashlib.sha256(b'{"a":\r\n1}').hexdigest(),
        "bytes": 9,
        "etag": '"v1"',
        "last_modified": None,
        "content_type": "application/json",
        "source_row": result["source_row"],
    }
    assert sorted(path.name for path in (tmp_path / "new/out").iterdir()) == ["a.json", "a.json.fetch.json"]


def test_the_row_fits_the_table_of_sources(tmp_path, central_asia):
    row = write_download(SOURCE, download(tmp_path), tmp_path / "out")["source_row"]
    with (central_asia / "data/sources.csv").open(encoding="utf-8", newline="") as file:
        assert tuple(next(csv.reader(file))) == SOURCE_COLUMNS
    header, line = csv_lines([row]).splitlines()
    assert next(csv.reader([header])) == list(SOURCE_COLUMNS)
    assert next(csv.reader([line])) == list(row.values())
    assert (row["source_id"], row["title"]) == ("world-bank-sp-pop-totl", "Population, total")


def test_limits_are_in_the_record_and_in_the_row(tmp_path):
    result = write_download(LIMITED, download(tmp_path), tmp_path / "out")
    assert result["redistribution"] == LIMITED.redistribution
    assert LIMITED.redistribution in result["source_row"]["terms"]


def test_the_row_has_the_oldest_day_of_several_files(tmp_path):
    files = (
        ("a.json", received(tmp_path, b"1", "2026-05-04T00:00:00Z")),
        ("b.json", received(tmp_path, b"2", "2025-12-31T00:00:00Z")),
    )
    row = write_download(SOURCE, Download("s", "t", files), tmp_path / "out")["source_row"]
    assert row["date_accessed"] == "2025-12-31"


def test_what_was_fetched_before_is_replaced(tmp_path):
    write_download(SOURCE, download(tmp_path, b"1"), tmp_path / "out")
    write_download(SOURCE, download(tmp_path, b"2"), tmp_path / "out")
    assert (tmp_path / "out/a.json").read_bytes() == b"2"


@pytest.mark.parametrize("was_fetched", [True, False])
def test_files_of_the_user_are_never_replaced(tmp_path, was_fetched):
    out = tmp_path / "out"
    if was_fetched:
        write_download(SOURCE, download(tmp_path, b"1"), out)
    out.mkdir(exist_ok=True)
    (out / "a.json").write_bytes(b"mine")
    with pytest.raises(FetchError, match=r"a\.json is there already"):
        write_download(SOURCE, download(tmp_path, b"2"), out)
    assert (out / "a.json").read_bytes() == b"mine"


def test_two_files_of_one_name_are_refused(tmp_path):
    files = (("x/a.json", received(tmp_path, b"1")), ("y/a.json", received(tmp_path, b"2")))
    with pytest.raises(FetchError, match=r"two files are named a\.json"):
        write_download(SOURCE, Download("s", "t", files), tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b.csv", "a_b.csv"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows.csv", "windows.csv"),
        ("..", "download"),
        ("", "download"),
        ("/", "download"),
        (".hidden", "hidden"),
        ("Ош: 2024?.json", "_2024_.json"),
        ("x" * 300 + ".zip", "x" * 146 + ".zip"),
    ],
)
def test_names_cannot_leave_the_folder(name, expected):
    assert safe_name(name) == expected
