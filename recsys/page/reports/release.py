"""Report on the current release: which models are trained, which are missing, and whether there are newer ratings."""

from __future__ import annotations

from recsys.page.reports.sections import facts, notice, section, table, words
from recsys.runtime.jobs import Background
from recsys.runtime.status import TrainingStatus, training_status
from recsys.serving.service import Service


def trained_models(service: Service, background: Background) -> str:
    """The release as a section of the page."""
    status = training_status(background)
    figures = [
        ("Release", status.version, f"trained {status.created:%d %B %Y, %H:%M} UTC"),
        ("Models", str(len(status.trained)), f"of {len(status.trained) + len(status.untrained)} available"),
        (
            f"Newer {service.words.ratings}",
            f"{status.newer_ratings:,}",
            "from visitors since then" if status.newer_ratings else "all included",
        ),
    ]
    if status.revision:
        figures.append(("Hub commit", status.revision[:12], ""))
    notices = _newer(service, status) + _without_match(status)
    return section("Trained models", "", notices, facts(figures), _untrained(status))


def _newer(service: Service, status: TrainingStatus) -> str:
    if not status.newer_ratings:
        return ""
    many = f"{service.words.rating} is" if status.newer_ratings == 1 else f"{service.words.ratings} are"
    return notice(
        f"{status.newer_ratings:,} {many} newer than the models. They already count in the answers to their own users; "
        "train again so that they improve the answers to all users."
    )


def _without_match(status: TrainingStatus) -> str:
    if not status.calibration_pending:
        return ""
    return notice(
        "The lists do not show a match yet, because it is not calibrated. The first job in the background does that, "
        "and so does an evaluation."
    )


def _untrained(status: TrainingStatus) -> str:
    rows = [[one.title, words(one.why)] for one in status.untrained]
    return table("Models that are not trained", ["Not trained", words("Reason")], rows) if rows else ""
