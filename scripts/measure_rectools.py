"""Compare the models of this project with RecTools' SASRec on the same split and by the same evaluation.

RecTools needs other versions of NumPy and pandas than this project on Python 3.11 and 3.12, so it runs with the Python
of an environment of its own:

    python -m venv /tmp/rectools && /tmp/rectools/bin/pip install "rectools[torch]"
    RECSYS_DATASET=movietweetings python scripts/measure_rectools.py --python /tmp/rectools/bin/python --split strict

This program makes the split and writes its training and validation parts and the histories of the test users into a
folder; `rectools_lists.py` tunes and trains SASRec there and writes its lists; the test part stays here. All options
that this program does not know are passed on to `rectools_lists.py` (--tries, --loss, --patience, --max-length, …).
Prints its lines of JSON, one for each model, and one for each comparison with p-values corrected for all (Holm).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys import Interactions, ItemFeatures
from recsys.catalogue import building
from recsys.catalogue.database import Catalogue
from recsys.data.progress import to_stderr
from recsys.errors import BadData, BadInput, RecsysError
from recsys.evaluation import evaluate, lists, protocol
from recsys.evaluation.results import Evaluation, Row
from recsys.evaluation.significance import holm
from recsys.evaluation.splits import Split
from recsys.ranking import metrics
from recsys.runtime.startup import one_blas_thread
from recsys.settings import Settings
from recsys.training import next_item_files

WORKER = Path(__file__).with_name("rectools_lists.py")
SASREC = "rectools_sasrec"
TYPES = {"user_id": str, "item_id": str}
NAN = float("nan")  # its times are not measured here
METRICS = ("ndcg@10", "recall@20", "hr@10", "coverage@10", "gini@10", "popularity_lift@10")


def main(arguments: list[str] | None = None) -> int:
    """Print the tries, the models and the comparisons; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="the Python of an environment with rectools[torch]")
    parser.add_argument("--split", choices=("temporal", "leave-one-out", "strict"), default="strict")
    parser.add_argument("--models", default="hybrid,ease", help="models of this project (default %(default)s)")
    parser.add_argument("--file", type=Path, help="a file of next items, such as Beauty.txt, instead of RECSYS_DATASET")
    parser.add_argument("--folder", type=Path, help="keep the files there, and use lists that are there (default: no)")
    parser.add_argument("--seed", type=int, default=0, help="of the training (default 0)")
    options, passed_on = parser.parse_known_args(arguments)
    one_blas_thread()
    try:
        catalogue = opened(Settings.from_env(), options.file)
        data, features = catalogue.interactions(), catalogue.features()
        split = protocol.make_split(options.split, data, options.seed)
        with tempfile.TemporaryDirectory() as folder:
            worker_options = [*passed_on, "--seed", str(options.seed)]
            top = sasrec_lists(options.python, split, options.folder or Path(folder), worker_options)
        found = evaluate(options.models.split(","), data, features, options.split, [options.seed], progress=to_stderr)
        add_lists(found, split, top, features)
        for line in compared(found):
            print(json.dumps(line), flush=True)
    except RecsysError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def opened(settings: Settings, file: Path | None) -> Catalogue:
    """The catalogue of the settings, or one made from a file of next items."""
    if file is None:
        return building.ensure(settings, to_stderr)
    if not file.is_file():
        raise BadInput(f"--file is {str(file)!r}, which is not a file. Use the path of a file such as Beauty.txt.")
    folder = next_item_files.as_tables(file, settings.data_dir / f"{file.stem.lower()}-tables")
    db = settings.data_dir / f"{file.stem.lower()}.sqlite"
    return building.build(replace(settings, catalogue=str(folder)), to_stderr, db=db)


def sasrec_lists(python: str, split: Split, folder: Path, options: Sequence[str]) -> np.ndarray:
    """Lists (n_users, LIST_LENGTH) of RecTools' SASRec for the test users, as numbers of items; -1 in shorter lists.

    Raises:
        BadInput: the program could not be started or failed, or the folder belongs to another split.
        BadData: a user has no list.
    """
    history, _ = lists.asked(split.test_history, split.test)
    made = folder / "lists.csv"
    if made.is_file() and not read(folder / "asked.csv").equals(frame(history).astype(TYPES)):
        raise BadInput(f"--folder is {str(folder)!r}, which has the lists of another split. Use an empty folder.")
    if not made.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        parts = {"train": split.train, "valid": split.valid, "fit": split.fit_data, "asked": history}
        for part, data in parts.items():
            frame(data).to_csv(folder / f"{part}.csv", index=False)
        try:
            subprocess.run([python, str(WORKER), str(folder), *options], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise BadInput(f"RecTools did not run with --python {python}: {error}. Read its message above.") from error
    return numbered(read(made), history)


def read(file: Path) -> pd.DataFrame:
    """A table with ids as text."""
    return pd.read_csv(file, dtype=TYPES)


def frame(data: Interactions) -> pd.DataFrame:
    """Rows user_id, item_id, datetime of interactions with times, in seconds."""
    if data.times is None:
        raise BadData("SASRec needs the times of the ratings, and this data has none.")
    users, items = data.users.ids[data.rows], data.items.ids[data.matrix.indices]
    return pd.DataFrame({"user_id": users, "item_id": items, "datetime": data.times})


def numbered(found: pd.DataFrame, history: Interactions) -> np.ndarray:
    """Lists of text ids as numbers of items, one row for each user of `history`."""
    top = np.full((len(history.users), lists.LIST_LENGTH), -1, dtype=np.int64)
    rows = history.users.numbers(found["user_id"].tolist())
    top[rows, found["rank"].to_numpy() - 1] = history.items.numbers(found["item_id"].tolist())
    if (top[:, 0] < 0).any():
        raise BadData(f"RecTools returned no list for {int((top[:, 0] < 0).sum())} users.")
    return top


def add_lists(found: Evaluation, split: Split, top: np.ndarray, features: ItemFeatures) -> None:
    """Evaluate the lists like those of the other models, and add their row to the evaluation."""
    history, target = lists.asked(split.test_history, split.test)
    hits, known = metrics.find_hits(top, target.matrix), split.fit_data
    ranking = lists.Ranking(target.users.ids, top, hits, target.user_counts, history.matrix, NAN)
    row = Row(SASREC, SASREC, "SASRec of RecTools", "neural", {}, timings=[(NAN, NAN, NAN)])
    vectors = protocol.diversity_vectors(features, known)
    protocol.add_split(row, lists.measure(ranking, known.item_counts, len(known.users), vectors))
    protocol.summarise(row, found.users)
    found.rows.append(row)


def compared(found: Evaluation) -> list[dict[str, Any]]:
    """A line for each model, then one for each model of this project against RecTools' SASRec."""
    lines: list[dict[str, Any]] = []
    for row in found.rows:
        if row.error:
            lines.append({"model": row.label, "error": row.error})
            continue
        ends = {end: row.metrics["ndcg@10"][end] for end in ("low", "high")}
        lines.append({"model": row.label, **{name: row.metrics[name]["mean"] for name in METRICS}, **ends})
    own = [row.label for row in found.rows if not row.error and row.label != SASREC]
    pairs = [found.compare(label, SASREC) for label in own]
    for label, pair, p in zip(own, pairs, holm([pair.p for pair in pairs]).tolist(), strict=True):
        ratio = {"ratio": pair.ratio, "low": pair.ratio_low, "high": pair.ratio_high, "p_holm": p}
        lines.append({"model": label, "against": SASREC, **ratio})
    return lines


if __name__ == "__main__":
    sys.exit(main())
