"""Tab "Data": the catalogue in figures, how models see it, and what people's tastes fall into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.sections import Kept, facts, grid, section
from recsys.page.charts.values import percent
from recsys.page.components.address import Query
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.serving.data_report import Decades, RatingReport
from recsys.serving.filters import Filters
from recsys.serving.service import Service

GENRES = 14
COMPARED = 9


def build(context: Context) -> View:
    """The tab's one component, to be called inside its `gr.Tab`; drawn when the tab is first opened."""
    service = context.service
    found = part("sheet", {}, elem_id="rs-data", elem_classes=["rs-list"], waiting="Counting and drawing …")
    counted = Kept(lambda: about_data(service), lambda: service.title)
    learned = Kept(lambda: about_models(service), lambda: service.release_version)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [{"html": counted() + learned()}]

    return View([found], show)


TAB = Tab("data", "Data", build)


def about_data(service: Service) -> str:
    """Counts and distributions of the data set."""
    words, about, report = service.words, service.about(), service.data_report()
    counts = about["counts"]
    filled = "–" if report.filled is None else f"{100 * report.filled:.2g} %"
    scale = words.span(*about["scale"]) if service.has_scale else ""
    figures = [
        (words.items.capitalize(), f"{counts['items']:,}", ""),
        (words.people.capitalize(), f"{counts['users']:,}", ""),
        (words.ratings.capitalize(), f"{counts['ratings']:,}", scale),
        ("Density", filled, f"of all pairs of {words.person} and {words.item}"),
        ("Data set", about["dataset"], f"read {report.built}"),
    ]
    lead = f"{about['title']}. {about['licence']}"
    drawn = [_genres(service, report.genres), _years(service, report.years)]
    if report.ratings is not None:
        drawn += [
            _ratings(service, report.ratings),
            _time(service, report.ratings.over_time),
            _tail(service, report.ratings.long_tail, report.n_items),
            _lengths(service, report.ratings),
        ]
    return section("About the data", lead, facts(figures), grid(one for one in drawn if one))


def about_models(service: Service) -> str:
    """What models make of the data: likeness of well-known items, and kinds of taste."""
    words = service.words
    alike = [chart for name in (service.defaults.similar, service.defaults.user) if (chart := _alike(service, name))]
    parts = [
        section(
            "What is like what",
            f"The best-known {words.items}, compared in pairs. Content compares "
            f"what a {words.item} is; people's {words.ratings} "
            "compare who liked it.",
            grid(dict.fromkeys(alike)),
        )
    ]
    report = service.model_reports.taste_groups()
    lead = f"{words.people.capitalize()} sorted by what they like into groups found by k-means."
    if report is None:
        if service.has_ratings:
            why = (
                "The groups are drawn once the model “clusters” is trained; that "
                "follows in the background, or on the Models tab."
            )
            parts.append(section("Kinds of taste", lead, charts.empty("Groups", why)))
    else:
        parts.append(section("Kinds of taste", lead, grid(taste_charts(report, words))))
    return "".join(parts)


def taste_charts(report: Mapping[str, Any], words: Any) -> list[str]:
    """Map, elbow, silhouette and sizes of the groups, from what a clusters model kept of its fit."""
    where, sizes = report["map"], report["sizes"]
    leaning = [
        ", ".join(one for one in tops if one) or f"Group {place + 1}" for place, tops in enumerate(report["leaning"])
    ]
    shares = [*where["variance"], 0, 0]
    drawn = f"each dot is one of {len(where['x']):,} {words.people}" + (
        f" drawn from {sum(sizes):,}" if sum(sizes) > len(where["x"]) else ""
    )
    reached = np.cumsum(report["variance"])
    dimensions = min(int(np.searchsorted(reached, 0.9 - 1e-9)) + 1, len(reached))
    chosen = report["chosen"]
    near = abs(chosen - report["elbow"]) <= 1
    decided = f"with the bend it decides for {chosen}" if near else f"the settings ask for {chosen}"
    return [
        charts.scatter(
            Caption(
                "People by taste",
                f"On the two directions in which tastes differ most; {drawn}.",
                of=f"second, {percent(shares[1])}",
                by=f"first direction, {percent(shares[0])} of all differences",
            ),
            list(zip(where["x"], where["y"], where["cluster"], strict=True)),
            list(zip(leaning, sizes, strict=True)),
        ),
        charts.curve(
            Caption(
                "Elbow",
                f"The spread left inside the groups falls with their number; the bend is at {report['elbow']}.",
                of="spread inside",
                by="number of groups",
            ),
            report["k"],
            report["inertia"],
            mark=report["chosen"],
        ),
        charts.curve(
            Caption("Silhouette", f"How well groups keep apart; {decided}.", of="silhouette", by="number of groups"),
            report["k"],
            # one group has nothing to keep apart from
            [score if k > 1 else None for k, score in zip(report["k"], report["silhouette"], strict=True)],
            mark=report["chosen"],
        ),
        charts.columns(
            Caption(
                "Directions of taste",
                f"The first {dimensions} hold {percent(reached[dimensions - 1])} of all differences.",
                of="share of all differences",
                by="direction",
            ),
            [str(place + 1) for place in range(len(report["variance"]))],
            report["variance"],
            label=percent,
        ),
    ]


