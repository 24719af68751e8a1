"""The import of Gradio: faster without its interface files, and otherwise the same. Each test imports it anew."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PUBLIC = """
import gradio
print(json.dumps({"names": sorted(dir(gradio)), "events": sorted(dir(gradio.HTML)), "opened": opened}))
"""
COUNTING = """
import json, pathlib
opened, plain = [], pathlib.Path.read_text
def read_text(self, *given, **named):
    opened.append(self.suffix)
    return plain(self, *given, **named)
pathlib.Path.read_text = read_text
"""


def imported(before: str) -> dict:
    """Names of Gradio, and the endings of the files that its import reads as text."""
    command = [sys.executable, "-c", COUNTING + before + PUBLIC]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def plain():
    return imported("")


def test_gradio_reads_interface_files_at_its_import(plain):
    """Without this, the module `recsys.api.gradio_import` can go."""
    assert plain["opened"].count(".pyi") > 50


def test_they_are_not_read_and_gradio_is_the_same(plain):
    lean = imported("from recsys.api import gradio_import\ngradio_import.load()\n")
    assert ".pyi" not in lean["opened"]
    assert lean["names"] == plain["names"] and lean["events"] == plain["events"]


def test_sources_are_found_again_afterwards():
    code = "from recsys.api import gradio_import; gradio_import.load(); import gradio, inspect; "
    code += "print(inspect.getfile(gradio.HTML)); gradio_import.load()"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip().endswith("html.py")


def test_an_import_that_fails_leaves_inspect_as_it_was(monkeypatch):
    import importlib
    import inspect

    from recsys.api import gradio_import

    monkeypatch.delitem(sys.modules, "gradio", raising=False)

    def fails(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", fails)
    before = inspect.getfile
    with pytest.raises(ImportError):
        gradio_import.load()
    assert inspect.getfile is before
