"""The interface of every recommender: public verbs written once, small hooks for the models.

Symbols: n_users, n_items; X (n_users, n_items) the CSR matrix of ratings; h (1, n_items) one history;
NaN = the model cannot score the item, -inf = masked (seen or excluded).
"""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from recsys.data import Histories, IdMap, Interactions, ItemFeatures, Recommendation
from recsys.data.files import load_arrays, read_json, save_arrays, write_json
from recsys.errors import BadData, BadInput, BrokenRelease, MissingExtra, NotFitted, UnknownModel, listing
from recsys.models import config
from recsys.models.reason import Kind, Reason
from recsys.ranking.top_n import top_n

FORMAT = 1
CHUNK_CELLS = 4_000_000  # score cells held at once by recommend_many: 16 MB of float32

History = Mapping[str, float] | Sequence[str]


class Ranked(NamedTuple):
    """The best items of one history as column numbers, before they get ids and reasons.

    Attributes:
        numbers, scores: (k,) best first.
        histories: the one history asked about.
        row: (n_items,) float32 scores of all items, NaN where the model cannot say.
        fallback: why these are the popular items instead; None if the model answered.
    """

    numbers: np.ndarray
    scores: np.ndarray
    histories: Histories
    row: np.ndarray
    fallback: Reason | None = None


