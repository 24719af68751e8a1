"""Search of a recommender's own settings on a validation part hidden inside the training data."""

from __future__ import annotations

import dataclasses
import logging
import time
from typing import Any

import numpy as np

from recsys.data import Interactions, ItemFeatures
from recsys.errors import BadInput
from recsys.models import holdout, registry
from recsys.models.base import Recommender
from recsys.models.config import Span, search_space

log = logging.getLogger(__name__)

DEPTH = 10  # length of the judged lists
EXPLORE = 0.5  # share of the budget spent on draws from the whole space; the rest moves around the best
STEP = 0.25  # width of a move, in units of a span
DOUBT = 0.5  # standard errors of the paired gain that a candidate must show over the defaults


@dataclasses.dataclass(frozen=True)
class Trial:
    """One candidate: its settings, its score by user (higher is better), and the seconds it took."""

    settings: dict[str, Any]
    scores: np.ndarray
    seconds: float

    @property
    def mean(self) -> float:
        return float(self.scores.mean())


def tune(
    name: str, data: Interactions, features: ItemFeatures | None = None, budget_s: float = 120, seed: int = 0
) -> dict[str, Any]:
    """The best settings found for a model, as keyword arguments of `models.create`.

    Each candidate is fitted on `data` without a hidden part (the latest of each history where times are
    known, a random tenth otherwise) and judged on it: by NDCG@10, or by squared error if it predicts ratings.

    Args:
        budget_s: seconds to search; a fit that has begun is finished, so it may be passed by one fit. The
            defaults are always tried and returned where nothing clearly beats them.
        seed: of the draws, the hidden part and the models.

    Raises:
        UnknownModel: no such model.
        BadInput: the budget is not a positive number, or there is nothing to hide.
    """
    return search(name, data, features, budget_s, seed)[0].settings


def search(
    name: str, data: Interactions, features: ItemFeatures | None = None, budget_s: float = 120, seed: int = 0
) -> list[Trial]:
    """All trials of `tune`, the chosen one first and then by falling score."""
    if not isinstance(budget_s, (int, float)) or isinstance(budget_s, bool) or not budget_s > 0:
        raise BadInput(f"budget_s is {budget_s!r}: give a positive number of seconds.")
    started = time.perf_counter()
    kind = registry.get(name)
    space = search_space(kind.Config)
    known, hidden = next(holdout.folds(data, 1, seed))
    asked = (np.diff(known.matrix.indptr) > 0) & (np.diff(hidden.matrix.indptr) > 0)
    if not asked.any():
        raise BadInput("no user has two items, so none can be hidden to judge by; give more interactions.")
    rng = np.random.default_rng(seed)
    defaults = registry.create(name).settings
    trials = [_try(kind, defaults, known, hidden, asked, features, seed)]
    tried = {_key(defaults)}
    while space and (spent := time.perf_counter() - started) + trials[-1].seconds < budget_s:
        best = max(trials, key=lambda trial: trial.mean)
        settings = _draw(space, defaults, rng) if spent < EXPLORE * budget_s else _move(space, best.settings, rng)
        if _key(settings) in tried:
            if len(tried) >= _size(space):
                break
            continue
        tried.add(_key(settings))
        trials.append(_try(kind, settings, known, hidden, asked, features, seed))
        log.info("%s: %.4f with %s", name, trials[-1].mean, settings)
    best = max(trials, key=lambda trial: trial.mean)
    gain = best.scores - trials[0].scores
    if gain.mean() <= DOUBT * gain.std() / np.sqrt(len(gain)):
        best = trials[0]
    return [best, *sorted((trial for trial in trials if trial is not best), key=lambda trial: -trial.mean)]


def _try(
    kind: type[Recommender], settings: dict[str, Any], known: Interactions, hidden: Interactions, asked: np.ndarray,
    features: ItemFeatures | None, seed: int,
) -> Trial:  # fmt: skip
    start = time.perf_counter()
    model = kind(**settings).fit(known, features, seed)
    scores = _stars(model, known, hidden) if model.predicts_ratings else _lists(model, known, hidden)
    return Trial(settings, scores[asked], time.perf_counter() - start)


def _lists(model: Recommender, known: Interactions, hidden: Interactions) -> np.ndarray:
    """NDCG@DEPTH (n_users,) of each user's list, 0 where nothing was hidden."""
    ids, _ = model.recommend_many(known, DEPTH)
    top = known.items.numbers(ids.ravel()).reshape(ids.shape)
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    ideal = np.concatenate([[1.0], np.cumsum(discounts)])
    scores = np.zeros(len(top))
    for user, items in enumerate(top):
        wanted = hidden.matrix.indices[hidden.matrix.indptr[user] : hidden.matrix.indptr[user + 1]]
        scores[user] = np.isin(items, wanted) @ discounts[: len(items)] / ideal[min(DEPTH, len(wanted))]
    return scores


def _stars(model: Recommender, known: Interactions, hidden: Interactions) -> np.ndarray:
    """Minus the squared error (n_users,) by user, 0 where nothing was hidden."""
    frame = hidden.to_frame()
    errors = (model.predict_many(known, frame) - frame["rating"].to_numpy()) ** 2
    lengths = np.diff(hidden.matrix.indptr)
    sums = np.bincount(np.repeat(np.arange(len(lengths)), lengths), weights=errors, minlength=len(lengths))
    return -sums / np.maximum(lengths, 1)


def _draw(space: dict[str, Span | tuple], defaults: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return defaults | {name: _value(span, rng.random(), rng) for name, span in space.items()}


def _move(space: dict[str, Span | tuple], settings: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A neighbour of good settings: up to two of them changed."""
    moved = dict(settings)
    for name in rng.choice(sorted(space), min(len(space), int(rng.integers(1, 3))), replace=False):
        span = space[name]
        if isinstance(span, Span):
            low, high = (np.log(span.low), np.log(span.high)) if span.log else (span.low, span.high)
            at = np.log(max(moved[name], span.low)) if span.log else moved[name]
            place = np.clip((at - low) / (high - low) + STEP * rng.standard_normal(), 0, 1)
            moved[name] = _value(span, float(place), rng)
        else:
            moved[name] = _value(span, 0.0, rng)
    return moved


def _value(span: Span | tuple, place: float, rng: np.random.Generator) -> Any:
    if not isinstance(span, Span):
        return span[int(rng.integers(len(span)))]
    if span.log:
        return float(f"{np.exp(np.log(span.low) + place * (np.log(span.high) - np.log(span.low))):.4g}")
    return float(f"{span.low + place * (span.high - span.low):.4g}")


def _key(settings: dict[str, Any]) -> tuple:
    return tuple(sorted(settings.items()))


def _size(space: dict[str, Span | tuple]) -> float:
    """How many settings there are to try; endless with a continuous range."""
    return (
        np.inf if any(isinstance(span, Span) for span in space.values()) else np.prod([len(s) for s in space.values()])
    )
