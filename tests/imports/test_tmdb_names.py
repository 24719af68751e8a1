"""Exports by the names that TMDb uses: nearly all films of the catalogue are found, and none wrongly."""

from __future__ import annotations

import csv
import os
import random
import re
from pathlib import Path

import pytest

from recsys.catalogue.titles import Title, label, parse
from recsys.imports import Entry
from recsys.imports.matching import CatalogueItem, TitleIndex

NAMES = Path(__file__).with_name("tmdb_names.txt")
EXPORTED, GONE = 2000, 1500
# The only one whose beginning alone is its name elsewhere; beginnings are no evidence.
NOT_FOUND = {"A Grand Day Out"}
NEWER = [("Parasite", 2019), ("Dune", 2021), ("Joker", 2019), ("Little Women", 2019), ("The Batman", 2022)]


def named() -> list[tuple[str, int, str]]:
    """TMDb's name, its year and MovieLens's title."""
    lines = [line.split("|") for line in NAMES.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return [(name, int(year), title) for name, year, title in lines]


def index(titles: dict[str, Title]) -> TitleIndex:
    return TitleIndex(
        CatalogueItem(item_id, label(title.main, title.year), title.year, {}, (title.main, *title.alternatives))
        for item_id, title in titles.items()
    )


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """Titles of MovieLens latest-small with their years, by id."""
    path = Path(os.environ.get("RECSYS_TEST_DATA", "")) / "ml-latest-small" / "movies.csv"
    if not path.is_file():
        pytest.skip("RECSYS_TEST_DATA is not set to a folder with ml-latest-small")
    with path.open(encoding="utf-8") as file:
        return {row["movieId"]: row["title"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def titles(written) -> dict[str, Title]:
    return {item_id: parse(title) for item_id, title in written.items()}


def as_elsewhere(title: Title, rng: random.Random) -> Entry:
    """A title with the habits of other sites: other names, signs and dashes, and a year off by one."""
    name = title.main
    if title.alternatives and rng.random() < 0.35:
        name = rng.choice(title.alternatives)
    if rng.random() < 0.5:
        name = name.replace(" and ", " & ").replace(": Part", " Part")
    else:
        name = re.sub(r", Part (\w+)", r": Part \1", name.replace(" & ", " and "))
    for old, new, share in (
        ("'", "’", 0.3),
        (" - ", ": ", 0.3),
        (" - ", " – ", 0.5),
        ("-", " ", 0.2),
        ("...", "…", 0.3),
    ):
        if rng.random() < share:
            name = name.replace(old, new)
    moved = rng.choice((-1, 1)) if title.year and rng.random() < 0.08 else 0
    return Entry(name, title.year + moved if title.year else None)


def test_names_of_other_sites_find_their_films():
    """Among each other, without the data set."""
    known = {title: parse(f"{title} ({year})") for _, year, title in named()}
    found = index(known)
    missed = {name for name, year, title in named() if found.match(Entry(name, year)).item_id != title}
    assert missed == NOT_FOUND


def test_names_of_other_sites_find_their_films_in_the_whole_catalogue(written, titles):
    found = index(titles)
    for name, year, title in named():
        item_id = found.match(Entry(name, year)).item_id
        assert item_id is None if name in NOT_FOUND else written[item_id].startswith(f"{title} ("), name
    assert [found.match(Entry(*newer)).item_id for newer in NEWER] == [None] * len(NEWER)


def test_nearly_all_films_of_an_export_are_found_and_none_wrongly(titles):
    rng, found = random.Random(4), index(titles)
    exported = rng.sample(sorted(titles), EXPORTED)
    matched = [found.match(as_elsewhere(titles[item_id], rng)).item_id for item_id in exported]
    right = sum(one == item_id for one, item_id in zip(matched, exported, strict=True))
    assert right >= 0.98 * EXPORTED and right == sum(one is not None for one in matched)


@pytest.mark.slow
def test_films_that_the_catalogue_lacks_are_hardly_ever_taken_for_others(titles):
    rng = random.Random(5)
    gone = set(rng.sample(sorted(titles), GONE))
    found = index({item_id: title for item_id, title in titles.items() if item_id not in gone})
    taken = [item_id for item_id in sorted(gone) if found.match(as_elsewhere(titles[item_id], rng)).item_id]
    assert len(taken) <= 0.005 * GONE  # such as twins of one year, of which one is not there
