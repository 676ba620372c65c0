"""Imports point one way, and importing a module does nothing else."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FORBIDDEN = {
    "geodata": {"layers", "etl", "dashboard", "app", "run"},
    "layers": {"etl", "dashboard", "app", "run"},
    "etl": {"dashboard", "app", "run"},
    "dashboard": {"etl", "app", "run"},
}
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as check; check()"


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything that a file imports, wherever in the file it does."""
    package = path.parent.name
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module if node.level == 0 and node.module else package


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT_IMPORTS, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_file_imports_against_the_direction(root: Path, package: str) -> None:
    files = sorted((root / package).rglob("*.py"))
    assert files, f"{package} has no module"
    against = [
        f"{path.relative_to(root)}:{line} imports {name}"
        for path in files
        for line, name in imported_modules(path)
        if name.partition(".")[0] in FORBIDDEN[package]
    ]
    assert against == []


def test_run_py_needs_only_the_standard_library(root: Path) -> None:
    roots = {name.partition(".")[0] for _, name in imported_modules(root / "run.py")}
    assert roots <= set(sys.stdlib_module_names)


def test_import_linter_keeps_the_contracts(root: Path) -> None:
    done = lint_imports(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("geodata/wrong.py", "import layers"),
        ("layers/wrong.py", "import dashboard"),
        ("layers/wrong.py", "import etl"),
        ("dashboard/wrong.py", "import etl"),
        ("etl/wrong.py", "import dashboard"),
        ("etl/wrong.py", "import plotly"),
        ("layers/wrong.py", "def draw():\n    import dash\n"),
    ],
)
def test_import_linter_finds_a_wrong_import(root: Path, tmp_path: Path, module: str, line: str) -> None:
    """The contracts of pyproject.toml are the ones that bite."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    for package in FORBIDDEN:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    assert lint_imports(tmp_path).returncode == 0
    (tmp_path / module).write_text(line, encoding="utf-8")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout


@pytest.mark.parametrize("module", ["geodata.snapshot", "layers.scene", "etl.__main__"])
def test_no_web_framework_comes_along(root: Path, module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'dash', 'flask', 'plotly'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_importing_the_app_reads_no_data_and_loads_no_etl(root: Path, tmp_path: Path) -> None:
    """With no snapshot anywhere the import still works: nothing runs before create_server() is called."""
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r}); import app; "
        "print(callable(app.create_server), callable(app.main), 'etl' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True True False", done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", FORBIDDEN)
def test_every_module_imports_with_what_the_locks_install(root: Path, package: str) -> None:
    """Imported in a fresh process, for a library may need another that it does not name (libhxl needs six)."""
    modules = sorted(
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in (root / package).rglob("*.py")
        if path.name != "__main__.py"
    )
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    command = [sys.executable, "-c", script, *modules]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
