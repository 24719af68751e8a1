"""Evaluate all models by one protocol: fit, rank all unseen items, compute metrics, measure times."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from scipy import sparse

from recsys.data import Interactions, ItemFeatures, csr
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, BadInput, RecsysError, listing
from recsys.evaluation import compare, lists, splits
from recsys.evaluation.results import Askers, Evaluation, Row, line, ordered
from recsys.models import registry
from recsys.models.base import Recommender

log = logging.getLogger(__name__)

SPLITS = ("random", "temporal", "leave-one-out", "strict", "global", "unseen")
Models = Iterable[str | Recommender] | Mapping[str, str | Recommender]


@runtime_checkable
class ChoosesSettings(Protocol):
    """A model that picks settings on the validation part of a split before it is fitted."""

    def choose(self, split: splits.Split) -> None: ...


@dataclass(frozen=True)
class Task:
    """The data on which every model is evaluated in one split.

    Attributes:
        split, seed: the split, and the seed of the split and of the fits.
        known: the training data.
        history, target: known and hidden interactions of the evaluated users.
        vectors: CSR (n_items, d) for diversity.
    """

    split: splits.Split
    seed: int
    known: Interactions
    history: Interactions
    target: Interactions
    vectors: sparse.csr_array


def make_split(
    kind: str, data: Interactions, seed: int = 0, ties: str = "item", at: float | None = None
) -> splits.Split:
    """Make a split of a kind with the shares of the protocol.

    Args:
        kind: random (80/10/10 by user), temporal (each user's last 20 % by time, the 10 % before for validation),
            leave-one-out (each user's last interaction, the one before for validation), strict (the same shares of all
            interactions, cut at one moment), global (cut at the moment `at`), unseen (10 % of the users each).
        data: the interactions.
        seed: of the random splits, and of ties in time if `ties` is "random".
        ties: "item" or "random".
        at: seconds since 1970, for global.

    Raises:
        BadInput: the kind is unknown, or the moment is missing or splits nothing.
        BadData: the split is by time and the data has no times.
    """
    if at is not None and kind != "global":
        raise BadInput(f"--at is only for the split global, and the split is {kind}. Leave it out.")
    if kind == "random":
        return splits.random_split(data, seed)
    if kind in ("temporal", "strict"):
        if ties not in ("item", "random"):
            raise BadInput(f"ties is {ties!r}. Use 'item' or 'random'.")
        return splits.temporal_split(data, ties="item" if ties == "item" else seed, strict=kind == "strict")
    if kind == "leave-one-out":
        return splits.leave_one_out(data)
    if kind == "global":
        if at is None:
            raise BadInput("The split global needs a moment. Add --at with a date, such as 2013-07-01.")
        return splits.global_split(data, at)
    if kind == "unseen":
        return splits.unseen_users(data, seed)
    raise BadInput(f"There is no split {kind!r}. Use {listing(SPLITS)}.")


def evaluate(
    models: Models,
    data: Interactions,
    features: ItemFeatures | None = None,
    split: str = "random",
    seeds: Sequence[int] = (0,),
    *,
    settings: Mapping[str, Mapping[str, object]] | None = None,
    refit: bool = True,
    ties: Literal["item", "random"] = "item",
    at: float | None = None,
    progress: Progress = quiet,
) -> Evaluation:
    """Evaluate models on the same splits.

    A model that cannot be evaluated (a package is missing, or the data lacks something that it needs) is reported with
    the reason and does not stop the others.

    Args:
        models: names or unfitted models, or a mapping from labels to these (to compare settings of one model).
        data: the interactions.
        features: features of the items.
        split: see `make_split`.
        seeds: one split and one fit of every model for each seed.
        settings: settings by label, for models given by name.
        refit: train on train and validation (the default) or only on train.
        ties: how equal times are ordered in the temporal split.
        at: moment of the split global, in seconds since 1970.
        progress: called before every fit.

    Raises:
        BadInput: an unknown split, no seeds, or no models.
        BadData: the data does not allow the split.
        UnknownModel, UnknownSetting: a name or setting that does not exist.
    """
    made = make(models, settings or {})
    if not seeds:
        raise BadInput("There is nothing to evaluate. Pass at least one seed.")
    rows = [Row.of(label, model) for label, model in made.items()]
    users, askers = [], []
    for place, seed in enumerate(seeds):
        task = _task(make_split(split, data, seed, ties, at), int(seed), features, refit)
        users.append(task.target.users.ids)
        askers.append(Askers.of(task.history, task.target, task.known))
        for number, row in enumerate(rows):
            share = (place * len(rows) + number) / (len(seeds) * len(rows))
            progress(f"{row.label}, split {place + 1} of {len(seeds)}", share)
            if not row.error:
                _measure(row, made[row.label], task, features)
    for row in rows:
        if not row.error:
            summarise(row, users)
    about = {
        "users": len(data.users),
        "items": len(data.items),
        "interactions": int(data.matrix.nnz),
        "users_asked": [len(part) for part in users],
        "diversity_on": "genres" if _has_genres(features) else "ratings",
        "ties": ties if split == "temporal" else None,
        "at": at if split == "global" else None,
    }
    main = "ndcg@100" if split == "unseen" else "ndcg@10"
    drawn = tuple(int(seed) for seed in seeds)
    return Evaluation(split, drawn, refit, about, main, ordered(rows, main, True), users, askers)


def make(models: Models, settings: Mapping[str, Mapping[str, object]]) -> dict[str, Recommender]:
    """Unfitted models by label, from names, models, or a mapping from labels to either.

    Raises:
        BadInput: there are no models, or two have the same label.
        UnknownModel, UnknownSetting: a name or setting that does not exist.
    """
    if isinstance(models, str):
        raise BadInput(f"models is the text {models!r}. Pass a list of names.")
    made: dict[str, Recommender] = {}
    for label, model in _labelled(models):
        if label in made:
            raise BadInput(f"Two models are called {label!r}. Pass a mapping from different labels to them.")
        made[label] = registry.create(model, **settings.get(label, {})) if isinstance(model, str) else model
    if not made:
        raise BadInput("There is nothing to evaluate. Pass at least one model.")
    return made


def _labelled(models: Models) -> Iterable[tuple[str, str | Recommender]]:
    if isinstance(models, Mapping):
        return [(str(label), model) for label, model in models.items()]
    return [(model if isinstance(model, str) else model.name, model) for model in models]


def _task(split: splits.Split, seed: int, features: ItemFeatures | None, refit: bool) -> Task:
    known = split.fit_data if refit else split.train
    history, target = lists.asked(split.test_history, split.test)
    if not len(target.users):
        raise BadData(f"The {split.kind} split leaves no user to evaluate. More interactions are needed.")
    return Task(split, seed, known, history, target, diversity_vectors(features, known))


def diversity_vectors(features: ItemFeatures | None, known: Interactions) -> sparse.csr_array:
    """CSR (n_items, d) for diversity: the genres of the items if they are known, otherwise their users."""
    if features is not None and _has_genres(features):
        return _genres(features, known)
    return csr.transposed(known.pattern)


def _measure(row: Row, model: Recommender, task: Task, features: ItemFeatures | None) -> None:
    """Fit a model, evaluate it, and add the results to its row."""
    try:
        if isinstance(model, ChoosesSettings):
            model.choose(task.split)
        start = time.perf_counter()
        model.fit(task.known, features, seed=task.seed)
        fit_seconds = time.perf_counter() - start
        ranking = lists.rank(model, task.history, task.target)
        single = lists.single_ms(model, task.history, ranking.users)
    except RecsysError as error:
        log.warning("%s could not be evaluated: %s", row.label, error)
        row.error = str(error)
        return
    counts, n_users = task.known.item_counts, len(task.known.users)
    add_split(row, lists.measure(ranking, counts, n_users, task.vectors, task.split.kind == "unseen"))
    row.timings.append((fit_seconds, ranking.ms_per_user, single))


def add_split(row: Row, measured: tuple[dict[str, np.ndarray], dict[str, float]]) -> None:
    """Add the result of `lists.measure` on one split to a row."""
    by_user, whole = measured
    row.per_user.append(by_user)
    row.by_split.append({**{name: _mean(values) for name, values in by_user.items()}, **whole})


def summarise(row: Row, users: Sequence[np.ndarray]) -> None:
    """Means over splits and intervals over users."""
    by_user = list(row.per_user[0])
    drawn = compare.drawn_means([np.column_stack([part[name] for name in by_user]) for part in row.per_user], users)
    low, high = compare.interval(drawn)
    ends = {name: (low[i], high[i]) for i, name in enumerate(by_user)}
    for name in row.by_split[0]:
        row.metrics[name] = line([part[name] for part in row.by_split], *ends.get(name, (np.nan, np.nan)))
    row.fit_seconds, row.ms_per_user, row.ms_single = (float(mean) for mean in np.mean(row.timings, axis=0))


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _has_genres(features: ItemFeatures | None) -> bool:
    return features is not None and any(features.tags.get("genres", []))


def _genres(features: ItemFeatures, data: Interactions) -> sparse.csr_array:
    """CSR (n_items, n_genres) with 1 for every genre of an item."""
    genres = features.align(data.items).tags["genres"]
    columns = {genre: place for place, genre in enumerate(sorted({one for tags in genres for one in tags}))}
    indices = [columns[one] for tags in genres for one in tags]
    indptr = csr.pointers(np.array([len(tags) for tags in genres], dtype=np.int64))
    return sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=(len(genres), len(columns)))
