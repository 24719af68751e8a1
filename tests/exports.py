"""Small exports in the layouts of the sites that write them; every title and rating is invented for the tests."""

from __future__ import annotations

import io
import json
import zipfile

LETTERBOXD = {
    "profile.csv": "Date Joined,Username,Given Name,Favorite Films\n2019-01-01,somebody,,\n",
    "ratings.csv": "Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Heat,1995,https://boxd.it/1,4.5\n"
    '2024-01-03,"Good, the Bad and the Ugly",1966,https://boxd.it/2,3\n2024-02-03,Heat,1995,https://boxd.it/1,4\n',
    "watched.csv": "Date,Name,Year,Letterboxd URI\n2024-01-02,Heat,1995,https://boxd.it/1\n"
    "2024-01-05,Alien,1979,https://boxd.it/3\n",
    "watchlist.csv": "Date,Name,Year,Letterboxd URI\n2024-01-06,Amélie,2001,https://boxd.it/4\n",
    "likes/films.csv": "Date,Name,Year,Letterboxd URI\n2024-01-07,Her,2013,https://boxd.it/5\n",
    "deleted/diary.csv": "Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Jaws,1975,https://boxd.it/6,1\n",
    "lists/best.csv": "Letterboxd list export v7\nDate,Name,Tags,URL,Description\n2024-01-01,Best,,u,\n\n"
    "Position,Name,Year,URL,Description\n1,Heat,1995,u,\n",
}
IMDB_RATINGS = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres\n"
    'tt0113277,9,2020-03-01,Heat,Heat,u,Movie,8.3,170,1995,"Crime, Drama"\n'
    "tt0211915,8,2020-03-02,Amélie,Le fabuleux destin d'Amélie Poulain,u,Movie,8.3,122,2001,Comedy\n"
    "tt0411008,7,2020-03-03,Lost,Lost,u,TV Series,8.3,44,2004,Adventure\n"
)
IMDB_LIST = (
    "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,"
    "Genres,Num Votes,Release Date,Directors,Your Rating,Date Rated\n"
    "1,tt0078748,2021-01-01,2021-01-01,,Alien,Alien,u,Movie,8.5,117,1979,Horror,1,1979-05-25,Ridley Scott,,\n"
    "2,tt0113277,2021-01-01,2021-01-01,,Heat,Heat,u,Movie,8.3,170,1995,Crime,1,1995-12-15,Michael Mann,9,2020-03-01\n"
)
TRAKT_RATINGS = json.dumps(
    [
        {
            "rated_at": "2022-05-06T10:00:00.000Z",
            "rating": 8,
            "type": "movie",
            "movie": {"title": "Heat", "year": 1995, "ids": {"trakt": 1, "imdb": "tt0113277", "tmdb": 949}},
        },
        {
            "rated_at": "2022-05-06T10:00:00.000Z",
            "rating": 9,
            "type": "show",
            "show": {"title": "Lost", "year": 2004, "ids": {}},
        },
    ]
)
TRAKT_WATCHLIST = json.dumps(
    [{"rank": 1, "listed_at": "2022-05-06T10:00:00.000Z", "type": "movie", "movie": {"title": "Alien", "year": 1979}}]
)
TRAKT_HISTORY = json.dumps(
    [
        {
            "id": 1,
            "watched_at": "2022-05-06T10:00:00.000Z",
            "action": "watch",
            "type": "movie",
            "movie": {"title": "Her", "year": 2013, "ids": {"tmdb": 152601}},
        }
    ]
)
TRAKT_CSV = "rated_at,type,title,year,rating,trakt_id,imdb_id,tmdb_id\n2022-01-01,movie,Heat,1995,8,1,tt0113277,949\n"
SIMKL = json.dumps(
    {
        "movies": [
            {"status": "completed", "user_rating": 7, "movie": {"title": "Heat", "year": 1995, "ids": {"tmdb": "949"}}},
            {"status": "plantowatch", "user_rating": None, "movie": {"title": "Alien", "year": 1979, "ids": {}}},
            {"status": "completed", "user_rating": None, "movie": {"title": "Her", "year": 2013, "ids": {}}},
        ],
        "shows": [{"status": "watching", "show": {"title": "Lost", "year": 2004}}],
        "anime": [],
    }
)
SIMKL_CSV = (
    '"SIMKL_ID","Title","Type","Year","Watchlist","LastEpWatched","WatchedDate","Rating","Memo","TVDB","TMDB","IMDB"\n'
    '"1","Heat","movie","1995","completed","","2021-01-01","7","","","949","tt0113277"\n'
    '"2","Lost","tv","2004","watching","","","9","","","",""\n'
    '"3","Alien","movie","1979","plantowatch","","","","","","348","tt0078748"\n'
)
TV_TIME_CSV = (
    "user_id,type,created_at,movie_name,release_date,series_name\n"
    "1,watch,2020-01-01 10:00:00,Heat,1995-12-15 00:00:00,\n"
    "1,rewatch,2020-01-02 10:00:00,Heat,1995-12-15 00:00:00,\n"
    "1,follow,2020-01-01 10:00:00,Alien,1979-05-25 00:00:00,\n"
    "1,watch,2020-01-01 10:00:00,,,Lost\n"
)
TV_TIME_JSON = json.dumps(
    [
        {"id": {"tvdb": 1, "imdb": "tt0113277"}, "title": "Heat", "year": 1995, "is_watched": True},
        {"id": {"tvdb": 2}, "title": "Alien", "year": 1979, "is_watched": False},
    ]
)
MOVIELENS = "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n6,113277,949,4.5,3.9,Heat (1995)\n"
RECSYS = json.dumps(
    {
        "format": "recsys",
        "scale": [0.5, 5],
        "ratings": [{"item_id": "6", "title": "Heat", "year": 1995, "rating": 4.5}],
        "watched": [{"item_id": "9", "title": "Her", "year": 2013}],
        "watchlist": [{"item_id": "8", "title": "Alien", "year": 1979}],
    }
)
PLAIN = "Title;Year;My Rating\nHeat;1995;9\nAlien;1979;\n"


def archive(members: dict[str, str]) -> bytes:
    """A ZIP of these texts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, text in members.items():
            writer.writestr(name, text)
    return packed.getvalue()
