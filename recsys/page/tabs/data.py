"""Tab "Data": the catalogue in figures, how models see it, and what people's tastes fall into."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from recsys.data import Interactions, ItemFeatures
from recsys.errors import RecsysError
from recsys.evaluation import plots
from recsys.models import registry
from recsys.models.baseline.popular import Popular
from recsys.models.content_based.content import Content
from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.sections import Kept, facts, grid, section
from recsys.page.charts.values import percent
from recsys.page.components.address import Query
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.serving.filters import Filters
from recsys.serving.service import Service

log = logging.getLogger(__name__)

GENRES = 14
COMPARED = 9


def build(context: Context) -> View:
    """The tab's one component, to be called inside its `gr.Tab`; drawn when the tab is first opened."""
    service = context.service
    found = part("sheet", {}, elem_id="rs-data", elem_classes=["rs-list"], waiting="Counting and drawing …")
    counted = Kept(lambda: about_data(service), lambda: service.catalogue.info["digest"])
    learned = Kept(lambda: about_models(service), lambda: service.release.version)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [{"html": counted() + learned()}]

    return View([found], show)


TAB = Tab("data", "Data", build)


def about_data(service: Service) -> str:
    """Counts and distributions of the data set."""
    words, about, info = service.words, service.about(), service.catalogue.info
    data, features = service.catalogue.interactions(), service.catalogue.features()
    counts = about["counts"]
    cells = counts["items"] * counts["users"]
    filled = f"{100 * counts['ratings'] / cells:.2g} %" if cells else "–"
    figures = [
        (words.items.capitalize(), f"{counts['items']:,}", ""),
        (words.people.capitalize(), f"{counts['users']:,}", ""),
        (words.ratings.capitalize(), f"{counts['ratings']:,}", words.span(*about["scale"]) if info["rated"] else ""),
        ("Density", filled, f"of all pairs of {words.person} and {words.item}"),
        ("Data set", about["dataset"], f"read {info['built'][:10]}"),
    ]
    lead = f"{about['title']}. {about['licence']}"
    drawn = [_genres(service, features, data), _years(service, features)]
    if counts["ratings"]:
        drawn += [
            _ratings(service, data) if info["rated"] else "",
            _time(service, data),
            _tail(service, data),
            _lengths(service, data),
        ]
    return section("About the data", lead, facts(figures), grid(one for one in drawn if one))


def about_models(service: Service) -> str:
    """What models make of the data: likeness of well-known items, and kinds of taste."""
    words = service.words
    alike = [chart for name in (Content.name, service.default_model) if (chart := _alike(service, name))]
    parts = [
        section(
            "What is like what",
            f"The best-known {words.items}, compared in pairs. Content compares "
            f"what a {words.item} is; people's {words.ratings} "
            "compare who liked it.",
            grid(dict.fromkeys(alike)),
        )
    ]
    trained = [name for name in registry.where(report_kind="groups") if name in service.release.names]
    name = trained[-1] if trained else None
    lead = f"{words.people.capitalize()} sorted by what they like into groups found by k-means."
    if name is None:
        if service.catalogue.info["n_ratings"]:
            why = (
                "The groups are drawn once the model “clusters” is trained; that "
                "follows in the background, or on the Models tab."
            )
            parts.append(section("Kinds of taste", lead, charts.empty("Groups", why)))
    else:
        parts.append(section("Kinds of taste", lead, grid(taste_charts(service.release.model(name).report, words))))
    return "".join(parts)


def taste_charts(report: dict[str, Any], words: Any) -> list[str]:
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


def _genres(service: Service, features: ItemFeatures, data: Interactions) -> str:
    words, found = service.words, plots.genre_distribution(features, data)
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


def _years(service: Service, features: ItemFeatures) -> str:
    years = features.years[np.isfinite(features.years)].astype(int)
    if not len(years):
        return ""
    decades = years // 10 * 10
    first = max(decades.min(), decades.max() - 110)
    labels = list(range(first, decades.max() + 10, 10))
    counts = [int((decades == decade).sum()) for decade in labels]
    note = f"Half of the {service.words.items} are from {int(np.median(years))} or later."
    caption = Caption("Release years", note, of=service.words.items, by="decade")
    return charts.columns(caption, [f"{one}s" for one in labels], counts)


def _ratings(service: Service, data: Interactions) -> str:
    found = plots.rating_distribution(data)
    mean = float(np.average(found["ratings"], weights=found["counts"]))
    meaning = dict(service.words.worth)
    labels = [meaning.get(rating, f"{rating:g}") for rating in found["ratings"]]
    words = service.words
    note = "" if words.worth else f"The mean is {mean:.2f} on a scale {words.span(*data.scale)}."
    title = f"{words.ratings.capitalize()} by value"
    return charts.columns(Caption(title, note, of=words.ratings, by=words.rating), labels, found["counts"])


def _time(service: Service, data: Interactions) -> str:
    found = plots.over_time(data)
    if not found["moments"]:
        return ""
    unit = "month" if "-" in found["moments"][0] else "year"
    top = int(np.argmax(found["counts"]))
    note = f"Most were given in {found['moments'][top]}: {found['counts'][top]:,}."
    name = service.words.ratings
    caption = Caption(f"{name.capitalize()} over time", note, by=unit)
    return charts.lines(caption, found["moments"], {name: found["counts"]}, area=True)


def _tail(service: Service, data: Interactions) -> str:
    found, words = plots.long_tail(data), service.words
    total = len(data.items)
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


def _lengths(service: Service, data: Interactions) -> str:
    found, words = plots.history_lengths(data), service.words
    median = int(np.median(np.diff(data.matrix.indptr)))
    note = f"Half of the {words.people} have {words.done} {median:,} {words.items} or more."
    caption = Caption(
        f"{words.ratings.capitalize()} by {words.person}", note, of=words.people, by=f"{words.items} {words.done}"
    )
    return charts.columns(caption, found["labels"], found["counts"])


def _alike(service: Service, name: str) -> str:
    """Likeness of well-known items to a model, "" where it cannot say."""
    if name not in service.release.names:
        return ""
    model = service.release.model(name)
    known = (
        [line.item_id for line in service.release.model(Popular.name).recommend([], COMPARED)]
        if Popular.name in service.release.names
        else []
    )
    try:
        found = plots.similarity(model, known)
    except RecsysError as error:
        log.info("No likeness by %s: %s", name, error)
        return ""
    names = [item["title"] for item in service.catalogue.items(known)]
    note = (
        f"As “{model.title}” sees it; the stronger the colour, the more alike. "
        "The numbers above are those of the names."
    )
    title = "By content" if name == Content.name else f"By {service.words.ratings}"
    return charts.heat_map(Caption(title, note), names, found["values"])
