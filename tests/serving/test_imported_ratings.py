"""Exports of other sites over a real service: matching, ratings on the catalogue's scale, picks."""

from __future__ import annotations

import pytest
from exports import LETTERBOXD, SIMKL, archive

from recsys.errors import BadInput

EXPORT = (
    "Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Heat,1995,u,4.5\n2024-01-03,Toy Story,1995,u,0.5\n"
    "2024-01-04,No Such Film,1950,u,3\n2024-01-05,Fargo,1996,u,\n"
)


def test_an_export_is_matched_with_ratings_on_the_scale_of_the_catalogue(service):
    found = service.import_ratings(EXPORT)
    assert found["format"] == "letterboxd"
    assert {card["title"]: card["rating"] for card in found["matched"]} == {
        "Heat": 4.5,
        "Toy Story": 0.5,
        "Fargo": None,
    }
    assert found["unmatched"] == [{"title": "No Such Film", "year": 1950, "why": "not in this catalogue"}]
    assert found["watchlist"] == []


def test_ratings_out_of_ten_become_stars(service):
    found = service.import_ratings(SIMKL)
    assert {card["title"]: card["rating"] for card in found["matched"]}["Heat"] == 3.5
    assert [card["title"] for card in found["watchlist"]] == ["Alien"]


def test_a_rating_that_is_not_on_the_scale_is_said(service):
    found = service.import_ratings("title,rating\nToy Story (1995),8\nHeat (1995),11\nJumanji (1995),6\n")
    assert {item["title"]: item["rating"] for item in found["matched"]}["Heat"] is None
    assert found["notes"] == [
        "The rating '11' for Heat is not on the scale of this export, so the title counts as not rated."
    ]


def test_a_liked_film_counts_as_liked(service):
    matched = service.imports.match(
        archive(LETTERBOXD | {"likes/films.csv": "Name,Year,Letterboxd URI\nAlien,1979,u\n"})
    )
    assert matched.liked == [service.catalogue.find("Alien (1979)")]


def test_ratings_give_the_picks_of_the_same_history(service):
    ratings = {"Heat (1995)": 5, "Pulp Fiction (1994)": 4.5, "Toy Story (1995)": 1}
    model = "ease"
    picks = service.recommend_for([], model=model, n=10, ratings=ratings)
    same = service.recommend_for(
        [], model=model, n=10, ratings={service.catalogue.find(k): v for k, v in ratings.items()}
    )
    assert picks == same and not {"Heat", "Pulp Fiction", "Toy Story"} & {line["title"] for line in picks}
    other = service.recommend_for([], model=model, n=10, ratings={"Toy Story (1995)": 5, "Heat (1995)": 1})
    assert [line["item_id"] for line in other] != [line["item_id"] for line in picks]


@pytest.mark.parametrize("ratings", [{"Heat (1995)": 9}, {"Heat (1995)": "x"}, ["Heat"], {"Heat (1995)": float("nan")}])
def test_ratings_out_of_range_are_refused(service, ratings):
    with pytest.raises(BadInput, match="use 0.5 to 5|use an object"):
        service.recommend_for([], ratings=ratings)


def test_text_that_is_no_export_is_refused(service):
    for text in ("", "\x00", "[{", 5):
        with pytest.raises(BadInput):
            service.import_ratings(text)
