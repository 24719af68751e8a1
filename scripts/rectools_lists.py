"""Train RecTools' SASRec on a split that `measure_rectools.py` wrote, and write its lists; needs `rectools[torch]`.

The folder holds `train.csv`, `valid.csv`, `fit.csv` and `asked.csv` with the columns user_id, item_id and datetime:
the training part, the validation part, what the final model learns from, and the histories of the test users. The test
part is not in the folder. Every try trains on `train` and stops when its NDCG@10 on `valid` has not risen for
--patience epochs. The first try has the settings of eSASRec's authors for short histories
(github.com/blondered/transformer_benchmark), the others are random draws from a part of their grid. The best one is
trained on `fit` for its number of epochs, and `lists.csv` gets the lists of the test users. Users of whom it knows no
item get the most popular items. Prints a line of JSON for each try and one for the final model.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rectools
import torch
from pytorch_lightning import seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

Settings = dict[str, Any]

FIRST: Settings = {
    "n_factors": 64,
    "n_blocks": 1,
    "n_heads": 1,
    "dropout_rate": 0.2,
    "session_max_len": 50,
}
GRID = {
    "n_factors": (64, 128),
    "n_blocks": (1, 2),
    "n_heads": (1, 2, 4),
    "dropout_rate": (0.1, 0.2, 0.3, 0.5),
    "session_max_len": (50, 100, 200),
}
NEGATIVES = 256  # of the sampled softmax
LIST_LENGTH = 100


def main() -> int:
    """Print the tries, write `lists.csv`, and print a line about the final model; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with the files of the split")
    parser.add_argument("--tries", type=int, default=1, help="settings to try (default %(default)s)")
    parser.add_argument("--loss", choices=("softmax", "sampled_softmax"), default="softmax")
    parser.add_argument("--max-epochs", type=int, default=200, help="of one training (default %(default)s)")
    parser.add_argument("--patience", type=int, default=10, help="epochs without a better score (default %(default)s)")
    parser.add_argument("--batch-size", type=int, default=128, help="users in a batch (default %(default)s)")
    parser.add_argument("--users", type=int, default=5000, help="validation users, drawn at random (default 5000)")
    parser.add_argument("--max-length", type=int, default=200, help="longest session_max_len (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    train, valid, fit, asked = (read(options.folder / f"{name}.csv") for name in ("train", "valid", "fit", "asked"))
    valid = of_some_users(valid[valid[Columns.User].isin(train[Columns.User])], options.users, options.seed)
    best: dict[str, Any] = {"ndcg@10": -1.0}
    for number, settings in enumerate(tried(options), start=1):
        found = validated(settings, train, valid, options)
        print(json.dumps({"try": number, **{key: found[key] for key in found if key != "weights"}}), flush=True)
        best = max(best, found, key=lambda one: one["ndcg@10"])
    start, same = time.process_time(), fit.equals(train)
    model, data = new_model(best["settings"], options.seed), dataset(fit)
    for _ in range(1 if same else best["epochs"]):
        model.fit_partial(data, min_epochs=1, max_epochs=1)
    if same:  # leave one out: the model of the best epoch is the final one
        model.torch_model.load_state_dict(best["weights"])
    lists(model, asked, fit).to_csv(options.folder / "lists.csv", index=False)
    versions = {"rectools": rectools.__version__, "torch": torch.__version__, "python": platform.python_version()}
    seconds = round(time.process_time() - start, 1)
    print(json.dumps({"final": best["settings"], "epochs": best["epochs"], "seconds": seconds, **versions}), flush=True)
    return 0


def read(file: Path) -> pd.DataFrame:
    """Interactions of a file in RecTools' columns, all with the weight 1."""
    frame = pd.read_csv(file, dtype={Columns.User: str, Columns.Item: str})
    frame[Columns.Datetime] = pd.to_datetime(frame[Columns.Datetime], unit="s")
    return frame.assign(**{Columns.Weight: 1.0})


def of_some_users(frame: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """The interactions of at most `count` users, drawn with a seed."""
    users = np.sort(frame[Columns.User].unique())
    if len(users) > count:
        users = np.random.default_rng(seed).choice(users, count, replace=False)
    return frame[frame[Columns.User].isin(users)]


def dataset(frame: pd.DataFrame) -> Dataset:
    """RecTools' data set of interactions."""
    return Dataset.construct(frame)


def tried(options: argparse.Namespace) -> Iterator[Settings]:
    """The settings of all tries: FIRST, then draws from GRID."""
    rng = np.random.default_rng(options.seed)
    for number in range(options.tries):
        drawn = {name: rng.choice(values).item() for name, values in GRID.items()}
        settings = FIRST if number == 0 else drawn
        length = min(settings["session_max_len"], options.max_length)
        yield {**settings, "session_max_len": length, "loss": options.loss, "batch_size": options.batch_size}


def new_model(settings: Settings, seed: int) -> SASRecModel:
    """An untrained model; the same seed gives the same training."""
    seed_everything(seed)
    return SASRecModel(**settings, n_negatives=NEGATIVES, deterministic=True)


def validated(settings: Settings, train: pd.DataFrame, valid: pd.DataFrame, options: argparse.Namespace) -> Settings:
    """Train with early stopping; return the settings, best epoch, its NDCG@10, core-seconds and weights."""
    data, history = dataset(train), train[train[Columns.User].isin(valid[Columns.User])]
    model, start = new_model(settings, options.seed), time.process_time()
    best: Settings = {"settings": settings, "ndcg@10": -1.0, "epochs": 0}
    for epoch in range(1, options.max_epochs + 1):
        model.fit_partial(data, min_epochs=1, max_epochs=1)
        score = ndcg(recommended(model, history, 10), valid)
        print(f"epoch {epoch}: {score:.4f}, {time.process_time() - start:.0f} s", file=sys.stderr, flush=True)
        if score > best["ndcg@10"]:
            weights = {name: values.clone() for name, values in model.torch_model.state_dict().items()}
            best |= {"ndcg@10": score, "epochs": epoch, "weights": weights}
        if epoch - best["epochs"] >= options.patience:
            break
    return best | {"seconds": round(time.process_time() - start, 1)}


def recommended(model: SASRecModel, history: pd.DataFrame, n: int) -> pd.DataFrame:
    """Rows user_id, item_id, rank of the best unseen items; none of users of whom the model knows no item."""
    users = history[Columns.User].unique()
    return model.recommend(users, dataset(history), n, filter_viewed=True, on_unsupported_targets="ignore")


def ndcg(found: pd.DataFrame, wanted: pd.DataFrame, k: int = 10) -> float:
    """Mean binary NDCG@k over the users of `wanted`."""
    hits = found.merge(wanted[[Columns.User, Columns.Item]], on=[Columns.User, Columns.Item])
    gains = (1.0 / np.log2(hits[Columns.Rank] + 1.0)).groupby(hits[Columns.User]).sum()
    ideal = np.concatenate([[0.0], np.cumsum(1.0 / np.log2(np.arange(2, k + 2)))])
    sizes = wanted.groupby(Columns.User).size().clip(upper=k)
    return float((gains.reindex(sizes.index, fill_value=0.0) / ideal[sizes.to_numpy()]).mean())


def lists(model: SASRecModel, asked: pd.DataFrame, fit: pd.DataFrame) -> pd.DataFrame:
    """Lists of all users of `asked`: the model's, or the most popular unseen items if it has none for a user."""
    found = recommended(model, asked, LIST_LENGTH)[[Columns.User, Columns.Item, Columns.Rank]]
    without = asked[~asked[Columns.User].isin(found[Columns.User])]
    longest = int(without.groupby(Columns.User).size().max()) if len(without) else 0
    popular = fit[Columns.Item].value_counts().index[: LIST_LENGTH + longest].to_numpy()
    rows = [found]
    for user, seen in without.groupby(Columns.User)[Columns.Item]:
        unseen = popular[~np.isin(popular, seen.to_numpy())][:LIST_LENGTH]
        rows.append(
            pd.DataFrame({Columns.User: user, Columns.Item: unseen, Columns.Rank: np.arange(1, len(unseen) + 1)})
        )
    return pd.concat(rows)


if __name__ == "__main__":
    sys.exit(main())
