"""Evaluate models with judged relevance: a folder of queries and grades, as evaluations of search engines use.

`qrels.txt` has a line `QUERY 0 ITEM GRADE` for each judgement (the format of TREC); grades above 0 are relevant. A
query is a user of the data, or a line `QUERY ITEM ITEM …` of `queries.txt`, a history with the oldest item first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, RecsysError, SourceError
from recsys.evaluation.table import aligned
from recsys.models.base import History, Recommender

JUDGEMENTS, QUERIES = "qrels.txt", "queries.txt"
DEPTH, RECALL_DEPTH = 10, 20
METRICS = {"ndcg@10": "NDCG@10", "recall@20": "Recall@20", "judged@10": "Judged@10"}
BOOTSTRAP = 1_000


@dataclass(frozen=True)
class Judged:
    """Judged relevance.

    Attributes:
        grades: for each query, the grade of each judged item.
        histories: the histories of the queries that are not users.
    """

    grades: dict[str, dict[str, float]]
    histories: dict[str, list[str]]

    @classmethod
    def read(cls, folder: Path) -> Judged:
        """Read a folder.

        Raises:
            SourceError: there is no file of judgements.
            BadData: a line has another form, or a query has no relevant item.
        """
        if not (folder / JUDGEMENTS).is_file():
            raise SourceError(f"There is no file {folder / JUDGEMENTS}. It needs lines QUERY 0 ITEM GRADE.")
        grades: dict[str, dict[str, float]] = {}
        for place, words in _lines(folder / JUDGEMENTS):
            if len(words) != 4 or (grade := _number(words[3])) is None:
                raise BadData(f"{place}: {' '.join(words)[:80]!r} is not QUERY 0 ITEM GRADE.")
            grades.setdefault(words[0], {})[words[2]] = grade
        if not grades:
            raise BadData(f"{folder / JUDGEMENTS} has no judgements.")
        for query, judged in grades.items():
            if max(judged.values()) <= 0:
                raise BadData(f"No item of the query {query} in {folder / JUDGEMENTS} has a grade above 0.")
        given = folder / QUERIES
        return cls(grades, {words[0]: words[1:] for _, words in _lines(given)} if given.is_file() else {})

    def history(self, query: str, data: Interactions) -> History:
        """The history to ask with: without the judged items if the query is a user.

        Raises:
            BadData: the query is neither in the file of queries nor a user.
        """
        if query in self.histories:
            return self.histories[query]
        if query not in data.users:
            raise BadData(f"The query {query} is not a user of the data, and {QUERIES} has no line for it.")
        return {item: rating for item, rating in data.history(query).items() if item not in self.grades[query]}

    def known(self, data: Interactions) -> Interactions:
        """The interactions to train on: without the judged items of the users who are queries."""
        users, items = data.users.ids[data.rows].tolist(), data.items.ids[data.matrix.indices].tolist()
        nothing: dict[str, float] = {}
        asked = {query: judged for query, judged in self.grades.items() if query not in self.histories}
        return data.keep(
            np.array([item not in asked.get(user, nothing) for user, item in zip(users, items, strict=True)], bool)
        )


def evaluate(
    models: Mapping[str, Recommender],
    data: Interactions,
    features: ItemFeatures | None,
    judged: Judged,
    seed: int = 0,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Train each model and compare its lists with the judgements.

    Returns:
        The number of queries and judgements, and a row for each model, the best first: the mean of each of METRICS with
        its 95 % bootstrap interval over queries, or an error. NDCG takes the grade as the gain; items without a
        judgement count as not relevant, and `judged@10` is the share of the first ten that has one.

    Raises:
        BadData: a query is unknown.
    """
    histories = {query: judged.history(query, data) for query in judged.grades}
    known, rows = judged.known(data), []
    for number, (label, model) in enumerate(models.items()):
        progress(label, number / len(models))
        try:
            model.fit(known, features, seed=seed)
        except RecsysError as error:
            rows.append({"label": label, "error": str(error), "metrics": {}})
            continue
        lists = {query: model.ranked(history, RECALL_DEPTH).numbers for query, history in histories.items()}
        values = np.array(
            [_values(model.items.ids[found].tolist(), judged.grades[query]) for query, found in lists.items()]
        )
        rows.append({"label": label, "error": None, "metrics": _summary(values, seed)})
    rows.sort(key=lambda row: -row["metrics"]["ndcg@10"]["mean"] if row["metrics"] else math.inf)
    return {"queries": len(judged.grades), "judgements": sum(map(len, judged.grades.values())), "rows": rows}


def render(result: Mapping[str, Any]) -> str:
    """The result as a table in aligned columns."""
    body = []
    for row in result["rows"]:
        cells = [row["metrics"].get(name) for name in METRICS]
        shown = ["–" if cell is None else f"{cell['mean']:.4f}" for cell in cells]
        interval = "–" if cells[0] is None else f"{cells[0]['low']:.4f}–{cells[0]['high']:.4f}"
        body.append([row["label"], shown[0], interval, *shown[1:]])
    first, *others = METRICS.values()
    lines = aligned(["model", first, "95 %", *others], body, rule=False)
    lines += [f"{row['label']}: {row['error']}" for row in result["rows"] if row["error"]]
    return "\n".join([f"{result['queries']:,} queries, {result['judgements']:,} judgements", *lines])


def _values(found: list[str], grades: Mapping[str, float]) -> list[float]:
    """The METRICS of one list."""
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    gains = np.array([max(grades.get(item, 0.0), 0.0) for item in found[:DEPTH]])
    best = np.sort([grade for grade in grades.values() if grade > 0])[::-1][:DEPTH]
    relevant = {item for item, grade in grades.items() if grade > 0}
    return [
        float(gains @ discounts[: len(gains)] / (best @ discounts[: len(best)])),
        len(relevant.intersection(found[:RECALL_DEPTH])) / len(relevant),
        sum(item in grades for item in found[:DEPTH]) / DEPTH,
    ]


def _summary(values: np.ndarray, seed: int) -> dict[str, dict[str, float]]:
    drawn = np.random.default_rng(seed).integers(len(values), size=(BOOTSTRAP, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975], axis=0)
    columns = zip(METRICS, values.mean(axis=0).tolist(), low.tolist(), high.tolist(), strict=True)
    return {name: {"mean": mean, "low": least, "high": most} for name, mean, least, most in columns}


def _lines(file: Path) -> list[tuple[str, list[str]]]:
    """Place in the file and words of each line that is not empty."""
    try:
        lines = file.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{file} cannot be read: {error}") from error
    return [(f"{file}, line {number}", line.split()) for number, line in enumerate(lines, start=1) if line.strip()]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
