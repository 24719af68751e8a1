"""Tables that programs draw, put together or write in forms of their own; two tables that were mixed up."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from movielens_files import folder

from recsys.catalogue.sources.films import movielens
from recsys.catalogue.sources.own.source import OwnTables
from recsys.data.tables import dates, numbers
from recsys.data.tables.layout import sniff
from recsys.errors import BadData, BadInput
from recsys.imports import read as read_export
from recsys.settings import Settings

ITEMS = "item_id,title\na1,Alpha One\nb2,Beta\nc3,Gamma\n"
RATINGS = "user_id,item_id,rating\nu1,a1,4\nu1,b2,3\nu2,c3,5\n"
TITLES = ["Alpha One", "Beta", "Gamma"]


def read(path: Path, items: str = ITEMS, ratings: str = RATINGS, **options):
    files = {"items.csv": items.encode(), "ratings.csv": ratings.encode()}
    raw = OwnTables(Settings(catalogue=str(folder(path, files)))).read(**options)
    return [item["title"] for item in raw.items], pd.concat(list(raw.ratings)), raw.notes


def refused(path: Path, items: str = ITEMS, ratings: str = RATINGS) -> str:
    with pytest.raises(BadData) as error:
        read(path, items, ratings)
    return str(error.value)


DRAWN = {
    "psql": " item_id |   title   \n---------+-----------\n a1      | Alpha One\n b2      | Beta\n c3      | Gamma\n",
    "mysql": "+----+----+\n| item_id | title |\n+----+----+\n| a1 | Alpha One |\n| b2 | Beta |\n| c3 | Gamma |\n+----+----+\n",
    "markdown": "| item_id | title |\n|:--|--:|\n| a1 | Alpha One |\n| b2 | Beta |\n| c3 | Gamma |\n",
    "groups": "Film,,Data\nitem_id,title,year\na1,Alpha One,1999\nb2,Beta,2000\nc3,Gamma,2001\n",
    "stated tabs": "sep=\t\nitem_id\ttitle\na1\tAlpha One\nb2\tBeta\nc3\tGamma\n",
    "Hive": "item_id\x01title\na1\x01Alpha One\nb2\x01Beta\nc3\x01Gamma\n",
    "unit separators": "item_id\x1ftitle\na1\x1fAlpha One\nb2\x1fBeta\nc3\x1fGamma\n",
}


@pytest.mark.parametrize("drawn", DRAWN)
def test_a_table_in_the_form_of_a_program_is_read(drawn, tmp_path):
    titles, ratings, _ = read(tmp_path / "shop", DRAWN[drawn])
    assert titles == TITLES and len(ratings) == 3


POLARS = (
    "shape: (2, 2)\n┌─────────┬───────────┐\n│ item_id ┆ title     │\n│ ---     ┆ ---       │\n│ str     ┆ str       │\n"
    "╞═════════╪═══════════╡\n│ a1      ┆ Alpha One │\n│ b2      ┆ Beta      │\n└─────────┴───────────┘\n"
)
TIBBLE = "# A tibble: 2 × 2\n  item_id title    \n  <chr>   <chr>    \n1 a1      Alpha One\n2 b2      Beta     \n"


@pytest.mark.parametrize(("text", "program"), [(POLARS, "as Polars prints it"), (TIBBLE, "as R prints a tibble")])
def test_a_print_of_a_table_is_refused_with_what_to_do(text, program, tmp_path):
    said = refused(tmp_path / "shop", text)
    assert f"this is a table {program}, which shortens" in said and "save it with write_csv" in said
    with pytest.raises(BadInput, match=f"^The file is a table {program}, which .*; save it with write_csv.$"):
        read_export(text.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "+----+-----+\n|item_id|title|\n+----+-----+\n|a1|Alpha|\n+----+-----+\nonly showing top 1 row\n",
            "as Spark shows it",
        ),
        ("item_id & title \\\\\n\\hline\na1 & Alpha \\\\\n", "in LaTeX; save it as CSV"),
        ("4 0:1 10:1\n3 1:1 11:1\n", "of features in the form of LIBSVM"),
    ],
)
def test_what_only_shows_a_table_is_named(text, said, tmp_path):
    assert f"line 1: this is a table {said}" in refused(tmp_path / "shop", text)


def test_a_page_of_notion_is_named_by_its_title(tmp_path):
    rated = (
        "user_id,item_id,rating\nann,Alpha One (https://www.notion.so/Alpha-1),4\nbob,Beta (https://notion.so/B-2),3\n"
    )
    titles, ratings, _ = read(tmp_path / "shop", "Name,Tags\nAlpha One,a\nBeta,c\nGamma,a\n", rated)
    assert titles == TITLES and ratings["item_id"].tolist() == ["Alpha One", "Beta"]


def test_an_id_that_a_spreadsheet_has_shortened_is_named(tmp_path):
    items = "item_id,title\n9780441172719,Dune\n9780141439587,Emma\n"
    said = refused(tmp_path / "shop", items, "user_id,item_id,rating\n1,9.78044E+12,4\n2,9780141439587,3\n")
    assert "'9.78044E+12' is not among the items; a spreadsheet has shortened it, so format the column as text" in said


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_lines_in_quotes_as_a_whole_are_rows(mark, tmp_path):
    items = f'"item_id{mark}title"\n"a1{mark}""Alpha{mark} """"One"""""""\n"b2{mark}Beta"\n"c3{mark}Gamma"\n'
    titles, ratings, notes = read(tmp_path / "shop", items)
    assert titles == [f'Alpha{mark} "One"'.replace("\t", " ").replace("  ", " "), *TITLES[1:]] and len(ratings) == 3
    assert "items.csv: each line is in quotes as a whole, and is read without them." in notes
    found = read_export(b'"Title,Year,Rating"\n"Heat,1995,5"\n"""Good, the Bad"",1966,4"\n')
    assert [(str(one), one.rating) for one in found.ratings] == [("Heat (1995)", 1.0), ("Good, the Bad (1966)", 0.8)]
    assert found.notes() == ["The file: each line is in quotes as a whole, and is read without them."]
    listed = read_export(b'"The Good, the Bad and the Ugly"\n"Crouching Tiger, Hidden Dragon"\n')
    assert [one.title for one in listed.watched] == ["The Good, the Bad and the Ugly", "Crouching Tiger, Hidden Dragon"]


