"""Tables without a header, with one in another language, and with names written another way."""

from __future__ import annotations

import pytest
from odd_exports import IMDB_FRENCH_LIST, IMDB_GERMAN, READ, REFUSED

from recsys.errors import BadInput
from recsys.imports import read


@pytest.mark.parametrize("text", READ, ids=range(len(READ)))
def test_a_table_is_read_as_a_person_would(text):
    found = read(text.encode())
    entries = [*found.ratings, *found.watched, *found.watchlist]
    expected = {title: rating and pytest.approx(rating) for title, rating in READ[text].items()}
    assert {str(entry): entry.rating for entry in entries} == expected


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_columns_that_cannot_be_told_apart_are_refused(text):
    with pytest.raises(BadInput) as error:
        read(text.encode())
    why = REFUSED[text]
    advice = "Add a first line that names the columns, such as title,year,rating."
    assert str(error.value) == f"The file has no header, and {why}. {advice}"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "Heat;1995;4.5",
            ["The file has no header; its columns are read as title, year and rating, by their cells.", 5],
        ),
        (
            "Cinema;Points given\nHeat;9\nAlien;8",
            [
                "The first line (Cinema, Points given) names no column that is known; its columns are read as "
                "title and rating, by their cells.",
                10,
            ],
        ),
        ("Heat\nAlien", []),
        ("Title,Rating\nHeat,5", []),
    ],
)
def test_how_the_columns_were_told_is_said(text, sentences):
    expected = [f"The ratings are read as out of {one}." if isinstance(one, int) else one for one in sentences]
    assert read(text.encode()).notes() == expected


def test_an_export_of_imdb_is_known_by_its_cells_in_any_language():
    found = read(IMDB_GERMAN.encode())
    assert found.format == "imdb" and [entry.ids for entry in found.ratings] == [{"imdb": "tt0113277"}]
    assert [(row.title, row.why) for row in found.skipped] == [("Lost", "This is not a film but a Fernsehserie.")]
    listed = read(IMDB_FRENCH_LIST.encode())
    assert listed.format == "imdb" and [entry.title for entry in listed.watchlist] == ["Heat"]
    with pytest.raises(BadInput, match="may be the title"):  # other columns of the same number
        read(
            IMDB_GERMAN.replace("https://www.imdb.com/title/", "").replace("Titel", "X").replace("Const", "Y").encode()
        )


def test_a_row_with_more_cells_than_the_header_is_said_and_not_read():
    found = read(b"Title,Rating\nHeat,9,5\nGood, the Bad and the Ugly,5\nAlien,5,\n")
    assert [entry.title for entry in found.ratings] == ["Alien"]
    assert [row.title for row in found.skipped] == ["Heat, 9, 5", "Good, the Bad and the Ugly, 5"]
    assert all("more cells than the header" in row.why for row in found.skipped)


def test_what_was_not_seen_is_wanted():
    found = read(b"Title,Read Status,Star Rating\nDune,read,4.75\nEmma,to-read,\nIvanhoe,read,\n")
    assert [(entry.title, entry.rating) for entry in found.ratings] == [("Dune", 0.95)]
    assert [entry.title for entry in found.watched] == ["Ivanhoe"]
    assert [entry.title for entry in found.watchlist] == ["Emma"]
    assert [entry.title for entry in read(b"title,seen\nHeat,no\nHer,x\n").watchlist] == ["Heat"]


@pytest.mark.parametrize(
    ("text", "watched", "watchlist", "unmarked"),
    [
        ("title,seen\nHeat,x\nHer,\nBig,no\n", ["Heat"], ["Big"], ["Her"]),
        ("Title,Watched\nHeat,\nHer,\n", [], [], ["Heat", "Her"]),
        ("Titel;Gesehen\nHeat;ja\nHer;\n", ["Heat"], [], ["Her"]),
        ("title,checked,watchlist\nHeat,yes,yes\nHer,no,yes\nUp,,yes\n", ["Heat"], ["Her", "Up"], []),
        ("objectname,own,wishlist,wanttoplay\nHeat,1,0,0\nHer,0,1,0\nUp,0,0,1\n", ["Heat"], ["Her", "Up"], []),
        ("title,status\nHeat,\nHer,to-watch\n", ["Heat"], ["Her"], []),
        ("title,status\nHeat,Done\nUp,Pending\nBig,want_to_see\n", ["Heat"], ["Up", "Big"], []),
        ("Film,Vu le\nHeat,2024-01-03\nHer,\n", ["Heat"], [], ["Her"]),
        ("Titel;Gesehen\nHeat;WAHR\nHer;FALSCH\nBig;noch nicht gesehen\n", ["Heat"], ["Her", "Big"], []),
        ("- [ ] Heat (1995)\n- [x] Alien\n- [X] Her\n", ["Alien", "Her"], ["Heat (1995)"], []),
        ("☐ Heat\n☑ Alien\n", ["Alien"], ["Heat"], []),
        ('[{"Name": "Heat", "Played": false}, {"Name": "Her", "Played": true}]', ["Her"], ["Heat"], []),
        (
            '{"Items": [{"Name": "Heat", "UserData": {"Played": false, "PlayCount": 0}}, {"Name": "Her", '
            '"ProviderIds": {"Imdb": "tt1798709"}, "UserData": {"Played": true, "PlayCount": 2}}]}',
            *(["Her"], ["Heat"], []),
        ),
    ],
)
def test_what_is_not_marked_as_seen_gets_no_mark(text, watched, watchlist, unmarked):
    found = read(text.encode())
    assert [str(entry) for entry in found.watched] == watched
    assert [str(entry) for entry in found.watchlist] == watchlist
    assert [(row.title, row.why) for row in found.skipped] == [(one, "It is not marked as seen.") for one in unmarked]


def test_a_series_is_not_the_film_with_its_number():
    found = read(b"TMDb ID,Type,Name,Your Rating\n949,movie,Heat,9\n1396,TV Show,Breaking Bad,10\n")
    assert [entry.title for entry in found.ratings] == ["Heat"]
    assert [(row.title, row.why) for row in found.skipped] == [
        ("Breaking Bad", "This is not a film but of type TV Show.")
    ]


def test_a_column_that_may_be_the_rating_is_said():
    def said(text: str) -> list[str]:
        return read(text.encode()).notes()

    (sentence,) = said("Film,Year,Me /10,Notes\nHeat,1995,9,good\nAlien,1979,8.5,\n")
    assert sentence == "No column is known as your ratings. If me /10 has them, call it rating."
    assert not said("Film,Year,Runtime,IMDb Rating\nHeat,1995,170,8\nAlien,1979,117,9\n")
    assert not said("Film,Place\nHeat,1\nAlien,2\nHer,3\n")
