"""Charts of what training found: tries of a search, losses, and how the heads on the embeddings did."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.sections import grid, section
from recsys.page.charts.values import brief, finite
from recsys.serving.model_reports import roc, tries
from recsys.serving.service import Service

log = logging.getLogger(__name__)
Report = Mapping[str, Any]


def of_release(service: Service) -> str:
    """How settings were searched, and what networks and the heads on them noted of their training; "" without any."""
    searches = service.model_reports.tuning()
    search = [tried(title, record) for title, record in searches]
    drawn = []
    for kind, title, state in service.model_reports.training():
        try:
            drawn += REPORTS[kind](title, state) if kind in REPORTS else []
        except (KeyError, TypeError, ValueError) as error:
            log.warning("What training “%s” noted cannot be drawn: %r", title, error)
    parts = []
    if search:
        judged = dict.fromkeys(part for _, record in searches for part in record.get("judged_on", []))
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
    found = tries(record)
    kept = "" if record["used"] else " The defaults stay."
    note = f"{len(found['gain'])} tries: {record['note']}.{kept}"
    caption = Caption(f"Tuning: {title}", note)
    return charts.trials(caption, found["settings"], found["gain"], found["defaults"], found["chosen"])


def losses(title: str, training: Sequence[float], held: Sequence[float]) -> str:
    """Loss by epoch, of what is learnt from and of people held out."""
    series = {"training users": list(training)}
    if len(held) == len(training):
        series["held-out users"] = list(held)
    note = "Binary cross-entropy after each pass over the data; learnt from with a part of every history left out."
    if len(series) > 1:
        lowest = min(range(len(held)), key=lambda place: held[place])
        note += f" People held out are predicted best after pass {lowest + 1} of {len(held)}."
    caption = Caption(f"Loss: {title}", note, by="epoch")
    return charts.lines(caption, [str(place + 1) for place in range(len(training))], series)


def regression(title: str, report: Report) -> list[str]:
    """Predicted against given ratings, and the error by penalty, of held-out pairs."""
    drawn = []
    if cells := report.get("cells"):
        drawn.append(
            charts.density(
                Caption(
                    f"Predicted and actual ratings: {title}",
                    f"{report['held_out']:,} held-out ratings, RMSE {report['rmse']:.3f}. Each column shows the "
                    "predictions for one actual rating: the stronger the colour, the more often. On the dashed line "
                    "both are equal.",
                    of="predicted",
                    by="actual",
                ),
                cells["ratings"],
                cells["answers"],
                cells["counts"],
            )
        )
    if "tried" in report:
        errors = [None if finite(loss) is None else loss**0.5 for loss in report["tried"]["loss"]]
        drawn.append(_penalties(title, "RMSE", errors, report))
    return drawn


def classification(title: str, report: Report) -> list[str]:
    """ROC curve, confusion matrix, and the loss by penalty, of held-out pairs."""
    found = roc(report)
    half = min(range(len(found["cut"])), key=lambda place: abs(found["cut"][place] - 0.5))
    drawn = [
        charts.share_curve(
            Caption(
                f"ROC curve: {title}",
                f"{report['held_out']:,} held-out ratings. The area under the curve is {report['auc']:.3f}; guessing "
                "gives 0.5 (dashed line). The mark is the threshold of 50 %.",
                of="true positive rate",
                by="false positive rate",
            ),
            list(zip(found["false"], found["true"], strict=True)),
            mark=found["false"][half],
            diagonal=True,
        ),
        charts.confusion(
            Caption(
                f"Confusion matrix: {title}",
                f"{100 * report['accuracy']:.1f} % are right with “like” predicted from 50 % on; always predicting "
                f"the more frequent answer gives {100 * max(report['liked'], 1 - report['liked']):.1f} %.",
            ),
            ["not liked", "liked"],
            ["predicted not", "predicted like"],
            report["confusion"],
        ),
    ]
    if "tried" in report:
        drawn.append(_penalties(title, "log loss", report["tried"]["loss"], report))
    return drawn


def _penalties(title: str, of: str, errors: Sequence[float | None], report: Report) -> str:
    note = f"Of the penalties tried on the held-out ratings {report['reg']:g} is best and is kept."
    return charts.dots(
        Caption(f"{of[:1].upper()}{of[1:]} by penalty: {title}", note, of=of, by="penalty"),
        [brief(reg) for reg in report["tried"]["reg"]],
        errors,
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
