"""One protocol for all models: fit, rank the whole catalogue without what the user has seen, measure, time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import sparse

from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, BadInput, RecsysError, listing
from recsys.evaluation import compare, splits
from recsys.evaluation.results import Evaluation, Row, line, ordered
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.ranking import metrics

log = logging.getLogger(__name__)

LIST_LENGTH = 100
TIMED_LENGTH = 20
TIMED_USERS = 25
MOST_ASKED = 20_000  # users of one split: an interval over so many is narrow enough
SPLITS = ("random", "temporal", "strict", "unseen")
Models = Iterable[str | Recommender] | Mapping[str, str | Recommender]


@dataclass(frozen=True)
class Ranking:
    """What a model answered and how right it was.

    Attributes:
        users: (n,) ids of the users asked about: those with a history and a target.
        top: (n, k) column numbers in the data's items, best first, -1 for none.
        hits: (n, k) bool.
        sizes: (n,) size of each target.
        history: CSR (n, n_items) of what each user had seen.
        ms_per_user: milliseconds of `recommend_many` by user.
    """

    users: np.ndarray
    top: np.ndarray
    hits: np.ndarray
    sizes: np.ndarray
    history: sparse.csr_array
    ms_per_user: float


def make_split(kind: str, data: Interactions, seed: int = 0, ties: str = "item") -> splits.Split:
    """The split of a kind, with the shares of the protocol.

    Args:
        kind: random (80/10/10 by user), temporal (each user's last 20 % by time, the 10 % before for
            validation), strict (the same shares of all, by one moment), unseen (10 % of users each).
        data: the interactions.
        seed: of the random ones, and of ties in time where `ties` is "random".
        ties: "item" or "random".

    Raises:
        BadInput: no such kind.
        BadData: a split by time of data without times.
    """
    if kind == "random":
        return splits.random_split(data, seed)
    if kind in ("temporal", "strict"):
        if ties not in ("item", "random"):
            raise BadInput(f"ties is {ties!r}: use 'item' or 'random'.")
        return splits.temporal_split(data, ties="item" if ties == "item" else seed, strict=kind == "strict")
    if kind == "unseen":
        return splits.unseen_users(data, seed)
    raise BadInput(f"no split {kind!r}; there are {listing(SPLITS)}.")


def rank(model: Recommender, history: Interactions, target: Interactions, n: int = LIST_LENGTH) -> Ranking:
    """A fitted model's lists for every user with a history and a target.

    Args:
        model: fitted.
        history: what is known of each user, left out of the lists.
        target: what is asked for; same users and items as `history`. Of more than MOST_ASKED users a random part is
            asked about.
        n: length of the lists.
    """
    asked = _asked(history, target)
    if asked.sum() > MOST_ASKED:
        # drawn anew from the same number, every model of a split is asked about the same users
        some = np.random.default_rng(int(asked.sum())).choice(np.flatnonzero(asked), MOST_ASKED, replace=False)
        asked = np.zeros_like(asked)
        asked[some] = True
    history, target = history.of_users(asked), target.of_users(asked)
    start = time.perf_counter()
    ids, _ = model.recommend_many(history, n)
    seconds = time.perf_counter() - start
    top = target.items.numbers(ids.ravel().tolist()).reshape(ids.shape)
    return Ranking(
        users=target.users.ids,
        top=top,
        hits=metrics.find_hits(top, target.matrix),
        sizes=np.diff(target.matrix.indptr),
        history=history.matrix,
        ms_per_user=1000 * seconds / max(1, len(history.users)),
    )


def measure(
    ranking: Ranking, counts: np.ndarray, n_users: int, vectors: sparse.csr_array, cut_recall: bool = False
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """All ranking metrics of one answer: values by user, and values of the whole.

    Args:
        ranking: from `rank`.
        counts, n_users: users who rated each item in what the model learnt from, and how many there were.
        vectors: CSR (n_items, d) for diversity.
        cut_recall: whether recall is over min(k, target), as usual for unseen users.
    """
    top, hits, sizes = ranking.top, ranking.hits, ranking.sizes
    by_user = {
        "ndcg@10": metrics.ndcg(hits, sizes, 10),
        "ndcg@100": metrics.ndcg(hits, sizes, 100),
        "recall@20": metrics.recall(hits, sizes, 20, cut_recall),
        "recall@50": metrics.recall(hits, sizes, 50, cut_recall),
        "hr@10": metrics.hit_rate(hits, 10),
        "novelty@10": metrics.novelty(top, counts, n_users, 10),
        "diversity@10": metrics.diversity(top, vectors, 10),
        "popularity_lift@10": metrics.popularity_lift(top, ranking.history, counts, 10),
    }
    return by_user, {"coverage@10": metrics.coverage(top, len(counts), 10)}


def evaluate(
    models: Models,
    data: Interactions,
    features: ItemFeatures | None = None,
    split: Literal["random", "temporal", "strict", "unseen"] = "random",
    seeds: Sequence[int] = (0,),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    refit: bool = True,
    ties: Literal["item", "random"] = "item",
    progress: Progress = quiet,
    before: Callable[[Recommender, splits.Split], None] | None = None,
) -> Evaluation:
    """Measure models on the same splits.

    A model that cannot be measured (an extra is missing, the data lacks what it needs) is reported with its
    reason and does not stop the others.

    Args:
        models: names or unfitted models, or a mapping from labels to those (to compare settings of one model).
        data: the interactions.
        features: what is known of the items.
        split: see `make_split`.
        seeds: one split and one fit of every model for each.
        settings: by label, for models given by name.
        refit: learn from train and validation (the default) or from train alone.
        ties: how equal times are ordered in the temporal split.
        progress: called with a line and the share done before every fit.
        before: called with every model and split ahead of its fit, to pick settings on the validation part.

    Raises:
        BadInput: no such split, no seeds, or no models.
        BadData: the data does not allow the split.
        UnknownModel, UnknownSetting: a name or setting that does not exist.
    """
    made = make(models, settings or {})
    if not seeds:
        raise BadInput("nothing to evaluate: give at least one seed.")
    rows = [Row(label, model.name, model.title, model.family, model.settings) for label, model in made.items()]
    asked, times = [], {label: [] for label in made}
    diversity_on = "genres" if _has_genres(features) else "ratings"
    for place, seed in enumerate(seeds):
        made_split = make_split(split, data, seed, ties)
        known = made_split.fit_data if refit else made_split.train
        if not _asked(made_split.test_history, made_split.test).any():
            raise BadData(f"the {split} split leaves no user to ask about; more interactions are needed.")
        vectors = _genres(features, data) if diversity_on == "genres" else sparse.csr_array(_pattern(known).T)
        users: np.ndarray | None = None
        for number, row in enumerate(rows):
            share = (place * len(rows) + number) / (len(seeds) * len(rows))
            progress(f"{row.label}, split {place + 1} of {len(seeds)}", share)
            if row.error:
                continue
            model = made[row.label]
            try:
                if before:
                    before(model, made_split)
                start = time.perf_counter()
                model.fit(known, features, seed=seed)
                fit_seconds = time.perf_counter() - start
                ranking = rank(model, made_split.test_history, made_split.test)
                single = _single_ms(model, made_split.test_history, ranking.users)
            except RecsysError as error:
                log.warning("%s could not be evaluated: %s", row.label, error)
                row.error = str(error)
                continue
            by_user, whole = measure(ranking, known.item_counts, len(known.users), vectors, split == "unseen")
            row.per_user.append(by_user)
            row.by_split.append({**{name: _mean(values) for name, values in by_user.items()}, **whole})
            times[row.label].append((fit_seconds, ranking.ms_per_user, single))
            users = ranking.users
        asked.append(np.empty(0, dtype=object) if users is None else users)
    for row in rows:
        if not row.error:
            _summarise(row, asked)
            row.fit_seconds, row.ms_per_user, row.ms_single = (float(x) for x in np.mean(times[row.label], axis=0))
    main = "ndcg@100" if split == "unseen" else "ndcg@10"
    about = {
        "users": len(data.users),
        "items": len(data.items),
        "interactions": int(data.matrix.nnz),
        "users_asked": [len(part) for part in asked],
        "diversity_on": diversity_on,
        "ties": ties if split == "temporal" else None,
    }
    return Evaluation(split, tuple(int(seed) for seed in seeds), refit, about, main, ordered(rows, main, True), asked)


def make(models: Models, settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Recommender]:
    """Unfitted models by label, from names, models, or a mapping from labels to either.

    Raises:
        BadInput: there is none, or two have the same label.
        UnknownModel, UnknownSetting: a name or setting that does not exist.
    """
    if isinstance(models, str):
        raise BadInput(f"models is the text {models!r}: give a list of names.")
    pairs = (
        models.items() if isinstance(models, Mapping) else [(m if isinstance(m, str) else m.name, m) for m in models]
    )
    made: dict[str, Recommender] = {}
    for label, model in pairs:
        if label in made:
            raise BadInput(f"two models are called {label!r}: give a mapping from different labels to them.")
        made[label] = registry.create(model, **settings.get(label, {})) if isinstance(model, str) else model
    if not made:
        raise BadInput("nothing to evaluate: give at least one model.")
    return made


def _asked(history: Interactions, target: Interactions) -> np.ndarray:
    return (np.diff(target.matrix.indptr) > 0) & (np.diff(history.matrix.indptr) > 0)


def _single_ms(model: Recommender, history: Interactions, users: np.ndarray) -> float:
    chosen = users[np.linspace(0, len(users) - 1, min(TIMED_USERS, len(users))).astype(int)] if len(users) else []
    histories = [history.history(user) for user in chosen]
    taken = []
    for one in histories[:1] + histories:  # the first call warms up what is built lazily
        start = time.perf_counter()
        model.recommend(one, TIMED_LENGTH)
        taken.append(time.perf_counter() - start)
    return 1000 * float(np.median(taken[1:])) if taken else float("nan")


def _summarise(row: Row, users: list[np.ndarray]) -> None:
    by_user = list(row.per_user[0])
    drawn = compare.drawn_means([np.column_stack([part[name] for name in by_user]) for part in row.per_user], users)
    low, high = compare.interval(drawn)
    ends = {name: (low[i], high[i]) for i, name in enumerate(by_user)}
    for name in row.by_split[0]:
        row.metrics[name] = line([part[name] for part in row.by_split], *ends.get(name, (np.nan, np.nan)))


def _mean(values: np.ndarray) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else float("nan")


def _pattern(data: Interactions) -> sparse.csr_array:
    matrix = data.matrix
    return sparse.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)


def _has_genres(features: ItemFeatures | None) -> bool:
    return features is not None and any(features.tags.get("genres", []))


def _genres(features: ItemFeatures, data: Interactions) -> sparse.csr_array:
    lists = features.align(data.items).tags["genres"]
    names = {genre: place for place, genre in enumerate(sorted({genre for genres in lists for genre in genres}))}
    columns = [names[genre] for genres in lists for genre in genres]
    indptr = np.concatenate([[0], np.cumsum([len(genres) for genres in lists])])
    return sparse.csr_array((np.ones(len(columns)), columns, indptr), shape=(len(lists), len(names)))
