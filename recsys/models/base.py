"""Base class of all recommenders: public methods implemented once, and hooks that the models implement.

Symbols: n_users, n_items; X (n_users, n_items) the CSR matrix of ratings; h (1, n_items) one history; a number is the
column of an item. A score of NaN means that the model has no score for the item; -inf marks an item that is seen or
excluded.
"""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
from scipy import sparse

from recsys.data import DataSize, Histories, IdMap, Interactions, ItemFeatures, Recommendation, csr
from recsys.data.files import load_arrays, read_json, save_arrays, write_json
from recsys.data.liking import liked
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, BadInput, BrokenRelease, MissingExtra, NotFitted, UnknownModel, cut, listing
from recsys.models import config, explanation
from recsys.models.reason import ALIKE, Kind, Reason
from recsys.models.trained_on import TrainedOn
from recsys.ranking.top_n import top_n, top_n_of_rows

FORMAT = 1
ROUNDING = 1e-6  # share of the largest score below which a score is 0
CHUNK_CELLS = 1_000_000  # scores that recommend_many holds in memory at once: 4 MB of float32

NO_HISTORY = Reason(Kind.NO_HISTORY)
RATINGS = Reason(Kind.RATINGS)

History = Mapping[str, float] | Sequence[str]


class Ranked(NamedTuple):
    """The best items for one history, or the items most similar to one, as numbers.

    Attributes:
        numbers, scores: (k,) best first.
        histories: the one history.
        row: (n_items,) float32 scores of all items, NaN if the model has none.
        fallback: the reason if the popular items were returned instead; None if the model scored the items.
    """

    numbers: np.ndarray
    scores: np.ndarray
    histories: Histories
    row: np.ndarray
    fallback: Reason | None = None


