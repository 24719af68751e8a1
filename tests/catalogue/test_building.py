"""Building: from files to a database that is whole or not there, and rebuilt when it must be."""

from __future__ import annotations

import os
import sqlite3

import pytest
from broken_files import damage
from movielens_files import RATINGS, csv_layout, dat_layout, folder, u_layout, zipped
from source_folders import ITEMS, VOTES, course_folder, table_folder

from recsys.catalogue import building, writing
from recsys.catalogue.sources.films import downloads
from recsys.errors import BadData, SourceError
from recsys.settings import Settings


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """No address can be reached: what these tests need is on disk."""

    def refuse(url, target, sha256=None, progress=None):
        raise SourceError(f"{url} could not be downloaded: no network.")

    monkeypatch.setattr(downloads, "fetch", refuse)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data", dataset=str(folder(tmp_path / "files", csv_layout())))


def ensure(settings):
    said = []
    return building.ensure(settings, said.append), said


def test_films_are_built_with_their_ratings_and_notes(settings):
    catalogue, said = ensure(settings)
    info = catalogue.info
    assert (info["n_items"], info["n_users"], info["n_ratings"]) == (5, 3, len(RATINGS))
    assert info["scale"] == [1.0, 5.0] and info["catalogue"] == "films" and info["dataset"] == "files"
    assert catalogue.item("10")["title"] == "The Usual Suspects" and catalogue.item("10")["director"] == "Bryan Singer"
    assert catalogue.item("82")["mean_rating"] == 5.0 and catalogue.wording.item == "film"
    assert list(catalogue.history("7")) == ["10", "82", "50"]
    assert catalogue.find("la cite des enfants perdus") == "50"
    assert any("ratings: 6 stored in" in line for line in said)
    assert sorted(path.name for path in settings.data_dir.iterdir()) == ["films.sqlite"]


def test_the_latest_of_repeated_ratings_counts(tmp_path):
    files = csv_layout()
    files["ratings.csv"] += b"7,10,1.5,900\r\n7,50,5.0,1\r\n"
    settings = Settings(data_dir=tmp_path / "data", dataset=str(folder(tmp_path / "files", files)))
    catalogue, _ = ensure(settings)
    assert catalogue.history("7") == {"82": 5.0, "50": 3.0, "10": 1.5} and catalogue.info["n_ratings"] == 6


def test_a_second_start_builds_nothing(settings, monkeypatch):
    ensure(settings)
    before = settings.database.stat().st_mtime_ns
    monkeypatch.setattr(building, "build", None)
    catalogue, said = ensure(settings)
    assert said == [] and settings.database.stat().st_mtime_ns == before and len(catalogue) == 5


@pytest.mark.parametrize("how", ["cut off", "overwritten", "text", "empty", "half-built", "other version"])
def test_a_broken_database_is_built_again(settings, how):
    ensure(settings)[0].close()
    damage(settings.database, how)
    catalogue, said = ensure(settings)
    assert len(catalogue) == 5 and "Building it again" in said[0]
    assert len(catalogue.history("7")) == 3


def test_other_files_and_another_data_set_are_noticed(settings, tmp_path):
    ensure(settings)[0].close()
    files = csv_layout()
    files["ratings.csv"] += b"12,82,4.0,11\r\n"
    folder(tmp_path / "files", files)
    catalogue, said = ensure(settings)
    assert (
        "was not built from the current " in said[0]
        and ": building the database again" in said[0]
        and catalogue.info["n_ratings"] == 7
    )
    catalogue.close()
    zipped(tmp_path / "data" / "ml-1m.zip", dat_layout(), "ml-1m")
    catalogue, said = ensure(Settings(data_dir=settings.data_dir, dataset="ml-1m"))
    assert "not ml-1m: building" in said[0] and catalogue.info["dataset"] == "ml-1m"


def test_auto_keeps_what_is_good(settings, tmp_path):
    auto = Settings(data_dir=settings.data_dir)
    ensure(settings)[0].close()
    catalogue, said = ensure(auto)  # built by path before; nothing else is asked for now
    assert said == [] and catalogue.info["dataset"] == "files"


