"""Report on the quality of the release's models: a table, best model first, and charts."""

from __future__ import annotations

from recsys.page import charts
from recsys.page.charts import Caption
from recsys.page.reports.sections import Cell, grid, section, table
from recsys.serving.model_reports import HEADINGS, KINDS, ModelReport
from recsys.serving.service import Service

METRICS = ("ndcg@10", "recall@20", "hr@10", "coverage@10", "novelty@10", "diversity@10")
DECIDING, RATED = "ndcg@10", "ratings rmse"
# The metric of the chart for each split, and the display name of the split.
CHARTED = {
    "random": ("ndcg@10", "random split"),
    "temporal": ("ndcg@10", "split by time"),
    "leave-one-out": ("ndcg@10", "last item of each user"),
    "global": ("ndcg@10", "split at one moment"),
    "strict": ("ndcg@10", "strict split by time"),
    "unseen": ("ndcg@100", "unseen users"),
    "ratings": ("rmse", "predicted ratings"),
}
CALIBRATED = 2  # number of models with a calibration chart


def comparison(service: Service) -> str:
    """The comparison of all models as a section of the page."""
    reports = service.model_reports.quality()
    if any(name in report.metrics for report in reports for name in (*METRICS, RATED)):
        lead = (
            f"Evaluated on {KINDS['random']}, ranked against the whole catalogue. Best model first; the best value of "
            "each column is bold. NDCG and recall measure how well held-out items are ranked, coverage the share of "
            "the catalogue that is recommended to at least one user."
        )
    else:
        lead = "Not evaluated yet. Evaluation starts by itself after training; it can also be started below."
    return section("Model quality", lead, _table(reports), grid(_charts(reports)))


def _table(reports: list[ModelReport]) -> str:
    shapes = {name: HEADINGS[name] for name in METRICS} | {RATED: HEADINGS["rmse"]}
    columns = [(name, *shape) for name, shape in shapes.items() if any(name in one.metrics for one in reports)]
    best = {name: _best(name, reports) for name, *_ in columns}
    timed = any(report.ms_per_user is not None for report in reports)
    head = ["Model"]
    for name, title, _ in columns:
        head += [title, "95 %"] if name == DECIDING else [title]
    head += ["Calibration error", "Training time"] + (["ms per user"] if timed else [])
    rows = [_row(report, columns, best, timed) for report in reports]
    return table("Comparison of models, best first", head, rows, [report.summary for report in reports])


def _best(name: str, reports: list[ModelReport]) -> float | None:
    values = [value for report in reports if (value := report.metrics.get(name)) is not None]
    return (min if name == RATED else max)(values, default=None)


def _row(
    report: ModelReport, columns: list[tuple[str, str, str]], best: dict[str, float | None], timed: bool
) -> list[Cell]:
    row: list[Cell] = [report.title]
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
    compared = [chart for split in CHARTED if (chart := _by_split(reports, split))]
    calibrated = [report for report in reports if report.calibration and report.is_default]
    trained = [report for report in reports if report.training_seconds is not None]
    timed = [report for report in reports if report.ms_single is not None]
    drawn = [*compared, *map(_calibration, calibrated[:CALIBRATED])]
    drawn.append(
        charts.bars(
            Caption("Training time", "Seconds on this data, on the machine that made the release.", of="seconds"),
            [report.title for report in trained],
            [report.training_seconds for report in trained],
            label=lambda value: f"{value or 0:.1f} s",
        )
    )
    if timed:
        note = "Median milliseconds for 20 recommendations to one user, with their reasons."
        drawn.append(
            charts.bars(
                Caption("Response time", note, of="milliseconds"),
                [report.title for report in timed],
                [report.ms_single for report in timed],
                label=lambda value: f"{value or 0:.1f} ms",
            )
        )
    return drawn


def _by_split(reports: list[ModelReport], split: str) -> str:
    """Chart of the metric of all models that were evaluated on a split, best first; "" if no model was."""
    metric, name = CHARTED[split]
    key = metric if split == "random" else f"{split} {metric}"
    known = [(value, report) for report in reports if (value := report.metrics.get(key)) is not None]
    if not known:
        return ""
    known.sort(key=lambda pair: pair[0], reverse=metric != "rmse")
    heading = HEADINGS[metric][0]
    note = f"Held out: {KINDS[split]}. The bars are 95 % confidence intervals over users."
    return charts.intervals(
        Caption(f"{heading}, {name}", note, of=heading),
        [report.title for _, report in known],
        [(value, *report.interval(split, metric)) for value, report in known],
        label=lambda value: _said(value, "{:.3f}"),
        zero=metric != "rmse",
    )


def _calibration(report: ModelReport) -> str:
    curve = report.calibration or {}
    note = (
        "On the dashed line, 70 of 100 items with a match of 70 % are liked. "
        f"“{report.title}” is off by {100 * curve['ece']:.1f} % on average."
    )
    caption = Caption(f"Calibration of the match: {report.title}", note, by="predicted match")
    return charts.reliability(caption, curve["predicted"], curve["observed"], curve["n"])
