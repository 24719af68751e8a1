"""Tab "Activity": what was shown and what was said of it, as a log and as charts, to look through and take away."""

from __future__ import annotations

from datetime import date
from typing import Any

from recsys.errors import RecsysError
from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.sections import facts, grid, section, table, words
from recsys.page.charts.svg import safe
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.serving.activity import Limits
from recsys.serving.filters import Filters
from recsys.serving.service import Service
from recsys.serving.verdicts import VERDICTS

LINES = 100  # of the log on the page
NAMED = 5  # items of a list that are named


def build(context: Context) -> View:
    """The tab's one component, to be called inside its `gr.Tab`."""
    service = context.service

    def activity(asked: dict[str, Any]) -> dict[str, Any]:
        return looked_at(service, asked)

    def export(asked: dict[str, Any]) -> dict[str, Any]:
        return exported(service, asked)

    found = part("activity", {}, server=[activity, export], elem_id="rs-activity", said=labels(service))

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [looked_at(service, {})]

    return View([found], show)


TAB = Tab("activity", "Activity", build)


def labels(service: Service) -> dict[str, str]:
    """What each verdict is called in this catalogue."""
    return {verdict: getattr(service.words, verdict) for verdict in VERDICTS}


def looked_at(service: Service, asked: object) -> dict[str, Any]:
    """The tab's value for `{"model", "verdict", "first", "last"}`: html, models to choose from; or `{"error"}`."""
    try:
        limits = read(asked)
        found = service.activity.summary(limits)
    except RecsysError as error:
        return {"error": str(error)}
    models = [{"name": name, "title": titled(service, name)} for name in found["models"] if name]
    return {"html": drawn(service, found, limits), "models": models, "asked": vars(limits)}


def exported(service: Service, asked: object) -> dict[str, Any]:
    """The log under the limits as a file: `{"name", "type", "text"}`, in the form `asked["format"]`, csv or json."""
    try:
        limits = read(asked)
    except RecsysError as error:
        return {"error": str(error)}
    file_format = asked.get("format") if isinstance(asked, dict) else ""
    return service.activity.export(limits, str(file_format))


def read(asked: object) -> Limits:
    """Limits from whatever a browser sent.

    Raises:
        BadInput: a day or verdict that is none.
    """
    asked = asked if isinstance(asked, dict) else {}
    text = {
        name: value[:LONGEST]
        for name in ("model", "verdict", "first", "last")
        if isinstance(value := asked.get(name), str)
    }
    return Limits(**text)


def drawn(service: Service, found: dict[str, Any], limits: Limits) -> str:
    """Sums as charts, and the latest lines of the log."""
    said, totals, named = service.words, found["totals"], labels(service)
    if not totals["lists"] and not any(totals[verdict] for verdict in VERDICTS):
        narrowed = any(vars(limits).values())
        why = (
            "Nothing happened under these limits."
            if narrowed
            else f"Nothing yet: every list of {said.items} shown from now on appears here."
        )
        return f'<p class="rs-empty">{safe(why)}</p>'
    figures = [("Lists shown", f"{totals['lists']:,}", f"with {totals['shown']:,} {said.items}")]
    figures += [(named[verdict], f"{totals[verdict]:,}", "") for verdict in VERDICTS]
    charted = [
        charts.lines(
            Caption("Lists by day", f"How many lists of {said.items} were shown on each day (UTC).", by="day"),
            [line["day"] for line in found["by_day"]],
            {"lists": [line["lists"] for line in found["by_day"]]},
            area=True,
            short=_short_day,
        ),
        charts.lines(
            Caption("Feedback by day", f"What people said about the {said.items} they were shown.", by="day"),
            [line["day"] for line in found["by_day"]],
            {named[verdict]: [line[verdict] for line in found["by_day"]] for verdict in VERDICTS},
            short=_short_day,
        ),
        _ranked(
            service,
            "Most recommended",
            f"How often each {said.item} stood in a list.",
            found["most_recommended"],
            "times shown",
        ),
        _ranked(
            service,
            "Most liked" if limits.verdict in ("", "like") else f"Most often “{named[limits.verdict]}”",
            f"How often each {said.item} got this verdict.",
            found["most_liked"],
            "verdicts",
        ),
        _by_model(service, found),
        _by_position(found, said.items),
    ]
    return section("What happened", "", facts(figures), grid(charted)) + _log(service, limits)


def titled(service: Service, name: str) -> str:
    """A model's title; lists that no model made have a name as well."""
    return service.activity.model_title(name) if name else "Chosen for everybody"


def _ranked(service: Service, title: str, note: str, pairs: list[tuple[str, int]], of: str) -> str:
    names = service.activity.titles(item for item, _ in pairs)
    return charts.bars(
        Caption(title, note, of=of),
        [names[item] for item, _ in pairs],
        [count for _, count in pairs],
        room=186,
        label=lambda value: f"{value or 0:,.0f}",
    )


def _by_model(service: Service, found: dict[str, Any]) -> str:
    note = f"Feedback per 100 {service.words.items} shown, with 95 % intervals."
    lines = [line for line in found["by_model"] if line["shown"]]
    return charts.intervals(
        Caption("Engagement by model", note, of="feedback per item"),
        [titled(service, line["model"]) for line in lines],
        [(line["rate"], line["low"], line["high"]) for line in lines],
        label=_percent,
    )


def _by_position(found: dict[str, Any], items: str) -> str:
    lines = found["by_position"] if any(line["verdicts"] for line in found["by_position"]) else []
    return charts.columns(
        Caption(
            "Engagement by position",
            f"Feedback per 100 {items} shown at each position of a list.",
            of="feedback per item",
            by="position",
        ),
        [str(line["position"]) for line in lines],
        [line["rate"] for line in lines],
        label=_percent,
    )


def _log(service: Service, limits: Limits) -> str:
    lines = service.activity.lines(limits, LINES)
    named = {item for line in lines for item in line["item_ids"][:NAMED]} | {line["source"] for line in lines}
    names = service.activity.titles(named)
    rows = []
    for line in lines:
        titles = [names.get(item, item) for item in line["item_ids"]]
        more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
        from_ = names.get(line["source"], line["source"])
        verdict = labels(service).get(line["verdict"], "") if line["verdict"] else "List"
        model = titled(service, line["model"]) if line["model"] else ""
        texts = (verdict, model, line["who"], line["endpoint"], from_, ", ".join(titles[:NAMED]) + more)
        when = line["time"].replace("T", " ").removesuffix("+00:00")
        rows.append([when, *(words(text or "–") for text in texts)])
    lead = (
        f"The latest {len(rows)}, newest first; times are UTC. Visitors and "
        "profiles go by a short name that tells nobody who they are."
    )
    head = ["Time", *map(words, ("What", "Model", "Who", "Through", "Starting from", service.words.items.capitalize()))]
    return section("Log", lead, table("Log of lists and verdicts", head, rows, log=True))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _short_day(day: str) -> str:
    when = date.fromisoformat(day)
    return f"{when.day} {when:%b}"