NETFLIX = {
    "movie_titles.csv": "1,2003,Dinosaur Planet\n2,NULL,Character\n72,1974,At Home Among Strangers, A Stranger Née\n",
    "combined_data_1.txt": "1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n72:\n1488844,4,2005-09-05\n",
    "combined_data_2.txt": "2:\n822109,2,2005-01-01\n",
    "probe.txt": "1:\n30878\n",
}


def test_ratings_below_the_id_of_their_item_are_read(tmp_path):
    path = folder(tmp_path / "prize", {name: text.encode("latin-1") for name, text in NETFLIX.items()})
    raw = movielens.read(movielens.find(path))
    assert [(item["item_id"], item["title"], item["year"]) for item in raw.items] == [
        *(("1", "Dinosaur Planet", 2003), ("2", "Character", None)),
        ("72", "At Home Among Strangers, A Stranger Née", 1974),
    ]
    ratings = pd.concat(list(raw.ratings))
    assert ratings[["user_id", "item_id", "rating"]].to_numpy().tolist() == [
        *(["1488844", "1", 3.0], ["822109", "1", 5.0], ["1488844", "72", 4.0], ["822109", "2", 2.0])
    ]
    assert pd.to_datetime(ratings["timestamp"], unit="s").dt.year.tolist() == [2005] * 4


def test_ratings_below_an_id_are_read_in_tables_of_one_s_own(tmp_path):
    items = "item_id,title\n1,Alpha One\n2,Beta\n72,Gamma\n"
    titles, ratings, notes = read(tmp_path / "shop", items, "\ufeff1:\r\n8,3\r\n9,4.5\r\n72:\r\n8,5\r\n")
    assert titles == TITLES and ratings["item_id"].tolist() == ["1", "1", "72"]
    assert "ratings.csv: lines such as '123:' are read as the item of the ratings below them." in notes
    assert "ratings.csv, line 4" in refused(tmp_path / "wrong", items, "1:\n8,3,2005-09-06\n99:\n9,4,2005-09-06\n")


def test_names_of_an_index_of_texts_are_no_groups():
    lines = [",item_id,title,year", "x,a1,Alpha,1999", "y,b2,Beta,2000", "z,c3,Gamma,2000"]
    assert sniff(lines).skipped == 0 and sniff([",title", "x,Alpha", "y,Beta"]).skipped == 0


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_that_were_put_together_repeat_their_names(mark, tmp_path):
    titles, ratings, notes = read(
        tmp_path / "shop",
        ITEMS.replace("b2,", f"{mark}item_id,title\nb2,"),
        RATINGS.replace("u2,", f"{mark}user_id,item_id,rating\nu2,"),
    )
    assert titles == TITLES and ratings["rating"].tolist() == [4, 3, 5]
    assert (
        "ratings.csv: line 4 is a heading (names or types of the columns, or a drawn line), and is left out." in notes
    )


@pytest.mark.parametrize("cell", ["nan", "NULL", "None", "#N/A", "\\N", "<NA>"])
def test_a_user_who_is_missing_is_no_user(cell, tmp_path):
    said = refused(tmp_path / "shop", ratings=f"{RATINGS}{cell},a1,1\n{cell},b2,1\n")
    what = "means that there is none; every row needs an id (1 more such row: line 6)."
    assert f"ratings.csv, line 5, column user_id: {cell!r} {what}" in said
    assert len(read(tmp_path / "na", ratings=f"{RATINGS}NA,a1,1\n")[1]) == 4  # initials


def test_two_tables_that_were_mixed_up_are_said(tmp_path):
    said = refused(tmp_path / "swapped", RATINGS, ITEMS)
    assert "items.csv, line 1, column title: the column is missing; this seems to be the table of ratings" in said
    assert "ratings.csv, line 1, column user_id: the column is missing; this seems to be the table of items" in said
    assert "ratings.csv has the same columns, and this seems to be a copy of it" in refused(
        tmp_path / "twice", RATINGS, RATINGS
    )
    assert "items.csv has the same columns, and this seems to be a copy of it" in refused(tmp_path / "i", ITEMS, ITEMS)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (132223104000000000, "steps of 100 nanoseconds since 1601"),
        (637134336000000000, "steps of 100 nanoseconds since the year 1"),
        (13222310400000000, "microseconds since 1601"),
        (1577836800000000000, "nanoseconds since 1970"),
        (1577836800000000, "microseconds since 1970"),
    ],
)
def test_times_of_windows_and_browsers(cell, name):
    found = dates.read([str(cell), "0"] if "1970" not in name else [str(cell)])
    assert found.seconds[0] == 1_577_836_800 and f"numbers are {name}" in found.note


def test_numbers_that_a_spreadsheet_shows_as_text():
    assert numbers.read(['="4"', '= "3.5"', "'5", "4"]).values.tolist() == [4, 3.5, 5, 4]


def test_an_export_may_state_its_tabs():
    found = read_export(b"sep=\t\r\ntitle\trating\r\nHeat\t4\r\n")
    assert [(entry.title, entry.rating) for entry in found.ratings] == [("Heat", 0.8)]
