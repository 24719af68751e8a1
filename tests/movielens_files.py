"""A tiny MovieLens, written by us, in every layout; film 50 has a Latin-1 letter, film 61 no genre, film 70 no year."""

from __future__ import annotations

import zipfile
from pathlib import Path

FILMS = [
    ("10", "Usual Suspects, The (1995)", ["Crime", "Thriller"]),
    ("50", "City of Lost Children, The (Cité des enfants perdus, La) (1995)", ["Adventure", "Fantasy"]),
    ("61", "Quiet Harbour, A (2001) ", []),
    ("70", "Babylon 5", ["Sci-Fi"]),
    ("82", "Little Otters (1998)", ["Children", "Animation"]),
]
RATINGS = [
    ("7", "10", 4, 100),
    ("7", "50", 3, 300),
    ("7", "82", 5, 200),
    ("9", "10", 2, 50),
    ("9", "61", 1, 60),
    ("12", "70", 5, 10),
]
GENRES = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)


def _old(genres: list[str]) -> list[str]:
    return ["Children's" if genre == "Children" else genre for genre in genres]


def csv_layout() -> dict[str, bytes]:
    """ml-latest-small and ml-32m."""
    films = [f'{film},"{title}",{"|".join(genres) or "(no genres listed)"}' for film, title, genres in FILMS]
    ratings = [f"{user},{film},{float(rating)},{time}" for user, film, rating, time in RATINGS]
    tags = ["7,10,twist ending,1", "9,10,Twist Ending,2", "9,10,seen on dvd,3", "7,10,seen on dvd,3", "9,50,only one,4"]
    text = {
        "movies.csv": ["movieId,title,genres", *films],
        "ratings.csv": ["userId,movieId,rating,timestamp", *ratings],
        "links.csv": ["movieId,imdbId,tmdbId", "10,0114814,629", "50,0112682,"],
        "tags.csv": ["userId,movieId,tag,timestamp", *tags],
    }
    return {name: ("\r\n".join(lines) + "\r\n").encode() for name, lines in text.items()}


def dat_layout() -> dict[str, bytes]:
    """ml-1m."""
    films = [f"{film}::{title}::{'|'.join(_old(genres))}" for film, title, genres in FILMS]
    ratings = [f"{user}::{film}::{rating}::{time}" for user, film, rating, time in RATINGS]
    return {
        "movies.dat": ("\n".join(films) + "\n").encode("latin-1"),
        "ratings.dat": ("\n".join(ratings) + "\n").encode(),
        "users.dat": b"7::F::1::10::48067\n",
    }


def u_layout() -> dict[str, bytes]:
    """ml-100k."""
    films = []
    for film, title, genres in FILMS:
        flags = ["1" if genre in _old(genres) else "0" for genre in GENRES]
        films.append("|".join([film, title, "01-Jan-1995", "", "http://example.org/", *flags]))
    ratings = ["\t".join(map(str, row)) for row in RATINGS]
    return {
        "u.item": ("\n".join(films) + "\n").encode("latin-1"),
        "u.data": ("\n".join(ratings) + "\n").encode(),
        "u.genre": ("\n".join(f"{genre}|{place}" for place, genre in enumerate(GENRES)) + "\n\n").encode(),
        "u.user": b"7|24|M|technician|85711\n",
    }


def recbole_layout() -> dict[str, bytes]:
    """ml-100k as RecBole writes it: years in a column of their own."""
    films = ["item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"]
    for film, title, genres in FILMS:
        name, _, year = title.strip().rpartition(" (")
        films.append("\t".join([film, name or title, year.rstrip(")") if name else "", " ".join(_old(genres))]))
    ratings = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
    ratings += ["\t".join(map(str, row)) for row in RATINGS]
    return {
        "ml-100k.item": ("\n".join(films) + "\n").encode(),
        "ml-100k.inter": ("\n".join(ratings) + "\n").encode(),
        "ml-100k.user": b"user_id:token\tage:token\n7\t24\n",
    }


LAYOUTS = {"csv": csv_layout, "dat": dat_layout, "u": u_layout, "recbole": recbole_layout}


def folder(path: Path, files: dict[str, bytes]) -> Path:
    """The files in a folder."""
    path.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def zipped(path: Path, files: dict[str, bytes], top: str = "") -> Path:
    """The files in a zip, below a folder `top` where one is named."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{top}/{name}" if top else name, data)
    return path
