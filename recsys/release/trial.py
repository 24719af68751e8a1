"""Test each model of a release with one request of each kind, so that a release that cannot answer is never served."""

from __future__ import annotations

import math
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys.data import Interactions, Recommendation
from recsys.errors import MissingExtra
from recsys.evaluation.calibration import Calibration
from recsys.models.base import Recommender

if TYPE_CHECKING:
    from recsys.release.reading import Release

TRIAL_S = 120.0  # time limit for each model, in seconds
ASKED, LIKED = 5, 3  # requested items, and items in the history of the request


def failures(release: Release) -> dict[str, str]:
    """Return the models that do not load, fail, return numbers that are not finite or take too long, with reasons."""
    found: dict[str, str] = {}
    for name in release.names:
        answered = threading.Event()
        thread = threading.Thread(target=_try, args=(release, name, found, answered), name="trial", daemon=True)
        thread.start()
        if not answered.wait(TRIAL_S):
            found[name] = f"it does not answer within {TRIAL_S:g} s."
    return found


def _try(release: Release, name: str, found: dict[str, str], answered: threading.Event) -> None:
    try:
        _ask(release.model(name), release.manifest["models"][name].get("calibration"))
    except Exception as error:  # an invalid release may cause errors of any type
        found[name] = " ".join(str(error).split())[:300] or type(error).__name__
    answered.set()


def _ask(model: Recommender, calibrated: dict | None) -> None:
    best = np.argsort(-model.popularity, kind="stable")[:LIKED]
    ends = [0, len(model.items) - 1]  # an array with too few rows fails at the last item
    history, unusual = (
        {str(model.items.ids[number]): model.scale[1] for number in numbers if len(model.items)}
        for numbers in (best, ends)
    )
    _check(model, model.recommend(history, ASKED), len(history))
    _check(model, model.recommend({}, ASKED), 0)
    _check_finite([line.score for line in model.recommend(unusual, ASKED)])
    for item_id in {**history, **unusual}:
        _check(model, model.similar(item_id, ASKED), 1)
        shares = [share for _, share in model.explain(history, item_id)]
        _check_finite(shares)
    if calibrated:
        found = model.ranked(history, ASKED)
        Calibration.from_dict(calibrated).match(model, found.histories, found.row, found.numbers)
    if model.predicts_ratings:
        rated = pd.DataFrame({"user_id": "visitor", "item_id": list(history), "rating": list(history.values())})
        data = Interactions.from_frame(rated, items=model.items.ids)
        _check_finite(model.predict_many(data, rated))
    if model.min_query_words is not None:
        with suppress(MissingExtra):  # the encoder of queries is optional; the app works without it
            _check_finite([score for _, score in model.search("one two three", ASKED)])


def _check(model: Recommender, answer: list[Recommendation], seen: int) -> None:
    if not answer and len(model.items) > seen:
        raise ValueError("an answer is empty.")
    _check_finite([line.score for line in answer])


def _check_finite(numbers: list[float] | np.ndarray) -> None:
    if not all(map(math.isfinite, numbers)):
        raise ValueError("an answer has numbers that are not finite.")