def _genres(service: Service, found: Mapping[str, list]) -> str:
    words = service.words
    if not found["genres"]:
        return ""
    more = len(found["genres"]) - GENRES
    note = f"A {words.item} counts for each of its {words.genres}" + (
        f"; the {GENRES} most frequent of {len(found['genres'])}." if more > 0 else "."
    )
    return charts.bars(
        Caption(words.genres.capitalize(), note, of=words.items),
        found["genres"][:GENRES],
        found["items"][:GENRES],
        label=lambda value: f"{value or 0:,.0f}",
    )


def _years(service: Service, years: Decades | None) -> str:
    if years is None:
        return ""
    note = f"Half of the {service.words.items} are from {years.median} or later."
    caption = Caption("Release years", note, of=service.words.items, by="decade")
    return charts.columns(caption, [f"{decade}s" for decade in years.decades], years.counts)


def _ratings(service: Service, report: RatingReport) -> str:
    found = report.values
    if found is None:
        return ""
    meaning = dict(service.words.worth)
    labels = [meaning.get(rating, f"{rating:g}") for rating in found["ratings"]]
    words = service.words
    note = "" if words.worth else f"The mean is {report.mean:.2f} on a scale {words.span(*report.scale)}."
    title = f"{words.ratings.capitalize()} by value"
    return charts.columns(Caption(title, note, of=words.ratings, by=words.rating), labels, found["counts"])


def _time(service: Service, found: Mapping[str, list]) -> str:
    if not found["moments"]:
        return ""
    unit = "month" if "-" in found["moments"][0] else "year"
    top = int(np.argmax(found["counts"]))
    note = f"Most were given in {found['moments'][top]}: {found['counts'][top]:,}."
    name = service.words.ratings
    caption = Caption(f"{name.capitalize()} over time", note, by=unit)
    return charts.lines(caption, found["moments"], {name: found["counts"]}, area=True)


def _tail(service: Service, found: Mapping[str, Any], total: int) -> str:
    words = service.words
    shares = [0.0, *(rank / total for rank in found["rank"])]
    reached = [0.0, *found["share"]]
    half = found["items_for"]["0.5"]
    unrated = f"; {found['unrated']:,} of {total:,} have none" if found["unrated"] else ""
    note = f"Half of all {words.ratings} go to {half:,} {words.items if half > 1 else words.item}{unrated}."
    steps = sorted(
        {int(np.searchsorted(reached, share)) for share in (0.1, 0.25, 0.5, 0.8, 0.95)} & set(range(len(shares)))
    )
    return charts.share_curve(
        Caption(
            "The long tail",
            note,
            of=f"share of {words.ratings}",
            by=f"share of {words.items}, best known first",
        ),
        list(zip(shares, reached, strict=True)),
        listed=steps,
        mark=shares[int(np.searchsorted(reached, 0.5))],
    )


def _lengths(service: Service, report: RatingReport) -> str:
    found, words = report.history_lengths, service.words
    note = f"Half of the {words.people} have {words.done} {report.median_history:,} {words.items} or more."
    caption = Caption(
        f"{words.ratings.capitalize()} by {words.person}", note, of=words.people, by=f"{words.items} {words.done}"
    )
    return charts.columns(caption, found["labels"], found["counts"])


def _alike(service: Service, name: str) -> str:
    """Likeness of well-known items as a model sees it, "" if it cannot compare them."""
    found = service.model_reports.likeness(name, COMPARED)
    if found is None:
        return ""
    note = (
        f"As “{found.model}” sees it; the stronger the colour, the more alike. "
        "The numbers above are those of the names."
    )
    title = "By content" if found.by_content else f"By {service.words.ratings}"
    return charts.heat_map(Caption(title, note), found.titles, found.values)
