"""Search of a recommender's own settings on validation parts hidden from it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput
from recsys.models import holdout, registry
from recsys.models.base import Recommender
from recsys.models.config import Span, search_space

DEPTH = 10  # length of the judged lists
EXPLORE = 0.5  # share of the budget spent on draws from the whole space; the rest moves around the best
STEP = 0.25  # width of a move, in units of a span
DOUBT = 0.5  # standard errors of the paired gain that a candidate must show over the defaults


@dataclasses.dataclass(frozen=True)
class Trial:
    """One candidate.

    Attributes:
        settings: all of the model's.
        scores: by user of every part judged on, higher is better; with several parts in units of the defaults' mean
            on the part, so that each counts alike.
        seconds: of fit and answers.
        means: of each part, in its own unit.
    """

    settings: dict[str, Any]
    scores: np.ndarray
    seconds: float
    means: tuple[float, ...]

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
    name: str,
    data: Interactions,
    features: ItemFeatures | None = None,
    budget_s: float = 120,
    seed: int = 0,
    parts: Sequence[tuple[Interactions, Interactions]] | None = None,
    progress: Progress = to_log,
) -> list[Trial]:
    """All trials of `tune`, the chosen one first and then by falling score.

    Args:
        parts: pairs (known, hidden) to judge on instead of what `tune` hides inside `data`; settings are chosen
            that beat the defaults on all of them together and fall behind on none.
        progress: called with a line for each better candidate.
    """
    if not isinstance(budget_s, (int, float)) or isinstance(budget_s, bool) or not budget_s > 0:
        raise BadInput(f"budget_s is {budget_s!r}: give a positive number of seconds.")
    started = time.perf_counter()
    kind = registry.get(name)
    space = search_space(kind.Config)
    judges = [_Judge(*pair) for pair in parts or [next(holdout.folds(data, 1, seed))]]
    if not all(judge.asked.any() for judge in judges):
        raise BadInput("no user has two items, so none can be hidden to judge by; give more interactions.")
    rng = np.random.default_rng(seed)
    defaults = registry.create(name).settings
    trials = [_try(kind, defaults, judges, features, seed)]
    tried = {_key(defaults)}
    best = trials[0]
    while space and (spent := time.perf_counter() - started) + trials[-1].seconds < budget_s:
        settings = _draw(space, defaults, rng) if spent < EXPLORE * budget_s else _move(space, best.settings, rng)
        if _key(settings) in tried:
            if len(tried) >= _size(space):
                break
            continue
        tried.add(_key(settings))
        trials.append(trial := _try(kind, settings, judges, features, seed))
        if trial.mean > best.mean and _nowhere_worse(trial, trials[0]):
            best = trial
            progress(f"{name}: {_means(best)} against {_means(trials[0])} after {len(trials)} tries with {settings}")
    gain = best.scores - trials[0].scores
    if gain.mean() <= DOUBT * gain.std() / np.sqrt(len(gain)):
        best = trials[0]
    return [best, *sorted((trial for trial in trials if trial is not best), key=lambda trial: -trial.mean)]


class _Judge:
    """What is known, what is hidden, and who can be asked about it; `unit` is the defaults' mean once known."""

    def __init__(self, known: Interactions, hidden: Interactions):
        self.known, self.hidden = known, hidden
        self.asked = (np.diff(known.matrix.indptr) > 0) & (np.diff(hidden.matrix.indptr) > 0)
        self.unit: float | None = None


def _nowhere_worse(trial: Trial, defaults: Trial) -> bool:
    return all(one >= other for one, other in zip(trial.means, defaults.means, strict=True))


def _means(trial: Trial) -> str:
    return ", ".join(f"{mean:.4f}" for mean in trial.means)


def _try(
    kind: type[Recommender],
    settings: dict[str, Any],
    judges: Sequence[_Judge],
    features: ItemFeatures | None,
    seed: int,
) -> Trial:
    start, found, means = time.perf_counter(), [], []
    for judge in judges:
        model = kind(**settings).fit(judge.known, features, seed)
        scores = (_stars if model.predicts_ratings else _lists)(model, judge.known, judge.hidden)[judge.asked]
        means.append(float(scores.mean()))
        if judge.unit is None:
            judge.unit = 1.0 if len(judges) == 1 else abs(means[-1]) or 1.0
        found.append(scores / judge.unit)
    return Trial(settings, np.concatenate(found), time.perf_counter() - start, tuple(means))


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
