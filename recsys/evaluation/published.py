"""The published tables of docs/accuracy.md as data: how each was measured, its figures, and a comparison with new ones.

Each table is a JSON file in `tables/`. `scripts/publish_table.py` writes its figures and the page; `recsys reproduce`
measures them again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from recsys.data.files import read_json
from recsys.errors import BadInput, listing
from recsys.evaluation.table import HEADINGS

FOLDER = Path(__file__).resolve().parent / "tables"
RATIO = "ratio of "
"""Prefix of the name of a metric whose ratio of two models is compared."""


@dataclass(frozen=True)
class Figure:
    """One figure of a table.

    Attributes:
        row: the model, or `model / baseline` for a ratio.
        metric: its name in the results of an evaluation, after RATIO for a ratio.
        value: mean over users and splits.
        low, high: its 95 % interval over users.
    """

    row: str
    metric: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Options:
    """How a table is measured: the options of `recsys evaluate`; no names of models stand for all of them."""

    split: str = "random"
    models: list[str] = field(default_factory=list)
    seeds: int = 1
    first_seed: int = 0
    against: str = ""
    pairs: bool = False

    def __str__(self) -> str:
        given = [
            ("--split", self.split),
            ("--models", ",".join(self.models)),
            ("--against", self.against),
            ("--pairs", self.pairs),
            ("--seeds", self.seeds if self.seeds > 1 else 0),
            ("--first-seed", self.first_seed),
        ]
        return " ".join(name if value is True else f"{name} {value}" for name, value in given if value)


@dataclass(frozen=True)
class Table:
    """A published table.

    Attributes:
        name: what `recsys reproduce` takes.
        title: the heading on the page.
        dataset: name of the data set of films.
        options: how it is measured.
        minutes: how long that took, roughly.
        measured: the date, commit and machine.
        figures: the published figures.
    """

    name: str
    title: str
    dataset: str
    options: Options
    minutes: int
    measured: str
    figures: list[Figure]

    @classmethod
    def read(cls, name: str) -> Table:
        """The published table of this name.

        Raises:
            BadInput: there is no such table.
        """
        if name not in names():
            raise BadInput(f"There is no table {name!r}. Use one of {listing(names())}.")
        values = read_json(FOLDER / f"{name}.json")
        figures = [Figure(**figure) for figure in values.pop("figures")]
        return cls(name=name, options=Options(**values.pop("options")), figures=figures, **values)

    def to_dict(self) -> dict[str, Any]:
        """JSON values of all fields except the name, which is that of the file."""
        return {key: value for key, value in asdict(self).items() if key != "name"}


@dataclass(frozen=True)
class Check:
    """A published figure beside the one measured now.

    Attributes:
        published: the figure of the page.
        value: the new value, None if it was not measured.
    """

    published: Figure
    value: float | None

    @property
    def inside(self) -> bool:
        """Whether the new value lies in the published interval; an interval of one number allows for rounding."""
        figure, margin = self.published, 1e-6
        return self.value is not None and figure.low - margin <= self.value <= figure.high + margin


def names() -> list[str]:
    """Names of the published tables."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def figures(result: Mapping[str, Any]) -> Iterator[Figure]:
    """The figures with an interval in the JSON result of `recsys evaluate`; ratios if it compares models in pairs."""
    if "paired" in result:
        for pair in result["paired"]:
            row, metric = f"{pair['model']} / {pair['against']}", RATIO + pair["metric"]
            yield Figure(row, metric, pair["ratio"], pair["ratio_low"], pair["ratio_high"])
        return
    for row in result["rows"]:
        for metric in HEADINGS:
            found = row["metrics"].get(metric, {})
            values = [found.get(part) for part in ("mean", "low", "high")]
            if all(isinstance(value, (int, float)) and math.isfinite(value) for value in values):
                yield Figure(row["label"], metric, *values)


def compare(table: Table, result: Mapping[str, Any]) -> list[Check]:
    """Each published figure of a table beside the one in a new result."""
    found = {(figure.row, figure.metric): figure.value for figure in figures(result)}
    return [Check(figure, found.get((figure.row, figure.metric))) for figure in table.figures]


def render(table: Table, checks: Sequence[Check]) -> str:
    """The comparison as text, one line for each figure, and how many lie in their intervals."""
    rows = [("model", "metric", "page", "95 %", "now", "in the interval")]
    rows += [
        (
            check.published.row,
            check.published.metric,
            f"{check.published.value:.4f}",
            f"{check.published.low:.4f} to {check.published.high:.4f}",
            "not measured" if check.value is None else f"{check.value:.4f}",
            "yes" if check.inside else "NO",
        )
        for check in checks
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    inside = sum(check.inside for check in checks)
    return "\n".join(
        [
            f"{table.title}; published: {table.measured}",
            *lines,
            f"{inside} of {len(checks)} figures lie in the interval of the page.",
        ]
    )


def markdown(table: Table) -> str:
    """The table as Markdown: a line for each model with a column for each metric, or a line for each ratio."""
    if any(figure.metric.startswith(RATIO) for figure in table.figures):
        return _ratios(table.figures)
    return _metrics(table.figures)


def _ratios(published: Sequence[Figure]) -> str:
    lines = ["| model / compared with | metric | change | 95 % |", "| --- | --- | ---: | ---: |"]
    for figure in published:
        change, low, high = (f"{100 * (value - 1):+.1f} %" for value in (figure.value, figure.low, figure.high))
        name = HEADINGS[figure.metric.removeprefix(RATIO)][0]
        models = " / ".join(f"`{part}`" for part in figure.row.split(" / "))
        lines.append(f"| {models} | {name} | {change} | {low} to {high} |")
    return "\n".join(lines)


def _metrics(published: Sequence[Figure]) -> str:
    columns = [metric for metric in HEADINGS if any(figure.metric == metric for figure in published)]
    by_row: dict[str, dict[str, Figure]] = {}
    for figure in published:
        by_row.setdefault(figure.row, {})[figure.metric] = figure
    main = columns[0]
    head = ["model", HEADINGS[main][0], "95 %", *(HEADINGS[metric][0] for metric in columns[1:])]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    for row, found in by_row.items():
        cells = [_number(found, main), f"{_number(found, main, 'low')}–{_number(found, main, 'high')}"]
        cells += [_number(found, metric) for metric in columns[1:]]
        lines.append(f"| `{row}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(found: Mapping[str, Figure], metric: str, part: str = "value") -> str:
    return HEADINGS[metric][1].format(getattr(found[metric], part)) if metric in found else "–"
