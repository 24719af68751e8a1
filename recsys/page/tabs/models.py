"""Tab "Models": how good each is, what is trained; and for the operator training, the Hub, releases and figures."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from recsys.errors import NotAllowed, RecsysError
from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.sections import Kept, facts, grid, notice, section, table, words
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.page.tabs import training_report
from recsys.runtime.admin import SPLITS, Admin
from recsys.runtime.jobs import Background
from recsys.runtime.status import figures, training_status
from recsys.serving.filters import Filters
from recsys.serving.model_reports import HEADINGS, KINDS, ModelReport
from recsys.serving.service import Service

SHOWN = ("ndcg@10", "recall@20", "hr@10", "coverage@10", "novelty@10", "diversity@10")
ORDER = {"random": "ndcg@10", "temporal": "ndcg@10", "strict": "ndcg@10", "unseen": "ndcg@100", "ratings": "rmse"}
DECIDING, RATED = "ndcg@10", "ratings rmse"
CURVES = 2


def build(context: Context) -> View:
    """The tab's two components, to be called inside its `gr.Tab`: the comparison, and the operator's panel."""
    service, background = context.service, context.background
    admin, token = Admin(background), secrets.token_urlsafe(16)
    compared = Kept(lambda: comparison(service), lambda: service.release_version)
    trained = Kept(lambda: training_report.of_release(service), lambda: service.release_version)
    found = part("sheet", {}, elem_id="rs-models", elem_classes=["rs-list"], waiting="Reading the measurements …")

    def operate(asked: dict[str, Any]) -> dict[str, Any]:
        return operated(admin, token, asked)

    panel = part("operator", {}, server=[operate], elem_id="rs-operator", splits=dict.fromkeys(SPLITS) | KINDS)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        state = {"token": token, **panel_state(admin)} if admin.is_open else {"locked": True, "has_key": admin.has_key}
        return [{"html": compared() + trained() + freshness(service, background)}, state]

    return View([found, panel], show)


TAB = Tab("models", "Models", build)


# -- for everybody ------------------------------------------------------------------------------


def comparison(service: Service) -> str:
    """The table of all models, best first, and charts of it."""
    reports = service.model_reports.quality()
    measured = [report for report in reports if any(name in report.metrics for name in (*SHOWN, RATED))]
    if not measured:
        lead = "Nothing is measured yet; measuring follows the training in the background, or is started below."
    else:
        lead = (
            f"Measured on {KINDS['random']}, against the whole catalogue; best first, the best of a column in bold. "
            "NDCG and recall reward what the person went on to rate, coverage "
            "the share of the catalogue that is shown at all."
        )
    return section("How good they are", lead, _table(reports), grid(_charts(reports)))


def freshness(service: Service, background: Background) -> str:
    """What is trained, what is missing, and whether there is newer data."""
    status, ratings = training_status(background), service.words.ratings
    newer = status.newer_ratings
    about = [
        ("Release", status.version, f"trained {status.created:%d %B %Y, %H:%M} UTC"),
        ("Models", str(len(status.trained)), f"of {len(status.trained) + len(status.untrained)} known"),
        (f"Newer {ratings}", f"{newer:,}", "by visitors since then" if newer else "the models know them all"),
    ]
    if status.revision:
        about.append(("From the Hub", status.revision[:12], "commit"))
    rows = [[one.title, words(one.why)] for one in status.untrained]
    missing = table("Models that are not trained", ["Not trained", words("Why")], rows) if rows else ""
    word = f"{service.words.rating} is" if newer == 1 else f"{ratings} are"
    told = (
        f"{newer:,} {word} newer than the models. They count in every answer "
        "already; training again lets others profit from them."
    )
    return section("What is trained", "", notice(told) if newer else "", facts(about), missing)


def _table(reports: list[ModelReport]) -> str:
    shapes = {name: HEADINGS[name] for name in SHOWN} | {RATED: HEADINGS["rmse"]}
    columns = [(name, *shape) for name, shape in shapes.items() if any(name in one.metrics for one in reports)]
    best = {name: _best(name, reports) for name, *_ in columns}
    timed = any(report.ms_per_user is not None for report in reports)
    head = ["Model"]
    for name, title, _ in columns:
        head += [title, "95 %"] if name == DECIDING else [title]
    head += ["Match error", "Trained in"] + (["ms a person"] if timed else [])
    rows = [_row(report, columns, best, timed) for report in reports]
    return table("Comparison of models, best first", head, rows, [report.summary for report in reports])


def _best(name: str, reports: list[ModelReport]) -> float | None:
    values = [value for report in reports if (value := report.metrics.get(name)) is not None]
    return (min if name == RATED else max)(values, default=None)


def _row(
    report: ModelReport, columns: list[tuple[str, str, str]], best: dict[str, float | None], timed: bool
) -> list[Any]:
    row: list[Any] = [report.title]
    for name, _, shape in columns:
        value = report.metrics.get(name)
        mark = "rs-best" if value is not None and value == best[name] else ""
        row.append((_said(value, shape), mark))
        if name == DECIDING:
            low, high = report.interval("random", name)
            row.append("–" if low is None or high is None else f"{shape.format(low)} – {shape.format(high)}")
    error = None if report.calibration is None else 100 * report.calibration["ece"]
    row += [_said(error, "{:.1f} %"), _said(report.training_seconds, "{:.1f} s")]
    return [*row, _said(report.ms_per_user, "{:.2f}")] if timed else row


def _said(value: float | None, shape: str) -> str:
    return "–" if value is None else shape.format(value)


def _charts(reports: list[ModelReport]) -> list[str]:
    compared = [chart for split, metric in ORDER.items() if (chart := _by_split(reports, split, metric))]
    calibrated = [report for report in reports if report.calibration and report.is_default]
    trained = [report for report in reports if report.training_seconds is not None]
    timed = [report for report in reports if report.ms_single is not None]
    drawn = [*compared, *map(_calibration, calibrated[:CURVES])]
    drawn.append(
        charts.bars(
            Caption("Training", "Seconds to train on this data, on the machine that made the release.", of="seconds"),
            [report.title for report in trained],
            [report.training_seconds for report in trained],
            label=lambda value: f"{value or 0:.1f} s",
        )
    )
    if timed:
        note = "Median milliseconds for the 20 best of one user, with their reasons."
        drawn.append(
            charts.bars(
                Caption("Answering", note, of="milliseconds"),
                [report.title for report in timed],
                [report.ms_single for report in timed],
                label=lambda value: f"{value or 0:.1f} ms",
            )
        )
    return drawn


def _by_split(reports: list[ModelReport], split: str, metric: str) -> str:
    """One metric of every model measured on a split, best first; "" if there is none."""
    key = metric if split == "random" else f"{split} {metric}"
    known = [(value, report) for report in reports if (value := report.metrics.get(key)) is not None]
    if not known:
        return ""
    known.sort(key=lambda pair: pair[0], reverse=metric != "rmse")
    heading = HEADINGS[metric][0]
    note = f"Held out: {KINDS[split]}. The bars are 95 % intervals over people."
    return charts.intervals(
        Caption(f"{heading}, {KIND_TITLES[split]}", note, of=heading),
        [report.title for _, report in known],
        [(value, *report.interval(split, metric)) for value, report in known],
        label=lambda value: _said(value, "{:.3f}"),
        zero=metric != "rmse",
    )


def _calibration(report: ModelReport) -> str:
    curve = report.calibration or {}
    note = (
        "On the dashed line a match of 70 % comes true 70 times in a hundred; "
        f"“{report.title}” is off by {100 * curve['ece']:.1f} % on average."
    )
    caption = Caption(f"Calibration of the match: {report.title}", note, by="predicted match")
    return charts.reliability(caption, curve["predicted"], curve["observed"], curve["n"])


KIND_TITLES = {
    "random": "at random",
    "temporal": "by time",
    "strict": "strictly by time",
    "unseen": "unseen people",
    "ratings": "predicted ratings",
}


# -- for the operator ---------------------------------------------------------------------------


def operated(admin: Admin, token: str, asked: object) -> dict[str, Any]:
    """Do what the operator asks; returns the panel's state after it, with `error` if it is refused.

    Anyone can send this. If the page is served to others, every call needs the admin key; if it is served to this
    machine only, the token of this start, which other sites open in the same browser cannot read.
    """
    asked = asked if isinstance(asked, dict) else {}
    try:
        admin.check(_word(asked, "key"))
        sent = _word(asked, "token").encode(errors="replace")
        if admin.is_open and not hmac.compare_digest(sent, token.encode()):
            raise NotAllowed("The service was restarted after this page was loaded. Load the page again.")
        said = _done(admin, asked)
    except RecsysError as error:
        state = {"locked": True} if isinstance(error, NotAllowed) else panel_state(admin)
        return {**state, "error": _sentence(str(error))}
    return {**panel_state(admin), "token": token, "said": said}


def panel_state(admin: Admin) -> dict[str, Any]:
    """What the operator's panel draws."""
    service, status = admin.service, training_status(admin.background)
    return {
        "job": admin.job(),
        "models": [
            {"name": name, "title": title, "trained": name in status.trained}
            for name, title in status.trainable.items()
        ],
        "versions": admin.versions(),
        "served": status.version,
        "repo": admin.hub_repo,
        "newer": status.newer_ratings,
        "notes": service.data_notes,
        "rated": service.has_ratings,
        "html": operator_figures(figures(service)),
    }


