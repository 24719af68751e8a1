"""The catalogue: what it answers, how it searches, and what it refuses to open."""

from __future__ import annotations

import contextlib
import sqlite3
import threading

import numpy as np
import pandas as pd
import pytest
from broken_files import damage

from recsys import Interactions
from recsys.catalogue import database, writing
from recsys.catalogue.database import Catalogue
from recsys.catalogue.name_matching import similar_words
from recsys.catalogue.sources.films.source import WORDING
from recsys.catalogue.titles import label, parse
from recsys.data.progress import quiet
from recsys.errors import BrokenDatabase, UnknownItem, UnknownUser

TITLES = {
    "10": "Toy Story (1995)",
    "12": "Toy Story 2 (1999)",
    "20": "Matrix, The (1999)",
    "21": "Matrix Reloaded, The (2003)",
    "30": "Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)",
    "40": "Usual Suspects, The (1995)",
    "50": "Seven (a.k.a. Se7en) (1995)",
    "51": "Seven Samurai (Shichinin no samurai) (1954)",
    "60": "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)",
    "70": "Heat (1995)",
    "71": "Heat (1986)",
    "72": "Body Heat (1981)",
    "80": "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
    "81": "Up (2009)",
    "82": "M (1931)",
    "83": "Blade Runner (1982)",
    "84": "Blade Runner 2049 (2017)",
    "85": "WALL·E (2008)",
    "86": "Schindler's List (1993)",
    "87": "Truth About Cats & Dogs, The (1996)",
    "300": "Quiz Night (1994)",
    "301": "300 (2007)",
    "302": "Story of Troy, The (2003)",
}
HISTORY = [
    ("7", "12", 4.0, 300),
    ("7", "10", 5.0, 100),
    ("7", "70", 0.5, 200),
    ("9", "10", 3.0, 50),
    ("9", "20", 4.5, 40),
]
FACTS = {"catalogue": "films", "dataset": "made-here", "title": "films made here", "description": WORDING.to_dict()}


def make(path, titles=TITLES, rows=HISTORY, timed=True, images=()):
    items = []
    for item_id, text in titles.items():
        title = parse(text)
        items.append({"item_id": item_id, "title": title.main, "alternatives": title.alternatives, "year": title.year})
    items[0] |= {
        "genres": ["Animation"],
        "director": "J. L.",
        "cast": ["T. H."],
        "overview": "Toys.",
        "tmdb_id": "862",
        "facets": {"mood": ["warm", "warm"]},
        "language": "en",
        "keywords": ["toys"],
    }
    items[2] |= {"imdb_id": "tt0133093"}
    for item, image in zip(items, images):
        item["image"] = image
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"])
    data = Interactions.from_frame(frame if timed else frame.drop(columns="timestamp"), items=list(titles))
    writing.write(path, items, data, dict(FACTS), quiet)
    return data


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("catalogue") / "films.sqlite"
    return path, make(path)


@pytest.fixture(scope="module")
def catalogue(built):
    opened = Catalogue.open(built[0])
    yield opened
    opened.close()


def test_an_item_is_given_in_full(catalogue):
    assert catalogue.item("10") == {
        "item_id": "10",
        "title": "Toy Story",
        "year": 1995,
        "genres": ["Animation"],
        "director": "J. L.",
        "cast": ["T. H."],
        "keywords": ["toys"],
        "overview": "Toys.",
        "language": "en",
        "tmdb_id": "862",
        "imdb_id": "",
        "url": "https://www.themoviedb.org/movie/862",
        "image": "",
        "n_ratings": 2,
        "mean_rating": 4.0,
    }
    assert catalogue.item("20")["url"] == "https://www.imdb.com/title/tt0133093/"
    assert catalogue.item("21")["url"] == "" and catalogue.item("21")["mean_rating"] is None


def test_items_come_in_the_order_asked(catalogue):
    assert [item["item_id"] for item in catalogue.items(["70", "10", "70"])] == ["70", "10", "70"]
    assert catalogue.items([]) == []
    with pytest.raises(UnknownItem, match="No film is called 'x99'"):
        catalogue.items(["10", "x99"])


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("toy story", "10"),
        ("TOY STORY", "10"),
        ("toy stroy", "10"),
        ("story toy", "10"),
        ("Toy Story (1995)", "10"),
        ("toy story 1999", "12"),
        ("toy sto", "10"),
        ("matrx the", "20"),
        ("Matrix, The", "20"),
        ("matrix reloded", "21"),
        ("amelie", "30"),
        ("amélie poulain", "30"),
        ("usual suspects", "40"),
        ("Usual Suspects, The", "40"),
        ("usul suspcts", "40"),
        ("se7en", "50"),
        ("seven", "50"),
        ("seven samurai", "51"),
        ("léon", "60"),
        ("leon", "60"),
        ("the professional", "60"),
        ("heat", "70"),
        ("heat (1986)", "71"),
        ("cite des enfants perdus", "80"),
        ("up", "81"),
        ("m", "82"),
        ("blade runner", "83"),
        ("blade runner 2049", "84"),
        ("walle", "85"),
        ("wall-e", "85"),
        ("schindlers list", "86"),
        ("cats and dogs", "87"),
        ("300", "301"),
    ],
)
def test_search_forgives(catalogue, typed, first):
    assert catalogue.search(typed, 5)[0]["item_id"] == first


