"""Tab "Models": how good each is, what is trained; and for the operator training, the Hub, releases and figures."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import Any

from recsys.errors import NotAllowed, RecsysError
from recsys.evaluation import plots
from recsys.evaluation.table import HEADINGS, KINDS
from recsys.models import registry
from recsys.models.hybrid.hybrid import Hybrid
from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.sections import Kept, facts, grid, notice, section, table, words
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.page.tabs import training_report
from recsys.runtime.admin import Control, check, is_open
from recsys.runtime.jobs import Background
from recsys.runtime.status import figures, newer_ratings
from recsys.serving.filters import Filters
from recsys.serving.service import Service
from recsys.training.measure import SPLITS

SHOWN = ("ndcg@10", "recall@20", "hr@10", "coverage@10", "novelty@10", "diversity@10")
ORDER = {"random": "ndcg@10", "temporal": "ndcg@10", "strict": "ndcg@10", "unseen": "ndcg@100", "ratings": "rmse"}
CURVES = 2


def build(context: Context) -> View:
    """The tab's two components, to be called inside its `gr.Tab`: the comparison, and the operator's panel."""
    service, background = context.service, context.background
    control, token = Control(background), secrets.token_urlsafe(16)
    compared = Kept(lambda: comparison(service), lambda: service.release.version)
    trained = Kept(lambda: training_report.of_release(service), lambda: service.release.version)
    found = part("sheet", {}, elem_id="rs-models", elem_classes=["rs-list"], waiting="Reading the measurements …")

    def operate(asked: dict[str, Any]) -> dict[str, Any]:
        return operated(control, token, asked)

    panel = part("operator", {}, server=[operate], elem_id="rs-operator", splits=dict.fromkeys(SPLITS) | KINDS)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        settings = service.settings
        state = (
            {"token": token, **panel_state(control)}
            if is_open(settings)
            else {"locked": True, "has_key": bool(settings.admin_key)}
        )
        return [{"html": compared() + trained() + freshness(service, background)}, state]

    return View([found, panel], show)


TAB = Tab("models", "Models", build)


# -- for everybody ------------------------------------------------------------------------------


def comparison(service: Service) -> str:
    """The table of all models, best first, and charts of it."""
    records, lines = service.release.manifest["models"], service.models()
    measured = [line for line in lines if any(name in line["metrics"] for name in (*SHOWN, "ratings rmse"))]
    if not measured:
        lead = "Nothing is measured yet; measuring follows the training in the background, or is started below."
    else:
        lead = (
            f"Measured on {KINDS['random']}, against the whole catalogue; best first, the best of a column in bold. "
            "NDCG and recall reward what the person went on to rate, coverage "
            "the share of the catalogue that is shown at all."
        )
    return section("How good they are", lead, _table(lines, records), grid(_charts(service, lines, records)))


def freshness(service: Service, background: Background) -> str:
    """What is trained, what is missing, and whether there is newer data."""
    release = service.release
    created = datetime.fromisoformat(release.manifest["created"])
    newer = newer_ratings(service)
    about = [
        ("Release", release.version, f"trained {created:%d %B %Y, %H:%M} UTC"),
        ("Models", str(len(release.names)), f"of {len(registry.names())} known"),
        (
            f"Newer {service.words.ratings}",
            f"{newer:,}",
            "by visitors since then" if newer else "the models know them all",
        ),
    ]
    if release.revision:
        about.append(("From the Hub", release.revision[:12], "commit"))
    rows = []
    trainable = background.missing()
    for name in registry.names():
        if name in release.names:
            continue
        cls = registry.get(name)
        needs = ", ".join(cls.missing_modules())
        why = (
            "not yet trained"
            if name in trainable
            else f"needs {needs}"
            if needs
            else f"needs {service.words.ratings} that differ"
        )
        rows.append([service.words.reword(cls.title), why])
    missing = (
        table("Models that are not trained", ["Not trained", words("Why")], [[row[0], words(row[1])] for row in rows])
        if rows
        else ""
    )
    word = f"{service.words.rating} is" if newer == 1 else f"{service.words.ratings} are"
    told = (
        notice(
            f"{newer:,} {word} newer than the models. They count in every answer "
            "already; training again lets others profit from them."
        )
        if newer
        else ""
    )
    return section("What is trained", "", told, facts(about), missing)


def _table(lines: list[dict[str, Any]], records: dict[str, dict]) -> str:
    columns = [(name, *HEADINGS[name]) for name in SHOWN if any(name in line["metrics"] for line in lines)]
    columns += [
        (f"ratings {name}", *HEADINGS[name])
        for name in ("rmse",)
        if any(f"ratings {name}" in line["metrics"] for line in lines)
    ]
    best = {
        name: (min if "rmse" in name else max)(
            line["metrics"][name] for line in lines if line["metrics"].get(name) is not None
        )
        for name, *_ in columns
    }
    head = ["Model"]
    for name, title, _ in columns:
        head += [title, "95 %"] if name == "ndcg@10" else [title]
    timed = any(records[line["name"]].get("ms_per_user") is not None for line in lines)
    head += ["Match error", "Trained in"] + (["ms a person"] if timed else [])
    rows = []
    for line in lines:
        record, row = records[line["name"]], [line["title"]]
        for name, _, shape in columns:
            value = line["metrics"].get(name)
            row.append(
                (
                    "–" if value is None else shape.format(value),
                    "rs-best" if value is not None and value == best[name] else "",
                )
            )
            if name == "ndcg@10":
                span = (record.get("intervals") or {}).get("random", {}).get(name) or [None, None]
                row.append("–" if None in span else f"{shape.format(span[0])} – {shape.format(span[1])}")
        error = ((record.get("calibration") or {}).get("report") or {}).get("ece")
        row.append("–" if error is None else f"{100 * error:.1f} %")
        row.append("–" if record.get("seconds") is None else f"{record['seconds']:.1f} s")
        if timed:
            row.append("–" if record.get("ms_per_user") is None else f"{record['ms_per_user']:.2f}")
        rows.append(row)
    return table("Comparison of models, best first", head, rows, [line["summary"] for line in lines])


def _charts(service: Service, lines: list[dict[str, Any]], records: dict[str, dict]) -> list[str]:
    drawn = []
    for split, metric in ORDER.items():
        key = metric if split == "random" else f"{split} {metric}"
        best_first = 1 if metric == "rmse" else -1
        there = sorted(
            (line for line in lines if line["metrics"].get(key) is not None),
            key=lambda line: best_first * line["metrics"][key],
        )
        if not there:
            continue
        spans = [
            (records[line["name"]].get("intervals") or {}).get(split, {}).get(metric) or [None, None] for line in there
        ]
        drawn.append(
            charts.intervals(
                Caption(
                    f"{HEADINGS[metric][0]}, {KIND_TITLES[split]}",
                    f"Held out: {KINDS[split]}. The bars are 95 % intervals over people.",
                    of=HEADINGS[metric][0],
                ),
                [line["title"] for line in there],
                [(line["metrics"][key], *span) for line, span in zip(there, spans, strict=True)],
                label=_three,
                zero=metric != "rmse",
            )
        )
    shown = 0
    for line in lines:
        calibration = records[line["name"]].get("calibration")
        if calibration and shown < CURVES and line["name"] in (Hybrid.name, service.default_model):
            curve = plots.reliability_curve(calibration)
            note = (
                "On the dashed line a match of 70 % comes true 70 times in a hundred; "
                f"“{line['title']}” is off by {100 * curve['ece']:.1f} % on average."
            )
            drawn.append(
                charts.reliability(
                    Caption(f"Calibration of the match: {line['title']}", note, by="predicted match"),
                    curve["predicted"],
                    curve["observed"],
                    curve["n"],
                )
            )
            shown += 1
    trained = [line for line in lines if line["training_seconds"] is not None]
    drawn.append(
        charts.bars(
            Caption("Training", "Seconds to train on this data, on the machine that made the release.", of="seconds"),
            [line["title"] for line in trained],
            [line["training_seconds"] for line in trained],
            label=lambda value: f"{value or 0:.1f} s",
        )
    )
    timed = [line for line in lines if records[line["name"]].get("ms_single") is not None]
    if timed:
        drawn.append(
            charts.bars(
                Caption(
                    "Answering",
                    "Median milliseconds for the 20 best of one user, with their reasons.",
                    of="milliseconds",
                ),
                [line["title"] for line in timed],
                [records[line["name"]]["ms_single"] for line in timed],
                label=lambda value: f"{value or 0:.1f} ms",
            )
        )
    return drawn


KIND_TITLES = {
    "random": "at random",
    "temporal": "by time",
    "strict": "strictly by time",
    "unseen": "unseen people",
    "ratings": "predicted ratings",
}


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


# -- for the operator ---------------------------------------------------------------------------


def operated(control: Control, token: str, asked: object) -> dict[str, Any]:
    """Do what the operator asked, and the panel's state after it; `{"error"}` where it is refused.

    Anyone can send this. Where the page is served to others every call needs the key; where it is not, the token of
    this start, which other sites open in the same browser cannot read.
    """
    asked = asked if isinstance(asked, dict) else {}
    settings = control.service.settings
    try:
        check(settings, _word(asked, "key"))
        if is_open(settings) and not hmac.compare_digest(_word(asked, "token").encode(), token.encode()):
            raise NotAllowed("this page is older than the service: load it again.")
        said = _done(control, asked)
    except RecsysError as error:
        state = {"locked": True} if isinstance(error, NotAllowed) else panel_state(control)
        return {**state, "error": _sentence(str(error))}
    return {**panel_state(control), "token": token, "said": said}


def panel_state(control: Control) -> dict[str, Any]:
    """What the operator's panel draws."""
    service = control.service
    trained = set(service.release.names)
    trainable = control.background.missing()
    return {
        "job": control.job(),
        "models": [
            {"name": name, "title": service.words.reword(registry.get(name).title), "trained": name in trained}
            for name in registry.names()
            if name in trained or name in trainable
        ],
        "versions": control.versions(),
        "served": service.release.version,
        "repo": service.settings.hub_repo or "",
        "newer": newer_ratings(service),
        "notes": service.about()["notes"],
        "rated": bool(service.catalogue.info["n_ratings"]),
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


def _done(control: Control, asked: dict[str, Any]) -> str:
    action = _word(asked, "action")
    names = (
        [str(name)[:LONGEST] for name in asked.get("models") or []][:100]
        if isinstance(asked.get("models"), list)
        else []
    )
    if action == "train":
        control.train(names)
    elif action == "evaluate":
        control.evaluate(names, _word(asked, "split") or "random")
    elif action == "push":
        control.push(_word(asked, "repo"), asked.get("private") is True)
    elif action == "pull":
        control.pull(_word(asked, "repo"), _word(asked, "revision"))
    elif action == "cancel":
        control.cancel()
    elif action == "switch":
        return f"Release {control.switch(_word(asked, 'version')).version} is served."
    elif action == "roll_back":
        return f"Rolled back: release {control.roll_back().version} is served."
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
