"""Run, test and check Drivers Atlas: ``python run.py run|test|check|bench|build|lock|clean|help``.

Needs nothing but Python's standard library: it makes the virtual environment ``.venv``, installs what the
lock file names (hash by hash), and calls the tools inside it. It starts on any Python from 3.7 on, to say
which one it needs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PACKAGES = ROOT / "packages"
DATASETS = ("central_asia", "training")
SNAPSHOTS = ROOT / "var" / "snapshots"

OLDEST, NEWEST = (3, 11), (3, 13)
RUN_LOCK, DEV_LOCK, BENCH_LOCK = "requirements.lock", "requirements-dev.lock", "requirements-bench.lock"
LOCKS = (RUN_LOCK, DEV_LOCK, BENCH_LOCK)  # each holds the packages of those before it, in the same versions
SNAPSHOTS_VARIABLE = "DRIVERS_ATLAS_SNAPSHOTS"
SNAPSHOT_SOURCES = ("geodata", "layers", "etl", "packages", RUN_LOCK)
CACHES = (
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "build",
    "dist",
)

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8050
TIERS = ("public", "partner", "restricted")
SERVER_PATIENCE_S = 60

EXIT_FAILED, EXIT_NOT_POSSIBLE, EXIT_INTERRUPTED = 1, 2, 130
PYTEST_NOTHING_COLLECTED = 5

CHROMIUM_VARIABLE = "DRIVERS_ATLAS_CHROMIUM"
CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "chrome",
)
CHROMIUM_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
CHROMIUM_WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)


class NotPossibleError(Exception):
    """A step cannot be done here; the message says why and what to do."""


def say(text: str) -> None:
    """Write one line at once, in order with what the called programs write."""
    print(text, flush=True)


# --- Python -------------------------------------------------------------------------------------------------


def dotted(version: Sequence[int]) -> str:
    """Return a version tuple as people write it, ``3.11``."""
    return ".".join(str(part) for part in version)


def is_supported(version: Sequence[int]) -> bool:
    """Return whether the project runs on that version of Python."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def other_pythons() -> Iterator[str]:
    """Yield commands that start a supported Python on this computer, newest first."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        words = ["py", f"-3.{minor}"] if os.name == "nt" else [f"python3.{minor}"]
        if shutil.which(words[0]) and probe([*words, "-c", "print('ok')"]) == "ok":
            yield " ".join(words)


def probe(command: Sequence[str], timeout_s: float = 20) -> str | None:
    """Return what a short command prints, or None when it cannot be started, fails or hangs."""
    try:
        done = subprocess.run(
            list(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=timeout_s, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def require_python() -> None:
    """Raise NotPossibleError unless this Python is a supported one."""
    if is_supported(sys.version_info[:2]):
        return
    found = next(other_pythons(), None)
    if found:
        remedy = f"This computer has one. Call:\n    {found} run.py {' '.join(sys.argv[1:])}".rstrip()
    elif os.name == "nt":
        remedy = "Install one from python.org or the Microsoft Store, then call:\n    py -3.12 run.py run"
    else:
        remedy = "Install one (your system's packages or python.org), then call:\n    python3.12 run.py run"
    raise NotPossibleError(
        f"Drivers Atlas needs Python {dotted(OLDEST)} to {dotted(NEWEST)}; "
        f"this is Python {dotted(sys.version_info[:3])} ({sys.executable}).\n{remedy}"
    )


# --- The virtual environment --------------------------------------------------------------------------------


def venv_python(venv: Path) -> Path:
    """Return where a virtual environment keeps its Python."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def stamp_path(venv: Path) -> Path:
    """Return the file that says which lock files the environment holds in full."""
    return venv / "drivers-atlas.json"


