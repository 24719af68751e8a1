"""Report on patterns that the models find in the data: similar items, and groups of users with similar taste."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.values import percent
from recsys.page.reports.sections import grid, section
from recsys.serving.service import Service

log = logging.getLogger(__name__)
COMPARED = 9  # number of compared items, the most rated ones
EXPLAINED = 0.9  # share of the variance that the shown directions of taste explain


def report(service: Service) -> str:
    """Similar items and groups of users as sections of the page."""
    return similar_items(service) + groups(service)


def similar_items(service: Service) -> str:
    """Similarity of the best-known items, by content and by ratings."""
    words = service.words
    names = dict.fromkeys((service.defaults.content, service.defaults.user))
    drawn = [chart for name in names if (chart := _heat_map(service, name))]
    lead = (
        f"The best-known {words.items}, compared in pairs: by their content, and by the {words.people} who "
        f"{words.past} them."
    )
    return section(f"Similar {words.items}", lead, grid(drawn))


def _heat_map(service: Service, name: str) -> str:
    found = service.model_reports.likeness(name, COMPARED)
    if found is None:
        return ""
    note = (
        f"Similarity according to the model “{found.model}”: the stronger the colour, the more similar. The columns "
        "are numbered like the rows."
    )
    title = "By content" if found.by_content else f"By {service.words.ratings}"
    return charts.heat_map(Caption(title, note), found.titles, found.values)


def groups(service: Service) -> str:
    """Groups of users found by k-means; "" if the catalogue has no ratings."""
    words, found = service.words, service.model_reports.taste_groups()
    title, lead = "Groups of taste", f"{words.people.capitalize()} grouped by their taste, with k-means clustering."
    if found is not None:
        try:
            return section(title, lead, grid(group_charts(found, words.people)))
        except Exception as error:  # of any type, if the record is of another version or of an invalid release
            log.warning("The groups of users cannot be drawn: %r", error)
            return ""
    if not service.has_ratings:
        return ""
    why = "The groups appear once a clustering model is trained: in the background, or from the Models tab."
    return section(title, lead, charts.empty("Groups", why))


def group_charts(found: Mapping[str, Any], people: str) -> list[str]:
    """Map, elbow, silhouette and explained variance, from the saved state of a clustering model."""
    chosen, elbow = found["chosen"], found["elbow"]
    agrees = abs(chosen - elbow) <= 1
    decided = f"together with the elbow it selects {chosen}" if agrees else f"the settings specify {chosen}"
    # the silhouette of a single group is undefined
    silhouette = [score if k > 1 else None for k, score in zip(found["k"], found["silhouette"], strict=True)]
    inertia = Caption(
        "Elbow",
        f"The variance within groups falls with their number; the elbow is at {elbow}.",
        of="variance within groups",
        by="number of groups",
    )
    apart = Caption("Silhouette", f"How separate the groups are; {decided}.", of="silhouette", by="number of groups")
    return [
        _map(found, people),
        charts.curve(inertia, found["k"], found["inertia"], mark=chosen),
        charts.curve(apart, found["k"], silhouette, mark=chosen),
        _variance(found["variance"]),
    ]


def _map(found: Mapping[str, Any], people: str) -> str:
    where, sizes = found["map"], found["sizes"]
    n_drawn, first, second = len(where["x"]), *[*where["variance"], 0, 0][:2]
    sample = f", a sample of {sum(sizes):,}" if sum(sizes) > n_drawn else ""
    caption = Caption(
        f"{people.capitalize()} by taste",
        f"The two directions in which tastes differ most. Each dot is one of {n_drawn:,} {people}{sample}.",
        of=f"second direction, {percent(second)}",
        by=f"first direction, {percent(first)} of the variance",
    )
    names = [
        ", ".join(one for one in tops if one) or f"Group {number}" for number, tops in enumerate(found["leaning"], 1)
    ]
    points = list(zip(where["x"], where["y"], where["cluster"], strict=True))
    return charts.scatter(caption, points, list(zip(names, sizes, strict=True)))


def _variance(shares: list[float]) -> str:
    reached = np.cumsum(shares)
    n = min(int(np.searchsorted(reached, EXPLAINED - 1e-9)) + 1, len(reached))
    caption = Caption(
        "Directions of taste",
        f"The first {n} explain {percent(reached[n - 1])} of the variance.",
        of="share of the variance",
        by="direction",
    )
    return charts.columns(caption, [str(number) for number in range(1, len(shares) + 1)], shares, label=percent)
