"""JSON objects that give a name more than once: refused in files of ours, a problem in tables, said of imports."""

from __future__ import annotations

import io
import json

import pytest

from recsys.api.guard.json_bodies import parse
from recsys.data.files import load_arrays, read_json
from recsys.data.tables.table import open_table
from recsys.errors import BadData, BadInput, BrokenRelease
from recsys.imports import read


def rows(text: str):
    """The first column of a JSON table, and its problems."""
    problems: list[tuple[int, str]] = []
    table = open_table("items.json", ".json", lambda: io.BytesIO(text.encode()))
    found = [cell for block in table.rows(lambda *problem: problems.append(problem)) for cell in block.columns[0]]
    return found, problems


def test_a_file_of_a_release_is_refused(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text('{"format": 1, "models": {"ease": 1, "popular": 2, "ease": 3}}', encoding="utf-8")
    with pytest.raises(BrokenRelease, match="In manifest.json, ease is given more than once; train or pull it again"):
        read_json(path)
    header = b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "a": {"dtype": "I32", "shape": [1], '
    header += b'"data_offsets": [0, 4]}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(BrokenRelease, match="in its header, a is given more than once; train or pull it again"):
        load_arrays(path)


@pytest.mark.parametrize("text", ['[{"id": "1", "t": "A"}, {"id": "2", "id": "3", "t": "B"}]', None])
def test_a_row_of_a_table_is_a_problem_of_its_line(text):
    text = text or '{"id": "1", "t": "A"}\n{"id": "2", "id": "3", "t": "B"}\n'
    assert rows(text) == (["1"], [(2, "id is given more than once; keep one")])


@pytest.mark.parametrize(
    "table",
    [
        '{"items": [{"id": "1"}], "items": [{"id": "2"}]}',
        '{"id": ["1", "2"], "title": ["A", "B"], "id": ["3", "4"]}',
        '{"id": {"0": "1", "1": "2", "0": "3"}, "title": {"0": "A", "1": "B"}}',
        '{"7": {"title": "A"}, "9": {"title": "B"}, "7": {"title": "C"}}',
    ],
)
def test_a_table_that_is_one_object_is_refused(table):
    with pytest.raises(BadData, match="In an object of items.json, .* is given more than once; keep one"):
        rows(table)


def test_names_within_a_cell_belong_to_the_cell():
    assert rows('[{"id": "1", "genres": {"a": 1, "a": 2}}]') == (["1"], [])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"Heat": 4, "Alien": 3, "Heat": 5}', "Heat"),
        ('[{"title": "Heat", "rating": 3, "rating": 5}]', "rating"),
        ('{"title": "Heat", "rating": 3, "rating": 5}\n{"title": "Alien", "rating": 3}', "rating"),
    ],
)
def test_an_import_says_which_value_is_read(text, name):
    found = read(text.encode())
    assert found.ratings[0].rating == 1.0
    assert found.notes() == [f"In the file, {name} is given more than once in an object; the last value is read."]


def test_a_body_is_refused():
    with pytest.raises(BadInput, match="In an object of the body, data is given more than once; keep one"):
        parse(b'{"data": ["a"], "data": ["b"]}')
    assert parse(json.dumps({"data": [{"a": 1}, {"a": 2}]}).encode()) == {"data": [{"a": 1}, {"a": 2}]}
