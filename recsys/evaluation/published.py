"""The published tables of docs/accuracy.md as data: how each was measured, its figures, and a comparison with new ones.

Each table is a JSON file in `tables/`. `scripts/publish_table.py` writes its figures and the page; `recsys reproduce`
measures them again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import scipy  # scipy.stats is loaded at its first use, because a start does not need it

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
        p: p-value of a ratio of 1, or of a mean equal to that of the best model, corrected for all comparisons of the
            table (Holm); None if it was not tested.
        sd: standard deviation between seeds; None with one seed.
    """

    row: str
    metric: str
    value: float
    low: float
    high: float
    p: float | None = None
    sd: float | None = None


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
        dataset: name of the data set of films, or of a file of `recsys.training.next_item_files`.
        options: how it is measured.
        minutes: how long that took, roughly.
        measured: the date, commit and machine.
        figures: the published figures.
        sha256: of the file, if the data set is one; otherwise empty.
    """

    name: str
    title: str
    dataset: str
    options: Options
    minutes: int
    measured: str
    figures: list[Figure]
    sha256: str = ""

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
        """JSON values of all fields except the name, which is that of the file, and missing values of figures."""
        values = {key: value for key, value in asdict(self).items() if key != "name"}
        figures = [{key: value for key, value in one.items() if value is not None} for one in values["figures"]]
        return values | {"figures": figures}


@dataclass(frozen=True)
class Check:
    """A published figure beside the one measured now.

    Attributes:
        published: the figure of the page.
        value: the new value, None if it was not measured.
        low, high: where the new value is expected, see `expected`.
    """

    published: Figure
    value: float | None
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the new value is in the expected interval; an interval of one number allows for rounding."""
        margin = 1e-6
        return self.value is not None and self.low - margin <= self.value <= self.high + margin


def expected(figure: Figure, seeds: int) -> tuple[float, float]:
    """Interval in which a figure is expected if it is measured again: that of the page, or a wider one for the seeds.

    A training on another machine is like one with another seed, so that the interval is at least the 95 % prediction
    interval of one more seed: value +- t sd sqrt(1 + 1 / seeds), with Student's t of seeds - 1 degrees of freedom.

    >>> low, high = expected(Figure("sequential", "novelty@10", 9.5, 9.4, 9.6, sd=0.1), seeds=3)
    >>> round(low, 3), round(high, 3)
    (9.003, 9.997)
    """
    if seeds < 2 or not figure.sd:
        return figure.low, figure.high
    margin = float(scipy.stats.t.ppf(0.975, seeds - 1)) * figure.sd * math.sqrt(1 + 1 / seeds)
    return min(figure.low, figure.value - margin), max(figure.high, figure.value + margin)


def names() -> list[str]:
    """Names of the published tables."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def figures(result: Mapping[str, Any]) -> Iterator[Figure]:
    """The figures with an interval in the JSON result of `recsys evaluate`; ratios if it compares models in pairs."""
    if "paired" in result:
        for pair in result["paired"]:
            row, metric = f"{pair['model']} / {pair['against']}", RATIO + pair["metric"]
            yield Figure(
                row,
                metric,
                pair["ratio"],
                pair["ratio_low"],
                pair["ratio_high"],
                pair.get("p_holm"),
                _sd(pair, "ratio_sd"),
            )
        return
    for row in result["rows"]:
        for metric in HEADINGS:
            found = row["metrics"].get(metric, {})
            values = [found.get(part) for part in ("mean", "low", "high")]
            if all(isinstance(value, (int, float)) and math.isfinite(value) for value in values):
                p = row.get("p_best") if metric == result["sorted_by"] else None
                yield Figure(row["label"], metric, *values, p=p, sd=_sd(found, "sd"))


def _sd(found: Mapping[str, Any], name: str) -> float | None:
    """The standard deviation between seeds; None if it is missing or 0, as with one seed."""
    return found.get(name) or None


def compare(table: Table, result: Mapping[str, Any]) -> list[Check]:
    """Each published figure of a table beside the one in a new result."""
    found = {(figure.row, figure.metric): figure.value for figure in figures(result)}
    return [
        Check(figure, found.get((figure.row, figure.metric)), *expected(figure, table.options.seeds))
        for figure in table.figures
    ]
