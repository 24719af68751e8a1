from __future__ import annotations

import pytest
from exports import (
    IMDB_LIST,
    IMDB_RATINGS,
    LETTERBOXD,
    MOVIELENS,
    PLAIN,
    RECSYS,
    SIMKL,
    SIMKL_CSV,
    TRAKT_CSV,
    TRAKT_HISTORY,
    TRAKT_RATINGS,
    TRAKT_WATCHLIST,
    TV_TIME_CSV,
    TV_TIME_JSON,
    archive,
)

from recsys.errors import BadInput
from recsys.imports import read

HEAT, ALIEN, HER = "Heat (1995)", "Alien (1979)", "Her (2013)"


def titles(entries):
    return [str(entry) for entry in entries]


def test_a_letterboxd_archive_gives_ratings_likes_watched_and_watchlist():
    found = read(archive(LETTERBOXD))
    assert found.format == "letterboxd"
    by_title = {str(entry): entry for entry in found.ratings}
    assert set(by_title) == {HEAT, "Good, the Bad and the Ugly (1966)", HER}
    assert by_title[HEAT].rating == 0.8 and by_title[HEAT].date == "2024-02-03"  # the later of two ratings
    assert by_title[HER].rating is None and by_title[HER].liked
    assert titles(found.watched) == [ALIEN] and titles(found.watchlist) == ["Amélie (2001)"]
    assert "Jaws" not in str(found)  # what the person deleted


