"""run.py: which Python, which environment, which port; no network, nothing installed."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import run

SERVER = """
import argparse, http.server
parser = argparse.ArgumentParser()
for option in ("--host", "--port", "--tier"):
    parser.add_argument(option)
options = parser.parse_args()
handler = http.server.SimpleHTTPRequestHandler
try:
    http.server.ThreadingHTTPServer((options.host, int(options.port)), handler).serve_forever()
except KeyboardInterrupt:
    pass
"""
ETL = """
import pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
tier = sys.argv[sys.argv.index("--tier") + 1]
if pathlib.Path("packages/central_asia/broken").exists():
    sys.exit(2)
(out / tier / "abc").mkdir(parents=True, exist_ok=True)
(out / tier / "abc" / "manifest.json").write_text("{}")
(out / tier / "CURRENT").write_text("abc\\n")
with open("builds.txt", "a") as log:
    log.write(tier + "\\n")
"""


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small project folder that run.py takes for its own."""
    for folder in ("geodata", "layers", "etl", "packages/central_asia", "packages/training"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "app.py").write_text(SERVER, encoding="utf-8")
    (tmp_path / "etl" / "__init__.py").touch()
    (tmp_path / "etl" / "__main__.py").write_text(ETL, encoding="utf-8")
    (tmp_path / run.RUN_LOCK).write_text("demo==1.0 --hash=sha256:00\n", encoding="utf-8")
    (tmp_path / run.DEV_LOCK).write_text("demo==1.0 --hash=sha256:00\ntool==2\n", encoding="utf-8")
    (tmp_path / run.BENCH_LOCK).write_text("demo==1.0 --hash=sha256:00\ntool==2\nload==3\n", encoding="utf-8")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "PACKAGES", tmp_path / "packages")
    monkeypatch.setattr(run, "SNAPSHOTS", tmp_path / "var" / "snapshots")
    monkeypatch.delenv(run.SNAPSHOTS_VARIABLE, raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment that run.py made, to copy: making one takes seconds."""
    venv = tmp_path_factory.mktemp("made") / ".venv"
    run.create_venv(venv)
    return venv


@pytest.fixture
def pip(project: Path, empty_environment: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace pip by a note of what would be installed, and a trace of it in the environment."""
    installed: list[str] = []

    def copy(venv: Path) -> None:
        shutil.copytree(empty_environment, venv, symlinks=True)

    def note(venv: Path, lock: Path) -> None:
        installed.append(lock.name)
        site = next(folder for folder in venv.rglob("site-packages") if folder.is_dir())
        (site / "demo-1.0.dist-info").mkdir(exist_ok=True)

    monkeypatch.setattr(run, "create_venv", copy)
    monkeypatch.setattr(run, "pip_install", note)
    return installed


@pytest.fixture
def no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer on which no program is found and nothing can be installed."""
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    monkeypatch.setattr(run.sys, "platform", "linux")
    monkeypatch.delenv(run.CHROMIUM_VARIABLE, raising=False)


def executable(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


# --- Python -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ((2, 7), False),
        ((3, 9, 1), False),
        ((3, 10, 14), False),
        ((3, 11, 0), True),
        ((3, 13, 9), True),
        ((3, 14, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_supported_pythons(version: tuple[int, ...], supported: bool) -> None:
    assert run.is_supported(version) is supported


def test_an_older_python_can_read_the_script(root: Path) -> None:
    """Else it would show a syntax error in place of the version that is needed."""
    ast.parse((root / "run.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_another_python_is_told_which_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run.sys, "version_info", (3, 9, 18))
    monkeypatch.setattr(run, "other_pythons", lambda: iter(()))
    assert run.main(["run"]) == 2
    said = capsys.readouterr().err
    assert "needs Python 3.11 to 3.13" in said
    assert "this is Python 3.9.18" in said
    assert "run.py run" in said


def test_another_python_names_one_that_is_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run.sys, "version_info", (3, 14, 0))
    monkeypatch.setattr(run.sys, "argv", ["run.py", "test"])
    monkeypatch.setattr(run, "other_pythons", lambda: iter(["python3.12"]))
    assert run.main() == 2
    assert "python3.12 run.py test" in capsys.readouterr().err


# --- The virtual environment ------------------------------------------------------------------------------


def test_environment_is_made_once_and_kept(pip: list[str]) -> None:
    first = run.ensure_venv(run.RUN_LOCK)
    second = run.ensure_venv(run.RUN_LOCK)
    assert first == second == str(run.venv_python(run.VENV))
    assert pip == [run.RUN_LOCK]


def test_development_lock_serves_a_run_too(pip: list[str]) -> None:
    run.ensure_venv(run.RUN_LOCK)
    run.ensure_venv(run.DEV_LOCK)
    run.ensure_venv(run.RUN_LOCK)
    assert pip == [run.RUN_LOCK, run.DEV_LOCK]


def test_lock_of_the_benchmarks_serves_tests_and_runs_too(pip: list[str]) -> None:
    run.ensure_venv(run.DEV_LOCK)
    for lock in (run.BENCH_LOCK, run.DEV_LOCK, run.RUN_LOCK):
        run.ensure_venv(lock)
    assert pip == [run.DEV_LOCK, run.BENCH_LOCK]


def test_changed_lock_is_installed(pip: list[str], project: Path) -> None:
    run.ensure_venv(run.RUN_LOCK)
    (project / run.RUN_LOCK).write_text("demo==2.0 --hash=sha256:11\n", encoding="utf-8")
    run.ensure_venv(run.RUN_LOCK)
    assert pip == [run.RUN_LOCK, run.RUN_LOCK]


def test_removed_package_is_noticed(pip: list[str]) -> None:
    run.ensure_venv(run.RUN_LOCK)
    next(run.VENV.rglob("demo-1.0.dist-info")).rmdir()
    run.ensure_venv(run.RUN_LOCK)
    assert pip == [run.RUN_LOCK, run.RUN_LOCK]


@pytest.mark.parametrize("damage", ["no python", "no pyvenv.cfg", "no pip", "empty"])
def test_broken_environment_is_made_anew(pip: list[str], damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    run.ensure_venv(run.RUN_LOCK)
    if damage == "no python":
        run.venv_python(run.VENV).unlink()
    elif damage == "no pyvenv.cfg":
        (run.VENV / "pyvenv.cfg").unlink()
    elif damage == "no pip":
        shutil.rmtree(next(run.VENV.rglob("site-packages/pip")))
    else:
        run.remove_venv(run.VENV)
        run.VENV.mkdir()
    assert not run.is_sound(run.VENV)
    capsys.readouterr()
    run.ensure_venv(run.RUN_LOCK)
    assert "made anew" in capsys.readouterr().out
    assert run.is_sound(run.VENV)
    assert pip == [run.RUN_LOCK, run.RUN_LOCK]


def test_broken_off_installation_does_not_look_finished(
    pip: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.ensure_venv(run.RUN_LOCK)
    (project / run.RUN_LOCK).write_text("demo==2.0 --hash=sha256:11\n", encoding="utf-8")

    def break_off(venv: Path, lock: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(run, "pip_install", break_off)
        assert run.main(["run"]) == 130
    assert not run.holds(run.VENV, project / run.RUN_LOCK)


@pytest.mark.skipif(os.name == "nt", reason="there Python always brings what an environment needs")
@pytest.mark.parametrize("is_root", [False, True])
def test_python_without_ensurepip(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_root: bool
) -> None:
    """Debian's python3 has no ensurepip: as root its package is installed, else it is named."""
    installed: list[str] = []
    incomplete = executable(tmp_path / "python", "echo ensurepip is not available; exit 1")
    monkeypatch.setattr(run.sys, "_base_executable", incomplete)
    monkeypatch.setattr(run, "can_apt", lambda: is_root)
    monkeypatch.setattr(run, "apt_install", installed.append)
    name = f"python3.{sys.version_info[1]}-venv"
    with pytest.raises(run.NotPossibleError, match=rf"(?s)ensurepip is not available.*{name}"):
        run.create_venv(run.VENV)
    assert installed == ([name] if is_root else [])


def test_new_environment_is_sound(empty_environment: Path) -> None:
    assert run.is_sound(empty_environment)


def test_unreadable_stamp_counts_as_none(tmp_path: Path) -> None:
    run.stamp_path(tmp_path).write_text("{half", encoding="utf-8")
    assert run.read_stamp(tmp_path) == {}
    run.stamp_path(tmp_path).write_text(json.dumps(["a list"]), encoding="utf-8")
    assert run.read_stamp(tmp_path) == {}


def test_pip_refuses_a_file_with_another_hash(empty_environment: Path, project: Path, tmp_path: Path) -> None:
    """The real pip, a local file, no network: the hash of the lock decides."""
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    wheel.write_bytes(b"not what was locked")
    (project / run.RUN_LOCK).write_text(f"{wheel.as_uri()} --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    with pytest.raises(run.NotPossibleError, match=r"(?s)DO NOT MATCH THE HASHES.*could not install"):
        run.pip_install(empty_environment, project / run.RUN_LOCK)


# --- The system -------------------------------------------------------------------------------------------


def test_named_browser_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = executable(tmp_path / "browser", "echo Chromium 1.0")
    monkeypatch.setenv(run.CHROMIUM_VARIABLE, browser)
    assert run.find_chromium() == browser


def test_wrongly_named_browser_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(run.CHROMIUM_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(run.NotPossibleError, match="nowhere"):
        run.find_chromium()


@pytest.mark.skipif(os.name == "nt", reason="asking a browser for its version opens a window on Windows")
def test_browser_that_does_not_start_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = executable(tmp_path / "chromium", "exit 1")
    good = executable(tmp_path / "google-chrome", "echo Google Chrome 1.0")
    monkeypatch.delenv(run.CHROMIUM_VARIABLE, raising=False)
    monkeypatch.setattr(run, "chromium_candidates", lambda: iter([stub, good]))
    assert run.find_chromium() == good


@pytest.mark.usefixtures("no_tools")
def test_missing_browser_says_how_to_get_it() -> None:
    with pytest.raises(run.NotPossibleError, match="apt-get install chromium"):
        run.require_chromium()


def test_node_is_the_one_that_playwright_brings() -> None:
    node = run.require_node(sys.executable)
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    assert int(done.stdout.removeprefix("v").split(".")[0]) >= 20  # Intl.NumberFormat's roundingMode


def test_missing_node_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(run.NotPossibleError, match="clean --all"):
        run.require_node(str(tmp_path / "no-python-here"))


# --- The port ---------------------------------------------------------------------------------------------


def test_busy_port_is_named_with_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert run.main(["run", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"Port {port} on 127.0.0.1 cannot be used" in said
    assert "--port" in said


def test_free_port_is_accepted(free_port: int) -> None:
    run.require_free_port("127.0.0.1", free_port)


@pytest.mark.parametrize("port", ["0", "65536", "80a", "-1", ""])
def test_port_must_be_a_port(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.parse_arguments(["run", f"--port={port}"])
    assert ended.value.code == 2
    assert "not a port" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:80/"), ("0.0.0.0", "http://127.0.0.1:80/"), ("::1", "http://[::1]:80/")],
)
def test_address_is_one_that_a_browser_opens(host: str, address: str) -> None:
    assert run.address_of(host, 80) == address


# --- Commands ---------------------------------------------------------------------------------------------


def test_options_after_the_dashes_are_passed_on() -> None:
    assert run.parse_arguments(["test", "--", "-k", "map", "--", "x"]).rest == ["-k", "map", "--", "x"]
    assert run.parse_arguments(["test"]).rest == []
    with pytest.raises(SystemExit) as ended:
        run.parse_arguments(["run", "--", "-k"])
    assert ended.value.code == 2


def test_environment_gives_defaults_and_options_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVERS_ATLAS_PORT", "9000")
    monkeypatch.setenv("DRIVERS_ATLAS_TIER", "partner")
    options = run.parse_arguments(["run"])
    assert (options.port, options.tier) == (9000, "partner")
    assert run.parse_arguments(["run", "--port", "9001"]).port == 9001


def test_no_command_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main([]) == 0
    assert "install, build the snapshot and serve the app" in capsys.readouterr().out


def test_steps_all_run_and_a_failure_decides(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    steps = [(name, [sys.executable, "-c", f"raise SystemExit({code})"]) for name, code in (("a", 3), ("b", 0))]
    assert run.run_steps(steps) == 1
    assert "Passed: b\nFailed: a" in capfd.readouterr().out
    assert run.run_steps(steps[1:]) == 0


@pytest.mark.usefixtures("pip")
def test_checkout_without_script_tests_is_not_passed(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "require_chromium", lambda: "chromium")
    assert run.main(["test"]) == 2
    assert "tests/js holds no" in capsys.readouterr().err


def test_snapshot_is_built_when_its_sources_change(project: Path) -> None:
    def build_if_needed() -> None:
        if not run.snapshot_is_current("public", run.hash_files(run.source_files(run.SNAPSHOT_SOURCES))):
            assert run.build_snapshot(sys.executable, "public", []) == 0

    def builds() -> int:
        return len((project / "builds.txt").read_text().split()) // len(run.DATASETS)

    build_if_needed()
    build_if_needed()
    assert builds() == 1
    (project / "packages" / "central_asia" / "new.csv").write_text("a\n", encoding="utf-8")
    build_if_needed()
    assert builds() == 2
    (project / "layers" / "__pycache__").mkdir()
    (project / "layers" / "__pycache__" / "x.pyc").write_bytes(b"0")
    build_if_needed()
    assert builds() == 2
    (project / "var" / "snapshots" / "training" / "public" / "abc" / "manifest.json").unlink()
    build_if_needed()
    assert builds() == 3
    assert not run.snapshot_is_current("partner", run.hash_files(run.source_files(run.SNAPSHOT_SOURCES)))


def test_failed_build_is_not_noted_as_done(project: Path) -> None:
    (project / "packages" / "central_asia" / "broken").touch()
    sources = run.hash_files(run.source_files(run.SNAPSHOT_SOURCES))
    assert run.build_snapshot(sys.executable, "public", []) == 2
    assert not run.snapshot_is_current("public", sources)


def test_clean_removes_what_was_made_and_nothing_else(project: Path) -> None:
    for made in ("var/snapshots", ".ruff_cache", "etl/__pycache__", ".venv"):
        (project / made).mkdir(parents=True)
    assert run.main(["clean"]) == 0
    assert sorted(p.name for p in project.iterdir() if p.is_dir()) == [
        ".venv",
        "etl",
        "geodata",
        "layers",
        "packages",
    ]
    assert not (project / "etl" / "__pycache__").exists()
    assert run.main(["clean", "--all"]) == 0
    assert not (project / ".venv").exists()


@pytest.fixture
def served(project: Path, pip: list[str], free_port: int, root: Path) -> Iterator[subprocess.Popen[str]]:
    """Start `run.py run` in a project whose environment is there; the second start of a user."""
    run.ensure_venv(run.RUN_LOCK)
    (project / "run.py").write_bytes((root / "run.py").read_bytes())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DRIVERS_ATLAS_")}
    process = subprocess.Popen(
        [sys.executable, "run.py", "run", "--port", str(free_port)],
        cwd=project,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        process.terminate()
        process.wait(timeout=10)
    assert process.stdout is not None
    process.stdout.close()


def read_until_address(process: subprocess.Popen[str], lines: list[str] | None = None) -> str:
    assert process.stdout is not None
    lines = [] if lines is None else lines
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ready after "):
            return line.split("open ")[1].split()[0]
    pytest.fail(f"run.py ended with {process.wait()}:\n{''.join(lines)}")


def test_second_start_installs_nothing_and_answers(served: subprocess.Popen[str]) -> None:
    said: list[str] = []
    address = read_until_address(served, said)
    assert not [line for line in said if "nstalling" in line]
    with urllib.request.urlopen(address, timeout=5) as answer:
        assert answer.status == 200


@pytest.mark.skipif(os.name == "nt", reason="a console's Ctrl+C cannot be sent to a child there")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_ending_it_ends_the_server(served: subprocess.Popen[str], sent: signal.Signals, code: int) -> None:
    address = read_until_address(served)
    if sent is signal.SIGINT:
        os.killpg(served.pid, sent)  # as a console does
    else:
        served.send_signal(sent)
    assert served.wait(timeout=10) == code
    assert "Traceback" not in (served.stdout.read() if served.stdout else "")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address, timeout=5)
