"""Rows below a user's picks, each with a different reason and different items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recsys.page.components.card_list import Listing
from recsys.serving.filters import Filters
from recsys.serving.remarks import by_id
from recsys.serving.replies import Shown
from recsys.serving.service import Service
from recsys.serving.taste import is_genre

BECAUSE = 2  # number of rows that are based on a liked item
ROWS = BECAUSE + 2
LONG, SHORT = 12, 4  # largest and smallest number of items in a row
ALIKE = 48  # number of items similar to a favourite, from which a row takes the first unknown ones
HIDDEN = -0.7  # popularity filter of the row of hidden gems
RARE = 0.05  # largest share of a history for a genre to count as new to the user
NEW_GENRES = 4
SOURCE = "row"
TRIED = 10  # number of favourites that are tried as the base of a row

Ask = Callable[[int, Filters], list[Shown]]


@dataclass(frozen=True)
class Person:
    """The user of the rows.

    Attributes:
        ask: returns recommendations for the user, by number and filters.
        history: items of the user with `genres` and `rating`, the latest first.
        shares: share of the history by genre.
    """

    ask: Ask
    history: Sequence[Mapping[str, Any]]
    shares: Mapping[str, float]


def shares_of(items: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Share of these items by genre.

    >>> shares_of([{"genres": ["Crime", "Drama"]}, {"genres": ["Drama"]}])
    {'Crime': 0.5, 'Drama': 1.0}
    """
    items = list(items)
    counts = Counter(genre for item in items for genre in item.get("genres") or ())
    return {genre: n / len(items) for genre, n in counts.items()}


def rows(
    service: Service, person: Person, shown: Sequence[Mapping[str, Any]], filters: Filters
) -> list[dict[str, Any]]:
    """Values of the ROWS lists below the shown items; {} for a row that would be too short."""
    taken = {item["item_id"] for item in shown}
    with service.activity.unrecorded():  # only a part of these lists is shown, and the page records that part
        made = [*_because(service, person, taken, filters), *_others(service, person, taken, filters)]
    return made + [{}] * (ROWS - len(made))


def _because(service: Service, person: Person, taken: set[str], filters: Filters) -> Iterator[dict[str, Any]]:
    """Items similar to different favourites of the user, without items that the user knows."""
    words, done, genres = service.words, 0, set()
    for favourite in service.favourites(person.history)[:TRIED]:
        kind = (favourite.get("genres") or [""])[0]
        if kind in genres:
            continue
        alike = service.similar(by_id(service, favourite["item_id"]), ALIKE, filters=filters)
        # The personal models leave out known items, and add the match.
        only = tuple(item["item_id"] for item in alike)
        own = {line["item_id"]: line for line in person.ask(ALIKE, replace(filters, only=only))} if only else {}
        lines = [item | {"match": own[item["item_id"]]["match"]} for item in alike if item["item_id"] in own]
        heading = f"Because you {words.liked} {favourite['title']}"
        if value := _row(heading, "", lines, taken):
            genres.add(kind)
            done += 1
            yield value
        if done == BECAUSE:
            return


def _others(service: Service, person: Person, taken: set[str], filters: Filters) -> Iterator[dict[str, Any]]:
    words = service.words
    if not filters.popularity:
        gems = person.ask(LONG, replace(filters, popularity=HIDDEN, hide=(*filters.hide, *taken)))
        if value := _row("Hidden gems", f"Less known {words.items} that fit your taste.", gems, taken):
            yield value
    if filters.genres_in:
        return
    genres = filter(is_genre, set(service.filter_choices().genres) - {*filters.genres_out})
    shares = {name: person.shares.get(name, 0.0) for name in sorted(genres)}
    rare = sorted((name for name, share in shares.items() if share <= RARE), key=shares.__getitem__)[:NEW_GENRES]
    if not rare:
        return
    new = person.ask(LONG, replace(filters, genres_in=tuple(rare), hide=(*filters.hide, *taken)))
    note = f"From {words.genres} that are rare in what you have {words.done}: {', '.join(rare)}."
    if value := _row("New to you", note, new, taken):
        yield value


def _row(heading: str, note: str, lines: Iterable[Mapping[str, Any]], taken: set[str]) -> dict[str, Any] | None:
    """A row of the lines whose items are in no other row; None if there are too few of them."""
    left = [line for line in lines if line["item_id"] not in taken][:LONG]
    if len(left) < SHORT:
        return None
    taken.update(line["item_id"] for line in left)
    return Listing(heading, SOURCE, note=note).of(left)
