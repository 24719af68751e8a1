"""Report on the usage of the service: shown lists and feedback as charts, and the event log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.svg import safe
from recsys.page.charts.values import MISSING, percent
from recsys.page.reports.sections import Cell, facts, grid, notice, section, table, words
from recsys.serving.activity import Limits, LogLine
from recsys.serving.service import Service
from recsys.serving.verdicts import VERDICTS

LINES = 100  # number of lines of the log
NAMED = 5  # number of items of a list that are named
TITLES = 186  # width of the titles beside bars
Summary = dict[str, Any]


def report(service: Service, found: Summary, limits: Limits, tabs: Mapping[str, str]) -> str:
    """Charts of a summary of the event log, and the latest events; `tabs` are the titles of the page's tabs by key."""
    words, totals, named = service.words, found["totals"], verdicts(service)
    if not totals["lists"] and not any(totals[verdict] for verdict in VERDICTS):
        return f'<p class="rs-empty">{safe(_nothing(words.items, any(vars(limits).values())))}</p>'
    figures = [("Lists shown", f"{totals['lists']:,}", f"{totals['shown']:,} {words.items} in all, repeats included")]
    figures += [(named[verdict], f"{totals[verdict]:,}", "") for verdict in VERDICTS]
    drawn = [
        _lists_by_day(service, found),
        _feedback_by_day(service, found),
        _most_recommended(service, found),
        _most_liked(service, found, limits),
        _by_model(service, found),
        _by_position(service, found),
    ]
    behind = notice("Many events are new; the latest are still being counted.") if found["behind"] else ""
    return section("Usage", "", behind, facts(figures), grid(drawn)) + event_log(service, limits, tabs)


def verdicts(service: Service) -> dict[str, str]:
    """The name of each verdict in this catalogue."""
    return {verdict: getattr(service.words, verdict) for verdict in VERDICTS}


def model_title(service: Service, name: str) -> str:
    """A model's title, or the name of lists that were not made by a model."""
    return service.activity.model_title(name) if name else "Home page"


def _nothing(items: str, filtered: bool) -> str:
    if filtered:
        return "No events match these filters."
    return f"No events yet. Every list of {items} that is shown from now on appears here."


def _lists_by_day(service: Service, found: Summary) -> str:
    days = found["by_day"]
    caption = Caption("Lists by day", f"Lists of {service.words.items} shown on each day (UTC).", by="day")
    lists = {"lists": [line["lists"] for line in days]}
    return charts.lines(caption, [line["day"] for line in days], lists, area=True, short=_short_day)


def _feedback_by_day(service: Service, found: Summary) -> str:
    days = found["by_day"]
    note = f"Feedback on the {service.words.items} that were shown, on each day (UTC)."
    series = {name: [line[verdict] for line in days] for verdict, name in verdicts(service).items()}
    return charts.lines(
        Caption("Feedback by day", note, by="day"), [line["day"] for line in days], series, short=_short_day
    )


def _most_recommended(service: Service, found: Summary) -> str:
    note = f"Number of lists with each {service.words.item}{_of_latest(found)}."
    caption = Caption("Most recommended", note, of="lists")
    return _ranked(service, caption, found["most_recommended"])


def _most_liked(service: Service, found: Summary, limits: Limits) -> str:
    name = "liked" if limits.verdict in ("", "like") else f"marked “{verdicts(service)[limits.verdict]}”"
    note = f"How often each {service.words.item} was marked{_of_latest(found)}."
    caption = Caption(f"Most {name}", note, of="marks")
    return _ranked(service, caption, found["most_liked"])


def _of_latest(found: Summary) -> str:
    return f", in the latest {found['ranked']:,} events of these days" if found["ranked"] else ""


def _ranked(service: Service, caption: Caption, pairs: list[tuple[str, int]]) -> str:
    titles = service.activity.titles(item for item, _ in pairs)
    return charts.bars(
        caption,
        [titles[item] for item, _ in pairs],
        [count for _, count in pairs],
        room=TITLES,
        label=lambda value: f"{value or 0:,.0f}",
    )


def _by_model(service: Service, found: Summary) -> str:
    lines = [line for line in found["by_model"] if line["shown"]]
    note = f"Feedback per 100 {service.words.items} shown, with 95 % confidence intervals."
    return charts.intervals(
        Caption("Engagement by model", note, of="feedback rate"),
        [model_title(service, line["model"]) for line in lines],
        [(line["rate"], line["low"], line["high"]) for line in lines],
        label=_rate,
    )


def _by_position(service: Service, found: Summary) -> str:
    lines = found["by_position"] if any(line["verdicts"] for line in found["by_position"]) else []
    note = f"Feedback per 100 {service.words.items} shown at each position of a list."
    return charts.columns(
        Caption("Engagement by position", note, of="feedback rate", by="position"),
        [str(line["position"]) for line in lines],
        [line["rate"] for line in lines],
        label=_rate,
    )


def event_log(service: Service, limits: Limits, tabs: Mapping[str, str]) -> str:
    """The latest events as a table."""
    places = {f"page {key}": title for key, title in tabs.items()}
    lines = service.activity.lines(limits, LINES)
    shown = {item for line in lines for item in line["item_ids"][:NAMED]}
    titles = service.activity.titles(shown | {line["source"] for line in lines})
    head = ["Time", *map(words, ("Event", "Model", "Who", "Source", "Based on", service.words.items.capitalize()))]
    lead = f"The latest {len(lines)} events, newest first, in UTC. Visitors and profiles appear under short pseudonyms."
    rows = [_event(service, line, titles, places) for line in lines]
    return section("Event log", lead, table("Event log", head, rows, log=True))


def _event(service: Service, line: LogLine, titles: dict[str, str], places: dict[str, str]) -> list[Cell]:
    names = [titles.get(item, item) for item in line["item_ids"]]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    texts = (
        verdicts(service).get(line["verdict"], "") if line["verdict"] else "List",
        model_title(service, line["model"]) if line["model"] else "",
        line["who"],
        places.get(line["endpoint"], line["endpoint"]),
        titles.get(line["source"], line["source"]),
        ", ".join(names[:NAMED]) + more,
    )
    time = line["time"].replace("T", " ").removesuffix("+00:00")
    return [time, *(words(text or MISSING) for text in texts)]


def _rate(value: float | None) -> str:
    return percent(value, 1)


def _short_day(day: str) -> str:
    when = date.fromisoformat(day)
    return f"{when.day} {when:%b}"