def test_search_gives_what_fits_and_no_more(catalogue):
    assert [item["item_id"] for item in catalogue.search("toy story")][:2] == ["10", "12"]
    assert len(catalogue.search("heat", 2)) == 2
    assert catalogue.search("zzzzqqq") == [] and catalogue.search("") == [] and catalogue.search('"; DROP') == []
    found = catalogue.search("t", 10)
    assert {item["item_id"] for item in found} >= {"10", "12"}


@pytest.mark.parametrize("typed", ['"', "*", "a OR b", "NEAR(x)", "toy' --", "\x00", "(", "日本", "x" * 5000])
def test_search_takes_anything_typed(catalogue, typed):
    assert isinstance(catalogue.search(typed), list)


@pytest.mark.parametrize(
    ("text", "item_id"),
    [
        ("10", "10"),
        ("300", "301"),
        ("id:300", "300"),
        (" Toy Story (1995) ", "10"),
        ("Usual Suspects, The (1995)", "40"),
        ("matrx", "20"),
    ],
)
def test_find_takes_ids_titles_and_near_titles(catalogue, text, item_id):
    assert catalogue.find(text) == item_id


def test_every_label_finds_its_own_item_without_a_search(catalogue, monkeypatch):
    monkeypatch.setattr(type(catalogue._search), "_ranked", lambda *_: pytest.fail("searched"))
    for item in catalogue.popular(100):
        found = catalogue.item(catalogue.find(label(item["title"], item["year"]))) if item["year"] else item
        assert (found["title"], found["year"]) == (item["title"], item["year"])


def test_find_names_the_nearest_where_nothing_is_close(catalogue):
    with pytest.raises(UnknownItem) as raised:
        catalogue.find("the toy of the lost cat")
    assert str(raised.value).startswith(
        "No film is called 'the toy of the lost cat' among the 23 films here; the nearest are “"
    )
    with pytest.raises(UnknownItem, match="search for a part of its title"):
        catalogue.find("qqqq")
    with pytest.raises(UnknownItem):
        catalogue.find("")


def test_names_with_typos_are_left_out_beside_the_exact_one(tmp_path):
    titles = {
        "1": "Matrix, The (1999)",
        "2": "Matrix Reloaded, The (2003)",
        "3": "Carry on Matron (1972)",
        "4": "Patrix",
    }
    make(tmp_path / "films.sqlite", titles, [("7", "1", 4.0, 300)])
    with contextlib.closing(Catalogue.open(tmp_path / "films.sqlite")) as catalogue:

        def found(text):
            return [item["item_id"] for item in catalogue.search(text, 10)]

        assert found("The Matrix") == found("matrix 1999") == ["1", "2"]
        assert found("Matrix Reloaded") == ["2", "1"]
        assert set(found("matrx")) == {"1", "2", "3", "4"}


def test_words_are_alike_by_typos_and_beginnings():
    alike = similar_words(["story", "stroy", "stxxy", "sto", "cat", "form", "t"], ["story", "dog", "from", "toy"])
    assert alike["story"] == {"story": 1.0}
    assert alike["stroy"]["story"] > 0.7 and alike["stxxy"] == {}
    assert alike["sto"] == {"story": pytest.approx(0.94)}
    assert alike["cat"] == {}
    assert alike["form"] == {"from": pytest.approx(0.7)}
    assert alike["t"] == {"toy": pytest.approx(0.55)}
    assert similar_words([], ["a"]) == {} and similar_words(["a"], []) == {"a": {}}


def test_users_and_their_histories(catalogue):
    assert catalogue.users() == ["7", "9"] and catalogue.users(1) == ["7"]
    assert catalogue.has_user("7") and not catalogue.has_user("8")
    assert list(catalogue.history("7").items()) == [("10", 5.0), ("70", 0.5), ("12", 4.0)]
    assert catalogue.user_rows("7", 1) == [{"item_id": "12", "rating": 4.0, "timestamp": 300}]
    with pytest.raises(UnknownUser, match="No user '8' among the 2 of films made here \\(such as 7, 9\\)"):
        catalogue.history("8")


def test_interactions_are_the_ones_stored(built, catalogue):
    data = catalogue.interactions()
    assert data.digest == built[1].digest == catalogue.info["digest"]
    assert data.items.ids.tolist() == list(TITLES) and data.matrix.shape == (2, len(TITLES))
    assert data.matrix.dtype == np.float32 and data.times.dtype == np.int64


