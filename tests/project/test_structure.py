"""The house rules that a machine can check: arrows of import, what importing loads, what may not be written."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from film_app import PROJECT
from longest_files import LONGEST
from parsed_files import nodes

PACKAGE = PROJECT / "recsys"
# Each folder may import only folders of the rows above it; folders of one row do not import one another. Models give
# ids and facts and know nothing of the catalogue: what words it has for them is for serving.
ORDER = (
    ("errors", "settings", "ranking"),
    ("data",),
    ("catalogue", "models"),
    ("evaluation", "imports"),
    ("tuning", "release"),
    ("hub",),
    ("visitors",),
    ("training", "serving"),
    ("runtime", "api"),
    ("page",),
    ("site",),
    ("cli",),
    ("__main__",),
)
ROOT = {"__init__.py", "__main__.py", "errors.py", "settings.py"}
FILES = sorted(PACKAGE.rglob("*.py"))
# Why it may be longer than 400 lines.
LONG = {
    "models/base.py": "the interface, written once for all models, with the docstrings its callers live by",
    "settings.py": "every setting with its check, in the only module that reads the environment; the root has no other file",
}
WRITTEN = [
    path
    for path in subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True).stdout.split("\n")
    if path and not path.startswith("data/")
]


def modules(path):
    """Absolute names of the modules that a file imports, at any depth."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; write the whole name"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def imports(path):
    """Every part of the package that a file imports."""
    return {name.split(".")[1] for name in modules(path) if name.startswith("recsys.")}


def rank(part):
    return next(row for row, parts in enumerate(ORDER) if part in parts)


def test_the_root_holds_four_files_and_the_listed_folders():
    assert {path.name for path in PACKAGE.glob("*.py")} == ROOT
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {part for row in ORDER for part in row} - {path[:-3] for path in ROOT}


def test_the_readme_lists_the_folders():
    text = (PACKAGE.parent / "README.md").read_text()
    assert [
        part for row in ORDER for part in row if f"{part}.py" not in ROOT and f"\nrecsys/{part}/ " not in text
    ] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    own = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if own == "__init__":
        return
    for other in imports(path) - {own, "__version__"}:
        # settings speaks of errors; both stand in the first row
        assert rank(other) < rank(own) or (own, other) == ("settings", "errors"), f"{own} imports {other}"


def test_nothing_in_the_package_imports_scripts_or_tests():
    outside = {path.stem for folder in ("scripts", "tests") for path in (PROJECT / folder).rglob("*.py")} - {"__init__"}
    outside |= {"benchmarks", "scripts", "tests"}
    for path in FILES:
        roots = {name.split(".")[0] for name in modules(path)}
        assert not roots & (outside - set(sys.stdlib_module_names)), path


@pytest.mark.parametrize("path", sorted((PROJECT / "scripts").glob("*.py")), ids=lambda path: path.name)
def test_scripts_find_the_package_without_installation(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    imports_of_package = [number for number, line in enumerate(lines) if re.match(r"(from|import) recsys\b", line)]
    added = [number for number, line in enumerate(lines) if line.startswith("sys.path.insert(0, ")]
    assert not imports_of_package or (added and added[0] < imports_of_package[0])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_is_long_without_a_reason(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400 or path.relative_to(PACKAGE).as_posix() in LONG


def loaded(code):
    """Names of the top-level modules a fresh interpreter has after `code`."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


@pytest.mark.slow
def test_importing_the_package_loads_nothing_heavy():
    assert not loaded("import recsys; recsys.models.names()") & {
        "keras",
        "jax",
        "tensorflow",
        "torch",
        "sklearn",
        "gradio",
        "huggingface_hub",
        "requests",
        "sqlite_utils",
    }


@pytest.mark.slow
def test_a_start_loads_of_scipy_only_the_sparse_matrices():
    """The other parts take more than a second to import; they load when they are used."""
    code = "import sys, recsys.cli.program, recsys.runtime.startup\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert not {"scipy.stats", "scipy.linalg", "scipy.special", "scipy.optimize"} & set(run.stdout.split())


def test_importing_the_package_opens_nothing():
    code = (
        "import sys, numpy, pandas, scipy.sparse\n"
        "def hook(event, args):\n"
        "    if event == 'socket.connect' or (event == 'open' and 'w' in str(args[1] or '')):\n"
        "        raise SystemExit(f'{event} {args}')\n"
        "sys.addaudithook(hook); import recsys; recsys.models.names()"
    )
    subprocess.run([sys.executable, "-B", "-c", code], cwd=PROJECT, check=True)


def test_serving_loads_no_training_library(prepared):
    code = (
        "from pathlib import Path; from recsys import release\n"
        f"current = release.current(Path({str(prepared)!r}) / 'releases' / 'films')\n"
        "for name, model in current.models().items(): model.recommend(list(model.items.ids[:3]), 5)"
    )
    assert not loaded(code) & {"keras", "jax", "tensorflow", "torch", "sklearn", "lightgbm"}


def test_only_settings_reads_the_environment():
    for path in FILES:
        if path.name != "settings.py":
            assert not re.search(r"os\.(environ(\.get|\[)|getenv)", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize(
    "path", [path for path in WRITTEN if path.endswith((".py", ".md", ".toml", ".txt", ".yml", "Makefile"))]
)
def test_nothing_forbidden_is_written(path):
    text = (PROJECT / path).read_text(encoding="utf-8")
    if path.endswith(".py") and not path.startswith("tests/"):
        assert not re.search(r"\bimport (pickle|joblib|dill)\b|(?<![\w.])eval\(|allow_pickle=True", text)
        assert not re.search(r"except( Exception)?:\s*\n\s*pass", text)
    assert not re.search(r"(?<![\w.])/(root|work|Users)/\w", text), "a path of one machine"


def test_the_test_files_that_run_first_exist():
    assert [name for name in LONGEST if not (PROJECT / "tests" / name).is_file()] == []
