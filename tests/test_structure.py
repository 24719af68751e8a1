"""The house rules that a machine can check: arrows of import, what importing loads, what may not be written."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from film_app import PROJECT

PACKAGE = PROJECT / "recsys"
# Each may import only what stands before it; a package stands for all its modules.
ORDER = (
    "errors", "columns", "data", "settings", "titles", "description", "arrays", "schema", "search", "catalogue", "journal", "visitors", "ledger",
    "store", "sources", "build", "tmdb", "posters", "models", "evaluation", 
    "release", "hub", "keeping", "feedback_repo", "cards", "arguments", "verdicts", "filters", "blend", "taste", "tuned", "measure", "history", "train", "spark", "gate", "retrain", "pump", "mongo", "events", "activity", "latency", "serving", "picking", "service",
    "background", "operations", "control", "prepare", "page", "parser", "cli", "__main__", "benchmark",
)  # fmt: skip
FILES = sorted(PACKAGE.rglob("*.py"))
# Why it may be longer than 400 lines.
LONG = {"models/base.py": "the interface, written once for all models, with the docstrings its callers live by"}
WRITTEN = [path for path in subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True).stdout.split("\n")
           if path and not path.startswith("data/")]  # fmt: skip


def imports(path):
    """Every part of the package that a file imports, at any depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "recsys":
            inner = node.module.split(".")[1:]
            yield from [inner[0]] if inner else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("recsys."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    own = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if own == "__init__":
        return
    assert own in ORDER, f"{own} has no place in ORDER yet"
    for other in imports(path):
        if other in ("__version__", own):
            continue
        assert ORDER.index(other) < ORDER.index(own), f"{own} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_is_long_without_a_reason(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400 or path.relative_to(PACKAGE).as_posix() in LONG


def loaded(code):
    """Names of the top-level modules a fresh interpreter has after `code`."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded("import recsys; recsys.models.names()") & {
        "keras", "jax", "tensorflow", "torch", "sklearn", "gradio", "huggingface_hub", "requests", "sqlite_utils",
    }  # fmt: skip


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
