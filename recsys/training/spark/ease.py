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
from recsys.training.spark.model import OnSpark
from recsys.training.spark.ratings import Ratings

LONGEST_HISTORY = 1000  # largest number of ratings of one user that are joined with each other


class SparkEase(OnSpark, Ease):
    """`ease` with products of items computed by Spark; the weights are those of `Ease`, with one limit.

    At most LONGEST_HISTORY ratings of each user are used, sampled by a hash of user and item. The driver inverts the
    Gram matrix of the `dense_items` most rated items (dense_items^2 numbers of 4 bytes, twice). In a larger catalogue
    each other item gets the weights that a diagonal inverse would give, a quarter of `weights_per_item`.
    """

    def _fit_ratings(self, data: Ratings, features: ItemFeatures | None, seed: int) -> None:
        self.sd = data.sd if data.has_ratings else 0.0
        rows = self._weighted(data).persist()
        try:
            counts = data.item_counts.astype(np.float64)
            squares = self._squares(rows, data)
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
        """Rows user, item, x = v_ui n_u^-a of histories sampled to LONGEST_HISTORY ratings."""
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
        drawn = F.row_number().over(Window.partitionBy("user").orderBy(F.xxhash64("user", "item"), "item"))
        weight = (F.col("n") / F.lit(float(median))) ** -self.config.user_power
        return (
            data.frame.withColumn("x", value * weight)
            .withColumn("drawn", drawn)
            .where(F.col("drawn") <= LONGEST_HISTORY)
            .select("user", "item", "x")
        )

    def _squares(self, rows: Any, data: Ratings) -> np.ndarray:
        """Diagonal of the Gram matrix, (n_items,) float64."""
        from pyspark.sql import functions as F

        with data.session.step("ease: weights of the ratings"):
            found = rows.groupBy("item").agg(F.sum(F.col("x") * F.col("x")).alias("square")).toArrow()
        squares = np.zeros(len(data.items))
        squares[found.column("item").to_numpy()] = found.column("square").to_numpy()
        return squares

    def _solved(self, rows: Any, data: Ratings, head: np.ndarray, regularization: np.ndarray) -> np.ndarray:
        """B of the items in `head` (sorted), from products of items that Spark adds up."""
        from pyspark.sql import functions as F

        place = np.full(len(data.items), -1, dtype=np.int64)
        place[head] = np.arange(len(head))
        chosen = rows if len(head) == len(data.items) else rows.join(F.broadcast(_numbers(data, head)), "item")
        pairs = _products(data, chosen, chosen, F.col("a.item") >= F.col("b.item"), F.col("a.x") * F.col("b.x"))
        with data.session.step(f"ease: products of {len(head):,} items"):
            found = pairs.toArrow()
        lower = np.zeros((len(head), len(head)), dtype=np.float32)
        one, other = (place[found.column(name).to_numpy()] for name in ("one", "other"))
        lower[one, other] = found.column("product").to_numpy()
        return item_item.from_gram(lower, regularization[head])

    def _truncated(self, rows: Any, data: Ratings, squares: np.ndarray, regularization: np.ndarray) -> SparseWeights:
        """The largest entries of B, exact among the most rated items; see `item_item.truncated`."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        n_items, limits = len(data.items), self.config.limits
        order = np.argsort(-data.item_counts, kind="stable")
        head, tail = np.sort(order[: limits.dense_items]), np.sort(order[limits.dense_items :])
        inner = self._solved(rows, data, head, regularization)
        kept = item_item.largest_per_column(inner, limits.weights_per_item).tocoo()
        parts = [(head[kept.row], head[kept.col], kept.data)]
        if len(tail):
            rare = rows.join(F.broadcast(_numbers(data, tail)), "item")
            scale = 1.0 / (squares + regularization)
            given = data.session.spark.createDataFrame(
                [(item, float(one)) for item, one in enumerate(scale)], "item int, scale double"
            )
            term = F.col("a.x") * F.col("a.scale") * F.col("b.x")
            left = rows.join(F.broadcast(given), "item")
            pairs = _products(data, left, rare, F.col("a.item") != F.col("b.item"), term).where("product > 0")
            ranked = F.row_number().over(Window.partitionBy("other").orderBy(F.desc("product"), "one"))
            most = max(1, limits.weights_per_item // 4)
            with data.session.step(f"ease: weights of {len(tail):,} rarer items"):
                found = pairs.withColumn("rank", ranked).where(F.col("rank") <= most).toArrow()
            one, other, product = (found.column(name).to_numpy() for name in ("one", "other", "product"))
            parts.append((one, other, product))
        rows_of, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        places = rows_of.astype(np.int32), columns.astype(np.int32)
        whole = sparse.coo_array((values.astype(np.float32), places), shape=(n_items, n_items))
        return SparseWeights(sparse.csr_array(whole))


def _numbers(data: Ratings, items: np.ndarray) -> Any:
    return data.session.spark.createDataFrame([(int(item),) for item in items], "item int")


def _products(data: Ratings, left: Any, right: Any, condition: Any, term: Any) -> Any:
    """Rows one, other, product: sums over users of a term, for the pairs `a.item`, `b.item` that fit a condition."""
    from pyspark.sql import functions as F

    data.session.divide(data.n_ratings * 4)
    one, other = left.alias("a"), right.alias("b")
    return (
        one.join(other, (F.col("a.user") == F.col("b.user")) & condition)
        .groupBy(F.col("a.item").alias("one"), F.col("b.item").alias("other"))
        .agg(F.sum(term).alias("product"))
    )
