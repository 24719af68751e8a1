"""Tables in JSON as programs nest and write them, and tables in workbooks with other sheets and lines of text."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from movielens_files import folder

from recsys.catalogue.sources.own.source import OwnTables
from recsys.data.tables import table as tables
from recsys.data.tables.sheets import below_title, chosen
from recsys.errors import BadData
from recsys.settings import Settings

ITEMS = "item_id,title\na1,Alpha\nb2,Beta\n"
ROWS = [{"user_id": "u1", "item_id": "a1", "rating": 4}, {"user_id": "u2", "item_id": "b2", "rating": 3}]


def read(path: Path, ratings: str, items: str = ITEMS, name: str = "ratings.json"):
    kind = "items.json" if items.startswith(("[", "{")) else "items.csv"
    raw = OwnTables(Settings(catalogue=str(folder(path, {kind: items.encode(), name: ratings.encode()})))).read()
    return raw.items, pd.concat(list(raw.ratings))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"status": "ok", "response": ROWS}),
        json.dumps({"SELECT * FROM ratings": ROWS}),
        json.dumps([["user_id", "item_id", "rating"], *[list(row.values()) for row in ROWS]]),
        "".join(map(json.dumps, ROWS)),
        "\n".join(json.dumps(row, indent=2) for row in ROWS),
        ",\n".join(map(json.dumps, ROWS)),
        json.dumps([{"user": {"id": r["user_id"]}, "item": {"id": r["item_id"]}, "rating": r["rating"]} for r in ROWS]),
    ],
    ids=["response", "query", "lists", "in one line", "indented", "commas", "objects"],
)
def test_other_forms_of_json(text, tmp_path):
    _, rated = read(tmp_path / "shop", text)
    assert rated["user_id"].tolist() == ["u1", "u2"] and rated["item_id"].tolist() == ["a1", "b2"]
    assert rated["rating"].tolist() == [4, 3]


def test_titles_in_several_languages_are_no_json(tmp_path):
    items = [{"id": "a1", "title": {"de": "Alfa", "en": "Alpha"}}, {"id": "b2", "title": {"de": "Beeta", "en": "Beta"}}]
    found, _ = read(tmp_path / "shop", json.dumps(ROWS), json.dumps(items))
    assert [one["title"] for one in found] == ["Alpha", "Beta"]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (
            json.dumps({"u1": ["a1"], "u2": ["b2", "a1"]}),
            "ratings.json",
            "is one object of lists, and these may be its rows",
        ),
        (json.dumps([["u1", "a1"], ["u2", "b2"]]), "ratings.json", "has no objects; write one JSON object per row"),
        (json.dumps(ROWS), "ratings.csv", "line 1: this is JSON, not a CSV file; rename it to ratings.json"),
        ("\n".join(map(json.dumps, ROWS)), "ratings.txt", "line 1: this is JSON, not a CSV file; rename it"),
    ],
)
def test_json_that_is_no_table_says_what_it_is(text, name, said, tmp_path):
    with pytest.raises(BadData, match=said):
        read(tmp_path / "shop", text, name=name)


# -- workbooks: what a library reads from them ------------------------------------------------------

HEAD = ["item_id", "title", "year"]
DATA = [["a1", "Alpha", 1999], ["b2", "Beta", 2000], ["c3", "Gamma", 2001]]


@pytest.mark.parametrize(
    "sheet",
    [
        [HEAD, *DATA],
        [["My shop's items"], [], HEAD, *DATA],
        [[None, *row] for row in [[None], HEAD, *DATA]],
        [["Product", None, "Info"], HEAD, *DATA],
        DATA,
    ],
    ids=["plain", "title", "empty edges", "groups", "no names"],
)
def test_the_table_in_a_sheet(sheet, monkeypatch):
    rows, said = below_title(chosen({"Read me": [["Made by us"]], "Items": sheet, "2024": DATA}, "items.xlsx")[0])
    monkeypatch.setattr(tables, "sheet_rows", lambda file, name: (rows, [said]))
    table = tables.open_table("items.xlsx", ".xlsx", lambda: io.BytesIO(b"PK"))
    assert table.names == (HEAD if sheet is not DATA else ["column 1", "column 2", "column 3"])
    (block,) = table.rows(lambda line, what: None)
    assert [list(column) for column in block.columns] == [[str(row[at]) for row in DATA] for at in range(3)]


def test_sheets_that_are_not_read_are_named():
    sheets = {"2023": [HEAD, *DATA], "2024": [HEAD, *DATA], "Empty": [[None]]}
    assert chosen(sheets, "ratings.xlsx")[1] == ["the sheet '2023' is read; the others are not (2024)"]
    assert chosen(sheets | {"Ratings": [["x", "y"]]}, "ratings.xlsx")[0] == [(1, ["x", "y"])]
    assert chosen({"Empty": [[None]]}, "ratings.xlsx") == ([], [])