def read_stamp(venv: Path) -> dict[str, Any]:
    """Return what the stamp says; nothing when there is none or it cannot be read."""
    try:
        stamp = json.loads(stamp_path(venv).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def installed_distributions(venv: Path) -> list[str]:
    """Return the names of the installed distributions' metadata folders, sorted."""
    folders = [*venv.glob("lib/python3*/site-packages"), *venv.glob("Lib/site-packages")]
    return sorted({entry.name for folder in folders for entry in folder.glob("*.dist-info")})


def is_sound(venv: Path) -> bool:
    """Return whether the environment's Python starts, is a supported one and is at home in that folder."""
    code = "import sys, pip; print(sys.version_info[0], sys.version_info[1], sys.prefix)"
    answer = probe([str(venv_python(venv)), "-I", "-c", code])
    if not (venv / "pyvenv.cfg").is_file() or not answer or len(answer.split(" ", 2)) != 3:
        return False
    major, minor, prefix = answer.split(" ", 2)
    return is_supported((int(major), int(minor))) and Path(prefix).resolve() == venv.resolve()


def holds(venv: Path, lock: Path) -> bool:
    """Return whether the environment holds what the lock names, nothing of it taken away since."""
    stamp = read_stamp(venv)
    if stamp.get("locks", {}).get(lock.name) != hash_files([lock]) or stamp.get("home") != str(venv):
        return False
    return set(stamp.get("distributions", [])) <= set(installed_distributions(venv))


def remove_venv(venv: Path) -> None:
    """Remove an environment; raise NotPossibleError when a program still uses it."""
    try:
        shutil.rmtree(venv)
    except OSError as error:
        raise NotPossibleError(
            f"The folder {venv} must be made anew and cannot be removed: {error}\n"
            "Close the programs that use it (a running server, an editor's terminal), then call again."
        ) from error


def create_venv(venv: Path) -> None:
    """Make an environment with pip; on Debian as root install first what Python lacks for that."""
    say(f"Making the virtual environment {venv.name} (some seconds) ...")
    base = getattr(sys, "_base_executable", None) or sys.executable
    command = [base, "-m", "venv", "--clear", str(venv)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode and can_apt():
        apt_install(f"python{dotted(sys.version_info[:2])}-venv")
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        text = done.stdout.decode("utf-8", "replace").strip()
        raise NotPossibleError(
            f"Python could not make a virtual environment:\n{text}\n"
            f"On Debian and Ubuntu install python{dotted(sys.version_info[:2])}-venv; "
            "elsewhere take Python from python.org."
        )


def child_environment(**extra: str) -> dict[str, str]:
    """Return the environment for the called programs: UTF-8 everywhere, the rest as it is."""
    return {**os.environ, "PYTHONUTF8": "1", **extra}


def count_needed(lock: Path) -> int:
    """Return how many packages a lock names, those of other systems and Pythons included once."""
    return len(set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", lock.read_text(encoding="utf-8"), re.MULTILINE)))


def pip_install(venv: Path, lock: Path) -> None:
    """Install a lock file with every hash checked, showing how far it is."""
    needed = count_needed(lock)
    say(
        f"Installing {needed} packages that {lock.name} names. "
        "The first time this takes 1 to 5 minutes and about 1 GB of disk ..."
    )
    command = [
        str(venv_python(venv)),
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-input",
        "-r",
        str(lock),
    ]
    command += ["--progress-bar", "off", "--disable-pip-version-check"]
    # A user-wide `user = true` in pip's configuration cannot hold inside an environment.
    environment = child_environment(PIP_USER="0")
    last: deque[str] = deque(maxlen=15)
    seen = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=str(ROOT)
    ) as pip:
        for raw in pip.stdout or ():
            line = raw.decode("utf-8", "replace").rstrip()
            if not line.startswith("WARNING"):
                last.append(line)
            if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied")):
                seen += 1
                if seen % 10 == 0:
                    say(f"  {min(seen, needed)} of about {needed} found")
            elif line.startswith("Installing collected packages"):
                say("  all found; unpacking ...")
    if pip.returncode:
        raise NotPossibleError(
            "\n".join(last)
            + f"\n\npip could not install {lock.name}; its last lines are above. Check the network, or the "
            "package index in pip's own configuration (`pip config list`), then call again."
        )


def ensure_venv(lock_name: str) -> str:
    """Return the Python of an environment that holds the lock; make or complete it when needed."""
    lock = ROOT / lock_name
    if VENV.exists() and not is_sound(VENV):
        say(f"{VENV.name} is broken, half-made, moved or of another Python; it is made anew.")
        remove_venv(VENV)
    if not VENV.exists():
        create_venv(VENV)
    if not holds(VENV, lock):
        held = LOCKS[: LOCKS.index(lock_name) + 1]
        locks = {name: hash_files([ROOT / name]) for name in held}
        if stamp_path(VENV).exists():
            stamp_path(VENV).unlink()  # a broken-off installation must not look like a finished one
        started = time.monotonic()
        pip_install(VENV, lock)
        stamp = {"home": str(VENV), "locks": locks, "distributions": installed_distributions(VENV)}
        stamp_path(VENV).write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        say(f"  installed in {time.monotonic() - started:.0f} s")
    return str(venv_python(VENV))


# --- What the system must have ------------------------------------------------------------------------------


def can_apt() -> bool:
    """Return whether packages of a Debian system can be installed without asking anybody."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    """Install system packages on Debian or Ubuntu as root."""
    say(f"Installing {', '.join(packages)} from the system's packages (1 to 3 minutes) ...")
    environment = child_environment(DEBIAN_FRONTEND="noninteractive")
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            text = done.stdout.decode("utf-8", "replace").strip().splitlines()[-10:]
            raise NotPossibleError("\n".join([f"`{' '.join(command)}` failed:", *text]))


def chromium_candidates() -> Iterator[str]:
    """Yield the places where a Chromium, Chrome or Edge usually is."""
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            yield found
    if sys.platform == "darwin":
        yield from CHROMIUM_MAC
    if os.name == "nt":
        for variable in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData"):
            if os.environ.get(variable):
                yield from (str(Path(os.environ[variable]) / place) for place in CHROMIUM_WINDOWS)


def is_chromium(executable: str) -> bool:
    """Return whether the program is there and starts (on Windows asking would open a window)."""
    if not Path(executable).is_file():
        return False
    return os.name == "nt" or probe([executable, "--version"]) is not None


def find_chromium() -> str | None:
    """Return the browser for tests: the one that DRIVERS_ATLAS_CHROMIUM names, else one that is installed."""
    named = os.environ.get(CHROMIUM_VARIABLE)
    if named:
        if not is_chromium(named):
            raise NotPossibleError(f"{CHROMIUM_VARIABLE} names {named}, which is not a browser that starts.")
        return named
    return next((candidate for candidate in chromium_candidates() if is_chromium(candidate)), None)


def require_chromium() -> str:
    """Return a browser for tests, installing one on Debian as root; raise NotPossibleError without one."""
    found = find_chromium()
    if not found and can_apt():
        apt_install("chromium")
        found = find_chromium()
    if not found:
        raise NotPossibleError(
            "The tests drive a real browser and found none. Install Chromium, Google Chrome or Edge:\n"
            "    Debian   sudo apt-get install chromium\n"
            "    macOS    brew install --cask chromium\n"
            "    Windows  Edge is part of it\n"
            f"or name one that you have: {CHROMIUM_VARIABLE}=/path/to/chromium"
        )
    return found


def find_node(python: str = sys.executable) -> str | None:
    """Return the node that playwright brings along in the given Python's environment, or None without playwright."""
    driver = "import pathlib, playwright; print(pathlib.Path(playwright.__file__).parent / 'driver')"
    folder = probe([python, "-c", driver])
    node = Path(folder.strip()) / ("node.exe" if os.name == "nt" else "node") if folder else None
    return str(node) if node and node.is_file() else None


def require_node(python: str) -> str:
    """Return the node for the tests of the browser's scripts; raise NotPossibleError without one."""
    found = find_node(python)
    if not found:
        raise NotPossibleError(
            "playwright's node is missing from the virtual environment; "
            "`python run.py clean --all` and call again: it will be installed anew."
        )
    return found


# --- The snapshot -------------------------------------------------------------------------------------------


def source_files(places: Iterable[str]) -> list[Path]:
    """Return every file under the places, caches left out, in a fixed order."""
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        entries = [path] if path.is_file() else path.rglob("*")
        found += [entry for entry in entries if entry.is_file() and "__pycache__" not in entry.parts]
    return sorted(found)


def hash_files(files: Iterable[Path]) -> str:
    """Return one SHA-256 over names and contents."""
    total = hashlib.sha256()
    for path in files:
        name = path.relative_to(ROOT).as_posix() if ROOT in path.parents else path.name
        total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def current_manifest(dataset: str, tier: str) -> Path | None:
    """Return the manifest of the snapshot of a dataset and tier that would be served, or None."""
    current = SNAPSHOTS / dataset / tier / "CURRENT"
    if not current.is_file():
        return None
    manifest = current.parent / current.read_text(encoding="utf-8").strip() / "manifest.json"
    return manifest if manifest.is_file() else None


def snapshot_is_current(tier: str, sources: str) -> bool:
    """Return whether the published snapshots of the tier were built from exactly these sources."""
    stamp = SNAPSHOTS / f".built-{tier}"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != sources:
        return False
    return all(current_manifest(dataset, tier) for dataset in DATASETS)


def build_snapshot(python: str, tier: str, options: Sequence[str]) -> int:
    """Build the snapshots of the packages that ship, note what they were built from, return the exit code."""
    sources = hash_files(source_files(SNAPSHOT_SOURCES))
    failed = 0
    for dataset in DATASETS:
        package = (PACKAGES / dataset).relative_to(ROOT).as_posix()
        out = (SNAPSHOTS / dataset).relative_to(ROOT).as_posix()
        code = call([python, "-m", "etl", "build", package, "--out", out, "--tier", tier, *options])
        failed = failed or code  # one package that is refused, as when it is past its retention date, leaves the others
    if failed:
        return failed
    (SNAPSHOTS / f".built-{tier}").write_text(sources, encoding="utf-8")
    return 0


# --- Calling programs ---------------------------------------------------------------------------------------


def call(command: Sequence[str], **environment: str) -> int:
    """Run a program in the project's folder, in the same console, and return its exit code."""
    full = child_environment(**environment)
    return subprocess.run(list(command), cwd=str(ROOT), env=full, check=False).returncode


def run_steps(steps: Sequence[tuple[str, Sequence[str]]], **environment: str) -> int:
    """Run every step, whatever the others say; name at the end those that failed."""
    failed = []
    for title, command in steps:
        say(f"\n== {title}")
        started = time.monotonic()
        code = call(command, **environment)
        outcome = f"failed (exit code {code})" if code else "passed"
        say(f"== {title}: {outcome}, {time.monotonic() - started:.1f} s")
        if code:
            failed.append(title)
    passed = [title for title, _ in steps if title not in failed]
    say(f"\nPassed: {', '.join(passed) or 'none'}\nFailed: {', '.join(failed) or 'none'}")
    return EXIT_FAILED if failed else 0


def require_free_port(host: str, port: int) -> None:
    """Raise NotPossibleError unless a server can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise NotPossibleError(f"The host {host!r} is unknown here ({error}). Use --host {DEFAULT_HOST}") from error
    with socket.socket(family, kind, protocol) as probe_socket:
        if os.name == "nt":
            probe_socket.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", 0), 1)
        else:
            probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe_socket.bind(address)
        except OSError as error:
            raise NotPossibleError(
                f"Port {port} on {host} cannot be used: {error.strerror or error}.\n"
                "If another program holds it (perhaps a second Drivers Atlas), end that program, or take "
                f"another port:\n    python run.py run --port {port + 1 if port < 65535 else DEFAULT_PORT}"
            ) from error


def address_of(host: str, port: int) -> str:
    """Return the address to open in a browser."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/"


def wait_until_it_answers(server: subprocess.Popen[bytes], host: str, port: int) -> bool:
    """Return True once the server takes connections, False when it ends first or is too slow."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    deadline = time.monotonic() + SERVER_PATIENCE_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection((target, port), timeout=1):
                return True
        except OSError:
            time.sleep(0.05)
    return False


def serve(python: str, host: str, port: int, tier: str, started: float) -> int:
    """Start the app, print its address once it answers, and stay until it ends or Ctrl+C is pressed."""
    command = [python, "app.py", "--host", host, "--port", str(port), "--tier", tier]
    server = subprocess.Popen(command, cwd=str(ROOT), env=child_environment())
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        if wait_until_it_answers(server, host, port):
            seconds = time.monotonic() - started
            say(f"Ready after {seconds:.1f} s: open {address_of(host, port)} in a browser.")
        code = server.wait()
        return code if code >= 0 else 128 - code  # ended by a signal: what a shell says of it
    except KeyboardInterrupt:
        say("\nEnding ...")
        try:  # the console sent Ctrl+C to the server as well; it has a moment to end by itself
            server.wait(timeout=5)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            server.terminate()
            server.wait()
        return 0


# --- Commands -----------------------------------------------------------------------------------------------


def command_run(options: argparse.Namespace) -> int:
    """Install what is missing, build the snapshot if its sources changed, and serve the app."""
    started = time.monotonic()
    require_free_port(options.host, options.port)
    python = ensure_venv(RUN_LOCK)
    elsewhere = os.environ.get(SNAPSHOTS_VARIABLE)
    if elsewhere:
        say(f"Serving the snapshots that {SNAPSHOTS_VARIABLE} names: {elsewhere}")
    elif not snapshot_is_current(options.tier, hash_files(source_files(SNAPSHOT_SOURCES))):
        say(f"Building the snapshots of {', '.join(DATASETS)} (about 10 s) ...")
        code = build_snapshot(python, options.tier, [])
        if code and not any(current_manifest(dataset, options.tier) for dataset in DATASETS):
            return code
        if code:
            say("The new snapshot was not published (see above). The former one is served.")
    return serve(python, options.host, options.port, options.tier, started)


def command_build(options: argparse.Namespace) -> int:
    """Build the snapshots of the packages that ship."""
    return build_snapshot(ensure_venv(RUN_LOCK), options.tier, options.rest)


def command_test(options: argparse.Namespace) -> int:
    """Run every test: quick suites, the browser's scripts under playwright's node, then the browser."""
    python = ensure_venv(BENCH_LOCK)  # the benchmarks are tested, too
    chromium = {CHROMIUM_VARIABLE: require_chromium()}
    pytest = [python, "-m", "pytest"]
    if options.rest:
        code = call([*pytest, *options.rest], **chromium)
        return EXIT_FAILED if code == PYTEST_NOTHING_COLLECTED else code
    scripts = [str(path) for path in sorted((ROOT / "tests" / "js").rglob("*.test.*js"))]
    if not scripts:  # node would look elsewhere, find none and call that a success
        raise NotPossibleError("tests/js holds no *.test.js or *.test.mjs; this checkout is not complete.")
    workers = str(max(2, min(4, os.cpu_count() or 2)))
    steps = [
        ("quick tests", [*pytest, "-m", "not browser", "-n", workers, "--dist", "loadfile"]),
        ("tests of the browser's scripts", [require_node(python), "--test", *scripts]),
        ("tests in the browser", [*pytest, "-m", "browser"]),
    ]
    return run_steps(steps, **chromium)


def command_check(options: argparse.Namespace) -> int:
    """Run the linters, the type checker, the import rules and the contract tests."""
    python = ensure_venv(DEV_LOCK)
    import_rules = "from importlinter.cli import lint_imports_command as check; check()"
    steps = [
        ("ruff check", [python, "-m", "ruff", "check", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        ("mypy", [python, "-m", "mypy"]),
        ("import rules", [python, "-c", import_rules, "--no-logo"]),
        ("contract tests", [python, "-m", "pytest", "-q", "tests/contract", *options.rest]),
    ]
    return run_steps(steps)


def command_bench(options: argparse.Namespace) -> int:
    """Measure the targets and print them as JSON lines."""
    python = ensure_venv(BENCH_LOCK)
    return call([python, "-m", "benchmarks", *options.rest], **{CHROMIUM_VARIABLE: require_chromium()})


def command_lock(options: argparse.Namespace) -> int:
    """Write the lock files anew from pyproject.toml."""
    python = ensure_venv(DEV_LOCK)
    compile_lock = [python, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal"]
    # One version of a package for every Python, so that all compute and draw the same.
    compile_lock += ["--python-version", dotted(OLDEST), "--fork-strategy", "fewest", "--generate-hashes"]
    compile_lock += ["--custom-compile-command", "python run.py lock", *options.rest]
    dev = ["--extra", "dev", "--constraints", RUN_LOCK]
    bench = ["--extra", "dev", "--extra", "bench", "--constraints", DEV_LOCK]
    code = call([*compile_lock, "--output-file", RUN_LOCK])
    code = code or call([*compile_lock, *dev, "--output-file", DEV_LOCK])
    return code or call([*compile_lock, *bench, "--output-file", BENCH_LOCK])


def command_clean(options: argparse.Namespace) -> int:
    """Remove what was built and cached; with --all the virtual environment too."""
    doomed = [ROOT / name for name in ("var", *CACHES)]
    for folder in ("geodata", "layers", "etl", "dashboard", "tests", "benchmarks"):
        doomed += sorted((ROOT / folder).rglob("__pycache__"))
    doomed.append(ROOT / "__pycache__")
    for path in doomed:
        if path.is_dir():
            shutil.rmtree(path)
            say(f"removed {path.relative_to(ROOT).as_posix()}")
    if options.all and VENV.exists():
        remove_venv(VENV)
        say(f"removed {VENV.name}")
    return 0


def command_help(options: argparse.Namespace) -> int:
    """List the commands."""
    build_parser().print_help()
    return 0


def port_number(text: str) -> int:
    """Return a TCP port; argparse shows the message of the error."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; use a whole number from 1 to 65535")
    return int(text)


def from_environment(name: str, default: str) -> str:
    """Return the app's setting of that name from the environment, which an option overrides."""
    return os.environ.get(f"DRIVERS_ATLAS_{name}") or default


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python run.py", description="Drivers Atlas: sub-national drivers on administrative boundaries."
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    table = (
        ("run", command_run, "install, build the snapshot and serve the app"),
        ("test", command_test, "run all tests; options after -- go to pytest"),
        ("check", command_check, "run linters, type checker, import rules and contract tests"),
        ("bench", command_bench, "measure the performance targets, as JSON lines"),
        ("build", command_build, "build the snapshot of the default package"),
        ("lock", command_lock, "write the lock files anew from pyproject.toml"),
        ("clean", command_clean, "remove what was built and cached"),
        ("help", command_help, "list the commands"),
    )
    for name, function, text in table:
        sub = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        sub.set_defaults(function=function)
        if name in ("run", "build"):
            tier = from_environment("TIER", TIERS[0])
            sub.add_argument("--tier", choices=TIERS, default=tier, help=f"snapshot tier (default: {tier})")
        if name == "run":
            host, port = from_environment("HOST", DEFAULT_HOST), from_environment("PORT", str(DEFAULT_PORT))
            sub.add_argument("--host", default=host, help=f"address to listen on (default: {host})")
            sub.add_argument("--port", type=port_number, default=port, help=f"port (default: {port})")
        if name == "clean":
            sub.add_argument("--all", action="store_true", help="remove the virtual environment too")
    return parser


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; what stands after ``--`` is kept as it is, for the program that is called."""
    own, rest = list(words), []
    if "--" in own:
        split = own.index("--")
        own, rest = own[:split], own[split + 1 :]
    parser = build_parser()
    options = parser.parse_args(own or ["help"])
    if rest and options.command not in ("test", "check", "bench", "build", "lock"):
        parser.error(f"`{options.command}` passes no options on: {shlex.join(rest)}")
    options.rest = rest
    return options


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit code."""
    try:
        require_python()
        options = parse_arguments(sys.argv[1:] if words is None else words)
        return int(options.function(options))
    except NotPossibleError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return EXIT_NOT_POSSIBLE
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr, flush=True)
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
