"""Fit one of our models and time its answers, as `worker` does for the other libraries.

`python -m benchmarks.our_worker JOB.json RESULT.json`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.worker import TOP, measured
from recsys import models
from recsys.catalogue.database import Catalogue
from recsys.data import Histories, IdMap, Interactions, csr
from recsys.runtime.startup import one_blas_thread

FEW = 50  # users of the first training, which is not measured


def main(job_file: str, result_file: str) -> None:
    """Run the job (`database`, `model`, `ask`, `rows`, `budget_s`) and write the result.

    `load_s` is the time to read the ratings; a job without a model measures only that. `ask` is people or items.
    """
    one_blas_thread()
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    catalogue = Catalogue.open(job["database"])
    started = time.perf_counter()
    data = catalogue.interactions()
    data.matrix.data.sum()  # a memory-mapped file is read on access
    found: dict[str, Any] = {"load_s": time.perf_counter() - started}
    if job["model"]:
        found |= _timed(job, catalogue, data)
    Path(result_file).write_text(json.dumps(found), encoding="utf-8")


def _timed(job: dict[str, Any], catalogue: Catalogue, data: Interactions) -> dict[str, Any]:
    features = catalogue.features()
    # loads the libraries that the model needs, which the other workers have loaded by now
    models.create(job["model"]).fit(_few(data), features)
    held: dict[str, Any] = {}

    def fit() -> None:
        held["model"] = models.create(job["model"]).fit(data, features)

    histories = data.histories

    def bulk(rows: Sequence[int]) -> Any:
        return held["model"].best(_histories(histories, np.asarray(rows)), TOP)

    def single(row: int) -> Any:
        return held["model"].best(histories.rows(row, row + 1), TOP)

    def alike(row: int) -> Any:
        return held["model"].ranked_similar(str(data.items.ids[row]), TOP)

    if job["ask"] == "items":
        return measured(fit, None, alike, job["rows"], job["budget_s"])
    return measured(fit, bulk, single, job["rows"], job["budget_s"])


def _histories(histories: Histories, rows: np.ndarray) -> Histories:
    """The histories of some people, selected as the other libraries select them: as rows of a matrix."""
    ages = None if histories.ages is None else histories.ages[csr.entries(histories.matrix, rows)[0]]
    return Histories(histories.matrix[rows], ages, histories.recency)


def _few(data: Interactions) -> Interactions:
    """The ratings of the first people."""
    last = data.matrix.indptr[min(FEW, len(data.users))]
    times = None if data.times is None else data.times[:last]
    return Interactions(IdMap(data.users.ids[:FEW]), data.items, data.matrix[:FEW], times)


if __name__ == "__main__":
    main(*sys.argv[1:])
