"""Several values in one cell, own tables and MovieLens's layouts alike; remedies that fit the folder; files side by side."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest
from movielens_files import csv_layout, dat_layout, folder, u_layout

from recsys.catalogue.sources.films import movielens
from recsys.catalogue.sources.own.source import OwnTables, check
from recsys.errors import BadData
from recsys.settings import Settings

ITEMS = "course_id,title\nA,Algebra\nB,Botany\nC,Chemistry\n"
RATINGS = "learner,course_id\nu,A\nu,B\nv,C\n"
DAT_RATINGS = b"1::1::4::1363245118\n1::2::3::1363245119\n2::3::5::1363245120\n"


def tables(path: Path, items: str | bytes = ITEMS, ratings: str | bytes = RATINGS, **more: str) -> Path:
    files: dict[str, str | bytes] = {"items.csv": items, "ratings.csv": ratings} | more
    return folder(path, {name: text.encode() if isinstance(text, str) else text for name, text in files.items()})


def read(path: Path):
    raw = OwnTables(Settings(catalogue=str(path))).read()
    return raw.items, pd.concat(list(raw.ratings)), " ".join(raw.notes)


def films(path: Path, files: dict[str, bytes], skip_bad: bool = False):
    raw = movielens.read(movielens.find(folder(path, files)), skip_bad=skip_bad)
    ratings = pd.concat(list(raw.ratings))
    return raw.items, ratings, " ".join(raw.notes)


def genres(items: list[dict]) -> list[list[str]]:
    return [item.get("genres", []) for item in items]


# -- several values ----------------------------------------------------------------------------------


def test_tuples_are_lists_and_remarks_are_not(tmp_path):
    items = "item_id,title,genres\n1,A,\"('War', 'Sea')\"\n2,B,\"['Sea']\"\n3,C,(none)\n4,D,(a remark)\n"
    found = read(tables(tmp_path / "shop", items, "user_id,item_id\nu,1\nu,2\n"))[0]
    assert genres(found) == [["War", "Sea"], ["Sea"], [], ["(a remark)"]]


def test_commas_among_bars_are_split_where_other_cells_have_the_parts(tmp_path):
    items = 'item_id,title,genres\n1,A,Sea|War\n2,B,"War, Sea"\n3,C,"Food, Drink"\n'
    found, _, said = read(tables(tmp_path / "shop", items, "user_id,item_id\nu,1\nu,2\n"))
    assert genres(found) == [["Sea", "War"], ["War", "Sea"], ["Food, Drink"]]
    assert "commas separate values too" in said
    assert "cells with commas are one value each ('Food, Drink'); write | between their values to split them" in said


def test_slashes_are_noted_and_the_line_that_is_given_splits_them(tmp_path):
    items = "item_id,title,genre\n1,A,Rock/Pop\n2,B,Soul/Funk\n3,C,Jazz\n"
    ratings = "user_id,item_id\nu,1\nu,2\n"
    found, _, said = read(tables(tmp_path / "shop", items, ratings))
    assert genres(found)[0] == ["Rock/Pop"] and '"values": {"genre": "/"}' in said
    stated = {"values": {"genre": "/"}}
    found = read(tables(tmp_path / "other", items, ratings, **{"description.json": json.dumps(stated)}))[0]
    assert genres(found)[0] == ["Rock", "Pop"]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("Crime/Drama/Thriller", "Drama", "Crime / Drama", "Thriller/Crime"), ["Crime", "Drama", "Thriller"]),
        (("剧情／爱情", "爱情／动作", "动作／剧情"), ["剧情", "爱情"]),
        (("Comedy/Drama", "Comedy", "Drama"), ["Comedy", "Drama"]),
        (("Books > Crime", "Books", "Sea"), ["Books", "Crime"]),
        (("Python > 3.6", "Java > 8", "Go"), ["Python > 3.6"]),
        (("TCP/IP", "UI/UX", "TCP/IP", "SQL"), ["TCP/IP"]),
        (("Action/Adventure", "Comedy", "Action/Adventure", "Mystery/Thriller"), ["Action/Adventure"]),
        (("https://a.example/war", "https://b.example/war", "x", "y"), ["https://a.example/war"]),
    ],
)
def test_slashes_separate_values_that_occur_in_several_cells(cells, found, tmp_path):
    rows = "".join(f"{number},Item {number},{cell}\n" for number, cell in enumerate(cells))
    items, _, said = read(tables(tmp_path / "shop", f"item_id,title,genres\n{rows}", "user_id,item_id\nu,1\nu,2\n"))
    assert genres(items)[0] == found and ("split at" in said) == (len(found) > 1)


# -- ratings without a time or a rating --------------------------------------------------------------


def test_a_cell_that_is_no_time_costs_the_time_and_not_the_rating(tmp_path):
    items = "item_id,title\n1,A\n2,B\n3,C\n4,D\n"
    votes = ["u,1,4,100000000", "u,2,3,", "u,3,5,300000000", "u,4,5,200000000", "v,1,2,soon", "w,1,2,400000000"]
    path = tables(tmp_path / "shop", items, "user_id,item_id,rating,timestamp\n" + "\n".join(votes))
    _, found, said = read(path)
    assert found["timestamp"].tolist() == [1e8, 2e8, 3e8, 2e8, 2.5e8, 4e8]
    assert "2 cells are not a time ('' in line 3, 'soon' in line 6); the ratings get the median time" in said


def test_a_column_of_times_that_is_mostly_empty_is_not_used(tmp_path):
    ratings = "user_id,item_id,rating,timestamp\nu,A,4,\nu,B,3,\nv,C,5,2024-05-31\n"
    _, found, said = read(tables(tmp_path / "shop", ratings=ratings))
    assert "timestamp" not in found and len(found) == 3
    assert "2 of 3 cells are empty, so the times are not used" in said


def test_times_of_day_without_a_date_are_not_used(tmp_path):
    ratings = "user_id,item_id,rating,time\nu,A,4,10:30\nv,B,3,9:05 pm\n"
    _, found, said = read(tables(tmp_path / "shop", ratings=ratings))
    assert "timestamp" not in found and "times of day without a date are not used" in said


def test_a_column_of_times_that_has_mostly_other_words_is_refused(tmp_path):
    ratings = "user_id,item_id,rating,timestamp\nu,A,4,soon\nu,B,3,late\nv,C,5,2024-05-31\n"
    with pytest.raises(BadData, match="'soon' is not a time"):
        read(tables(tmp_path / "shop", ratings=ratings))


@pytest.mark.parametrize("mark", ["NR", "N/A", "not rated", "-", "Keine Bewertung", "未评分", ""])
def test_words_for_not_rated_leave_their_rows_out(mark, tmp_path):
    ratings = f"user_id,item_id,rating\nu,A,4\nu,B,{mark}\nv,C,5\n"
    _, found, said = read(tables(tmp_path / "shop", ratings=ratings))
    assert found["rating"].tolist() == [4, 5]
    assert f"1 row is left out, because the rating means \"not rated\" ('{mark}')" in said


def test_verdicts_may_have_a_mark_for_not_rated(tmp_path):
    _, found, _ = read(tables(tmp_path / "shop", ratings="user_id,item_id,rating\nu,A,yes\nu,B,NR\nv,C,no\n"))
    assert found["rating"].tolist() == [1, 0]


def test_other_words_for_not_rated_can_be_stated(tmp_path):
    ratings = "user_id,item_id,rating\nu,A,4\nu,B,lost\nv,C,5\n"
    report = check(path := tables(tmp_path / "shop", ratings=ratings)).text()
    assert "'lost' is not a number; give one, or put" in report and '{"not_rated": ["lost"]}' in report
    (path / "description.json").write_text('{"not_rated": ["Lost", 5]}')
    assert read(path)[1]["rating"].tolist() == [4]


def test_rows_without_any_rating_are_choices(tmp_path):
    _, found, said = read(tables(tmp_path / "shop", ratings="user_id,item_id,rating\nu,A,\nu,B,\n"))
    assert "rating" not in found and "no row has a rating, so each row is a choice" in said


def test_an_entity_is_no_separator(tmp_path):
    items = "item_id,title,genres\n1,A,Action &amp; Adventure\n2,B,Food &amp; Drink;Action &amp; Adventure\n"
    found = read(tables(tmp_path / "shop", items, "user_id,item_id\nu,1\nu,2\n"))[0]
    assert genres(found) == [["Action & Adventure"], ["Food & Drink", "Action & Adventure"]]


@pytest.mark.parametrize(
    "cells",
    [("Sea, War", "War, Sea"), ('["Sea", "War"]', '["War", "Sea"]'), ("Sea; War", "War; Sea"), ("Sea|War", "War|Sea")],
)
def test_the_layout_without_names_splits_the_same_cells(cells, tmp_path):
    movies = "".join(f"{number}::Film (2001)::{cell}\n" for number, cell in enumerate((*cells, "Sea"), start=1))
    found, _, said = films(tmp_path, {"movies.dat": movies.encode(), "ratings.dat": DAT_RATINGS})
    assert genres(found) == [["Sea", "War"], ["War", "Sea"], ["Sea"]]
    assert ("movies.dat, column genres" in said) == ("|" not in cells[0])


def test_the_lines_of_the_description_state_how_cells_were_split_and_letters_decoded(tmp_path):
    items = 'course_id,title,topics,skills\nA,Été,x; y,"p, q"\nB,Fée,y; x,p\nC,Père,x,q\n'.encode("cp1252")
    path = tables(tmp_path / "courses", items)
    before, stated = read(path), check(path).options
    assert stated["values"] == {"topics": ";"} and stated["encoding"] == "windows-1252"
    (path / "description.json").write_text(json.dumps(stated), encoding="utf-8")
    after = read(path)
    assert after[0] == before[0] and after[1].equals(before[1])
    assert check(path).options == {} and "split at" not in after[2]


def test_an_encoding_that_does_not_suit_both_tables_is_not_stated(tmp_path):
    path = tables(tmp_path / "c", ITEMS.replace("Botany", "Été").encode("cp1252"), RATINGS.replace("v,", "Zoé,"))
    assert "encoding" not in check(path).options


# -- MovieLens-shaped folders ------------------------------------------------------------------------


def test_a_film_without_genres_stays_and_so_do_its_ratings(tmp_path):
    files = dat_layout()
    files["movies.dat"] = b"10::Low Tide (1995)\n" + b"\n".join(files["movies.dat"].split(b"\n")[1:])
    found, ratings, said = films(tmp_path, files)
    assert len(found) == 5 and len(ratings) == 6 and found[0]["genres"] == []
    assert "1 film is read without genres, because these are not there (line 1)" in said


def test_u_item_without_flags_is_read_without_genres(tmp_path):
    files = u_layout()
    files["u.item"] = b"\n".join(b"|".join(line.split(b"|")[:5]) for line in files["u.item"].split(b"\n"))
    found, ratings, said = films(tmp_path, files)
    assert len(found) == 5 and len(ratings) == 6 and genres(found) == [[]] * 5
    assert "5 films are read without genres, because these are not 19 flags of 0 or 1 (lines 1, 2, 3, 4" in said


@pytest.mark.parametrize(
    ("name", "line"),
    [("movies.dat", b"MovieID::Title::Genres\n"), ("u.item", b"movie id|movie title|release date|IMDb URL\n")],
)
def test_a_line_of_names_above_films_without_names_is_left_out(name, line, tmp_path):
    files = dat_layout() if name == "movies.dat" else u_layout()
    found, ratings, said = films(tmp_path, files | {name: line + files[name]})
    assert len(found) == 5 and len(ratings) == 6 and f"{name}: line 1 is a heading" in said


def test_a_line_with_an_id_alone_is_refused_with_what_a_film_has(tmp_path):
    files = dat_layout() | {"movies.dat": dat_layout()["movies.dat"] + b"99\n"}
    with pytest.raises(BadData, match="movies.dat, line 6, column title: a film has an id, a title and genres, sep"):
        films(tmp_path, files)
    assert len(films(tmp_path / "again", files, skip_bad=True)[0]) == 5


@pytest.mark.parametrize(("name", "old"), [("ratings.dat", b"::"), ("u.data", b"\t")])
@pytest.mark.parametrize("new", [b",", b";", b" "])
def test_ratings_without_names_with_another_separator(name, old, new, tmp_path):
    files = dat_layout() if name == "ratings.dat" else u_layout()
    files[name] = files[name].replace(old, new)
    _, ratings, said = films(tmp_path, files)
    assert len(ratings) == 6 and f"{name}: its columns are not separated by" in said


def test_ratings_of_one_column_say_what_a_rating_has(tmp_path):
    files = dat_layout() | {"ratings.dat": b"1\n2\n3\n"}
    with pytest.raises(
        BadData, match="line 1: a rating has a user, an item and a rating, separated by '::'; there is 1"
    ):
        films(tmp_path, files)


def test_remedies_of_such_folders_do_not_name_a_file_that_is_not_read(tmp_path):
    files = csv_layout()
    dates = {b",100": b",05/03/2024", b",300": b",06/04/2024", b",200": b",07/05/2024"}
    for old, new in (dates | {b",50\n": b",01/02/2024\n", b",60": b",01/03/2024", b",10\n": b",01/04/2024\n"}).items():
        files["ratings.csv"] = files["ratings.csv"].replace(old, new)
    with pytest.raises(BadData, match="'05/03/2024' can be .*; write all in one form, such as 2024-05-31") as refused:
        films(tmp_path, files)
    assert "description.json" not in str(refused.value)


def test_the_encoding_of_such_folders_is_noted(tmp_path):
    titles = "1::Зеркало (1975)::Драма\n2::Сталкер (1979)::Драма\n3::Солярис (1972)::Драма\n"
    found, _, said = films(tmp_path, {"movies.dat": titles.encode("cp1251"), "ratings.dat": DAT_RATINGS})
    assert found[0]["title"] == "Зеркало"
    assert "movies.dat: it is read as Windows-1251; if letters are wrong, save the file as UTF-8." in said
    files = csv_layout()
    found, _, said = films(tmp_path / "wide", files | {"movies.csv": files["movies.csv"].decode().encode("utf-16")})
    assert len(found) == 5 and "movies.csv: it is read as UTF-16." in said


def test_films_of_another_data_set_say_what_to_do(tmp_path):
    files = dat_layout() | {"movies.dat": b"1001::Low Tide (1995)::Drama\n1002::High Tide (1996)::Drama\n"}
    with pytest.raises(BadData, match="neither are most others of this file; use both files of one data set"):
        films(tmp_path, files)


# -- columns, cells and files ------------------------------------------------------------------------


def test_a_time_under_another_name_is_read_where_its_cells_are_times(tmp_path):
    ratings = "learner,course_id,finished\nu,A,03/05/2024\nu,B,03/20/2024\n"
    found = read(tables(tmp_path / "a", ratings=ratings))
    assert "finished as timestamp" in found[2] and "month first" in found[2]
    for place, cells in enumerate((("yes", "no"), ("3", "12"))):  # marks and counts
        ratings = f"learner,course_id,finished\nu,A,{cells[0]}\nu,B,{cells[1]}\n"
        found = read(tables(tmp_path / f"b{place}", ratings=ratings))
        assert "timestamp" not in found[1] and "finished is not used" in found[2]
    with pytest.raises(BadData, match="'03/05/2024' can be 3 May 2024 or 5 March 2024"):
        read(tables(tmp_path / "c", ratings="learner,course_id,finished\nu,A,03/05/2024\n"))


def test_an_unused_column_of_numbers_or_dates_has_a_line_to_paste(tmp_path):
    path = tables(tmp_path / "a", ratings="player,course_id,hours,moment\nu,A,3,2024-03-01\nv,B,12.5,2024-03-02\n")
    said = read(path)[2]
    assert 'if hours is the rating, put into description.json: {"columns": {"ratings": {"rating": "hours"}}}' in said
    assert 'if moment is the time, put into description.json: {"columns": {"ratings": {"timestamp": "moment"}}}' in said
    stated = {"columns": {"ratings": {"rating": "hours", "timestamp": "moment"}}}
    (path / "description.json").write_text(json.dumps(stated), encoding="utf-8")
    assert read(path)[1]["rating"].tolist() == [3, 12.5]


@pytest.mark.parametrize(
    "column",
    [
        ("€ 3.50", "Free", "€ 3.50", "€ 9.00"),
        ("#1", "#2", "#3", "#4"),
        ("1,000+", "500+", "1,000+", "10+"),
        ("10,000 .. 20,000", "20,000 .. 50,000", "10,000 .. 20,000", "0 .. 20,000"),
        ("3-5 h", "5–8 h", "3 to 5 h", "2 h"),
        ("free to play", "$0.99", "free to play", "$9.99"),
        ("ja", "nein", "ja", "nein"),
        ("Oui", "Non", "Oui", "Oui"),
        ("✓", "✗", "✓", "✓"),
    ],
    ids=["free", "ranks", "at least", "owners", "ranges", "to play", "German", "French", "marks"],
)
def test_prices_ranks_and_yes_and_no_do_not_compare_items(column, tmp_path):
    rows = "".join(f'{number},T{number},"{cell}"\n' for number, cell in enumerate(column))
    found = read(tables(tmp_path / "shop", f"item_id,title,extra\n{rows}", "user_id,item_id\nu,1\nv,2\n"))
    assert all(item["facets"] == {} for item in found[0]) and "do not help to compare items" in found[2]


def test_a_year_of_two_digits_among_years_of_four_is_left_empty(tmp_path):
    items = "item_id,title,year\n1,A,1999\n2,B,99\n3,C,2001\n"
    found, _, said = read(tables(tmp_path / "shop", items, "user_id,item_id\nu,1\nv,2\n"))
    assert [one.get("year") for one in found] == [1999, None, 2001]
    assert "1 cell that is a year without a century is left empty ('99' in line 3)" in said
    old = read(tables(tmp_path / "old", items.replace("2001", "-20"), "user_id,item_id\nu,1\nv,2\n"))[0]
    assert [one.get("year") for one in old] == [1999, 99, -20]


def test_a_date_that_contradicts_the_stated_order_says_so(tmp_path):
    ratings = "learner,course_id,date\nu,A,03/05/2024\nu,B,03/20/2024\n"
    path = tables(tmp_path / "c", ratings=ratings, **{"description.json": '{"dates": "day first"}'})
    assert "'03/20/2024' is not a date with the day first, as description.json states" in check(path).text()


def test_a_file_that_is_not_packed_in_spite_of_its_name_is_read(tmp_path):
    files = {"items.csv.gz": ITEMS.encode(), "ratings.csv.bz2": gzip.compress(RATINGS.encode())}
    found = read(folder(tmp_path, files))
    assert len(found[0]) == 3 and len(found[1]) == 3


def test_the_same_table_in_another_form_is_named(tmp_path):
    path = tables(tmp_path / "courses", **{"items.tsv": ITEMS.replace(",", "\t")})
    assert "items.csv: this table is used; items.tsv beside it is not read." in read(path)[2]
