"""Compute item neighbours by a self-join of the ratings in Spark, served as `item_knn`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import ItemFeatures
from recsys.models.collaborative.neighbours import ItemKnn, idf
from recsys.models.numeric.item_weights import SparseWeights
from recsys.training.spark.model import OnSpark
from recsys.training.spark.ratings import Ratings

LONGEST_HISTORY = 1000  # largest number of ratings of one user that are joined with each other
LEAST_COMMON = 2  # fewest users that two neighbours have in common


class SparkItemKnn(OnSpark, ItemKnn):
    """`item_knn` with neighbours computed by Spark; the similarity is that of `ItemKnn`, with two limits.

    At most LONGEST_HISTORY ratings of each user are used, sampled by a hash of user and item, so that the join costs
    at most LONGEST_HISTORY / 2 pairs per rating. Items with fewer than LEAST_COMMON users in common are not neighbours.
    """

    def _fit_ratings(self, data: Ratings, features: ItemFeatures | None, seed: int) -> None:
        self.idf = idf(len(data.users), data.item_counts, self.config.idf_power)
        with data.session.step("item_knn: pairs of items and their users"):
            found = self._nearest(data).toArrow()
        item, near, score = (found.column(name).to_numpy() for name in ("item", "near", "score"))
        order = np.lexsort((near, item))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(item, minlength=len(data.items)))]).astype(np.int32)
        kept = (score[order].astype(np.float32), near[order].astype(np.int32), indptr)
        self.weights = SparseWeights(sparse.csr_array(kept, shape=(len(data.items), len(data.items))))

    def _nearest(self, data: Ratings) -> Any:
        """Rows item, near, score: the largest similarities of each item, ties in item order."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        config = self.config
        rows = self._weighted(data)
        data.session.divide(data.n_ratings * 4)
        norm = F.sqrt(F.sum(F.col("weight") * F.col("weight")))
        norms = rows.groupBy("item").agg((norm**config.item_power).alias("norm"))
        rows = rows.join(F.broadcast(norms.where("norm > 0")), "item")
        rows = rows.select("user", "item", (F.col("weight") / F.col("norm")).alias("unit"), "weight")
        left, right = rows.alias("a"), rows.alias("b")
        common = F.count(F.lit(1))
        pairs = (
            left.join(right, (F.col("a.user") == F.col("b.user")) & (F.col("a.item") < F.col("b.item")))
            .groupBy(F.col("a.item").alias("one"), F.col("b.item").alias("other"))
            .agg(F.sum(F.col("a.unit") * F.col("b.unit")).alias("product"), common.alias("common"))
            .where(F.col("common") >= LEAST_COMMON)
        )
        score = F.col("product") * F.col("common") / (F.col("common") + config.shrinkage)
        both = F.array(
            F.struct(F.col("one").alias("item"), F.col("other").alias("near")),
            F.struct(F.col("other").alias("item"), F.col("one").alias("near")),
        )
        found = pairs.select(F.inline(both), score.alias("score")).where("score > 0")
        place = F.row_number().over(Window.partitionBy("item").orderBy(F.desc("score"), "near"))
        return (
            found.withColumn("place", place)
            .where(F.col("place") <= config.n_neighbours)
            .select("item", "near", "score")
        )

    def _weighted(self, data: Ratings) -> Any:
        """Rows user, item, weight = p_ui n_u^-a of histories sampled to LONGEST_HISTORY ratings."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        strength, (low, high) = self.config.rating_strength, self.scale
        liked = F.lit(1.0)
        if strength and high > low:
            liked = 1.0 + 2.0 * strength * (F.col("rating") - self.mean) / (high - low)
        weight = liked * F.col("n") ** -self.config.user_power
        drawn = F.row_number().over(Window.partitionBy("user").orderBy(F.xxhash64("user", "item"), "item"))
        return (
            data.frame.withColumn("drawn", drawn)
            .where(F.col("drawn") <= LONGEST_HISTORY)
            .select("user", "item", weight.alias("weight"))
        )
