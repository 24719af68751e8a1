"""Own tables as people have them: one test for each kind of difference, with what is read and what is said."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from film_app import PROJECT
from hypothesis import given
from hypothesis import strategies as st
from movielens_files import csv_layout, dat_layout, folder, zipped

from recsys.catalogue import building
from recsys.catalogue.sources.films import movielens
from recsys.catalogue.sources.own.source import OwnTables, check
from recsys.catalogue.sources.tables.meaning import guess
from recsys.catalogue.sources.tables.years import year
from recsys.cli import main
from recsys.errors import BadData, BadInput, SourceError
from recsys.settings import Settings

ITEMS = "item_id,title\na1,Alpha\nb2,Beta\n"
RATINGS = "user_id,item_id,rating\nu1,a1,4\nu2,b2,3\n"


def tables(path: Path, items=ITEMS, ratings=RATINGS, **more) -> Path:
    files = {"items.csv": items, "ratings.csv": ratings} | more
    return folder(path, {name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()})


def read(path: Path, **options):
    raw = OwnTables(Settings(catalogue=str(path))).read(**options)
    return raw, pd.concat(list(raw.ratings))


def pairs(ratings: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(ratings["user_id"].astype(str), ratings["item_id"].astype(str), strict=True))


# -- JSON of one object ------------------------------------------------------------------------------

WHOLE = [
    {"count": 2, "items": [{"item_id": "a1", "title": "Alpha"}, {"item_id": "b2", "title": "Beta"}]},
    {"item_id": ["a1", "b2"], "title": ["Alpha", "Beta"]},
    {"columns": ["item_id", "title"], "index": [0, 1], "data": [["a1", "Alpha"], ["b2", "Beta"]]},
    {"item_id": {"0": "a1", "1": "b2"}, "title": {"0": "Alpha", "1": "Beta"}},
]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("table", WHOLE, ids=["below a name", "by column", "apart", "by number"])
def test_a_table_that_is_one_json_object_is_read(table, indent, tmp_path):
    path = folder(tmp_path, {"items.json": json.dumps(table, indent=indent).encode(), "ratings.csv": RATINGS.encode()})
    raw, found = read(path)
    assert [(item["item_id"], item["title"]) for item in raw.items] == [("a1", "Alpha"), ("b2", "Beta")]
    assert len(found) == 2


def test_one_row_with_lists_is_a_row(tmp_path):
    row = {"item_id": "a1", "title": "Alpha", "people": [{"name": "Ada"}, {"name": "Ben"}]}
    ratings = "user_id,item_id,rating\nu1,a1,4\nu2,a1,3\n"
    path = folder(tmp_path, {"items.json": json.dumps(row).encode(), "ratings.csv": ratings.encode()})
    assert [item["title"] for item in read(path)[0].items] == ["Alpha"]


# -- verdicts in words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("rating", "thumbs up", "Thumbs-Down"),
        ("rating", "yes", "no"),
        ("liked", "TRUE", "FALSE"),
        ("is_recommended", "True", "False"),
        ("verdict", "👍", "👎"),
        ("liked", "1", "0"),
    ],
)
def test_verdicts_in_words_are_ratings(column, good, bad, tmp_path):
    path = tables(tmp_path, ratings=f"user_id,item_id,{column}\nu1,a1,{good}\nu2,b2,{bad}\n")
    assert read(path)[1]["rating"].tolist() == [1.0, 0.0]
    said = check(path).text()
    assert good == "1" or f"{good!r} is read as 1 and {bad!r} is read as 0" in said


def test_words_that_are_no_verdicts_are_refused(tmp_path):
    path = tables(tmp_path, ratings="user_id,item_id,rating\nu1,a1,yes\nu2,b2,perhaps\n")
    with pytest.raises(BadData, match="no cell is a number; there are 'yes', 'perhaps'"):
        read(path)


# -- columns -----------------------------------------------------------------------------------------

HEADERS = [
    (["itemId", "Title"], ["User-ID", "itemId", "Rating"]),
    (["ISBN", "Book-Title"], ["User-ID", "ISBN", "Book-Rating"]),
    (["anime_id", "name"], ["user_id", "anime_id", "rating"]),
    (["asin", "title"], ["reviewerID", "asin", "overall"]),
    (["placeID", "name"], ["userID", "placeID", "rating"]),
    (["Item_ID", "ITEM NAME"], ["USER", "ITEM", "SCORE"]),
    (["item_id:token", "title:token_seq"], ["user_id:token", "item_id:token", "rating:float"]),
    (["Ítem", "Título"], ["Usuario", "Ítem", "Puntuación"]),
]


@pytest.mark.parametrize(("items", "ratings"), HEADERS, ids=[case[0][0] for case in HEADERS])
def test_columns_are_recognized_by_what_their_names_mean(items, ratings, tmp_path):
    path = tables(tmp_path, f"{','.join(items)}\na1,Alpha\nb2,Beta\n", f"{','.join(ratings)}\nu1,a1,4\nu2,b2,3\n")
    raw, found = read(path)
    assert [item["title"] for item in raw.items] == ["Alpha", "Beta"] and found["rating"].tolist() == [4, 3]
    text = check(path).text()
    assert f"read {items[0]} as item_id" in text
    # What is printed can be pasted, and says the same.
    pasted = json.loads(text[text.index("{") :])
    (path / "description.json").write_text(json.dumps(pasted), encoding="utf-8")
    again, ratings_again = read(path)
    assert again.items == raw.items and pairs(ratings_again) == pairs(found)
    assert "read " not in check(path).text()


@given(st.sampled_from(["user id", "item id", "time stamp"]), st.sampled_from([" ", "_", "-", "", "."]), st.booleans())
def test_case_and_marks_in_names_make_no_difference(name, mark, upper):
    written = name.replace(" ", mark)
    written = written.upper() if upper else written.title()
    assert written in guess("ratings", ["x", written], {}).values()


def test_the_column_of_ids_is_the_one_that_the_ratings_name(tmp_path):
    items = "id,book_id,isbn,title\n1,501,111,Alpha\n2,502,222,Beta\n3,503,333,Gamma\n"
    raw, ratings = read(tables(tmp_path / "a", items, "user_id,book,rating\n1,502,5\n2,503,4\n"))
    assert [item["item_id"] for item in raw.items] == ["501", "502", "503"] and len(ratings) == 2
    raw, ratings = read(tables(tmp_path / "b", items, "user,title\n1,Beta\n2,Gamma\n"))
    assert [item["item_id"] for item in raw.items] == ["Alpha", "Beta", "Gamma"] and len(ratings) == 2


WIDE = {
    "ids of items": ("item", "1, 2, 3", "user,1,2,3\nann,5,,3\nbob,4,2,\n"),
    "ids without a name for people": ("item", "1, 2, 3", ",1,2,3\n7,5,,3\n8,4,2,\n"),
    "titles of items": ("item", "Alpha, Beta", "person;Alpha;Beta\nann;5;\nbob;4;2\n"),
    "people and titles": ("user", "ann, bob, cleo", "title,ann,bob,cleo\nAlpha,5,4,\nBeta,,2,3\nGamma,3,,1\n"),
    "people and ids": ("user", "11, 12, 13", "movie,11,12,13\n1,5,4,\n2,,2,3\n3,3,,1\n"),
    "many people": ("user", "ann, bob, cleo, …", "item_id\tann\tbob\tcleo\tdan\n1\t5\t\t\t\n2\t\t2\t1\t4\n"),
}


@pytest.mark.parametrize(("what", "names", "ratings"), WIDE.values(), ids=WIDE)
def test_a_column_for_each_item_or_user_is_refused_with_a_way_to_reshape_it(what, names, ratings, tmp_path):
    path = tables(tmp_path, "item_id,title\n1,Alpha\n2,Beta\n3,Gamma\n", ratings)
    report = check(path)
    assert report.fatal and len(report.problems) == 1
    assert f"there is a column for each {what} ({names}); give one row for each rating" in report.sentence()
    assert f"var_name='{what}_id', value_name='rating').dropna()" in report.sentence()
    with pytest.raises(BadData, match="one row for each rating"):
        read(path, skip_bad=True)


@pytest.mark.parametrize(
    "ratings",
    ["2,1,5\n1,3,4\n3,3,2\n", "user,1,stars\nann,3,4\nbob,1,2\n", "user,item,3\nann,3,4\nbob,1,2\n"],
    ids=["no names", "the column of items is called like an item", "the rating is called like an item"],
)
def test_a_row_for_each_rating_is_never_taken_for_a_column_for_each_item(ratings, tmp_path):
    path = tables(tmp_path, "item_id,title\n1,Alpha\n2,Beta\n3,Gamma\n", ratings)
    assert "one row for each rating" not in check(path).text()


def test_one_column_may_be_id_and_title(tmp_path):
    raw, ratings = read(tables(tmp_path, "title,year\nSalt Road,1999\n", "user,title,hours\nu1,Salt Road,3\n"))
    assert (raw.items[0]["item_id"], raw.items[0]["title"]) == ("Salt Road", "Salt Road") and len(ratings) == 1


def test_tables_without_a_line_of_names(tmp_path):
    path = tables(
        tmp_path, "7,Alpha,1999\n8,Beta,2003\n", "151,7,4.0,1709596800\n9,8,5.0,1709596900\n9,7,2.5,1709597000\n"
    )
    raw, ratings = read(path)
    assert [(item["title"], item["year"]) for item in raw.items] == [("Alpha", 1999), ("Beta", 2003)]
    assert list(ratings.columns) == ["user_id", "item_id", "rating", "timestamp"] and len(ratings) == 3
    said = check(path).text()
    assert "the first line seems to be data" in said and '"item_id": 2' in said


def test_users_come_before_items_where_numbers_alone_do_not_tell(tmp_path):
    found = read(tables(tmp_path, "1,Alpha\n2,Beta\n", "1,2,4.0\n2,2,3.0\n2,1,5.0\n"))[1]
    assert pairs(found) == [("1", "2"), ("2", "2"), ("2", "1")]


def test_a_column_that_cannot_be_found_is_asked_for_with_the_line_to_paste(tmp_path):
    path = tables(tmp_path, ITEMS, "wer,item_id\nu1,a1\n")
    said = check(path).text()
    assert "column user_id: the column is missing; there are wer, item_id" in said
    (path / "description.json").write_text(said[said.index('{"columns"') : said.rindex("}") + 1])
    assert pairs(read(path)[1]) == [("u1", "a1")]


# -- numbers, dates, ids -----------------------------------------------------------------------------


def test_decimal_commas_and_dates_day_first(tmp_path):
    ratings = "user_id;item_id;rating;timestamp\nu;a1;3,5;05/03/2024\nu;b2;4;20/03/2024\n"
    path = tables(tmp_path, ratings=ratings)
    found = read(path)[1]
    assert found["rating"].tolist() == [3.5, 4] and found["timestamp"].tolist() == [1709596800, 1710892800]
    said = check(path).text()
    assert "decimal commas ('3,5' is 3.5)" in said and "day first ('20/03/2024' is 20 March 2024)" in said
    assert '"dates": "day first"' in said and '"decimal": "comma"' in said


def test_dates_that_cannot_be_told_are_refused_until_they_are_stated(tmp_path):
    path = tables(tmp_path, ratings="user_id,item_id,date\nu,a1,05/03/2024\nu,b2,04/05/2024\n")
    assert "'05/03/2024' can be 5 March 2024 or 3 May 2024" in check(path).text()
    with pytest.raises(BadData, match="can be"):
        read(path, skip_bad=True)
    (path / "description.json").write_text('{"dates": "month first"}')
    assert read(path)[1]["timestamp"].tolist() == [1714694400, 1712275200]


def test_milliseconds_are_read_in_movielens_files_too(tmp_path):
    files = csv_layout()
    lines = files["ratings.csv"].decode().splitlines()
    lines = [lines[0], *[f"{line.rpartition(',')[0]},{1709596800000 + place}" for place, line in enumerate(lines[1:])]]
    files["ratings.csv"] = "\n".join(lines).encode()
    raw = movielens.read(movielens.find(folder(tmp_path, files)))
    assert pd.concat(list(raw.ratings))["timestamp"].tolist() == [1709596800] * 6
    assert any("milliseconds since 1970" in note for note in raw.notes)


def test_times_that_cannot_be_true_are_noted_together(tmp_path):
    days = ["2024-05-01", "3024-05-01", "2262-04-12", "1899-12-30", "9999-12-31", "2923-01-01"]
    rows = "".join(f"u{place},a1,4,{day}\n" for place, day in enumerate(days))
    path = tables(tmp_path, ratings="user_id,item_id,rating,timestamp\n" + rows)
    assert len(read(path)[1]) == len(days)
    notes = check(path).notes
    future = "4 times are in the future ('3024-05-01' in line 3, '2262-04-12' in line 4, '9999-12-31' in line 6, …)"
    assert any(future in note for note in notes), notes
    assert any("1 time is before 1901 ('1899-12-30' in line 5)" in note for note in notes), notes


def test_one_user_whose_id_was_written_in_two_ways(tmp_path):
    path = tables(tmp_path, ratings="user_id,item_id,rating\n7,a1,4\n7.0,b2,3\n07,b2,2\n")
    assert pairs(read(path)[1]) == [("7", "a1"), ("7", "b2"), ("07", "b2")]
    assert any("'7.0' is read as 7" in note for note in check(path).notes)


def test_ids_that_a_spreadsheet_has_rounded_are_noted(tmp_path):
    path = tables(tmp_path, ratings="user_id,item_id,rating\n1.23457E+12,a1,4\n1.23457E+12,b2,3\n7,a1,1\n")
    assert any("'1.23457E+12' is an id that a spreadsheet has rounded" in note for note in check(path).notes)


@pytest.mark.parametrize(
    ("one", "other"), [("Jos\u00e9", "Jose\u0301"), ("u1", "u\u200b1"), ("u1", "\ufeffu1"), ("co-op", "co-\u00adop")]
)
def test_ids_that_look_the_same_are_one_user(one, other, tmp_path):
    path = tables(tmp_path, ratings=f"user_id,item_id,rating\n{one},a1,4\n{other},b2,3\n")
    assert [user for user, _ in pairs(read(path)[1])] == [one, one]


def test_ids_as_a_spreadsheet_wrote_them(tmp_path):
    items = 'item_id,title\n0012,Alpha\n="0034",Beta\n100000,Gamma\n'
    ratings = "user_id,item_id\n1.0,12\n2.0,34.0\n3.0,1E+05\n"
    path = tables(tmp_path, items, ratings)
    raw, found = read(path)
    assert [item["item_id"] for item in raw.items] == ["0012", "0034", "100000"]
    assert pairs(found) == [("1", "0012"), ("2", "0034"), ("3", "100000")]
    assert "written differently from the items ('12' is read as '0012')" in check(path).text()


def test_ids_that_could_be_two_are_not_guessed(tmp_path):
    report = check(tables(tmp_path, "item_id,title\n07,A\n007,B\n", "user_id,item_id\nu,7\nu,07\n"))
    assert report.total == 1 and "'7' is not among the items" in report.text()


# -- cells -------------------------------------------------------------------------------------------


def test_a_cell_that_cannot_be_used_is_lost_and_not_its_item(tmp_path):
    items = "item_id,title,url,year\na1,Alpha,?,\nb2,Beta,beta.example,19th c.\nc3,Gamma,https://c.example,1999.0\n"
    path = tables(tmp_path, items)
    raw, ratings = read(path)
    assert [item.get("year") for item in raw.items] == [None, None, 1999] and len(ratings) == 2
    assert [item.get("url") for item in raw.items] == [None, None, "https://c.example"]
    said = check(path).text()
    assert "can be used" in said and "column url: 1 cell that is not a web address" in said
    assert "column year: 1 cell that is not a year is left empty ('19th c.' in line 3)" in said


def test_ratings_of_an_item_that_cannot_be_used_are_not_called_unknown(tmp_path):
    said = check(tables(tmp_path, "item_id,title\na1,\nb2,Beta\n")).text()
    assert "item 'a1' has no title; add one" in said and "'a1' is an item that cannot be used" in said
    assert "not among" not in said


@pytest.mark.parametrize(
    ("text", "found"),
    [("1999", 1999), ("1999.0", 1999), ("1,999", 1999), ("1999-05-03", 1999), ("Apr 3, 1998 to Apr 24, 1999", 1998)]
    + [("05/03/1998", 1998), ("12-Jan-95", 1995), ("(2001)", 2001), ("-44", -44), ("0", None), ("soon", None)],
)
def test_years_as_people_write_them(text, found):
    assert year(text) == found


def test_several_values_in_a_cell(tmp_path):
    items = (
        'item_id,title,genres,author\na1,Alpha,"[{""id"": 18, ""name"": ""Drama""}]","Austen, Jane"\n'
        'b2,Beta,"[\'Drama\', \'War\']","Wells, H. G."\nc3,Gamma,"War, Drama","Austen, Jane"\n'
    )
    path = tables(tmp_path, items)
    raw = read(path)[0]
    assert [item["genres"] for item in raw.items] == [["Drama"], ["Drama", "War"], ["War", "Drama"]]
    assert raw.items[0]["facets"] == {"author": ["Austen, Jane"]}
    said = check(path).text()
    assert "split at commas" in said and '"values": {"author": ","}' in said
    (path / "description.json").write_text('{"values": {"author": ","}}')
    assert read(path)[0].items[0]["facets"] == {"author": ["Austen", "Jane"]}


def test_entities_and_stray_bytes_in_titles(tmp_path):
    items = b"item_id,title\na1,Gintama&#039; &amp; more\nb2,Be\x00ta\n"
    raw, ratings = read(tables(tmp_path, items))
    assert [item["title"] for item in raw.items] == ["Gintama' & more", "Beta"] and len(ratings) == 2
    films = csv_layout()
    films["movies.csv"] = films["movies.csv"].replace(b"Babylon 5", b"Babylon&#39;s 5 &amp; 6")
    assert movielens.read(movielens.find(folder(tmp_path / "f", films))).items[3]["title"] == "Babylon's 5 & 6"


@pytest.mark.parametrize("title", ["None", "NA", "Null", "300", "1984", "?", "nan", "9", "-", "[REC]", "(500)"])
def test_titles_that_are_no_words_are_titles(title, tmp_path):
    assert read(tables(tmp_path, f"item_id,title\na1,{title}\nb2,Beta\n"))[0].items[0]["title"] == title


def test_a_text_that_is_too_long_for_a_title_is_cut(tmp_path):
    path = tables(tmp_path, f"item_id,title\na1,Alpha\nb2,{'word ' * 200}\n")
    (_, long) = (item["title"] for item in read(path)[0].items)
    assert len(long) <= 500 and long.endswith("word…")
    assert any("1 title is cut to 500 letters (line 3)" in note for note in check(path).notes)


@pytest.mark.parametrize("end", [b"\x1a", b"\0" * 9, b"\x1a\n"])
def test_what_old_programs_write_at_the_end_is_no_row(end, tmp_path):
    raw, ratings = read(tables(tmp_path, ITEMS.encode() + end, RATINGS.encode() + end))
    assert len(raw.items) == 2 and len(ratings) == 2


def test_one_byte_of_another_encoding_among_utf_8(tmp_path):
    items = "item_id,title\na1,Am\u00e9lie\n".encode() + b"b2,L\xe9on\n"
    raw, _ = read(tables(tmp_path, items))
    assert [item["title"] for item in raw.items] == ["Am\u00e9lie", "L\u00e9on"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"scale": [0, Infinity]}', "inf is not a number from -1e+09 to 1e+09"),
        ('{"scale": [-1e308, 1e308]}', "-1e+308 is not a number"),
        ('{"liked_at": NaN}', "nan is not a number"),
        ('{"encoding": "zip"}', "encoding is 'zip', which is not an encoding"),
        ('{"encoding": "rot13"}', "encoding is 'rot13', which is not an encoding"),
        ('{"title": "%s"}' % ("x" * 100_000), "title has 100,000 letters: use at most 500."),
        ('{"licence": "%s"}' % ("x" * 501), "licence has 501 letters: use at most 500."),
        ('{"item": "%s"}' % ("x" * 201), "item has 201 letters: use at most 200."),
        ('{"worth": {"1": "%s"}}' % ("x" * 201), "worth has 201 letters: use at most 200."),
        ('{"title": [%s]}' % ("1, " * 100_000 + "1"), "1, …: give a text."),
        ('{"dates": "%s"}' % ("x" * 100_000), "x…: use 'day first'"),
        ('{"people": ""}', "people is '': give a text."),
        ('{"title": "  "}', "title is '  ': give a text."),
        (r'{"done": "rated\u001b[31m"}', r"done is 'rated\x1b[31m': leave out the characters"),
        (r'{"like": "\ud83d"}', r"like is '\ud83d': leave out the characters"),
        ('{"decimal": {}}', "decimal is {}: use 'point', 'comma'."),
        ('{"dates": ["day first"]}', "dates is ['day first']: use 'day first', 'month first', 'year first'."),
        ('{"not_rated": [0, NaN]}', "not_rated is [0, nan]: give a list of numbers or texts."),
        ('{"scale": 5}', "scale is 5: give the lowest and the highest rating, such as [1, 5]."),
        ('{"scale": false}', "scale is False: give the lowest and the highest rating, such as [1, 5]."),
        ('{"scale": {"low": 1, "high": 5}}', "scale is {'low': 1, 'high': 5}: give the lowest and the highest"),
        ('{"liked_at": []}', "liked_at is []: [] is not a number; write it as 4."),
        ('{"liked_at": true}', "liked_at is True: True is not a number from"),
        ('{"worth": "good"}', """worth is 'good': give an object such as {"3": "completed"}."""),
        ('{"worth": 0}', """worth is 0: give an object such as {"3": "completed"}."""),
        ('{"marks": ["like"]}', """marks is ['like']: give an object such as {"like": 5}."""),
        ('{"encoding": "idna"}', "encoding is 'idna', which is not an encoding"),
        ('{"encoding": "undefined"}', "encoding is 'undefined', which is not an encoding"),
        (r'{"encoding": "\u0000"}', r"encoding is '\x00', which is not an encoding"),
        (r'{"encoding": "\ud800"}', r"encoding is '\ud800', which is not an encoding"),
        ('{"encoding": "utf-16"}', "encoding is 'utf-16', but the file is not written in it; state the right one"),
        ('{"itm": 1}', "There is no field itm; the fields are title, licence, licence_url, redistributable, columns"),
        ('{"a":' * 100_000, "cannot be used: maximum recursion depth"),  # some Pythons read 3,000
    ],
    ids=range(33),
)
def test_a_description_that_cannot_be_meant_is_refused(text, sentence, tmp_path):
    with pytest.raises(BadData, match=re.escape(sentence)):
        read(tables(tmp_path, **{"description.json": text}))


def test_columns_by_number_of_a_table_with_names(tmp_path):
    raw, ratings = read(tables(tmp_path / "named", **{"description.json": '{"columns": {"items": {"title": 2}}}'}))
    assert [item["title"] for item in raw.items] == ["Alpha", "Beta"] and len(ratings) == 2
    stated = '{"columns": {"items": {"item_id": 1, "title": 2}, "ratings": {"user_id": 1, "item_id": 2}}}'
    raw, ratings = read(
        tables(tmp_path / "not", "a1,Alpha\nb2,Beta\n", "u1,a1\nu2,b2\n", **{"description.json": stated})
    )
    assert [item["title"] for item in raw.items] == ["Alpha", "Beta"] and len(ratings) == 2


def test_a_description_says_which_columns_the_items_do_not_have(tmp_path):
    stated = {"ignore": ["nope", "title"], "keep": ["Mood"], "values": {"tags": ";"}, "text_facet": "words"}
    notes = check(tables(tmp_path, **{"description.json": json.dumps(stated)})).notes
    for said in ("ignore names 'nope'", "keep names 'Mood'", "values names 'tags'", "text_facet names 'words'"):
        assert f"description.json: {said}, and items.csv has no such column; there are item_id, title." in notes


def test_letters_that_are_not_in_the_stated_encoding_are_said(tmp_path):
    items = ITEMS.replace("Alpha", "Caf\u00e9").encode("cp1252")
    raw, _ = read(tables(tmp_path, **{"items.csv": items, "description.json": '{"encoding": "utf-8"}'}))
    assert any("some bytes are no letters in UTF-8" in note for note in raw.notes)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"licence_url": "javascript:alert(1)"}, "licence_url is 'javascript:alert(1)': give a web address"),
        ({"title": 5}, "title is 5: give a text"),
        ({"licence": ["x"]}, "licence is ['x']: give a text"),
        ({"redistributable": "no"}, "redistributable is 'no': use true or false"),
    ],
)
def test_facts_about_the_data_have_types(facts, sentence, tmp_path):
    with pytest.raises(BadData, match=re.escape(sentence)):
        read(tables(tmp_path, **{"description.json": json.dumps(facts)}))


def test_columns_that_say_nothing_about_likeness_are_left_out(tmp_path):
    rows = [
        f"{n},Thing {n},{n * 10},{n % 2 == 0},https://x.org/{n}.png,{'drama' if n % 3 else 'war'},note {n},same,2024-01-0{n}"
        for n in range(1, 9)
    ]
    head = "item_id,title,price,is_paid,small_image,mood,comment,shop,added"
    path = tables(tmp_path, "\n".join([head, *rows]), "user_id,item_id\nu,1\n")
    assert {name for item in read(path)[0].items for name in item["facets"]} == {"mood"}
    said = check(path).text()
    for why in ("price: numbers", "is_paid: yes or no", "small_image: addresses", "comment: different in every row"):
        assert why in said
    assert "shop: the same in every row" in said and "added: dates" in said
    (path / "description.json").write_text('{"keep": ["price"], "ignore": ["mood"]}')
    assert {name for item in read(path)[0].items for name in item["facets"]} == {"price"}


def test_one_picture_for_all_is_no_picture(tmp_path):
    items = "item_id,title,image\n" + "".join(f"{n},T{n},https://x.org/nophoto.png\n" for n in range(5))
    raw = read(tables(tmp_path, f"{items}9,T9,https://x.org/9.png\n", "user_id,item_id\nu,1\n"))[0]
    assert [item.get("image") for item in raw.items] == [None] * 5 + ["https://x.org/9.png"]


# -- rows --------------------------------------------------------------------------------------------


def test_repeated_choices_are_counted_and_the_latest_rating_counts(tmp_path):
    raw, _ = read(tables(tmp_path / "a", ratings="user_id,item_id\nu1,a1\nu1,a1\nu2,b2\n"))
    assert raw.notes == ["ratings.csv: 1 row repeats a user and item; each pair counts once."]
    settings = Settings(catalogue=str(tmp_path / "b"), data_dir=tmp_path / "data")
    tables(tmp_path / "b", ratings="user_id,item_id,rating\nu1,a1,2\nu1,a1,5\nu2,b2,3\n")
    catalogue = building.build(settings)
    assert catalogue.history("u1") == {"a1": 5.0} and "the last row is used" in catalogue.info["notes"][0]


def test_marks_for_not_rated_are_asked_about_and_can_be_stated(tmp_path):
    rows = "".join(f"u{n},a1,{0 if n < 6 else n}\n" for n in range(10))
    path = tables(tmp_path, ratings=f"user_id,item_id,rating\n{rows}")
    assert '0 is in 60% of the rows; if it means "not rated", put "not_rated": [0]' in check(path).text()
    (path / "description.json").write_text('{"not_rated": [0, -1]}')
    assert read(path)[1]["rating"].tolist() == [6, 7, 8, 9]
    assert "6 rows are left out" in check(path).text()


# -- files -------------------------------------------------------------------------------------------

PACKINGS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("packing", PACKINGS)
def test_packed_tables(packing, tmp_path):
    pack = PACKINGS[packing]
    files = {f"items.csv{packing}": pack(ITEMS.encode()), f"ratings.csv{packing}": pack(RATINGS.encode())}
    assert len(read(folder(tmp_path, files))[1]) == 2
    (tmp_path / f"ratings.csv{packing}").write_bytes(pack(RATINGS.encode())[:-9])
    with pytest.raises(SourceError, match="ratings.csv"):
        read(tmp_path)


def test_zip_files_of_the_folder_and_of_a_table(tmp_path):
    files = {"items.csv": ITEMS.encode(), "ratings.csv": RATINGS.encode()}
    path = zipped(tmp_path / "shelf.zip", files, "shelf")
    settings = Settings(catalogue=str(path), data_dir=tmp_path / "data")
    settings.check()
    assert settings.catalogue_name == "shelf" and building.build(settings).info["n_ratings"] == 2
    zipped(tmp_path / "one" / "ratings.csv.zip", {"ratings.csv": RATINGS.encode()})
    (tmp_path / "one" / "items.csv").write_text(ITEMS)
    assert len(read(tmp_path / "one")[1]) == 2


@pytest.mark.parametrize(
    "names", [("Items.CSV", "RATINGS.csv"), ("items.tsv", "ratings.txt"), ("books.csv", "reviews.csv")]
)
def test_other_names_of_files(names, tmp_path):
    mark = "\t" if names[0].endswith("tsv") else ","
    texts = [text.replace(",", mark) for text in (ITEMS, RATINGS)]
    assert len(read(folder(tmp_path, dict(zip(names, map(str.encode, texts), strict=True))))[1]) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("items.xls", "Save items.xls as CSV in UTF-8 first"),
        ("items.csv.zst", "Unpack items.csv.zst first"),
        ("stuff.csv", "If stuff.csv is this table, rename it to items.csv"),
    ],
)
def test_files_that_cannot_be_read_say_what_to_do(name, said, tmp_path):
    with pytest.raises(SourceError, match=said):
        read(folder(tmp_path, {name: b"x", "ratings.csv": RATINGS.encode()}))


def test_movielens_files_go_through_the_same_reader(tmp_path):
    files = dat_layout()
    files["movies.dat"] = files["movies.dat"].decode("latin-1").replace("\n", "\r\n").encode("utf-8-sig")
    files["ratings.dat"] = files["ratings.dat"].replace(b"9::61::1::60", b"9.0::0061::1::60")
    raw = movielens.read(movielens.find(folder(tmp_path, files)))
    assert len(pd.concat(list(raw.ratings))) == 6 and raw.items[0]["item_id"] == "10"


def test_bad_rows_of_movielens_files_can_be_left_out(tmp_path):
    files = csv_layout()
    files["ratings.csv"] += b"9,10,bad,1\r\n9,10,worse,1\r\n"
    with pytest.raises(
        BadData, match=r"line 8, column rating: 'bad' is not a number; give one \(1 more such row: line 9\)"
    ):
        list(movielens.read(movielens.find(folder(tmp_path, files))).ratings)
    raw = movielens.read(movielens.find(tmp_path), skip_bad=True)
    assert len(pd.concat(list(raw.ratings))) == 6


# -- our own files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["visitors", "Visitors", "tmdb", "TMDB", "films", "courses"])
def test_no_name_of_a_catalogue_touches_our_own_files(name, tmp_path):
    settings = Settings(catalogue=str(tables(tmp_path / name)), data_dir=tmp_path / "data")
    taken = {Settings(data_dir=settings.data_dir).database, settings.visitors_database, settings.cache_database}
    assert settings.database.name.casefold() not in {path.name for path in taken}
    assert settings.catalogue_name == f"own-{name}"


def test_a_build_replaces_no_other_database(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RECSYS_CATALOGUE", str(tables(tmp_path / "shelf")))
    other = tmp_path / "notes.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    for target in (other, tmp_path / "visitors.sqlite"):
        assert main(["build", "--db", str(target)]) == 1
        assert "is not a catalogue and would be overwritten" in capsys.readouterr().err
    with pytest.raises(BadInput, match="is not a catalogue"):
        building.build(Settings(catalogue=str(tmp_path / "shelf"), data_dir=tmp_path), db=other)


def test_a_snapshot_of_another_catalogue_is_not_removed(tmp_path):
    other = tmp_path / "data" / "books.ratings-0123.safetensors"
    other.parent.mkdir()
    other.write_bytes(b"x")
    building.build(Settings(catalogue=str(tables(tmp_path / "*")), data_dir=tmp_path / "data"))
    assert other.exists()


# -- examples from outside, where they are given -----------------------------------------------------

SHARED = PROJECT.parent / "shared" / "cases"


@pytest.mark.parametrize("path", sorted(SHARED.glob("*/")) if SHARED.is_dir() else [])
def test_examples_of_tables_are_read(path, tmp_path):
    if not any(one.name.startswith("items.") for one in path.iterdir()):
        pytest.skip("no own tables")
    copy = shutil.copytree(path, tmp_path / "t")
    report = check(copy)
    assert report.ok, report.text()


def test_the_real_data_has_no_problem():
    path = os.environ.get("RECSYS_TEST_DATA")
    if not path:
        pytest.skip("RECSYS_TEST_DATA is not set to a folder with ml-latest-small/ and courses/")
    raw = movielens.read(movielens.find(Path(path) / "ml-latest-small"))
    assert sum(map(len, raw.ratings)) == 100836 and raw.notes == []


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PK\x03\x04\xff\xfe", "a ZIP file"),
        (b"\x1f\x8b\x08\x00", "a gzip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook or another Office file"),
        (b"%PDF-1.7\n", "a PDF file"),
        (b"\r\n<!DOCTYPE HTML><html>Sign in</html>", "a web page"),
    ],
)
def test_a_file_of_another_kind_that_is_called_csv_is_named(tmp_path, start, what):
    problem = stopped(tables(tmp_path / "odd", ratings=start + b"\xe9\x01x" * 20))
    assert f"ratings.csv, line 1: this is {what}, not a CSV file; " in problem


def test_items_without_rows_are_named_instead_of_every_rating(tmp_path):
    problem = stopped(tables(tmp_path / "none", items="item_id,title\n"))
    assert "items.csv, line 1: the table has no rows; add one row for each item." in problem
    assert "ratings.csv" not in problem


def test_columns_of_a_spreadsheet_in_german(tmp_path):
    items = "Artikel-Nr;Titel;Kategorien\r\n10;Größe;rot\r\n11;Höhe;blau\r\n"
    ratings = "Benutzer;Artikel-Nr;Bewertung;Datum\r\nb1;10;4,5;17.03.2021\r\nb2;11;3,0;18.03.2021\r\n"
    found, rated = read(tables(tmp_path / "german", items=items, ratings=ratings))
    assert [item["item_id"] for item in found.items] == ["10", "11"] and rated["rating"].tolist() == [4.5, 3.0]


def stopped(path: Path) -> str:
    """What the refusal of a folder says."""
    with pytest.raises(BadData) as error:
        read(path)
    return str(error.value)