class Recommender:
    """Base of every recommender.

    A subclass sets the class attributes and fills `_fit`, `_score`, `_arrays`, `_restore`, and where it
    can say more than the defaults, `_similar`, `_contributions`, `_reasons`, `_similar_reasons`,
    `_predict`, `_state`.

    Attributes:
        name, title, summary: key of the registry, label, and one sentence on what it does.
        family: baseline, content-based, collaborative or hybrid.
        order: place in lists of models.
        uses_features: whether `fit` looks at ItemFeatures.
        predicts_ratings: whether `predict_many` works.
        holds_ratings: whether the saved arrays contain users' ratings (kept out of public releases).
        needs_ratings: whether `fit` learns nothing from a catalogue without ratings.
        first_start: whether it is trained before the page is first served.
        scales: whether it is trained by default on millions of ratings as well.
        preferred: rank among models that have not been measured on the data yet, 1 first; 0 after all others.
        min_query_words: fewest words of a text query that `search` is meant for; None if it cannot search.
        report_kind: which charts of its training the page draws from its saved state: "losses", "regression",
            "classification", "groups", or "" for none.
        requires: modules that `fit` imports and serving does not need; of a tuple of modules any one will do.
        items: the columns, set by fit and load.
        popularity: (n_items,) float32 in 0..1, damped share of users who rated each item.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    family: ClassVar[str]
    order: ClassVar[int] = 100
    uses_features: ClassVar[bool] = False
    predicts_ratings: ClassVar[bool] = False
    holds_ratings: ClassVar[bool] = False
    needs_ratings: ClassVar[bool] = True
    first_start: ClassVar[bool] = False
    scales: ClassVar[bool] = False
    preferred: ClassVar[int] = 0
    min_query_words: ClassVar[int | None] = None
    report_kind: ClassVar[str] = ""
    requires: ClassVar[tuple[str | tuple[str, ...], ...]] = ()

    @dataclasses.dataclass(frozen=True)
    class Config:
        """No settings."""

    def __init__(self, **settings: Any):
        self.config = config.make(self.Config, self.name, settings)
        self.items: IdMap | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.settings.items())})"

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as keyword arguments of `models.create`."""
        return dataclasses.asdict(self.config)

    @classmethod
    def missing_modules(cls) -> list[str]:
        """What of `requires` is not installed, such as `["keras", "jax or torch"]`."""
        alternatives = [(one,) if isinstance(one, str) else one for one in cls.requires]
        return [" or ".join(names) for names in alternatives if not any(map(importlib.util.find_spec, names))]

    # -- public verbs ---------------------------------------------------------------------------

    def fit(
        self,
        data: Interactions,
        features: ItemFeatures | None = None,
        seed: int = 0,
        ready: Mapping[str, Recommender] | None = None,
    ) -> Recommender:
        """Learn from interactions; a second fit forgets the first.

        Args:
            data: who rated what.
            features: what is known of the items, used by the models that say `uses_features`.
            seed: of every random choice.
            ready: models fitted on the same data, features and seed, for those that are built on others.

        Returns:
            The model itself.
        """
        self.items = data.items
        self.ordered = data.times is not None
        self.has_ratings, self.scale, self.mean = data.has_ratings, data.scale, data.mean
        counts = data.item_counts
        self.rated = counts > 0
        self.popularity = (counts / (counts.max(initial=0) or 1)).astype(np.float32)
        self._rank_popularity()
        try:
            self._fit_with(ready or {}, data, None if features is None else features.align(data.items), seed)
        except BaseException as error:
            self.items = None  # half a fit is none
            if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in self.requires:
                raise MissingExtra(
                    f"Training {self.name} needs {error.name}, which is not installed. "
                    "Install what training needs: pip install -r requirements.txt"
                ) from error
            raise
        return self

    def recommend(
        self,
        history: History,
        n: int = 10,
        exclude: Iterable[str] = (),
        among: np.ndarray | None = None,
    ) -> list[Recommendation]:
        """The best unseen items for a history.

        Args:
            history: `{item_id: rating}` or a list of item ids, oldest first where order is known; unknown
                ids are ignored, an empty history gets the popular items and says so.
            n: how many at most.
            exclude: item ids to leave out besides the history.
            among: (n_items,) bool; only these items are candidates (default: all).

        Returns:
            min(n, unseen items the model can score) recommendations, best first.
        """
        found = self.ranked(history, n, exclude, among)
        return self._lines(found.numbers, found.scores, self.reasons(found, found.numbers))

    def ranked(
        self, history: History, n: int = 10, exclude: Iterable[str] = (), among: np.ndarray | None = None
    ) -> Ranked:
        """What `recommend` answers, as numbers and with all scores, for callers that re-rank or blend."""
        histories = self._histories(history)
        row = self.score(histories)[0]
        masked = self.masked(histories, exclude, among)
        top, values = top_n(np.where(masked, -np.inf, row), _count(n), self.popularity_rank)
        if len(top) or masked.all():
            return Ranked(top, values, histories, row)
        why = Reason(Kind.UNKNOWN_HISTORY if len(history) else Kind.NO_HISTORY)
        top, values = top_n(np.where(masked, -np.inf, self.popularity), n, self.popularity_rank)
        return Ranked(top, values, histories, row, why)

    def reasons(self, found: Ranked, numbers: np.ndarray) -> list[Reason]:
        """Why each of the items `numbers` fits the history of `found`."""
        if found.fallback is not None:
            return [found.fallback] * len(numbers)
        if not found.histories.matrix.nnz:
            return [Reason(Kind.NO_HISTORY)] * len(numbers)
        return self._reasons(found.histories, numbers) if len(numbers) else []

    def recommend_many(self, data: Interactions, n: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The best unseen items for every user of `data`, in its order.

        Returns:
            item_ids (n_users, n) of text and scores (n_users, n) float64; where a user has fewer, "" and NaN.
        """
        histories, n = self._aligned(data), min(_count(n), len(self._known_items()))
        chosen = np.full((len(histories), n), -1, dtype=np.int64)
        scores = np.full((len(histories), n), np.nan)
        step = max(1, CHUNK_CELLS // max(1, len(self.items)))
        for start in range(0, len(histories), step):
            part = histories.rows(start, min(start + step, len(histories)))
            block = self.score(part)
            for row in range(len(part)):
                seen = part.matrix.indices[part.matrix.indptr[row] : part.matrix.indptr[row + 1]]
                block[row, seen] = -np.inf
                top, values = top_n(block[row], n, self.popularity_rank)
                if not len(top):
                    open_items = self.popularity.copy()
                    open_items[seen] = -np.inf
                    top, values = top_n(open_items, n, self.popularity_rank)
                chosen[start + row, : len(top)], scores[start + row, : len(top)] = top, values
        ids = np.append(self.items.ids, "")
        return ids[chosen], scores

    def similar(self, item_id: str, n: int = 10, among: np.ndarray | None = None) -> list[Recommendation]:
        """The items most like one item, best first.

        Raises:
            UnknownItem: the model has no such item.
        """
        found = self.ranked_similar(item_id, n, among)
        number = self.items.number(item_id)
        return self._lines(found.numbers, found.scores, self.similar_reasons(found, number, found.numbers))

    def ranked_similar(self, item_id: str, n: int = 10, among: np.ndarray | None = None) -> Ranked:
        """What `similar` answers, as numbers and with all scores; the history is empty."""
        number = self._known_items().number(item_id)
        row = np.asarray(self._similar(number), dtype=np.float32)
        masked = np.zeros(len(self.items), dtype=bool) if among is None else ~among
        masked[number] = True
        top, values = top_n(np.where(masked, -np.inf, row), _count(n), self.popularity_rank)
        if len(top) or masked.all():
            return Ranked(top, values, self._histories([]), row)
        top, values = top_n(np.where(masked, -np.inf, self.popularity), n, self.popularity_rank)
        return Ranked(top, values, self._histories([]), row, Reason(Kind.UNKNOWN_ITEM, self._ids(number)))

    def similar_reasons(self, found: Ranked, number: int, numbers: np.ndarray) -> list[Reason]:
        """Why each of the items `numbers` is similar to the item `number`."""
        return self._similar_reasons(number, numbers) if found.fallback is None else [found.fallback] * len(numbers)

    def search(self, text: str, n: int = 10) -> list[tuple[str, float]]:
        """Up to `n` items whose description fits a text, best first, as (item_id, score).

        Raises:
            UnknownModel: this recommender does not search (`min_query_words` is None).
        """
        raise UnknownModel(f"{self.name} cannot search by text. Use a model whose min_query_words is a number.")

    def explain(self, history: History, item_id: str) -> list[tuple[str, float]]:
        """Which items of the history speak for an item, with their shares of the score.

        share_i = max(c_i, 0) / sum_j max(c_j, 0), where c_i is what history item i adds to the score; a
        model that does not look at the history gives each item the same share.

        Returns:
            (item_id, share) by falling share; shares sum to 1. Empty for a history with no known item.

        Raises:
            UnknownItem: the model has no such item.
        """
        number = self._known_items().number(item_id)
        histories = self._histories(history)
        columns = histories.matrix.indices
        if not len(columns):
            return []
        shares = self._shares(histories, np.array([number]))[0]
        order = np.lexsort((columns, -shares))
        return [(str(self.items.ids[columns[i]]), float(shares[i])) for i in order]

    def predict_many(self, data: Interactions, pairs: pd.DataFrame) -> np.ndarray:
        """Predicted ratings (n_pairs,) float64, clipped to the scale, for rows user_id, item_id.

        The users' histories are taken from `data`; an unknown user or item falls back to means.

        Raises:
            UnknownModel: this recommender ranks and does not predict ratings.
            BadData: `pairs` lacks a column.
        """
        if not self.predicts_ratings:
            raise UnknownModel(f"{self.name} ranks items and predicts no ratings; use svd or embedding_regression.")
        missing = [name for name in ("user_id", "item_id") if name not in pairs.columns]
        if missing:
            raise BadData(f"pairs lack the column {listing(missing)}; there are {listing(pairs.columns)}.")
        users, items = data.users.numbers(pairs["user_id"]), self._known_items().numbers(pairs["item_id"])
        return np.clip(np.asarray(self._predict(self._aligned(data), users, items), np.float64), *self.scale)

    def score(self, histories: Histories) -> np.ndarray:
        """Scores (n, n_items) float32 of every item, NaN where the model cannot say (all NaN for an empty history)."""
        self._known_items()
        if not self.ordered and histories.ages is not None:
            histories = Histories(histories.matrix)
        scores = np.array(self._score(histories), dtype=np.float32)
        scores[np.diff(histories.matrix.indptr) == 0] = np.nan
        return scores

    def save(self, folder: str | Path) -> None:
        """Write `<name>.safetensors`, `<name>.json` and `items.json` into a folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_json({"ids": self._known_items().ids.tolist()}, folder / "items.json")
        self.save_files(folder)

    def save_files(self, folder: Path) -> None:
        """Write the model's own two files, without the ids (a release keeps those once for all models)."""
        items = self._known_items()
        arrays = {"base.counts_share": self.popularity, "base.rated": self.rated}
        save_arrays({**arrays, **self._arrays()}, folder / f"{self.name}.safetensors")
        write_json(
            {
                "format": FORMAT,
                "model": self.name,
                "settings": self.settings,
                "items": {"count": len(items), "digest": items.digest},
                "base": {
                    "ordered": self.ordered,
                    "has_ratings": self.has_ratings,
                    "scale": list(self.scale),
                    "mean": self.mean,
                },
                "state": self._state(),
            },
            folder / f"{self.name}.json",
        )

    @classmethod
    def load_files(cls, folder: Path, items: IdMap) -> Recommender:
        """A saved model back from its two files.

        Raises:
            BrokenRelease: the files are damaged, of a later format, or were trained on other items.
        """
        about = read_json(folder / f"{cls.name}.json")
        if about.get("format") != FORMAT or about.get("model") != cls.name:
            raise BrokenRelease(
                f"{cls.name}.json has format {about.get('format')!r} of model {about.get('model')!r}; "
                f"this version reads format {FORMAT} of {cls.name}."
            )
        arrays = load_arrays(folder / f"{cls.name}.safetensors")
        try:
            if about["items"]["digest"] != items.digest:
                raise BrokenRelease(f"{cls.name} was trained on other items than items.json lists; train it again.")
            model = cls(**about["settings"])
            model.items = items
            base = about["base"]
            model.ordered, model.has_ratings = bool(base["ordered"]), bool(base["has_ratings"])
            model.scale, model.mean = (float(base["scale"][0]), float(base["scale"][1])), float(base["mean"])
            model.popularity, model.rated = arrays.pop("base.counts_share"), arrays.pop("base.rated")
            if model.popularity.shape != (len(items),) or model.rated.shape != (len(items),):
                raise BrokenRelease(f"{cls.name}.safetensors holds {len(model.rated)} items of {len(items)}.")
            model._rank_popularity()
            model._restore(arrays, about["state"])
        except (KeyError, TypeError, IndexError, ValueError) as error:
            if isinstance(error, BrokenRelease):
                raise
            raise BrokenRelease(f"the files of {cls.name} do not fit together ({error}); train it again.") from error
        return model

    # -- hooks ----------------------------------------------------------------------------------

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        """Learn; set arrays as attributes. `features` is aligned to `data.items`."""
        raise NotImplementedError

    def _fit_with(
        self, ready: Mapping[str, Recommender], data: Interactions, features: ItemFeatures | None, seed: int
    ) -> None:
        """Learn, taking over what is `ready`; models that stand on no other leave it at `_fit`."""
        self._fit(data, features, seed)

    def _score(self, histories: Histories) -> np.ndarray:
        """Scores (n, n_items); rows of empty histories may hold anything."""
        raise NotImplementedError

    def _similar(self, number: int) -> np.ndarray:
        """Scores (n_items,) of every item's likeness to one; by default those of a history of that item alone."""
        one = sparse.csr_array(
            (np.array([self.scale[1]], np.float32), np.array([number]), np.array([0, 1])), shape=(1, len(self.items))
        )
        return self.score(Histories(one, np.zeros(1, np.float32)))[0]

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """What each item of one history adds to the scores of `numbers`: (len(numbers), n_history).

        The default takes each item away in turn, which is exact for a model linear in the history.
        """
        matrix, ages = histories.matrix, histories.ages
        size = matrix.nnz
        if size == 1:
            return np.ones((len(numbers), 1))
        keep = ~np.eye(size, dtype=bool)
        without = sparse.csr_array(
            (
                np.tile(matrix.data, size)[keep.ravel()],
                np.tile(matrix.indices, size)[keep.ravel()],
                np.arange(0, size * (size - 1) + 1, size - 1),
            ),
            shape=(size, matrix.shape[1]),
        )
        less = self.score(Histories(without, None if ages is None else np.tile(ages, size)[keep.ravel()]))
        return np.nan_to_num(self.score(histories)[:, numbers] - less[:, numbers]).T

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        """Why each item fits the one history, which has an entry; by default the one or two items that add most."""
        columns = histories.matrix.indices
        order = np.argsort(columns)  # of equal shares, the first item of the catalogue
        columns, shares = columns[order], self._shares(histories, numbers)[:, order]
        rows = np.arange(len(shares))
        first = shares.argmax(axis=1)
        left = shares.copy()
        left[rows, first] = -1.0
        second = left.argmax(axis=1)
        two = left[rows, second] >= 0.1
        return [
            Reason(Kind.HISTORY, self._ids(columns[one], columns[other]) if both else self._ids(columns[one]))
            for one, other, both in zip(first.tolist(), second.tolist(), two.tolist(), strict=True)
        ]

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        """Why each item is similar to `number`; by default because the same users like both."""
        kind = Kind.LIKED_TOGETHER if self.has_ratings else Kind.CHOSEN_TOGETHER
        return [Reason(kind, self._ids(number))] * len(numbers)

    def _predict(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Ratings for pairs of history row and column; -1 marks an unknown user or item."""
        raise NotImplementedError

    def _arrays(self) -> dict[str, np.ndarray]:
        """What was learnt, by name."""
        raise NotImplementedError

    def _state(self) -> dict[str, Any]:
        """What was learnt and is no array, as JSON."""
        return {}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        """Take back what `_arrays` and `_state` gave."""
        raise NotImplementedError

    # -- shared pieces --------------------------------------------------------------------------

    def _known_items(self) -> IdMap:
        if self.items is None:
            raise NotFitted(f"{self.name} is not fitted; call fit(data) or models.load(folder) first.")
        return self.items

    def _histories(self, history: History) -> Histories:
        return Histories.of(history, self._known_items(), liked=self.scale[1])

    def _aligned(self, data: Interactions) -> Histories:
        """Histories of `data` in this model's columns; items the model does not know are dropped."""
        items = self._known_items()
        histories = data.histories
        if data.items == items:
            return histories
        column = items.numbers(data.items.ids)[histories.matrix.indices]
        rows = np.repeat(np.arange(len(histories)), np.diff(histories.matrix.indptr))
        order = np.lexsort((column, rows))
        order = order[column[order] >= 0]
        indptr = np.zeros(len(histories) + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows[order], minlength=len(histories)), out=indptr[1:])
        matrix = sparse.csr_array(
            (histories.matrix.data[order], column[order].astype(np.int32), indptr), shape=(len(histories), len(items))
        )
        return Histories(matrix, None if histories.ages is None else histories.ages[order])

    def masked(self, histories: Histories, exclude: Iterable[str] = (), among: np.ndarray | None = None) -> np.ndarray:
        """(n_items,) bool: the items that are no candidates, seen, excluded or not `among`."""
        if isinstance(exclude, str):
            raise BadInput(f"exclude is the text {exclude!r}: give a list of item ids.")
        masked = np.zeros(len(self.items), dtype=bool) if among is None else ~among
        masked[histories.matrix.indices] = True
        left_out = self.items.numbers(exclude)
        masked[left_out[left_out >= 0]] = True
        return masked

    def _shares(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """Shares (len(numbers), n_history) that sum to 1 in each row."""
        if not self.ordered and histories.ages is not None:
            histories = Histories(histories.matrix)
        positive = np.maximum(np.asarray(self._contributions(histories, numbers), dtype=np.float64), 0)
        total = positive.sum(axis=1, keepdims=True)
        size = positive.shape[1]
        return np.where(total > 0, positive / np.where(total > 0, total, 1), 1 / size)

    def _lines(self, numbers: np.ndarray, scores: np.ndarray, reasons: list[Reason]) -> list[Recommendation]:
        ids = self.items.ids[numbers].tolist()
        return [
            Recommendation(item, float(score), rank, str(reason))
            for rank, (item, score, reason) in enumerate(zip(ids, scores, reasons, strict=True), start=1)
        ]

    def _ids(self, *numbers: int) -> tuple[str, ...]:
        """Ids of items by column number."""
        return tuple(str(self.items.ids[number]) for number in numbers)

    def _rank_popularity(self) -> None:
        order = np.argsort(-self.popularity, kind="stable")
        self.popularity_rank = np.empty(len(order), dtype=np.int64)
        self.popularity_rank[order] = np.arange(len(order))


def _count(n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise BadInput(f"n is {n!r}: give a whole number of at least 1.")
    return int(n)
