"""Measure what filters cost: the time of a filtered list relative to the same list without filters.

Answers are not cached here, so every list is computed. A filtered list and an unfiltered one of another film or person
alternate in random order, so that a busy machine slows both. The ratio is that of the medians. With --same, the
filtered list follows the unfiltered one of the same film or person, as on the page.

    RECSYS_DATASET=movietweetings python scripts/measure_filters.py
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.data.progress import quiet
from recsys.runtime.startup import one_blas_thread, ready
from recsys.serving import answers
from recsys.serving.filters import NO_FILTERS, Filters
from recsys.serving.service import Service
from recsys.settings import Settings

N, LIKED = 24, 5  # length of the lists, and liked items of a newcomer
WATCHLIST = 300  # items of the filters `only` and `hide`
DRAWN = 4000  # items whose posters are drawn before
List = Callable[[int, Filters], object]
Drawn = Callable[[int], Filters]


def main(arguments: list[str] | None = None) -> int:
    """Print one line of JSON for each list and filter; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--same",
        action="store_true",
        help="request each filtered list right after the unfiltered list of the same film or person",
    )
    parser.add_argument("--pairs", type=int, default=200, help="pairs of lists for each filter (default 200)")
    parser.add_argument(
        "--lists", default="similar,recommend,recommend_for", help="kinds of lists, separated by commas"
    )
    parser.add_argument("--only", default="", help="names of filters, separated by commas (default all)")
    options = parser.parse_args(arguments)
    one_blas_thread()
    answers.CACHED_BYTES = 0
    service = ready(Settings.from_env(), quiet, record_lists=False)
    try:
        service.cards(popular(service, DRAWN))  # posters are drawn once
        wanted = [name for name in options.only.split(",") if name]
        for kind in options.lists.split(","):
            for name, drawn in filters_of(service).items():
                if wanted and name not in wanted:
                    continue
                line = measured(requests(service)[kind], drawn, options.pairs, options.same)
                print(json.dumps({"list": kind, "filter": name, **line}), flush=True)
    finally:
        service.close()
    return 0


def filters_of(service: Service) -> dict[str, Drawn]:
    """Functions that return the filters of list number i; filters by ids and people differ from list to list."""
    choices, known = service.filter_choices(), popular(service, 4 * WATCHLIST)
    genre = next((one for one in ("Drama", *choices.genres) if one in choices.genres), "")

    def listed(number: int) -> tuple[str, ...]:
        return tuple(np.random.default_rng(number).choice(known, WATCHLIST, replace=False).tolist())

    def film(number: int) -> str:
        return f"id:{known[number % len(known)]}"

    def person(number: int) -> str:
        return next((name for name in service.item(film(number))["cast"]), "Tom Hanks")

    found: dict[str, Drawn] = {
        "genres_in": lambda i: Filters(genres_in=(genre,)),
        "genres_out": lambda i: Filters(genres_out=(genre,)),
        "years": lambda i: Filters(year_from=1980, year_to=2005),
        "languages": lambda i: Filters(languages=("en",)),
        "people": lambda i: Filters(people=(person(i),)),
        "only": lambda i: Filters(only=listed(i)),
        "hide": lambda i: Filters(hide=listed(i)),
        "popularity -": lambda i: Filters(popularity=-0.5),
        "popularity +": lambda i: Filters(popularity=0.5),
        "variety": lambda i: Filters(diversity=0.5),
        "both dials": lambda i: Filters(popularity=0.5, diversity=0.5),
        "genre, years, dial": lambda i: Filters(genres_in=(genre,), year_from=1980, popularity=0.3),
        "recency": lambda i: Filters(recency=0.8),
        "less: one film": lambda i: Filters(less=(film(0),)),
        "less: new film": lambda i: Filters(less=(film(i),)),
        "less: new person": lambda i: Filters(less=(f"person:{person(i)}",)),
    }
    if not choices.people:
        found = {name: drawn for name, drawn in found.items() if name not in ("people", "less: new person")}
    return found if "en" in choices.languages else {name: one for name, one in found.items() if name != "languages"}


def popular(service: Service, n: int) -> list[str]:
    """Ids of the n most rated items."""
    order = np.argsort(-service.catalogue.rating_counts(), kind="stable")
    return service.catalogue.ids.ids[order[:n]].tolist()


def requests(service: Service) -> dict[str, List]:
    """Functions that ask for list number i of a kind."""
    rng = np.random.default_rng(3)
    ids = rng.permutation(service.catalogue.ids.ids[service.catalogue.rating_counts() >= 5]).tolist()
    users = rng.permutation(service.catalogue.users(1_000_000)).tolist()

    def liked(number: int) -> list[str]:
        # numbers, because NumPy would convert all ids to an array, which takes as long as a list
        return [f"id:{ids[one]}" for one in np.random.default_rng(number).choice(len(ids), LIKED, replace=False)]

    return {
        "similar": lambda i, filters: service.similar(f"id:{ids[i % len(ids)]}", N, filters=filters),
        "recommend": lambda i, filters: service.recommend(users[i % len(users)], N, filters=filters),
        "recommend_for": lambda i, filters: service.recommend_for(liked(i), n=N, filters=filters),
    }


def measured(ask: List, drawn: Drawn, pairs: int, same: bool) -> dict[str, float]:
    """Medians in milliseconds without and with the filters, and their ratio, by wall clock and by CPU time."""
    rng, times = np.random.default_rng(7), np.zeros((2, pairs, 2))
    for one in (NO_FILTERS, drawn(2 * pairs)):
        ask(2 * pairs, one)  # what is computed once for all lists
    for pair in range(pairs):
        for which in (0, 1) if same else rng.permutation(2).tolist():
            number = 2 * pair + (0 if same else which)
            filters = drawn(number) if which else NO_FILTERS
            start, cpu = time.perf_counter(), time.thread_time()
            ask(number, filters)
            times[which, pair] = time.perf_counter() - start, time.thread_time() - cpu
    plain, filtered = 1000 * np.median(times, axis=1)
    return {
        "plain ms": round(float(plain[0]), 3),
        "filtered ms": round(float(filtered[0]), 3),
        "ratio": round(float(filtered[0] / plain[0]), 3),
        "cpu ratio": round(float(filtered[1] / plain[1]), 3),
    }


if __name__ == "__main__":
    sys.exit(main())