def test_interactions_without_times_have_none(tmp_path):
    data = make(tmp_path / "films.sqlite", timed=False)
    opened = Catalogue.open(tmp_path / "films.sqlite")
    assert opened.interactions().times is None and opened.interactions().digest == data.digest
    assert opened.user_rows("9", 5)[0]["timestamp"] is None
    opened.close()


def test_large_ratings_are_mapped_from_beside_the_database(tmp_path, monkeypatch):
    path = tmp_path / "films.sqlite"
    data = make(path)
    monkeypatch.setattr(writing, "SNAPSHOT_FROM", 1)
    (tmp_path / "films.ratings-0123.safetensors").write_bytes(b"of an older build")
    writing.write_snapshot(path, data)
    (kept,) = tmp_path.glob("films.ratings-*")
    opened = Catalogue.open(path)
    assert opened.interactions().digest == data.digest
    kept.write_bytes(b"damaged")
    assert opened.interactions().digest == data.digest
    opened.close()


def test_features_cover_every_item(catalogue):
    features = catalogue.features()
    assert features.ids.ids.tolist() == list(TITLES) and features.titles[0] == "Toy Story"
    assert features.tags["mood"][0] == ["warm", "warm"] and features.tags["genres"][1] == []
    assert features.tags["director"][0] == ["J. L."] and set(features.tags) == {
        "genres",
        "keywords",
        "director",
        "cast",
        "language",
        "mood",
    }
    assert features.years[0] == 1995


def test_the_most_rated_come_first(catalogue):
    assert [item["item_id"] for item in catalogue.popular(2)] == ["10", "12"]


def test_many_threads_read_at_once(catalogue):
    failed = []

    def read():
        try:
            for _ in range(20):
                assert catalogue.search("toy stroy")[0]["item_id"] == "10"
                assert len(catalogue.history("7")) == 3
        except Exception as error:  # whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.slow
def test_what_is_cached_is_bounded_and_right_from_many_threads(built, monkeypatch):
    monkeypatch.setattr(database, "CACHED", 3)
    catalogue, failed = Catalogue.open(built[0]), []
    ids = catalogue.ids.ids.tolist()

    def read(seed):
        try:
            for step in range(200):
                wanted = [ids[(seed + step * place) % len(ids)] for place in (1, 2, 3, 5, 7)]
                assert [item["item_id"] for item in catalogue.items(wanted)] == wanted
                assert catalogue.find(f"{('toy stroy', 'matrx', 'wall e', 'leon')[step % 4]}") in (
                    "10",
                    "20",
                    "85",
                    "60",
                )
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and len(catalogue._items) <= 3
    catalogue.close()


def test_an_item_may_be_changed_by_who_asked_for_it(catalogue):
    catalogue.item("10")["title"] = "changed"
    assert catalogue.item("10")["title"] == "Toy Story"


def test_half_a_character_is_no_title_and_no_user(catalogue):
    with pytest.raises(UnknownItem, match="No film is called"):
        catalogue.find("qqqq\ud83d")
    assert catalogue.search("\ud83d") == [] and not catalogue.has_user("\ud83d")
    with pytest.raises(UnknownUser):
        catalogue.history("\ud83d")


def test_the_file_is_as_described(built):
    with sqlite3.connect(built[0]) as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        names = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
        assert names == ["items_users_ratings", "names_and_trigrams", "facts_of_the_build"]
        key = [row[1] for row in db.execute("PRAGMA table_info(ratings)") if row[5]]
        assert key == ["user", "item"]
        db.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO ratings VALUES (0, 9999, 1, 1)")
    db.close()


@pytest.mark.parametrize("how", ["cut off", "overwritten", "text", "empty", "half-built", "other version"])
def test_a_broken_database_is_not_opened(how, tmp_path):
    path = tmp_path / "films.sqlite"
    make(path)
    damage(path, how)
    with pytest.raises(
        BrokenDatabase, match=f"films.sqlite .*{'half-built|version' if how in ('half-built', 'other version') else ''}"
    ):
        Catalogue.open(path)


def test_a_missing_database_says_how_to_build_it(tmp_path):
    with pytest.raises(BrokenDatabase, match="does not exist. Build it with: python -m recsys build"):
        Catalogue.open(tmp_path / "films.sqlite")


def test_pictures_at_addresses_that_are_none_are_left_out_of_the_origins(tmp_path):
    """The first is an IPv6 address without its end, the second would add to the Content-Security-Policy."""
    images = ["https://[x/1.png", "https://a;script-src */2.png", "https://image.test/3.png", "http://b:99999999/4.png"]
    make(tmp_path / "films.sqlite", images=images)
    with contextlib.closing(Catalogue.open(tmp_path / "films.sqlite")) as catalogue:
        assert catalogue.image_origins() == {"https://image.test", "http://b:99999999"}
