"""Report on the data set: counts, and distributions of items and ratings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.values import MISSING
from recsys.page.reports.sections import facts, grid, section
from recsys.serving.data_report import Decades, RatingReport
from recsys.serving.service import Service

GENRES = 14
LISTED_SHARES = (0.1, 0.25, 0.5, 0.8, 0.95)  # shares of the ratings in the table of the long tail


def report(service: Service) -> str:
    """Counts and distributions of the data set as a section of the page."""
    words, about, found = service.words, service.about(), service.data_report()
    counts = about["counts"]
    scale = words.span(*about["scale"]) if service.has_scale else ""
    density = MISSING if found.filled is None else f"{100 * found.filled:.2g} %"
    figures = [
        (words.items.capitalize(), f"{counts['items']:,}", ""),
        (words.people.capitalize(), f"{counts['users']:,}", ""),
        (words.ratings.capitalize(), f"{counts['ratings']:,}", scale),
        ("Density", density, f"of all pairs of {words.person} and {words.item}"),
        ("Data set", about["dataset"], f"loaded {found.built}"),
    ]
    drawn = [_genres(service, found.genres), _years(service, found.years)]
    if ratings := found.ratings:
        drawn += [
            _ratings(service, ratings),
            _time(service, ratings.over_time),
            _tail(service, ratings.long_tail, found.n_items),
            _lengths(service, ratings),
        ]
    lead = f"{about['title']}. {about['licence']}"
    return section("About the data", lead, facts(figures), grid(chart for chart in drawn if chart))


def _genres(service: Service, found: Mapping[str, list]) -> str:
    words, genres = service.words, found["genres"]
    if not genres:
        return ""
    note = f"A {words.item} counts for each of its {words.genres}."
    if len(genres) > GENRES:
        note += f" The {GENRES} most frequent of {len(genres)} are shown."
    caption = Caption(words.genres.capitalize(), note, of=words.items)
    return charts.bars(caption, genres[:GENRES], found["items"][:GENRES], label=lambda value: f"{value or 0:,.0f}")


def _years(service: Service, years: Decades | None) -> str:
    if years is None:
        return ""
    items = service.words.items
    caption = Caption("Release years", f"Half of the {items} are from {years.median} or later.", of=items, by="decade")
    return charts.columns(caption, [f"{decade}s" for decade in years.decades], years.counts)


def _ratings(service: Service, ratings: RatingReport) -> str:
    words, found = service.words, ratings.values
    if found is None:
        return ""
    named = dict(words.worth)
    labels = [named.get(rating, f"{rating:g}") for rating in found["ratings"]]
    note = "" if named else f"The mean is {ratings.mean:.2f} on a scale {words.span(*ratings.scale)}."
    caption = Caption(f"{words.ratings.capitalize()} by value", note, of=words.ratings, by=words.rating)
    return charts.columns(caption, labels, found["counts"])


def _time(service: Service, found: Mapping[str, list]) -> str:
    moments, counts, name = found["moments"], found["counts"], service.words.ratings
    if not moments:
        return ""
    top = int(np.argmax(counts))
    note = f"Most are from {moments[top]}: {counts[top]:,}."
    caption = Caption(f"{name.capitalize()} over time", note, by="month" if "-" in moments[0] else "year")
    return charts.lines(caption, moments, {name: counts}, area=True)


def _tail(service: Service, found: Mapping[str, Any], n_items: int) -> str:
    words = service.words
    items = [0.0, *(rank / n_items for rank in found["rank"])]
    ratings = [0.0, *found["share"]]
    half = found["items_for"]["0.5"]
    note = f"Half of all {words.ratings} belong to {half:,} {words.items if half > 1 else words.item}"
    note += f"; {found['unrated']:,} of {n_items:,} have none." if found["unrated"] else "."
    listed = {int(np.searchsorted(ratings, share)) for share in LISTED_SHARES} & set(range(len(items)))
    caption = Caption(
        "The long tail", note, of=f"share of {words.ratings}", by=f"share of {words.items}, most popular first"
    )
    return charts.share_curve(
        caption,
        list(zip(items, ratings, strict=True)),
        listed=sorted(listed),
        mark=items[int(np.searchsorted(ratings, 0.5))],
    )


def _lengths(service: Service, ratings: RatingReport) -> str:
    words, found = service.words, ratings.history_lengths
    note = f"Half of the {words.people} have {words.done} {ratings.median_history:,} {words.items} or more."
    title = f"{words.ratings.capitalize()} by {words.person}"
    caption = Caption(title, note, of=words.people, by=f"{words.items} {words.done}")
    return charts.columns(caption, found["labels"], found["counts"])
