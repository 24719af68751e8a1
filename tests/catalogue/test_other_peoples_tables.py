"""Tables as other people's programs export them: titles above the names, empty columns, ratings in units and words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from movielens_files import folder, zipped

from recsys.catalogue.sources.own.source import OwnTables, check
from recsys.data.tables import numbers
from recsys.errors import BadData, SourceError
from recsys.settings import Settings

ITEMS = "item_id,title\na1,Alpha\nb2,Beta\nc3,Gamma\n"
ROWS = ["u1,a1,4", "u2,b2,3", "u3,c3,5", "u1,b2,1"]


def tables(path: Path, ratings: list[str], items: str = ITEMS, names: str = "user_id,item_id,rating") -> Path:
    text = "\n".join([*names.split("\n"), *ratings]) + "\n"
    return folder(path, {"items.csv": items.encode(), "ratings.csv": text.encode()})


def rated(path: Path) -> list[float]:
    (ratings,) = OwnTables(Settings(catalogue=str(path))).read().ratings
    return ratings["rating"].tolist()


@pytest.mark.parametrize(
    ("names", "row"),
    [
        ("user_id,item_id,rating,,", "{},,"),
        (",user_id,item_id,rating,,", "0,{},,"),  # with the row numbers of a data frame
        ("user_id,item_id,rating", "{},,,"),
    ],
)
def test_separators_after_the_last_column_change_nothing(names, row, tmp_path):
    assert rated(tables(tmp_path / "shop", [row.format(one) for one in ROWS], names=names)) == [4, 3, 5, 1]


@pytest.mark.parametrize(
    "above", ["Ratings of my shop", "Ratings of my shop,,", '"Ratings of my shop"\n\n', "My shop 2024\nas of 1 May,,\n"]
)
def test_a_title_above_the_names_is_left_out_and_said(above, tmp_path):
    path = tables(tmp_path / "shop", ROWS, f"Items of my shop\n{ITEMS}", f"{above}\nuser_id,item_id,rating")
    report = check(path)
    assert report.ok and "is read as a title above the table" in report.text()
    assert "Items of my shop" in report.text()
    assert rated(path) == [4, 3, 5, 1]


def test_the_line_of_a_bad_row_counts_the_title(tmp_path):
    path = tables(tmp_path / "shop", [*ROWS, "u1,zz,3"], names="Ratings of my shop\n\nuser_id,item_id,rating")
    assert "ratings.csv, line 8, column item_id: 'zz'" in check(path).text()


def test_one_column_of_titles_with_commas_has_no_title_above(tmp_path):
    path = tables(tmp_path / "shop", ["u1,Alpha", "u2,Beta"], "title\nAlpha\nBeta\n", "user,title")
    assert check(path).ok and "above the table" not in check(path).text()


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["80 %", "0.8", "60 %"], "'0.8' and '80 %' are numbers of different kinds"),
        (["4/5", "8", "3/5"], "'8' is more than 5, and '4/5' says it is the most"),
        (["4/5", "12/5"], "'12/5' is more than 5"),
    ],
)
def test_a_number_that_contradicts_the_unit_of_the_column_refuses_it(texts, said, tmp_path):
    assert said in numbers.read(texts).refused
    with pytest.raises(BadData, match="write all in one form") as refused:
        rated(tables(tmp_path / "shop", [f"u{place},a1,{text}" for place, text in enumerate(texts)]))
    assert '"decimal"' not in str(refused.value)  # stating the decimal mark would not help


@pytest.mark.parametrize("texts", [["80 %", "60", "0 %", "0"], ["4/5", "3", "5/5"]])
def test_numbers_without_the_unit_of_the_column_are_read_where_they_fit(texts):
    assert not numbers.read(texts).refused


@pytest.mark.parametrize(
    "texts", [("B+", "A", "C-"), ("yes", "no", "perhaps"), ("N/A", "N/A", "N/A"), ("👍", "👎", "👌")]
)
def test_ratings_in_words_are_refused_in_one_sentence_with_or_without_skip_bad(texts, tmp_path):
    path = tables(tmp_path / "shop", [f"u{place},a1,{text}" for place, text in enumerate(texts)])
    report = check(path)
    assert len(report.text().splitlines()) == 2
    assert f"no cell is a number; there are '{texts[0]}'" in report.text() and "skip-bad" not in report.text()
    with pytest.raises(BadData, match="remove the column if each row is a choice"):
        OwnTables(Settings(catalogue=str(path))).read(skip_bad=True)


def test_a_column_of_zeros_is_read(tmp_path):
    assert rated(tables(tmp_path / "shop", ["u1,a1,0", "u2,b2,0", "u3,c3,0.0", "u4,c3,00"])) == [0, 0, 0, 0]


def test_a_zip_file_of_a_mac_is_its_tables(tmp_path):
    inside = {
        "shop/items.csv": ITEMS.encode(),
        "shop/ratings.csv": "\n".join(["user_id,item_id,rating", *ROWS]).encode(),
    }
    inside |= {f"__MACOSX/shop/._{name}.csv": b"\x00\x05\x16\x07" for name in ("items", "ratings")}
    inside |= {"shop/.DS_Store": b"\x00\x00\x00\x01Bud1"}
    path = zipped(tmp_path / "shop.zip", inside)
    assert rated(path) == [4, 3, 5, 1]
    (tmp_path / "desk").mkdir()
    path.rename(tmp_path / "desk" / "shop.zip")
    with pytest.raises(SourceError, match=r"Give .*shop\.zip itself, or unpack it\."):
        OwnTables(Settings(catalogue=str(tmp_path / "desk"))).read()


# -- exports of databases, notebooks and scrapers ----------------------------------------------------


def read(path: Path, files: dict[str, str]):
    """The items, the ratings and the notes of a folder with these files, and the usual ones for the rest."""
    usual = {"items.csv": ITEMS, "ratings.csv": "\n".join(["user_id,item_id,rating", *ROWS]) + "\n"}
    usual = {
        name: text for name, text in usual.items() if name.split(".")[0] not in {one.split(".")[0] for one in files}
    }
    raw = OwnTables(
        Settings(catalogue=str(folder(path, {name: text.encode() for name, text in (usual | files).items()})))
    )
    found = raw.read()
    (ratings,) = found.ratings
    return found.items, ratings, " ".join(found.notes)


def refused(path: Path, files: dict[str, str]) -> str:
    with pytest.raises(BadData) as error:
        read(path, files)
    return str(error.value)


FRAME = pd.DataFrame({"item_id": ["a1", "b2", "c3"], "title": ["Alpha", "Beta", "Gamma"]})


@pytest.mark.parametrize("form", ["index", "table", "split", "columns", "records"])
def test_each_json_form_of_pandas_is_a_table(form, tmp_path):
    items, _, _ = read(tmp_path / "shop", {"items.json": FRAME.to_json(orient=form)})
    assert [(one["item_id"], one["title"]) for one in items] == [("a1", "Alpha"), ("b2", "Beta"), ("c3", "Gamma")]


@pytest.mark.parametrize("form", ["index", "columns", "split"])
def test_the_labels_of_rows_are_a_column(form, tmp_path):
    text = FRAME.assign(item_id=[11, 12, 13]).set_index("item_id").to_json(orient=form)
    items, _, notes = read(tmp_path / "shop", {"items.json": text, "ratings.csv": "user_id,item_id\nu1,11\nu2,13\n"})
    assert [one["item_id"] for one in items] == ["11", "12", "13"] and "read index as item_id" in notes


def test_rows_and_columns_that_cannot_be_told_apart_are_refused(tmp_path):
    text = FRAME.set_index("item_id").to_json(orient="index")
    what = "items.json is one object of objects, and these may be its rows or its columns; save a list of rows"
    assert what in refused(tmp_path / "shop", {"items.json": text})


def test_values_of_mongodb_are_values(tmp_path):
    items = "".join(f'{{"_id": {{"$oid": "{one}"}}, "title": "{one}"}}\n' for one in ("a1", "b2"))
    ratings = "".join(
        f'{{"user_id": "u1", "item_id": "{one}", "rating": {{"$numberDouble": "4.5"}}, "date": {{"$date": {date}}}}}\n'
        for one, date in (("a1", '"2020-03-01T00:00:00Z"'), ("b2", '"2020-03-02T00:00:00Z"'))
    )
    found, rated, _ = read(tmp_path / "shop", {"items.jsonl": items, "ratings.jsonl": ratings})
    assert [one["item_id"] for one in found] == ["a1", "b2"]
    assert rated["rating"].tolist() == [4.5, 4.5] and rated["timestamp"].tolist() == [1583020800, 1583107200]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("item_id,title\nitem_id,title\na1,Alpha\nb2,Beta\nc3,Gamma\n", 2),
        ("| item_id | title |\n|:---|----:|\n| a1 | Alpha |\n| b2 | Beta |\n| c3 | Gamma |\n", 2),
        ("item_id\ttitle\na1\tAlpha\nitem_id\ttitle\nb2\tBeta\nc3\tGamma\n", 3),
    ],
)
def test_names_that_are_repeated_and_lines_that_are_drawn_are_no_items(text, line, tmp_path):
    items, _, notes = read(tmp_path / "shop", {"items.csv": text})
    assert [one["item_id"] for one in items] == ["a1", "b2", "c3"]
    assert f"line {line} is a heading (names or types of the columns, or a drawn line), and is left out" in notes


def test_two_columns_of_one_name_are_still_refused(tmp_path):
    assert "two columns have this name" in refused(tmp_path / "s", {"items.csv": "item_id,title,title\na1,A,B\n"})


@pytest.mark.parametrize(
    ("start", "what"),
    [
        ("<?xml version='1.0'?><items/>", "an XML file"),
        ("{\\rtf1 item_id,title}", "a text of a word processor"),
        ("INSERT INTO items VALUES ('a1', 'Alpha');", "an SQL script"),
        ("-- MySQL dump 10.13", "an SQL script"),
    ],
)
def test_scripts_and_documents_that_are_called_csv_are_named(start, what, tmp_path):
    assert f"line 1: this is {what}, not a CSV file; " in refused(tmp_path / "shop", {"items.csv": start + "\n"})


def test_a_backslash_before_a_quote_belongs_to_the_quote(tmp_path):
    rows = [r'"a1";"The Real \"J. P.\" Life; part 1"', r'"b2";"\"Beta\""', r'"c3";"C:\"']
    items, _, _ = read(tmp_path / "shop", {"items.csv": "\n".join(['"item_id";"title"', *rows]) + "\n"})
    assert [one["title"] for one in items] == ['The Real "J. P." Life; part 1', '"Beta"', "C:\\"]


def test_names_of_columns_with_line_ends_and_units(tmp_path):
    ratings = '"user\nid",item_id,Rating (1-5)\nu1,a1,4\nu2,b2,3\n'
    _, rated, notes = read(tmp_path / "shop", {"ratings.csv": ratings})
    assert rated["rating"].tolist() == [4, 3] and "read user id as user_id and Rating (1-5) as rating" in notes


def test_parts_of_a_date_are_no_times(tmp_path):
    ratings = "user_id,item_id,year,month,day\nu1,a1,2020,1,2\nu2,b2,2020,1,3\n"
    _, rated, notes = read(tmp_path / "parts", {"ratings.csv": ratings})
    assert "timestamp" not in rated and "year, month and day are not used" in notes
    ratings = "user_id,item_id,date,time\nu1,a1,2020-03-01,10:00\nu2,b2,2020-03-02,11:00\n"
    _, rated, notes = read(tmp_path / "clock", {"ratings.csv": ratings})
    assert rated["timestamp"].tolist() == [1583020800, 1583107200] and "time is not used" in notes


def test_years_without_a_century_are_left_empty_and_said(tmp_path):
    items, _, notes = read(tmp_path / "shop", {"items.csv": "item_id,title,year\na1,A,99\nb2,B,01\nc3,C,85\n"})
    assert not any("year" in one for one in items) and "3 cells that are a year without a century are left" in notes
    items, _, _ = read(tmp_path / "old", {"items.csv": "item_id,title,year\na1,A,-29\nb2,B,08\nc3,C,1985\n"})
    assert [one["year"] for one in items] == [-29, 8, 1985]


def test_the_sizes_of_a_matrix_market_file_are_no_rating(tmp_path):
    ratings = "%%MatrixMarket matrix coordinate real general\n% made by a program\n2 3 3\n1 1 4\n1 2 3\n2 3 5\n"
    items = "item_id,title\n1,Alpha\n2,Beta\n3,Gamma\n"
    _, rated, _ = read(tmp_path / "shop", {"items.csv": items, "ratings.csv": ratings})
    assert rated["rating"].tolist() == [4, 3, 5]


def test_stars_out_of_a_number_are_read_and_not_exceeded():
    found = numbers.read(["4.0 out of 5 stars", "3 out of 5"])
    assert found.values.tolist() == [4, 3] and not found.refused
    assert "more than 5" in numbers.read(["6", "4 out of 5 stars"]).refused


def test_a_sentence_names_a_few_of_many_columns(tmp_path):
    names = [f"number_{place}" for place in range(3000)]
    text = "\n".join(
        ",".join([one, title, *cells])
        for one, title, cells in (
            ("item_id", "title", names),
            ("a1", "A", ["1"] * 3000),
            ("b2", "B", ["2"] * 3000),
            ("c3", "C", ["3"] * 3000),
        )
    )
    _, _, notes = read(tmp_path / "wide", {"items.csv": text})
    assert "number_19 and 2,980 more: numbers" in notes and len(notes) < 1000
    long = "x" * 100_000
    assert len(refused(tmp_path / "long", {"items.csv": f"{long},b\n1,2\n"})) < 3000


def test_a_field_of_the_description_that_is_given_twice_is_refused(tmp_path):
    said = refused(tmp_path / "shop", {"description.json": '{"title": "A", "title": "B"}'})
    assert said == "description.json cannot be used: title is given more than once; keep one."
