"""What is exported is read back completely by our own importer, in every format."""

from __future__ import annotations

import csv
import io
import json

import pytest

from recsys.errors import BadInput, NotAllowed
from recsys.imports import read
from recsys.imports.writing import FORMATS, Title, write

RATINGS = {"Heat (1995)": 4.5, "Alien (1979)": 5.0, "Casino (1995)": 0.5, "Shrek (2001)": 3.0}
LIST = ["Moon (2009)", "Gattaca (1997)"]


def ids(service, names):
    return {service.catalogue.find(name) for name in names}


@pytest.mark.parametrize("format", ["json", "letterboxd", "imdb", "trakt"])
@pytest.mark.parametrize("ratings", [RATINGS, {"Casino (1995)": 0.5}, {"Casino (1995)": 1.0, "Heat (1995)": 0.5}])
def test_ratings_come_back_as_they_were(service, format, ratings):
    file = service.exports.file(ratings, format=format)
    found = service.import_ratings(file["text"])
    assert file["n"] == len(ratings) and not found["unmatched"]
    wanted = {service.catalogue.find(name): rating for name, rating in ratings.items()}
    assert {line["item_id"]: line["rating"] for line in found["matched"]} == wanted


@pytest.mark.parametrize("format", ["letterboxd", "imdb"])
def test_no_cell_is_a_formula_of_a_spreadsheet(format):
    titles = ['=HYPERLINK("http://evil.test","x")', "+1", "-1", "@home", "'Salem's Lot", "Heat"]
    items = [{"title": title, "year": 2000 + place, "director": title} for place, title in enumerate(titles)]
    text, _ = write([Title(item, 4.0) for item in items], format, (1.0, 5.0))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'+1" in cells and not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]
    assert [entry.title for entry in read(text.encode()).ratings] == titles


@pytest.mark.parametrize("format", FORMATS)
def test_a_list_comes_back(service, format):
    file = service.exports.file(titles=LIST, format=format)
    found = service.import_ratings(file["text"])
    back = {line["item_id"] for line in [*found["matched"], *found["watchlist"]]}
    assert back == ids(service, LIST) and not found["unmatched"]
    assert all(line["rating"] is None for line in found["matched"])


def test_json_and_trakt_hold_ratings_and_a_list_and_tables_only_one(service):
    for format in ("json", "trakt"):
        found = service.import_ratings(service.exports.file(RATINGS, LIST, format)["text"])
        assert len(found["matched"]) == len(RATINGS)
        assert {line["item_id"] for line in found["watchlist"]} == ids(service, LIST)
    with pytest.raises(BadInput, match="either ratings or a list"):
        service.exports.file(RATINGS, LIST, "letterboxd")


def test_a_profile_exports_its_ratings_with_days_for_its_owner_only(service):
    joined = service.profiles.create(["Heat (1995)"])
    file = service.exports.file(user_id=joined["user_id"], key=joined["key"], format="letterboxd")
    header, row, *_ = file["text"].splitlines()
    assert header == "tmdbID,imdbID,Title,Year,Directors,Rating10,WatchedDate"
    assert "Heat,1995,Michael Mann," in row and row[-10:-6].isdecimal()
    with pytest.raises(NotAllowed):
        service.exports.file(user_id=joined["user_id"], key="wrong")


def test_radarr_gets_an_array_of_titles_with_ids(service):
    (film,) = json.loads(service.exports.file(titles=["Heat (1995)"], format="radarr")["text"])
    item = service.catalogue.item(service.catalogue.find("Heat (1995)"))
    assert (film["title"], film["release_year"]) == ("Heat", "1995")
    assert film.get("imdb_id") == (item["imdb_id"] or None)


def test_jellyfin_gets_a_list_as_mdblist_writes_it(service):
    films = json.loads(service.exports.file(titles=["Heat (1995)", "Alien (1979)"], format="jellyfin")["text"])
    # the fields that the plugin Collection Import declares, with their types
    for rank, (film, year) in enumerate(zip(films, (1995, 1979), strict=True), 1):
        assert film["rank"] == rank and film["release_year"] == year and film["mediatype"] == "movie"
        assert type(film["id"]) in (int, type(None)) and film["adult"] == 0
        assert film["imdb_id"] is None or film["imdb_id"].startswith("tt")
    assert [film["title"] for film in films] == ["Heat", "Alien"]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "nothing to export"),
        ({"titles": LIST, "format": "netflix"}, "use json, letterboxd, imdb"),
        ({"titles": "Heat"}, "use a list"),
    ],
)
def test_what_cannot_be_exported_is_said(service, given, text):
    with pytest.raises(BadInput, match=text):
        service.exports.file(**given)


def test_verdicts_are_ratings_and_what_was_only_seen_is_left_out(service):
    file = service.exports.file({"Heat (1995)": "like", "Alien (1979)": "dislike", "Moon (2009)": "seen"})
    ratings = json.loads(file["text"])["ratings"]
    assert [(one["title"], one["rating"]) for one in ratings] == [
        ("Heat", service.profiles.rating_of("like")),
        ("Alien", service.profiles.rating_of("dislike")),
    ]
