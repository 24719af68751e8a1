"""Tables in JSON, in each form that pandas writes, and lists of films without ratings."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from recsys.errors import BadInput
from recsys.imports import read

FRAME = pd.DataFrame({"title": ["Heat", "Alien"], "year": [1995, 1979], "rating": [4.5, 5]})
BY_TITLE = FRAME.set_index("title")
HEAT, ALIEN = "Heat (1995)", "Alien (1979)"
RADARR = [
    {
        **{"title": "Heat", "originalTitle": "Heat", "year": 1995, "tmdbId": 949, "imdbId": "tt0113277"},
        **{"hasFile": True, "ratings": {"imdb": {"value": 8.3}}},
    },
    {"title": "Lost", "tvdbId": 73739, "tmdbId": 4607, "seasons": []},
    {"title": "Alien", "year": 1979, "tmdbId": 348},
    {"title": "", "tmdbId": 0},
]


def rated(text: str) -> dict[str, float | None]:
    found = read(text.encode())
    assert found.format == "json"
    return {str(entry): entry.rating for entry in [*found.ratings, *found.watched]}


@pytest.mark.parametrize(
    "text",
    [
        *(FRAME.to_json(orient=form) for form in ("records", "index", "columns", "split", "table", "values")),
        *(BY_TITLE.to_json(orient=form) for form in ("index", "columns", "split", "table")),
        FRAME.to_json(orient="records", lines=True),
        FRAME.set_axis([7, 5]).to_json(orient="index"),
        FRAME.set_axis([7, 5]).to_json(orient="columns"),
        json.dumps(FRAME.to_dict("list")),
        json.dumps({"page": 1, "movies": FRAME.to_dict("records")}),
        FRAME.rename(columns={"title": "movieTitle", "rating": "my_rating"}).to_json(orient="records"),
        FRAME.rename(columns={"year": "release_year"}).to_json(orient="records"),
    ],
    ids=range(17),
)
def test_each_form_of_a_table_is_read(text):
    assert rated(text) == pytest.approx({HEAT: 0.9, ALIEN: 1.0})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"Heat (1995)": 5, "Alien (1979)": 4}, {HEAT: 1.0, ALIEN: 0.8}),
        (["Heat (1995)", "Alien (1979)"], {HEAT: None, ALIEN: None}),
        ({"title": "Heat (1995)", "rating": 9}, {HEAT: 0.9}),
        ({"movies": [{"rating": 9, "movie": {"title": "Heat", "year": 1995}}]}, {HEAT: 0.9}),
        ([["Heat (1995)", 5], ["Alien (1979)", 4]], {HEAT: 1.0, ALIEN: 0.8}),
        ([{"title": "Heat", "release_year": 1995, "rating": 9}], {HEAT: 0.9}),
        ([{"title": "Heat", "year": 1995.0, "tmdbId": 949, "rating": None}, {"title": "Her", "rating": 2}], None),
    ],
    ids=range(7),
)
def test_other_json_that_people_write(content, expected):
    found = rated(json.dumps(content))
    assert found == pytest.approx(expected or {HEAT: None, "Her": 0.4})


@pytest.mark.parametrize(
    "content",
    [
        {"Heat": {"rating": 5}, "title": {"rating": 3}},  # columns or rows
        {"count": -1},
        {"rating": 5, "year": 1995},
        {"0": {"x": 1}, "1": {"x": 2}},
        {"949": 5, "348": 4},
        [1, 2],
        [[]],
        [["Heat", 5], ["Alien"]],
        [{"a": 1}],
        {"data": [], "columns": []},
    ],
    ids=range(10),
)
def test_json_that_says_no_titles_is_refused_with_what_can_be_read(content):
    with pytest.raises(BadInput, match="No known export was found .* or a CSV or JSON table with a column title."):
        read(json.dumps(content).encode())


def test_the_films_of_radarr_are_a_watch_list_and_their_ratings_are_those_of_others():
    found = read(json.dumps(RADARR).encode())
    assert found.format == "radarr" and not found.ratings and not found.watched
    assert [str(entry) for entry in found.watchlist] == [HEAT, ALIEN]
    assert found.watchlist[0].ids == {"imdb": "tt0113277", "tmdb": "949"}
    assert [row.title for row in found.skipped] == ["Lost", ""]
    assert found.notes() == [
        "The file lists the films of a collection, not whether they were watched or liked; "
        "they are read as the watch-list."
    ]


@pytest.mark.parametrize(
    ("content", "ratings", "watched", "watchlist"),
    [
        ([[{"type": "movie", "movie": {"title": "Heat"}}], [{"movie": {"title": "Her"}}]], {}, ["Heat", "Her"], []),
        (
            {
                "data": [
                    {"node": {"title": "Monster"}, "list_status": {"status": "completed", "score": 9}},
                    {"node": {"title": "Trigun"}, "list_status": {"status": "plan_to_watch", "score": 0}},
                ]
            },
            *({"Monster": 0.9}, [], ["Trigun"]),
        ),
        (
            {"MediaContainer": {"size": 2, "Metadata": [{"title": "Heat", "userRating": 9.0}, {"title": "Her"}]}},
            *({"Heat": 0.9}, ["Her"], []),
        ),
        ({"movies": [{"title": "Heat", "rating": 9}], "shows": [{"title": "Lost"}]}, {"Heat": 0.9}, [], []),
    ],
    ids=["pages", "MyAnimeList", "Plex", "films and series"],
)
def test_the_films_in_what_an_api_answers_are_read(content, ratings, watched, watchlist):
    found = read(json.dumps(content).encode())
    assert {entry.title: entry.rating for entry in found.ratings} == ratings
    assert [[entry.title for entry in part] for part in (found.watched, found.watchlist)] == [watched, watchlist]


def test_ratings_of_others_are_no_advice():
    films = [
        {"Name": "Heat", "CommunityRating": 8.3, "Played": True},
        {"Name": "Her", "CommunityRating": 8, "Played": True},
    ]
    assert read(json.dumps(films).encode()).notes() == []


def test_a_list_of_letterboxd_is_named():
    text = "Letterboxd list export v7\nDate,Name,Tags,URL,Description\n2024-01-01,My list,,,\n\nPosition,Name,Year\n1,Heat,1995"
    found = read(text.encode())
    assert len(found) == 0
    assert [row.why for row in found.skipped] == ["A list does not say whether its titles were watched or liked."]


ANILIST = {
    "data": {
        "MediaListCollection": {
            "lists": [
                {
                    "name": "Completed",
                    "entries": [
                        {
                            "status": "COMPLETED",
                            "score": 9,
                            "media": {"id": 5, "title": {"romaji": "Kaubōi", "english": "Cowboy Bebop"}},
                        }
                    ],
                },
                {"name": "Planning", "entries": [{"score": 0, "media": {"title": {"romaji": "Akira"}}}]},
            ]
        }
    }
}


@pytest.mark.parametrize(
    ("content", "ratings", "watched", "watchlist"),
    [
        (ANILIST, {"Cowboy Bebop": 0.9}, [], ["Akira"]),
        ({"completed": [{"title": "Heat", "score": 8}], "planned": [{"title": "Her"}]}, {"Heat": 0.8}, [], ["Her"]),
        ({"log": {"want-to-read": [{"title": "Her"}], "already-read": [{"title": "Heat"}]}}, {}, ["Heat"], ["Her"]),
        ({"response": {"games": [{"name": "Heat", "playtime_forever": 3}]}}, {}, ["Heat"], []),
        ({"ratings": {"Heat": 8, "Big": 10}}, {"Heat": 0.8, "Big": 1.0}, [], []),
        ({"me": {"watched": ["Heat"], "to_watch": ["Her"]}}, {}, ["Heat"], ["Her"]),
    ],
)
def test_lists_by_status_are_read(content, ratings, watched, watchlist):
    found = read(json.dumps(content).encode())
    assert {entry.title: entry.rating for entry in found.ratings} == pytest.approx(ratings)
    assert [one.title for one in found.watched] == watched and [one.title for one in found.watchlist] == watchlist


def test_an_export_with_ids_alone_is_refused_with_its_name():
    content = {"user": {"id": 1}, "lists": [{"series_type": 0, "series_id": 1, "score": 85}]}
    with pytest.raises(BadInput, match="AniList"):
        read(json.dumps(content).encode())


def test_names_in_other_lists_of_an_object_are_no_titles():
    with pytest.raises(BadInput, match="No known export"):
        read(json.dumps({"friends": [{"name": "Ada"}], "devices": [{"name": "Phone"}]}).encode())


def test_the_film_in_the_content_of_a_record_is_read():
    rows = [
        {"status": "FINISHED", "rating": 9, "content": {"tmdbId": 949, "title": "Heat", "type": "movie"}},
        {"status": "PLANNED", "rating": 0, "content": {"tmdbId": 348, "title": "Alien", "type": "movie"}},
    ]
    found = read(json.dumps(rows).encode())
    assert [(entry.title, entry.rating, entry.ids) for entry in found.ratings] == [("Heat", 0.9, {"tmdb": "949"})]
    assert [entry.title for entry in found.watchlist] == ["Alien"]
