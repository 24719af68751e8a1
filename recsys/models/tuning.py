"""Search the settings of a recommender: random search, then local search, evaluated on hidden interactions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data import Interactions, ItemFeatures, csr
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput
from recsys.models import holdout, registry
from recsys.models.base import Recommender
from recsys.models.config import search_space
from recsys.models.search_space import SearchSpace
from recsys.ranking.metrics import find_hits, ndcg

LIST_LENGTH = 10  # length of the evaluated lists
EXPLORE = 0.5  # share of the budget spent on the whole space; the rest on moves around the best settings
MIN_GAIN = 0.5  # standard errors by which a candidate must beat the defaults in the paired comparison

Part = tuple[Interactions, Interactions]  # the interactions that a model learns from, and those hidden from it


@dataclass(frozen=True)
class Trial:
    """One candidate and its evaluation.

    Attributes:
        settings: all settings of the model.
        scores: (n,) float64, one for each evaluated user of every part, higher is better. With several parts they are
            divided by the defaults' mean on the part, so that all parts count equally.
        seconds: duration of fitting and scoring.
        means: mean score on each part, not divided.
    """

    settings: dict[str, Any]
    scores: np.ndarray
    seconds: float
    means: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean score of all users of all parts."""
        return float(self.scores.mean())


def tune(
    name: str, data: Interactions, features: ItemFeatures | None = None, budget_s: float = 120, seed: int = 0
) -> dict[str, Any]:
    """Search for the best settings of a model; return them as keyword arguments of `models.create`.

    Each candidate is fitted on `data` without a hidden part (the latest of each history if times are known, a random
    tenth otherwise) and evaluated on that part: by NDCG@10, or by squared error if the model predicts ratings.

    Args:
        budget_s: seconds to search. The last fit is completed, so the search may take one fit longer. The defaults are
            always tried; they are returned unless another candidate is clearly better.
        seed: seed of the draws, the hidden part and the models.

    Raises:
        UnknownModel: there is no such model.
        BadInput: the budget is not a positive number, or no interaction can be hidden.
    """
    return search(name, data, features, budget_s, seed)[0].settings


def search(
    name: str,
    data: Interactions,
    features: ItemFeatures | None = None,
    budget_s: float = 120,
    seed: int = 0,
    parts: Sequence[Part] | None = None,
    progress: Progress = to_log,
) -> list[Trial]:
    """Run the search of `tune`; return all trials, the chosen one first, then by decreasing score.

    Args:
        parts: pairs (known, hidden) to evaluate on instead of what `tune` hides in `data`. The chosen settings are
            better than the defaults on all parts together and not worse on any of them.
        progress: called with a line for each better candidate.
    """
    if not isinstance(budget_s, (int, float)) or isinstance(budget_s, bool) or not budget_s > 0:
        raise BadInput(f"budget_s is {budget_s!r}; give a positive number of seconds.")
    started = time.perf_counter()
    kind = registry.get(name)
    judge = _Judge(kind, list(parts or [next(holdout.folds(data, 1, seed))]), features, seed)
    space = SearchSpace(search_space(kind.Config), registry.create(name).settings)
    rng = np.random.default_rng(seed)
    defaults = best = trial = judge.trial(space.defaults)
    trials = {_key(defaults.settings): defaults}
    while len(trials) < space.size:
        spent = time.perf_counter() - started
        if spent + trial.seconds >= budget_s:
            break
        settings = space.draw(rng) if spent < EXPLORE * budget_s else space.move(best.settings, rng)
        if _key(settings) in trials:
            continue
        trial = trials[_key(settings)] = judge.trial(settings)
        if trial.mean > best.mean and _not_worse(trial, defaults):
            best = trial
            tries = f"after {len(trials)} tries with {settings}"
            progress(f"{name}: {_listed(best.means)} against {_listed(defaults.means)} {tries}")
    gain = best.scores - defaults.scores
    if gain.mean() <= MIN_GAIN * gain.std() / np.sqrt(len(gain)):
        best = defaults
    return [best, *sorted((trial for trial in trials.values() if trial is not best), key=lambda trial: -trial.mean)]


class _Judge:
    """Evaluation of candidates, which are fitted on the known part and scored on the hidden part.

    Raises:
        BadInput: in some part no user has both known and hidden items.
    """

    def __init__(self, kind: type[Recommender], parts: list[Part], features: ItemFeatures | None, seed: int):
        self.kind, self.parts, self.features, self.seed = kind, parts, features, seed
        self.users = [(known.user_counts > 0) & (hidden.user_counts > 0) for known, hidden in parts]
        if not all(users.any() for users in self.users):
            raise BadInput("No user has two items, so none can be hidden for evaluation. Give more interactions.")
        self.units: list[float] = []

    def trial(self, settings: dict[str, Any]) -> Trial:
        """Evaluate settings; the first ones, the defaults, set the unit of each part."""
        start = time.perf_counter()
        scores = [self._scores(settings, part)[users] for part, users in zip(self.parts, self.users, strict=True)]
        means = tuple(float(values.mean()) for values in scores)
        if not self.units:
            self.units = [1.0] if len(means) == 1 else [abs(mean) or 1.0 for mean in means]
        scaled = np.concatenate([values / unit for values, unit in zip(scores, self.units, strict=True)])
        return Trial(settings, scaled, time.perf_counter() - start, means)

    def _scores(self, settings: dict[str, Any], part: Part) -> np.ndarray:
        """Scores (n_users,) on one part."""
        known, hidden = part
        model = self.kind(**settings).fit(known, self.features, self.seed)
        return _rating_scores(model, known, hidden) if model.predicts_ratings else _list_scores(model, known, hidden)


def _list_scores(model: Recommender, known: Interactions, hidden: Interactions) -> np.ndarray:
    """NDCG@LIST_LENGTH of each user's list, (n_users,); 0 if nothing is hidden."""
    ids, _ = model.recommend_many(known, LIST_LENGTH)
    top = hidden.items.numbers(ids.ravel()).reshape(ids.shape)
    return ndcg(find_hits(top, hidden.matrix), np.maximum(hidden.user_counts, 1), LIST_LENGTH)


def _rating_scores(model: Recommender, known: Interactions, hidden: Interactions) -> np.ndarray:
    """Minus the mean squared error of each user's hidden ratings, (n_users,); 0 if nothing is hidden."""
    frame = hidden.to_frame()
    errors = (model.predict_many(known, frame) - frame["rating"].to_numpy()) ** 2
    return -csr.row_sums(hidden.matrix, errors) / np.maximum(hidden.user_counts, 1)


def _not_worse(trial: Trial, defaults: Trial) -> bool:
    """Whether a trial is at least as good as the defaults on every part."""
    return all(one >= other for one, other in zip(trial.means, defaults.means, strict=True))


def _listed(means: Sequence[float]) -> str:
    return ", ".join(f"{mean:.4f}" for mean in means)


def _key(settings: dict[str, Any]) -> tuple:
    return tuple(sorted(settings.items()))
