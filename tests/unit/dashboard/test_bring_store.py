"""The workspace: safe names, bounded uploads, nothing outside its folder."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage

from dashboard.bring.store import MAX_FILES, NAME, Workspace, WorkspaceError, safe_name


def sent(name: str, content: bytes = b"a,b\n1,2\n") -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


@given(st.text(max_size=120), st.sets(st.sampled_from(["file", "a.csv", "con_file.csv"])))
def test_any_file_name_becomes_one_plain_new_name(name: str, taken: set[str]) -> None:
    found = safe_name(name, taken)
    assert found not in taken
    assert Path(found).name == found
    assert found.isascii()
    assert not found.startswith((".", "-"))
    assert len(found) < 90
    assert found.split(".")[0] not in ("con", "nul", "aux", "prn", "com1")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\Wages 2024.XLSX", "wages_2024.xlsx"),
        ("Занятость.csv", "file.csv"),
        ("CON.csv", "con_file.csv"),
        ("archive.tar.gz", "archive.tar.gz"),
    ],
)
def test_names_keep_what_is_safe(name: str, expected: str) -> None:
    assert safe_name(name, set()) == expected


def test_same_name_twice_is_two_files(tmp_path: Path) -> None:
    store = Workspace(tmp_path, 1000)
    saved = store.receive("mine", [sent("a.csv"), sent("a.csv")])
    assert [path.name for path in saved] == ["a.csv", "a_2.csv"]


def test_uploads_over_the_limit_leave_nothing(tmp_path: Path) -> None:
    store = Workspace(tmp_path, 100)
    with pytest.raises(WorkspaceError) as caught:
        store.receive("mine", [sent("a.csv", b"x" * 80), sent("b.csv", b"x" * 80)])
    assert caught.value.key == "bring.too_big"
    assert list(store.incoming("mine").iterdir()) == []


def test_no_file_and_too_many_files_are_told(tmp_path: Path) -> None:
    store = Workspace(tmp_path, 100)
    with pytest.raises(WorkspaceError, match=r"bring\.no_file"):
        store.receive("mine", [sent("")])
    with pytest.raises(WorkspaceError, match=r"bring\.too_many"):
        store.receive("mine", [sent(f"{n}.csv") for n in range(MAX_FILES + 1)])


@pytest.mark.parametrize("name", ["..", "../other", ".incoming", "A", "a/b", ""])
def test_only_packages_of_the_workspace_are_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "datapackage.json").write_text("{}")
    with pytest.raises(WorkspaceError):
        Workspace(tmp_path / "inner", 100).package(name)


@given(st.text(max_size=60))
def test_every_title_gives_a_valid_name(title: str) -> None:
    assert NAME.match(Workspace(Path("nowhere"), 1).new_name(title))


def test_new_names_differ_from_those_that_are_there(tmp_path: Path) -> None:
    store = Workspace(tmp_path, 100)
    first = store.new_name("Wages 2024")
    (tmp_path / first).mkdir()
    assert (first, store.new_name("Wages 2024")) == ("wages_2024", "wages_2024_2")


def test_package_is_zipped_whole_and_removed_whole(tmp_path: Path) -> None:
    store = Workspace(tmp_path, 1000)
    for path, text in (("mine/datapackage.json", "{}"), ("mine/raw/a.csv", "a"), (".snapshots/mine/x", "x")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    store.receive("mine", [sent("b.csv")])
    with zipfile.ZipFile(io.BytesIO(store.zipped("mine"))) as archive:
        assert sorted(archive.namelist()) == ["mine/datapackage.json", "mine/raw/a.csv"]
    store.remove("mine")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
