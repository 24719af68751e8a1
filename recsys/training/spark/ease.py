"""EASE with its Gram matrix computed by Spark and solved on the driver, served as `ease`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import ItemFeatures
from recsys.models.collaborative.ease import Ease
from recsys.models.numeric import item_item
from recsys.models.numeric.item_weights import DenseWeights, SparseWeights, Weights
from recsys.models.rating_weights import DISLIKE_KNEE, DISLIKE_SLOPE, PRIOR_RATINGS
from recsys.training.spark import products
from recsys.training.spark.model import OnSpark
from recsys.training.spark.ratings import Ratings


class SparkEase(OnSpark, Ease):
    """`ease` with products of items computed by Spark; the weights are those of `Ease`, with one limit.

    At most `products.LONGEST_HISTORY` ratings of each user are used, sampled by a hash of user and item. The driver
    inverts the Gram matrix of the `dense_items` most rated items (dense_items^2 numbers of 4 bytes, twice). In a larger
    catalogue each other item gets the weights that a diagonal inverse would give, a quarter of `weights_per_item`.
    """

    def _fit_ratings(self, data: Ratings, features: ItemFeatures | None, seed: int) -> None:
        self.sd = data.sd if data.has_ratings else 0.0
        rows = self._weighted(data).persist()
        try:
            counts = data.item_counts.astype(np.float64)
            squares = products.squares(data, rows, "ease: weights of the ratings")
            regularization = self.regularization(squares, counts)
            config, n_items = self.config, len(data.items)
            if n_items <= min(config.full_items, config.dense_items):
                head = np.arange(n_items)
                weights: Weights = DenseWeights(self._solved(rows, data, head, regularization))
            else:
                weights = self._truncated(rows, data, squares, regularization)
        finally:
            rows.unpersist()
        self.weights = weights.scaled(np.maximum(counts, 1.0) ** -self.config.popularity_discount)

    def _weighted(self, data: Ratings) -> Any:
        """Rows user, item, x = v_ui n_u^-a of sampled histories."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        lengths = data.frame.select("user", "n").distinct()
        median = lengths.agg(F.median("n").alias("median")).first()["median"]
        value = F.lit(1.0)
        if self.sd > 0 and self.config.rating_strength:
            whole = Window.partitionBy("user")
            mean = (F.sum("rating").over(whole) + PRIOR_RATINGS * data.mean) / (F.col("n") + PRIOR_RATINGS)
            z = (F.col("rating") - mean) / self.sd
            dislike = F.greatest(F.lit(0.0), DISLIKE_KNEE - z)
            value = 1.0 + self.config.rating_strength * z - DISLIKE_SLOPE * dislike
        weight = (F.col("n") / F.lit(float(median))) ** -self.config.user_power
        return products.sampled(data.frame.withColumn("x", value * weight)).select("user", "item", "x")

    def _solved(self, rows: Any, data: Ratings, head: np.ndarray, regularization: np.ndarray) -> np.ndarray:
        """B of the items in `head` (sorted), from products of items that Spark adds up."""
        lower = products.gram(data, rows, head, f"ease: products of {len(head):,} items")
        return item_item.from_gram(lower, regularization[head])

    def _truncated(self, rows: Any, data: Ratings, squares: np.ndarray, regularization: np.ndarray) -> SparseWeights:
        """The largest entries of B, exact among the most rated items; see `item_item.truncated`."""
        n_items, limits = len(data.items), self.config.limits
        order = np.argsort(-data.item_counts, kind="stable")
        head, tail = np.sort(order[: limits.dense_items]), np.sort(order[limits.dense_items :])
        inner = self._solved(rows, data, head, regularization)
        kept = item_item.largest_per_column(inner, limits.weights_per_item).tocoo()
        parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [(head[kept.row], head[kept.col], kept.data)]
        if len(tail):
            scale = (1.0 / (squares + regularization)).astype(np.float32)
            most, what = max(1, limits.weights_per_item // 4), f"ease: weights of {len(tail):,} rarer items"
            near = products.largest(data, rows, tail, most, what, row_scale=scale).tocoo()
            parts.append((near.col, tail[near.row], near.data))
        rows_of, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        places = rows_of.astype(np.int32), columns.astype(np.int32)
        whole = sparse.coo_array((values.astype(np.float32), places), shape=(n_items, n_items))
        return SparseWeights(sparse.csr_array(whole))
