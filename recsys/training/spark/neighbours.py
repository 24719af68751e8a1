"""Compute item neighbours from products of the ratings in Spark, served as `item_knn`."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys.data import ItemFeatures
from recsys.models.collaborative.neighbours import ItemKnn, idf
from recsys.models.numeric.item_weights import SparseWeights
from recsys.training.spark import products
from recsys.training.spark.model import OnSpark
from recsys.training.spark.ratings import Ratings

LEAST_COMMON = 2  # fewest users that two neighbours have in common


class SparkItemKnn(OnSpark, ItemKnn):
    """`item_knn` with neighbours computed by Spark; the similarity is that of `ItemKnn`, with two limits.

    At most `products.LONGEST_HISTORY` ratings of each user are used, sampled by a hash of user and item. Items with
    fewer than LEAST_COMMON users in common are not neighbours.
    """

    def _fit_ratings(self, data: Ratings, features: ItemFeatures | None, seed: int) -> None:
        config = self.config
        self.idf = idf(len(data.users), data.item_counts, config.idf_power)
        rows = self._weighted(data).persist()
        try:
            norms = products.squares(data, rows, "item_knn: weights of the ratings") ** (config.item_power / 2)
            inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0).astype(np.float32)
            similar = products.largest(
                data,
                rows,
                np.arange(len(data.items)),
                config.n_neighbours,
                "item_knn: products of items and their common users",
                row_scale=inverse,
                column_scale=inverse,
                shrinkage=config.shrinkage,
                least_common=LEAST_COMMON,
            )
        finally:
            rows.unpersist()
        self.weights = SparseWeights(similar)

    def _weighted(self, data: Ratings) -> Any:
        """Rows user, item, x = p_ui n_u^-a of sampled histories."""
        from pyspark.sql import functions as F

        strength, (low, high) = self.config.rating_strength, self.scale
        liked = F.lit(1.0)
        if strength and high > low:
            liked = 1.0 + 2.0 * strength * (F.col("rating") - self.mean) / (high - low)
        x = liked * F.col("n") ** -self.config.user_power
        return products.sampled(data.frame).select("user", "item", x.alias("x"))