@pytest.mark.parametrize(
    ("text", "format", "ratings", "watched", "watchlist", "skipped"),
    [
        (IMDB_RATINGS, "imdb", {HEAT: 0.9, "Amélie (2001)": 0.8}, [], [], ["Lost"]),
        (IMDB_LIST, "imdb", {HEAT: 0.9}, [], [ALIEN], []),
        (TRAKT_RATINGS, "trakt", {HEAT: 0.8}, [], [], ["Lost"]),
        (TRAKT_WATCHLIST, "trakt", {}, [], [ALIEN], []),
        (TRAKT_HISTORY, "trakt", {}, [HER], [], []),
        (TRAKT_CSV, "trakt", {HEAT: 0.8}, [], [], []),
        (SIMKL, "simkl", {HEAT: 0.7}, [HER], [ALIEN], ["Lost"]),
        (SIMKL_CSV, "simkl", {HEAT: 0.7}, [], [ALIEN], ["Lost"]),
        (TV_TIME_CSV, "tv_time", {}, [HEAT], [ALIEN], []),
        (TV_TIME_JSON, "tv_time", {}, [HEAT], [ALIEN], []),
        (MOVIELENS, "movielens", {HEAT: 0.9}, [], [], []),
        (RECSYS, "recsys", {HEAT: 0.9}, [HER], [ALIEN], []),
        (PLAIN, "csv", {HEAT: 0.9}, [ALIEN], [], []),
        ("Heat (1995)\nAlien (1979)\n", "csv", {}, [HEAT, ALIEN], [], []),
        ("sep=;\n" + PLAIN, "csv", {HEAT: 0.9}, [ALIEN], [], []),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_each_format_is_recognised_by_its_content(text, format, ratings, watched, watchlist, skipped, encoding):
    found = read(text.replace("\n", "\r\n").encode(encoding))
    assert found.format == format
    assert {str(entry): entry.rating for entry in found.ratings} == pytest.approx(ratings)
    assert (titles(found.watched), titles(found.watchlist)) == (watched, watchlist)
    assert [row.title for row in found.skipped] == skipped


def test_identifiers_are_read_in_every_form():
    (imdb, *_) = read(IMDB_RATINGS.encode()).ratings
    (trakt,) = read(TRAKT_RATINGS.encode()).ratings
    (movielens,) = read(MOVIELENS.encode()).ratings
    assert imdb.ids == {"imdb": "tt0113277"}
    assert trakt.ids == {"imdb": "tt0113277", "tmdb": "949"}
    assert movielens.ids == {"movielens": "6", "imdb": "tt0113277", "tmdb": "949"}


@pytest.mark.parametrize(
    ("column", "shares"),
    [
        (["5", "1", "3"], [1.0, 0.2, 0.6]),
        (["10", "1"], [1.0, 0.1]),
        (["80", "100"], [0.8, 1.0]),
        (["3,5", "5"], [0.7, 1.0]),
        (["7/10", "4/5"], [0.7, 0.8]),
        (["★★★½", "★★★★★"], [0.7, 1.0]),
        (["1", "1"], [0.2, 0.2]),
        (["80%", "95 %"], [0.8, 0.95]),
        (["★★★☆☆", "⭐⭐⭐⭐"], [0.6, 0.8]),
    ],
)
def test_the_scale_of_a_plain_table_is_decided_by_the_whole_column(column, shares):
    rows = "".join(f'Film {number} (2000),"{rating}"\n' for number, rating in enumerate(column))
    found = read(("title,rating\n" + rows).encode())
    assert [entry.rating for entry in found.ratings] == pytest.approx(shares)


@pytest.mark.parametrize(
    ("column", "shares", "example"),
    [
        (["7", "8", "11"], [0.7, 0.8, None], "'11' for Film 2"),
        (["7", "250", "8"], [0.7, None, 0.8], "'250' for Film 1"),
        (["3.5", "-3", "4", "inf"], [0.7, None, 0.8, None], "2 ratings, such as '-3' for Film 1, are"),
        (["4", "good"], [0.8, None], "'good' for Film 1"),
        (["11/10", "4/5", "3/0"], [None, 0.8, None], "2 ratings, such as '11/10' for Film 0, are"),
        (["7/inf", "4", "1/1e400"], [None, 0.8, None], "2 ratings, such as '7/inf' for Film 0, are"),
        (["4", "n/a", "0", "Not rated", "NaN", "-0.0", "0/10"], [0.8, *[None] * 6], ""),
    ],
)
def test_ratings_that_are_not_on_the_scale_are_reported(column, shares, example):
    rows = "".join(f'Film {number} (2000),"{rating}"\n' for number, rating in enumerate(column))
    found = read(("title,rating\n" + rows).encode())
    ratings = {entry.title: entry.rating for entry in [*found.ratings, *found.watched]}
    assert [ratings[f"Film {number}"] for number in range(len(column))] == [
        share and pytest.approx(share) for share in shares
    ]
    assert len(found.notes()) == bool(example) and example in "".join(found.notes())


@pytest.mark.parametrize("scale", ["[1, Infinity]", "[1, NaN]", "[-5, -1]"])
def test_a_scale_that_is_none_makes_no_ratings(scale):
    found = read(f'{{"format": "recsys", "scale": {scale}, "ratings": [{{"title": "Heat", "rating": 4}}]}}'.encode())
    assert not found.ratings and len(found.notes()) == 1


def test_titles_without_letters_stay_apart_and_the_last_rating_counts():
    found = read(b"title,rating,date\n!!!,5,\n???,1,\n!!!,2,\nHeat,4,2019-02-31\nHeat,3,2018-01-01\n")
    assert {entry.title: entry.rating for entry in found.ratings} == {"!!!": 0.4, "???": 0.2, "Heat": 0.6}


def test_no_text_of_an_export_breaks_an_answer():
    text = '{"format": "recsys", "watchlist": [{"title": "a\\ud800\\u001b[31m\\u202eb"}]}'
    ((entry,), plain) = (read(text.encode()).watchlist, read("x\x1b[31m\u202ey (1999)\n".encode()).watched)
    assert entry.title == "a\ufffd[31mb" and plain[0].title == "x[31my"


@pytest.mark.parametrize(
    "text",
    [
        LETTERBOXD["ratings.csv"].replace("4.5", "45"),
        IMDB_RATINGS.replace("tt0113277,9", "tt0113277,19"),
        TRAKT_RATINGS.replace('"rating": 8', '"rating": 80'),
        MOVIELENS.replace("4.5", "9.5"),
    ],
    ids=["letterboxd", "imdb", "trakt", "movielens"],
)
def test_every_site_has_its_scale(text):
    (note,) = read(text.encode()).notes()
    assert note.endswith("Heat is not on the scale of this export, so the title counts as not rated."), note


def test_a_named_file_tells_a_watchlist_from_watched_films(tmp_path):
    for name, kind in (("watchlist.csv", "watchlist"), ("anything.csv", "watched")):
        path = tmp_path / name
        path.write_text(LETTERBOXD["watchlist.csv"], encoding="utf-8")
        assert titles(getattr(read(path), kind)) == ["Amélie (2001)"]


def test_ratings_of_many_users_are_refused():
    found = read(b"userId,movieId,rating,timestamp\n1,6,4,1\n2,6,4,1\n")
    assert not len(found) and "2 users" in found.skipped[0].why


def test_a_format_that_does_not_exist_is_named():
    with pytest.raises(BadInput, match="Format 'x' is unknown; use auto, letterboxd"):
        read(b"title\nHeat\n", format="x")
