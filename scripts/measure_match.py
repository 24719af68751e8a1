"""Measure how well `match` is calibrated on items that are shown: the expected calibration error by place in the list.

A fifth of each user's ratings is hidden from the model and from its calibration. Each hidden rating of an item in the
first N places of the user's list is a prediction: the match against whether the user likes the item.

    RECSYS_DATASET=ml-latest-small python scripts/measure_match.py hybrid --seeds 0,1
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys import Interactions, ItemFeatures, models
from recsys.catalogue import building
from recsys.data.progress import to_stderr
from recsys.errors import BadInput, RecsysError
from recsys.evaluation.calibration import calibrate
from recsys.evaluation.reliability import calibration_error, reliability
from recsys.evaluation.splits import random_split
from recsys.runtime.startup import one_blas_thread
from recsys.settings import Settings

HIDDEN, UNUSED = 0.2, 0.01  # shares of the ratings that are hidden; the second part is not used
LENGTHS = (10, 24, 100)


def main(arguments: list[str] | None = None) -> int:
    """Print the errors; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="name of the model, such as hybrid")
    parser.add_argument("--seeds", default="0", metavar="N,N", help="seeds of the split (default %(default)s)")
    options = parser.parse_args(arguments)
    one_blas_thread()
    try:
        catalogue = building.ensure(Settings.from_env(), to_stderr)
        data, features = catalogue.interactions(), catalogue.features()
        for seed in map(int, options.seeds.split(",")):
            found = errors(options.model, data, features, seed, catalogue.wording.liked_at)
            parts = [f"first {n}: {error:.3f} ({count:,} ratings)" for n, (error, count) in found.items()]
            print(f"{options.model}, seed {seed}: {'; '.join(parts)}")
    except RecsysError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def errors(
    name: str, data: Interactions, features: ItemFeatures, seed: int, liked_at: float | None = None
) -> dict[int, tuple[float, int]]:
    """By length of the list, the expected calibration error and the number of ratings that it is computed from.

    Raises:
        BadInput: the ratings do not allow a calibration.
    """
    split = random_split(data, seed, HIDDEN, UNUSED)
    model = models.create(name).fit(split.fit_data, features)
    calibration = calibrate(name, split.fit_data, features, liked_at=liked_at)
    threshold = None if calibration is None else calibration.signals.liked_at
    if calibration is None or threshold is None or calibration.signals.of != "likes":
        raise BadInput(f"{name} has no match on these ratings: they have no likes and dislikes.")
    known, hidden = split.test_history, split.test
    rows: list[tuple[int, float, bool]] = []  # place, predicted, liked
    for user in known.users.ids[(known.user_counts > 0) & (hidden.user_counts > 0)].tolist():
        found = model.ranked(known.history(user), max(LENGTHS))
        places = {number: place for place, number in enumerate(found.numbers.tolist())}
        ratings = hidden.history(user)
        numbers = hidden.items.numbers(list(ratings))
        matches = calibration.match(model, found.histories, found.row, numbers)
        rows += [
            (places[number], match / 100, rating >= threshold)
            for number, rating, match in zip(numbers.tolist(), ratings.values(), matches, strict=True)
            if match is not None and number in places
        ]
    place, predicted, liked = (np.array(column) for column in zip(*rows, strict=True))
    return {
        n: (calibration_error(reliability(predicted[place < n], liked[place < n])), int((place < n).sum()))
        for n in LENGTHS
    }


if __name__ == "__main__":
    sys.exit(main())