@pytest.mark.slow
def test_auto_turns_to_a_data_set_that_was_put_there(tmp_path):
    auto = Settings(data_dir=tmp_path)
    catalogue, _ = ensure(auto)
    info = catalogue.info
    assert (info["dataset"], info["n_ratings"], info["n_items"], info["n_users"]) == (
        "movietweetings",
        100_000,
        10_506,
        16_554,
    )
    assert info["scale"] == [0.0, 10.0] and info["until"] == 2013 and catalogue.wording.liked_at == 8.0
    assert len(info["notes"]) == 2 and catalogue.features().tags["keywords"]
    assert catalogue.item("0468569")["imdb_id"] == "tt0468569" and catalogue.find("the dark knight (2008)") == "0468569"
    catalogue.close()
    assert ensure(auto)[1] == []  # a second start tries nothing again
    folder(tmp_path / "my films", u_layout())
    catalogue, said = ensure(auto)
    assert catalogue.info["dataset"] == "ml-100k" and "is another data set" in said[0]


def test_a_build_that_fails_leaves_the_old_database_serving(settings, tmp_path, monkeypatch):
    old, _ = ensure(settings)
    before = settings.database.read_bytes()

    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_write_names", fail)
    with pytest.raises(KeyboardInterrupt):
        building.build(settings)
    assert settings.database.read_bytes() == before and old.history("9")
    assert [path.name for path in settings.data_dir.iterdir()] == ["films.sqlite"]
    monkeypatch.undo()
    files = csv_layout()
    files["ratings.csv"] += b"9,10,bad,1\r\n"
    folder(tmp_path / "files", files)
    with pytest.raises(BadData, match="ratings.csv, line 8, column rating: 'bad' is not a number"):
        building.ensure(settings)
    assert settings.database.read_bytes() == before


def test_what_a_killed_build_left_is_swept_away_and_never_used(settings):
    settings.data_dir.mkdir()
    left = settings.data_dir / "films.sqlite.building-999999999"
    with sqlite3.connect(left) as db:
        db.execute("CREATE TABLE items (number)")
    db.close()
    running = settings.data_dir / f"films.sqlite.building-{os.getppid()}"
    running.write_bytes(b"of a build that still runs")
    ensure(settings)
    assert not left.exists() and running.exists()


def test_readers_keep_the_old_file_until_they_reopen(settings, tmp_path):
    old, _ = ensure(settings)
    files = csv_layout()
    files["ratings.csv"] += b"12,82,4.0,11\r\n"
    folder(tmp_path / "files", files)
    new = building.build(settings)
    assert len(old.history("12")) == 1 and len(new.history("12")) == 2


def test_the_database_can_be_written_elsewhere(settings, tmp_path):
    catalogue = building.build(settings, db=tmp_path / "other" / "mine.sqlite")
    assert catalogue.path == tmp_path / "other" / "mine.sqlite" and not settings.database.exists()


def test_courses_come_through_the_same_code(tmp_path):
    settings = Settings(catalogue="courses", dataset=str(course_folder(tmp_path / "files")), data_dir=tmp_path / "data")
    catalogue, _ = ensure(settings)
    assert catalogue.info["n_ratings"] == 3 and catalogue.info["scale"] == [2.0, 3.0] and not catalogue.info["timed"]
    words = catalogue.wording
    assert (words.items, words.done, words.images) == ("courses", "completed", "")
    assert catalogue.features().bags[1] == ["python", "python", "sql"]
    assert ensure(settings)[1] == []


def test_a_third_catalogue_is_two_tables_and_a_description(tmp_path):
    description = '{"item": "book", "items": "books", "genre": "shelf", "liked_at": 7}'
    path = table_folder(tmp_path / "books", **{"description.json": description})
    settings = Settings(catalogue=str(path), data_dir=tmp_path / "data")
    catalogue, _ = ensure(settings)
    assert settings.database.name == "books.sqlite" and catalogue.wording.genre == "shelf"
    assert catalogue.info["scale"] == [3.0, 10.0] and catalogue.features().tags["author"] == [["Jane Austen"], []]
    assert ensure(settings)[1] == []
    catalogue.close()
    table_folder(path, ITEMS, VOTES + "u3,b10,7,2020-01-01\nu3,nowhere,7,2020-01-01\n")
    with pytest.raises(BadData, match="line 7, column item_id: 'nowhere' is not among the items"):
        building.ensure(settings)
    assert building.build(settings, skip_bad=True).info["n_ratings"] == 4


def test_unknown_words_in_a_description_are_refused(tmp_path):
    path = table_folder(tmp_path / "books", **{"description.json": '{"itm": "book"}'})
    with pytest.raises(
        BadData, match="description.json cannot be used: There is no field itm; the fields are title, lic"
    ):
        building.build(Settings(catalogue=str(path), data_dir=tmp_path / "data"))
