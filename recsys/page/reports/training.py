"""Report on tuning and training: trials of settings searches, losses by epoch, and quality of the embedding heads."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.charts.values import brief, finite, percent
from recsys.page.reports.sections import grid, section
from recsys.serving.model_reports import roc, tries
from recsys.serving.service import Service

log = logging.getLogger(__name__)
Report = Mapping[str, Any]


def report(service: Service) -> str:
    """Tuning and training of the models of the release as sections of the page; "" if there are no records."""
    return tuning(service) + fits(service)


def tuning(service: Service) -> str:
    """All trials of the settings searches."""
    searches = service.model_reports.tuning()
    if not searches:
        return ""
    judged = dict.fromkeys(part for _, record in searches for part in record.get("judged_on", []))
    lead = (
        f"Each dot is a trial of all settings of a model, scored on held-out {service.words.ratings} "
        f"({' and '.join(judged)}) by NDCG@10, or by squared error for models that predict {service.words.ratings}. "
        "Training uses the settings chosen for this data set."
    )
    return section("Tuning", lead, grid(trials(title, record) for title, record in searches))


def trials(title: str, record: Report) -> str:
    """Score of every trial of one model against each setting."""
    found = tries(record)
    note = f"{len(found['gain'])} trials: {record['note']}."
    if not record["used"]:
        note += " The defaults stay."
    caption = Caption(f"Tuning: {title}", note)
    return charts.trials(caption, found["settings"], found["gain"], found["defaults"], found["chosen"])


def fits(service: Service) -> str:
    """Charts of the models' training records."""
    drawn: list[str] = []
    for kind, title, state in service.model_reports.training():
        try:
            drawn += REPORTS[kind](title, state) if kind in REPORTS else []
        except Exception as error:  # of any type, if the record is of another version or of an invalid release
            log.warning("The training record of “%s” cannot be drawn: %r", title, error)
    lead = f"Measured during training on held-out {service.words.ratings}."
    return section("Training", lead, grid(drawn)) if drawn else ""


def losses(title: str, training: Sequence[float], held: Sequence[float]) -> str:
    """Loss by epoch, on training users and on held-out users."""
    series = {"training users": list(training)}
    note = "Binary cross-entropy after each epoch. Training hides a part of every history."
    if len(held) == len(training):
        series["held-out users"] = list(held)
        best = min(range(len(held)), key=lambda place: held[place])
        note += f" Held-out users are predicted best after epoch {best + 1} of {len(held)}."
    caption = Caption(f"Loss: {title}", note, by="epoch")
    return charts.lines(caption, [str(place + 1) for place in range(len(training))], series)


def regression(title: str, report: Report) -> list[str]:
    """Predicted against actual ratings, and the error by penalty, on held-out pairs."""
    drawn = []
    if cells := report.get("cells"):
        caption = Caption(
            f"Predicted and actual ratings: {title}",
            f"{report['held_out']:,} held-out ratings, RMSE {report['rmse']:.3f}. Each column shows the predictions "
            "for one actual rating: the stronger the colour, the more often. On the dashed line both are equal.",
            of="predicted",
            by="actual",
        )
        drawn.append(charts.density(caption, cells["ratings"], cells["answers"], cells["counts"]))
    if tried := report.get("tried"):
        errors = [None if finite(loss) is None else loss**0.5 for loss in tried["loss"]]
        drawn.append(_penalties(f"RMSE by penalty: {title}", "RMSE", errors, report))
    return drawn


def classification(title: str, report: Report) -> list[str]:
    """ROC curve, confusion matrix, and the loss by penalty, on held-out pairs."""
    drawn = [_roc(title, report), _confusion(title, report)]
    if tried := report.get("tried"):
        drawn.append(_penalties(f"Log loss by penalty: {title}", "log loss", tried["loss"], report))
    return drawn


def _roc(title: str, report: Report) -> str:
    found = roc(report)
    half = min(range(len(found["cut"])), key=lambda place: abs(found["cut"][place] - 0.5))
    caption = Caption(
        f"ROC curve: {title}",
        f"{report['held_out']:,} held-out ratings. The area under the curve is {report['auc']:.3f}; guessing gives 0.5 "
        "(dashed line). The mark is the threshold of 50 %.",
        of="true positive rate",
        by="false positive rate",
    )
    points = list(zip(found["false"], found["true"], strict=True))
    return charts.share_curve(caption, points, mark=found["false"][half], diagonal=True)


def _confusion(title: str, report: Report) -> str:
    always = max(report["liked"], 1 - report["liked"])
    caption = Caption(
        f"Confusion matrix: {title}",
        f"{percent(report['accuracy'], 1)} are right with “like” predicted from 50 % on; always predicting the more "
        f"frequent answer gives {percent(always, 1)}.",
    )
    return charts.confusion(caption, ["not liked", "liked"], ["predicted not", "predicted like"], report["confusion"])


def _penalties(title: str, of: str, errors: Sequence[float | None], report: Report) -> str:
    penalties = report["tried"]["reg"]
    caption = Caption(title, f"Penalty {report['reg']:g} is best on the held-out ratings and is used.", of, "penalty")
    return charts.dots(caption, [brief(one) for one in penalties], errors, mark=penalties.index(report["reg"]))


def _losses(title: str, state: dict[str, Any]) -> list[str]:
    return [losses(title, state["losses"], state.get("held_losses") or [])]


# The drawing function of each `Recommender.report_kind`; groups of users are part of the Data tab.
REPORTS = {
    "losses": _losses,
    "regression": lambda title, state: regression(title, state["report"]),
    "classification": lambda title, state: classification(title, state["report"]),
}
