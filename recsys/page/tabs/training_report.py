"""Charts of what training found: tries of a search, losses, and how the heads on the embeddings did."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from recsys.errors import RecsysError
from recsys.evaluation import plots
from recsys.models import registry
from recsys.page.charts import charts, panels
from recsys.page.charts.sections import grid, section
from recsys.page.charts.svg import brief, finite
from recsys.serving.service import Service
from recsys.tuning import tuned

log = logging.getLogger(__name__)
Report = Mapping[str, Any]


def of_release(service: Service) -> str:
    """How settings were searched, and what networks and the heads on them noted of their training; "" without any."""
    release, catalogue = service.release, service.catalogue
    records = tuned(service.settings, catalogue.info).records
    search = [
        tried(service.words.reword(registry.get(name).title), records[name])
        for name in registry.names()
        if name in records
    ]
    drawn = []
    for name in release.names:
        draw = REPORTS.get(registry.get(name).report_kind)
        if draw is None:
            continue
        title = service.words.reword(registry.get(name).title)
        try:
            drawn += draw(title, release.state(name))
        except (RecsysError, KeyError, TypeError, ValueError) as error:
            log.warning("What training %s found cannot be drawn: %r", name, error)
    parts = []
    if search:
        judged = dict.fromkeys(part for record in records.values() for part in record.get("judged_on", []))
        lead = (
            f"Each dot is one try of all settings of a model, judged by NDCG@10 (predicted {service.words.ratings} by "
            f"their squared error) on what was hidden from it: {' and '.join(judged)}. "
            "Training takes what was chosen for this data set."
        )
        parts.append(section("How settings were found", lead, grid(search)))
    if drawn:
        lead = "Noted while training, of ratings held out from it."
        parts.append(section("How training went", lead, grid(drawn)))
    return "".join(parts)


def tried(title: str, record: Report) -> str:
    """Score against each setting of everything that was tried for one model."""
    found = plots.tuning(record)
    kept = "" if record["used"] else " The defaults stay."
    note = f"{len(found['gain'])} tries: {record['note']}.{kept}"
    return panels.tries(f"Tuning: {title}", note, found["settings"], found["gain"], found["defaults"], found["chosen"])


def losses(title: str, training: Sequence[float], held: Sequence[float]) -> str:
    """Loss by epoch, of what is learnt from and of people held out."""
    series = {"learnt from": list(training)}
    if len(held) == len(training):
        series["people held out"] = list(held)
    note = "Binary cross-entropy after each pass over the data; learnt from with a part of every history left out."
    if len(series) > 1:
        lowest = min(range(len(held)), key=lambda place: held[place])
        note += f" People held out are predicted best after pass {lowest + 1} of {len(held)}."
    return charts.lines(
        f"Loss: {title}", note, [str(place + 1) for place in range(len(training))], series, by="pass over the data"
    )


def regression(title: str, report: Report) -> list[str]:
    """Predicted against given ratings, and the error by penalty, of held-out pairs."""
    drawn = []
    if cells := report.get("cells"):
        drawn.append(
            panels.density(
                f"Predicted and given: {title}",
                f"{report['held_out']:,} ratings held out, RMSE {report['rmse']:.3f}. Each column is what was "
                "predicted where that rating was given, the stronger the colour the more often; on the dashed line "
                "both are equal.",
                cells["ratings"],
                cells["answers"],
                cells["counts"],
                across="given",
                up="predicted",
            )
        )
    if "tried" in report:
        errors = [None if finite(loss) is None else loss**0.5 for loss in report["tried"]["loss"]]
        drawn.append(_penalties(title, "RMSE", errors, report))
    return drawn


def classification(title: str, report: Report) -> list[str]:
    """ROC curve, confusion matrix, and the loss by penalty, of held-out pairs."""
    found = plots.roc(report)
    half = min(range(len(found["cut"])), key=lambda place: abs(found["cut"][place] - 0.5))
    drawn = [
        charts.curve(
            f"Hits and false alarms: {title}",
            f"{report['held_out']:,} ratings held out; the area under the curve is {report['auc']:.3f}, on the dashed "
            "line it would be a half. Marked is a chance of 50 %.",
            found["false"],
            found["true"],
            of="liked and said so",
            by="not liked and said so",
            mark=found["false"][half],
            percent=True,
            diagonal=True,
        ),
        panels.confusion(
            f"Said and true: {title}",
            f"{100 * report['accuracy']:.1f} % are right where “like” is said from a chance of 50 % on; "
            f"{100 * max(report['liked'], 1 - report['liked']):.1f} % would be by always saying the same.",
            ["not liked", "liked"],
            ["said no", "said like"],
            report["confusion"],
        ),
    ]
    if "tried" in report:
        drawn.append(_penalties(title, "log loss", report["tried"]["loss"], report))
    return drawn


def _penalties(title: str, of: str, errors: Sequence[float | None], report: Report) -> str:
    note = f"Of the penalties tried on the held-out ratings {report['reg']:g} is best and is kept."
    return panels.dots(
        f"{of[:1].upper()}{of[1:]} by penalty: {title}",
        note,
        [brief(reg) for reg in report["tried"]["reg"]],
        errors,
        of=of,
        by="penalty",
        mark=report["tried"]["reg"].index(report["reg"]),
    )


def _losses(title: str, state: dict[str, Any]) -> list[str]:
    return [losses(title, state["losses"], state.get("held_losses") or [])]


# By `Recommender.report_kind`; groups are drawn on the Data tab.
REPORTS = {
    "losses": _losses,
    "regression": lambda title, state: regression(title, state["report"]),
    "classification": lambda title, state: classification(title, state["report"]),
}