class Recommender:
    """Base class of all recommenders.

    A subclass sets the class attributes and implements `_fit`, `_score`, `arrays` and `restore`. It may override
    `_similar`, `_contributions`, `_reasons`, `_similar_reasons`, `_predict`, `state` and `search` if it can do better
    than the defaults. Everything else is implemented once, here.

    A model that is built of other models (see `recsys.models.hybrid`) uses only their public methods: `fit`, `score`,
    `similar_scores` and `shares` to use a member; `arrays` and `state` to save it; `adopt`, then `restore`, to load
    it.

    Class attributes:
        name, title, summary: key in the registry, label, and description in one sentence.
        Config: frozen dataclass of the settings, each declared with `recsys.models.config.setting`.
        family: "baseline", "content-based", "collaborative" or "hybrid".
        order: position in lists of models.
        uses_features: whether `fit` reads ItemFeatures.
        predicts_ratings: whether `predict_many` works.
        holds_ratings: whether the saved arrays contain users' ratings (kept out of public releases).
        needs_ratings: whether `fit` learns nothing from a catalogue without ratings.
        first_start: whether a first start trains it.
        scales: whether it is trained by default on millions of ratings as well.
        preferred: rank among models that have not been measured on the data yet, 1 first; 0 after all others.
        min_query_words: fewest words of a text query that `search` supports well; None if it cannot search.
        report_kind: which charts of its training the page draws from its saved state: "losses", "regression",
            "classification", "groups", or "" if there are no charts.
        requires: modules that `fit` imports and serving does not need; a tuple lists alternatives.
        may_hold_nan: saved arrays in which NaN means that the model has no score; all others must be finite.

    Attributes:
        config: the settings.
        items, ordered, has_ratings, scale, mean, popularity, rated: see `TrainedOn`; set by `fit` and `adopt`.
        popularity_rank: (n_items,) int64, 0 for the most popular item; breaks ties between equal scores.
        progress: called after each epoch of a `fit` that takes minutes, with a line and the share of the epochs done.
            An exception that it raises ends the training, which is the way to cancel it.
        checkpoint: file in which the state of such a training is saved after each epoch until it ends, so that the same
            `fit` resumes there after it was cancelled or killed; None to save nothing.
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
    may_hold_nan: ClassVar[tuple[str, ...]] = ()

    items: IdMap
    ordered: bool
    has_ratings: bool
    scale: tuple[float, float]
    mean: float
    popularity: np.ndarray
    rated: np.ndarray
    popularity_rank: np.ndarray

    Config: ClassVar[type[Any]] = config.NoSettings

    def __init__(self, **settings: object):
        self.config = config.make(self.Config, self.name, settings)
        self.progress: Progress = quiet
        self.checkpoint: Path | None = None
        self._trained_on: TrainedOn | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.settings.items())})"

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as keyword arguments of `models.create`."""
        return dataclasses.asdict(self.config)

    @property
    def trained_on(self) -> TrainedOn:
        """Facts about the training data.

        Raises:
            NotFitted: the model is neither fitted nor loaded.
        """
        if self._trained_on is None:
            raise NotFitted(f"{self.name} is not fitted; call fit(data) or models.load(folder) first.")
        return self._trained_on

    @classmethod
    def training_seconds(cls, size: DataSize) -> float | None:
        """Estimated seconds of `fit` on this machine with the default settings; None if training is not slow."""
        return None

    @classmethod
    def trains_by_default(cls, size: DataSize) -> bool:
        """Whether the model is trained without being requested by name on data of this size."""
        return True

    @classmethod
    def joins_later(cls, size: DataSize) -> bool:
        """Whether a first start serves the page before it trains the model, if it may train in the background."""
        return False

    @classmethod
    def missing_modules(cls) -> list[str]:
        """The modules of `requires` that are not installed, such as `["keras", "jax or torch"]`."""
        alternatives = [(one,) if isinstance(one, str) else one for one in cls.requires]
        return [" or ".join(names) for names in alternatives if not any(map(importlib.util.find_spec, names))]

    # -- fit and recommend ----------------------------------------------------------------------

    def fit(
        self,
        data: Interactions,
        features: ItemFeatures | None = None,
        seed: int = 0,
        ready: Mapping[str, Recommender] | None = None,
    ) -> Self:
        """Learn from interactions and return the model itself; a second fit replaces the first.

        Args:
            data: the interactions.
            features: facts about the items, read by models with `uses_features`.
            seed: seed of every random choice.
            ready: models by name, fitted on the same data, features and seed, that this one may build on.

        Raises:
            BadData: the data or the features are of another type.
        """
        if not isinstance(data, Interactions):
            what = f"fit needs Interactions and got {type(data).__name__}"
            raise BadData(f"{what}; make them with Interactions.from_frame(frame).")
        if features is not None and not isinstance(features, ItemFeatures):
            what = f"fit needs ItemFeatures and got {type(features).__name__}"
            raise BadData(f"{what}; make them with ItemFeatures.from_frame(frame).")
        self.adopt(TrainedOn.of(data))
        try:
            self._fit_with(ready or {}, data, None if features is None else features.align(data.items), seed)
        except BaseException as error:
            self._trained_on = None  # a partly fitted model must not be used
            if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in self.requires:
                raise MissingExtra(
                    f"Training {self.name} needs {error.name}, which is not installed. "
                    "Install what training needs: pip install -r requirements.txt"
                ) from error
            raise
        return self

    def recommend(
        self, history: History, n: int = 10, exclude: Iterable[str] = (), among: np.ndarray | None = None
    ) -> list[Recommendation]:
        """The best unseen items for a history.

        Args:
            history: `{item_id: rating}` or a list of item ids, oldest first if the order is known. Unknown ids are
                ignored. An empty history gets the popular items.
            n: maximum length of the list.
            exclude: item ids to leave out besides the history.
            among: (n_items,) bool, the candidates (default: all items).

        Returns:
            min(n, unseen items with a score) recommendations, best first. Their reasons are plain texts with ids;
            `reasons` gives them as data.
        """
        found = self.ranked(history, n, exclude, among)
        return self._lines(found, self.reasons(found, found.numbers))

    def ranked(
        self,
        history: History,
        n: int = 10,
        exclude: Iterable[str] = (),
        among: np.ndarray | None = None,
        recency: float | None = None,
    ) -> Ranked:
        """The answer of `recommend` as numbers with the scores of all items, for callers that re-rank or blend.

        Args:
            recency: from 0 (all ratings count equally) to 1 (the latest count far more); None for the model's own
                setting. It has no effect on models that ignore the order.
        """
        histories = self.to_histories(history)
        if recency is not None:
            histories = histories.with_recency(recency)
        unknown = Reason(Kind.UNKNOWN_HISTORY if len(history) else Kind.NO_HISTORY)
        return self.ranked_row(histories, self.score(histories)[0], n, exclude, among, unknown)

    def ranked_row(
        self,
        histories: Histories,
        row: np.ndarray,
        n: int = 10,
        exclude: Iterable[str] = (),
        among: np.ndarray | None = None,
        unknown: Reason = NO_HISTORY,
    ) -> Ranked:
        """The answer of `ranked` for scores that have been computed.

        Args:
            histories: one history.
            row: (n_items,) the scores of this model for it.
            unknown: reason of popular items if no item has a score.
        """
        return self._top(row, self.masked(histories, exclude, among), n, histories, unknown)

    def reasons(self, found: Ranked, numbers: np.ndarray) -> list[Reason]:
        """Why each of the items `numbers` fits the history of `found`, or that it has nothing in common with it."""
        if found.fallback is not None:
            return [found.fallback] * len(numbers)
        if not found.histories.matrix.nnz:
            return [NO_HISTORY] * len(numbers)
        reasons, least = self._reasons(found.histories, numbers) if len(numbers) else [], _least(found.row)
        return [
            Reason(Kind.UNLIKE) if reason.kind is Kind.HISTORY and abs(score) <= least else reason
            for reason, score in zip(reasons, found.row[numbers].tolist(), strict=True)
        ]

    def recommend_many(self, data: Interactions, n: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The best unseen items for every user of `data`, in its order.

        Returns:
            item_ids (n_users, n) of text and scores (n_users, n) float64; rows of users with fewer items are padded
            with "" and NaN.
        """
        chosen, scores = self.best(self._aligned(data), n)
        ids = np.append(self.items.ids, "")
        return ids[chosen], scores

    def best(self, histories: Histories, n: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The best unseen items for each of some histories in the columns of this model.

        If the model has no score for a history, they are the most popular ones.

        Returns:
            Numbers of items (n_histories, n) int64 and scores (n_histories, n) float64; rows of histories with fewer
            items are padded with -1 and NaN.
        """
        n = min(_count(n), len(self.items))
        chosen = np.empty((len(histories), n), dtype=np.int64)
        scores = np.empty((len(histories), n))
        step = max(1, CHUNK_CELLS // max(1, len(self.items)))
        for start in range(0, len(histories), step):
            part = histories.rows(start, min(start + step, len(histories)))
            rows = slice(start, start + len(part))
            chosen[rows], scores[rows] = self._best_unseen(self.score(part), part, n)
        return chosen, scores

    def _best_unseen(self, scores: np.ndarray, histories: Histories, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The answer of `best` for scores (n_histories, n_items), which are overwritten."""
        seen = (csr.row_numbers(histories.matrix), histories.matrix.indices)
        scores[seen] = -np.inf
        chosen, values = top_n_of_rows(scores, n, self.popularity_rank)
        without = np.flatnonzero(chosen[:, 0] < 0)
        if len(without):
            scores[...] = self.popularity
            scores[seen] = -np.inf
            chosen[without], values[without] = top_n_of_rows(scores[without], n, self.popularity_rank)
        return chosen, values

    # -- similar items and search ---------------------------------------------------------------

    def similar(self, item_id: str, n: int = 10, among: np.ndarray | None = None) -> list[Recommendation]:
        """The items most similar to one item, best first.

        Raises:
            UnknownItem: the model has no such item.
        """
        found = self.ranked_similar(item_id, n, among)
        return self._lines(found, self.similar_reasons(found, self.items.number(item_id), found.numbers))

    def ranked_similar(self, item_id: str, n: int = 10, among: np.ndarray | None = None) -> Ranked:
        """The answer of `similar` as numbers with the scores of all items; its history is empty."""
        number = self.trained_on.items.number(item_id)
        masked = np.zeros(len(self.items), dtype=bool) if among is None else ~among
        masked[number] = True
        unknown = Reason(Kind.UNKNOWN_ITEM, self._ids(number))
        return self._top(self.similar_scores(number), masked, n, self.to_histories([]), unknown)

    def similar_scores(self, number: int) -> np.ndarray:
        """How similar every item is to the item `number`, (n_items,) float32, NaN if the model has no score."""
        return np.asarray(self._similar(number), dtype=np.float32)

    def similar_reasons(self, found: Ranked, number: int, numbers: np.ndarray) -> list[Reason]:
        """Why each of the items `numbers` is similar to the item `number`, or that it has no similarity to it."""
        if found.fallback is not None:
            return [found.fallback] * len(numbers)
        reasons = self._similar_reasons(number, numbers)
        unlike, least = Reason(Kind.UNLIKE, self._ids(number)), _least(found.row)
        return [
            unlike if reason.kind in ALIKE and not score > least else reason
            for reason, score in zip(reasons, found.row[numbers].tolist(), strict=True)
        ]

    def search(self, text: str, n: int = 10) -> list[tuple[str, float]]:
        """Up to `n` items whose description fits a text, best first, as (item_id, score).

        Raises:
            UnknownModel: this model does not search (`min_query_words` is None).
        """
        able = _names_where(lambda cls: cls.min_query_words is not None)
        raise UnknownModel(f"{self.name} cannot search by text. Use {able}.")

    # -- explain and predict --------------------------------------------------------------------

    def explain(self, history: History, item_id: str) -> list[tuple[str, float]]:
        """How much each item of the history adds to the score of an item, as shares.

        share_i = max(c_i, 0) / sum_j max(c_j, 0), where c_i is what history item i adds to the score. A model that
        ignores the history gives all items the same share.

        Returns:
            (item_id, share), the largest share first; shares sum to 1. Empty for a history without a known item.

        Raises:
            UnknownItem: the model has no such item.
        """
        number = self.trained_on.items.number(item_id)
        histories = self.to_histories(history)
        columns = histories.matrix.indices
        if not len(columns):
            return []
        shares = self.shares(histories, np.array([number]))[0]
        order = np.lexsort((columns, -shares))
        ids = self.items.ids[columns[order]].tolist()
        return list(zip(ids, shares[order].tolist(), strict=True))

    def shares(self, histories: Histories, numbers: np.ndarray, otherwise: float | None = None) -> np.ndarray:
        """The shares of `explain` for one history with at least one item: (len(numbers), n_history), rows sum to 1.

        Args:
            otherwise: the shares of an item to whose score nothing adds; None for equal ones.
        """
        return explanation.shares(self._contributions(self._as_trained(histories), numbers), otherwise)

    def predict_many(self, data: Interactions, pairs: pd.DataFrame) -> np.ndarray:
        """Predicted ratings (n_pairs,) float64, clipped to the scale, for rows user_id, item_id.

        The users' histories are those of `data`. Means replace the unknown part for unknown users and items.

        Raises:
            UnknownModel: this model does not predict ratings.
            BadData: `pairs` lacks a column.
        """
        if not self.predicts_ratings:
            able = _names_where(lambda cls: cls.predicts_ratings)
            raise UnknownModel(f"{self.name} ranks items but does not predict ratings. Use {able}.")
        missing = [name for name in ("user_id", "item_id") if name not in pairs.columns]
        if missing:
            raise BadData(f"The pairs lack the column {listing(missing)}; they have {listing(pairs.columns)}.")
        users, items = data.users.numbers(pairs["user_id"]), self.trained_on.items.numbers(pairs["item_id"])
        return np.clip(np.asarray(self._predict(self._aligned(data), users, items), np.float64), *self.scale)

    def score(self, histories: Histories) -> np.ndarray:
        """Scores (n, n_items) float32 of every item; NaN if the model has none, and for an empty history."""
        histories = self._as_trained(histories)
        scores = np.require(self._score(histories), np.float32, ["OWNDATA", "WRITEABLE"])  # copies a view, not an array
        scores[csr.row_lengths(histories.matrix) == 0] = np.nan
        return scores

    def to_histories(self, history: History) -> Histories:
        """One history in the columns of this model; see `recommend`."""
        return Histories.of(history, self.trained_on.items, liked=self.scale[1])

    def masked(self, histories: Histories, exclude: Iterable[str] = (), among: np.ndarray | None = None) -> np.ndarray:
        """(n_items,) bool: the items that are not candidates because they are seen, excluded or not `among`."""
        if isinstance(exclude, str):
            raise BadInput(f"exclude is the text {exclude!r}; give a list of item ids.")
        masked = np.zeros(len(self.items), dtype=bool) if among is None else ~among
        masked[histories.matrix.indices] = True
        excluded = self.items.numbers(exclude)
        masked[excluded[excluded >= 0]] = True
        return masked

    # -- save and load --------------------------------------------------------------------------

    def save(self, folder: str | Path) -> None:
        """Write `<name>.safetensors`, `<name>.json` and `items.json` into a folder."""
        items, folder = self.trained_on.items, Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_json({"ids": items.ids.tolist()}, folder / "items.json")
        self.save_files(folder)

    def save_files(self, folder: Path) -> None:
        """Write the model's two files without the item ids, which a release stores once for all models."""
        facts = self.trained_on
        save_arrays({**facts.arrays(), **self.arrays()}, folder / f"{self.name}.safetensors")
        about = {
            "format": FORMAT,
            "model": self.name,
            "settings": self.settings,
            "items": {"count": len(facts.items), "digest": facts.items.digest},
            "base": facts.state(),
            "state": self.state(),
        }
        write_json(about, folder / f"{self.name}.json")

    @classmethod
    def load_files(cls, folder: Path, items: IdMap) -> Self:
        """Load a saved model from its two files.

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
            model.adopt(TrainedOn.restored(items, arrays, about["base"]))
            own = {name: array for name, array in arrays.items() if name not in model.trained_on.arrays()}
            model.restore(own, about["state"])
        except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
            if isinstance(error, BrokenRelease):
                raise
            reason = cut(str(error))
            raise BrokenRelease(f"The files of {cls.name} do not fit together ({reason}); train it again.") from error
        return model

    def adopt(self, facts: TrainedOn) -> None:
        """Set the facts about the training data; called by `fit`, on loading, and by a model that contains this one."""
        self._trained_on = facts
        for field in dataclasses.fields(facts):
            setattr(self, field.name, getattr(facts, field.name))
        order = np.argsort(-facts.popularity, kind="stable")
        self.popularity_rank = np.empty(len(order), dtype=np.int64)
        self.popularity_rank[order] = np.arange(len(order))

    def arrays(self) -> dict[str, np.ndarray]:
        """What the model has learned, as arrays by name."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """What the model has learned except for arrays, as JSON values."""
        return {}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        """Restore what `arrays` and `state` returned; called after `adopt`.

        Raises:
            KeyError, TypeError, IndexError, ValueError: a value is missing or invalid.
        """
        raise NotImplementedError

    # -- hooks ----------------------------------------------------------------------------------

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        """Learn and store the result in attributes. `features` is aligned to `data.items`."""
        raise NotImplementedError

    def _fit_with(
        self, ready: Mapping[str, Recommender], data: Interactions, features: ItemFeatures | None, seed: int
    ) -> None:
        """Learn with the help of the models in `ready`; models that build on others override this instead of `_fit`."""
        self._fit(data, features, seed)

    def _score(self, histories: Histories) -> np.ndarray:
        """Scores (n, n_items), a new array, which is changed afterwards; rows of empty histories are ignored."""
        raise NotImplementedError

    def _similar(self, number: int) -> np.ndarray:
        """Similarity (n_items,) of every item to one; by default the scores of a history of that item alone."""
        return self.score(self._history_of(number))[0]

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """What each item of one history adds to the scores of the items `numbers`: (len(numbers), n_history)."""
        return explanation.leave_one_out(self.score, histories, numbers)

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        """Why each item fits the one history, which is not empty; by default its one or two largest shares.

        Only liked items of the history are named. An item to which nothing in the history adds anything has nothing in
        common with it.
        """
        contributions = self._contributions(self._as_trained(histories), numbers)
        shares = np.where(self._citable(histories), explanation.shares(contributions), -1.0)
        strongest = explanation.strongest(histories.matrix.indices, shares)
        liked = [Reason(Kind.HISTORY, self._ids(*columns)) if columns else RATINGS for columns in strongest]
        added = np.count_nonzero(contributions, axis=1).tolist()
        return [reason if parts else Reason(Kind.UNLIKE) for reason, parts in zip(liked, added, strict=True)]

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        """Why each item is similar to `number`; by default because the same users like both."""
        kind = Kind.LIKED_TOGETHER if self.has_ratings else Kind.CHOSEN_TOGETHER
        return [Reason(kind, self._ids(number))] * len(numbers)

    def _predict(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Ratings of pairs of a history row and a column; -1 marks an unknown user or item."""
        raise NotImplementedError

    def _citable(self, histories: Histories) -> np.ndarray:
        """(n_history,) bool: items of the one history that a reason may name as liked."""
        ratings = histories.matrix.data
        return liked(ratings, self.scale, self.mean) if self.has_ratings else np.ones(len(ratings), dtype=bool)

    def _closest(self, histories: Histories, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The liked item of the one history that adds most to the score of each item, and what it adds: (k,) each.

        Without a liked item, -inf is added.
        """
        adds = np.where(self._citable(histories), self._contributions(histories, numbers), -np.inf)
        return histories.matrix.indices[adds.argmax(axis=1)], adds.max(axis=1)

    # -- shared pieces --------------------------------------------------------------------------

    def _top(self, row: np.ndarray, masked: np.ndarray, n: int, histories: Histories, unknown: Reason) -> Ranked:
        """The n best items that are not masked; if none has a score, the most popular, with `unknown` as reason."""
        n = _count(n)
        top, values = top_n(np.where(masked, -np.inf, row), n, self.popularity_rank)
        if len(top) or masked.all():
            return Ranked(top, values, histories, row)
        top, values = top_n(np.where(masked, -np.inf, self.popularity), n, self.popularity_rank)
        return Ranked(top, values, histories, row, unknown)

    def _as_trained(self, histories: Histories) -> Histories:
        """The histories without their order if the training data had none."""
        return histories if self.trained_on.ordered else histories.unordered()

    def _history_of(self, number: int) -> Histories:
        """A history of one item with the highest rating."""
        rating, column = np.array([self.scale[1]], np.float32), np.array([number], np.int32)
        return Histories(csr.one_row(rating, column, len(self.items)), np.zeros(1, np.float32))

    def _aligned(self, data: Interactions) -> Histories:
        """Histories of `data` in this model's columns; items the model does not know are dropped."""
        items = self.trained_on.items
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
        return Histories(matrix, None if histories.ages is None else histories.ages[order], histories.recency)

    def _lines(self, found: Ranked, reasons: list[Reason]) -> list[Recommendation]:
        ids = self.items.ids[found.numbers].tolist()
        return [
            Recommendation(item, float(score), rank, str(reason))
            for rank, (item, score, reason) in enumerate(zip(ids, found.scores, reasons, strict=True), start=1)
        ]

    def _ids(self, *numbers: int) -> tuple[str, ...]:
        """Ids of items by number."""
        return tuple(self.items.ids[number] for number in numbers)


def _least(row: np.ndarray) -> float:
    """The absolute value up to which a score is an error of rounding."""
    return ROUNDING * float(np.abs(row[np.isfinite(row)]).max(initial=0.0))


def _count(n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise BadInput(f"n is {n!r}; give a whole number of at least 1.")
    return int(n)


def _names_where(able: Callable[[type[Recommender]], bool]) -> str:
    from recsys.models import registry  # imports this module

    return listing(name for name in registry.names() if able(registry.get(name)))
