"""Popularity counted by Spark, served as `popular`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from recsys.data import ItemFeatures
from recsys.models.baseline.popular import Popular
from recsys.training.spark.model import OnSpark
from recsys.training.spark.ratings import Ratings


class SparkPopular(OnSpark, Popular):
    """`popular` with counts computed by Spark. All ratings count equally, whatever their age."""

    spark_defaults: ClassVar[dict[str, Any]] = {"half_life_days": 0.0}

    def _fit_ratings(self, data: Ratings, features: ItemFeatures | None, seed: int) -> None:
        from pyspark.sql import functions as F

        (low, high), strength = data.scale, self.config.rating_weight
        weight = F.lit(1.0)
        if strength and high > low:
            weight = 1.0 + strength * (F.col("rating") - data.mean) / (high - low)
        with data.session.step("popular: weights of the ratings of each item"):
            found = data.frame.groupBy("item").agg(F.sum(weight).alias("total")).toArrow()
        total = np.zeros(len(data.items))
        total[found.column("item").to_numpy()] = found.column("total").to_numpy()
        scores = total / (len(data.users) + self.config.damping)
        self.item_scores = np.where(self.rated, scores, np.nan).astype(np.float32)
