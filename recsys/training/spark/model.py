"""Base class of models that are trained on Spark and served as their local counterparts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from recsys.data import Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.trained_on import TrainedOn
from recsys.training.spark.ratings import Ratings


class OnSpark(Recommender):
    """Mixin that fits a local model on ratings that stay in Spark.

    Attributes:
        spark_defaults: settings whose best value on Spark differs from the local one.
    """

    spark_defaults: ClassVar[dict[str, Any]] = {}

    def fit(
        self,
        data: Interactions | Ratings,
        features: ItemFeatures | None = None,
        seed: int = 0,
        ready: Mapping[str, Recommender] | None = None,
    ) -> Self:
        """Learn from ratings in Spark, or from interactions like the local model."""
        if isinstance(data, Interactions):
            return super().fit(data, features, seed, ready)
        ordered = data.times is not None
        self.adopt(TrainedOn.counted(data.items, data.item_counts, ordered, data.has_ratings, data.scale, data.mean))
        try:
            self._fit_ratings(data, None if features is None else features.align(data.items), seed)
        except BaseException:
            self._trained_on = None  # a partly fitted model must not be used
            raise
        return self

    @abstractmethod
    def _fit_ratings(self, data: Ratings, features: ItemFeatures | None, seed: int) -> None:
        """Learn from ratings in Spark. `features` is aligned to `data.items`."""