def operator_figures(found: dict[str, Any]) -> str:
    """Age, memory, errors and latency of the running service."""
    pairs = [
        ("Up for", _span(found["uptime_s"]), f"recsys {found['version']}"),
        ("Memory", f"{found['memory_mb']:,.0f} MB", ""),
        ("Errors", f"{found['errors']:,}", f"{found['refused']:,} calls refused"),
        ("Lists not kept", f"{found['lists_dropped']:,}", ""),
    ]
    if found["release"]["revision"]:
        pairs.append(("Hub commit", found["release"]["revision"][:12], ""))
    head = ["Endpoint", "Answers", "Median", "95 %", "Refused", "Failed"]
    rows = [
        [
            line["endpoint"],
            f"{line['count']:,}",
            f"{line['p50']:.1f} ms",
            f"{line['p95']:.1f} ms",
            f"{line['refused']:,}",
            f"{line['failed']:,}",
        ]
        for line in found["latencies"]
    ]
    return facts(pairs) + (table("Latency by endpoint", head, rows) if rows else "")


def _done(admin: Admin, asked: dict[str, Any]) -> str:
    action = _word(asked, "action")
    names = (
        [str(name)[:LONGEST] for name in asked.get("models") or []][:100]
        if isinstance(asked.get("models"), list)
        else []
    )
    if action == "train":
        admin.train(names)
    elif action == "evaluate":
        admin.evaluate(names, _word(asked, "split") or "random")
    elif action == "push":
        admin.push(_word(asked, "repo"), asked.get("private") is True)
    elif action == "pull":
        admin.pull(_word(asked, "repo"), _word(asked, "revision"))
    elif action == "cancel":
        admin.cancel()
    elif action == "switch":
        return f"Release {admin.switch(_word(asked, 'version')).version} is served."
    elif action == "roll_back":
        return f"Rolled back: release {admin.roll_back().version} is served."
    return ""


def _word(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    return value.strip()[:LONGEST] if isinstance(value, str) else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _span(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    for size, unit, rest, smaller in (
        (days, "d", hours, "h"),
        (hours, "h", minutes, "min"),
        (minutes, "min", seconds, "s"),
    ):
        if size:
            return f"{size} {unit} {rest} {smaller}"
    return f"{seconds} s"
