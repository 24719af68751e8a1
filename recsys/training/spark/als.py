"""Matrix factorisation by Spark's ALS, served as `als`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from recsys.data import ItemFeatures
from recsys.models.collaborative.als import Als
from recsys.training.spark.model import OnSpark
from recsys.training.spark.ratings import Ratings

EPOCHS = 15  # Spark starts from random factors; local training starts from singular vectors and needs fewer epochs
ROWS_OF_A_BLOCK = 2_000_000
FOLD_IN = 1.5  # measured best penalty for folding in a history, relative to that of local training


class SparkAls(OnSpark, Als):
    """`als` with item factors computed by Spark.

    Spark minimises sum_seen (1 + a)(1 - p_u.q_i)^2 + sum_unseen (p_u.q_i)^2 + lambda (sum_u n_u |p_u|^2
    + sum_i n_i |q_i|^2) with its alpha a. With a = 1 / alpha and factors divided by sqrt(1 + alpha), that is the
    loss of `Als` divided by alpha, except for the penalty: Spark's grows with n_u alone, that of `Als` with
    n_u + alpha n_items. Lambda is set so that both are equal when summed over all ratings (see `penalty`).
    """

    spark_defaults: ClassVar[dict[str, Any]] = {"n_epochs": EPOCHS}

    def _fit_ratings(self, data: Ratings, features: ItemFeatures | None, seed: int) -> None:
        from pyspark.ml.recommendation import ALS
        from pyspark.sql import functions as F

        config, session = self.config, data.session
        n_users, n_items = len(data.users), len(data.items)
        reg = config.reg / np.sqrt(config.alpha * np.sqrt(n_users * n_items))
        blocks = int(min(1000, max(2 * session.cores, data.n_ratings / ROWS_OF_A_BLOCK)))
        solver = ALS(
            implicitPrefs=True,
            rank=config.n_factors,
            maxIter=config.n_epochs,
            alpha=1 / config.alpha,
            regParam=penalty(data, config.alpha, reg),
            userCol="user",
            itemCol="item",
            ratingCol="seen",
            seed=seed,
            numUserBlocks=blocks,
            numItemBlocks=blocks,
            checkpointInterval=4,
        )
        with session.step(f"als: {config.n_epochs} sweeps in {blocks} blocks"):
            found = solver.fit(data.frame.select("user", "item", F.lit(1.0).cast("float").alias("seen")))
            learnt = found.itemFactors.toArrow()
        factors = np.zeros((n_items, config.n_factors), dtype=np.float32)
        rows = learnt.column("features").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        factors[learnt.column("id").to_numpy()] = rows.reshape(-1, config.n_factors) / np.sqrt(1 + config.alpha)
        sd = data.sd if data.has_ratings else 0.0
        self.restore({"factors": factors}, {"reg": reg * FOLD_IN, "sd": sd})


def penalty(data: Ratings, alpha: float, reg: float) -> float:
    """Spark's lambda that corresponds to the penalty `reg` of `Als`.

    lambda = reg (1 + alpha) / alpha sqrt(L_u L_i), L_u = sum_u n_u (n_u + alpha n_items) / sum_u n_u^2 and L_i alike:
    summed over the ratings, each side has the same weight in both; only the product of the two sides matters.
    """
    by_user = 1 + alpha * len(data.items) * data.n_ratings / data.squares
    by_item = 1 + alpha * len(data.users) * data.n_ratings / float((data.item_counts.astype(np.float64) ** 2).sum())
    return reg * (1 + alpha) / alpha * float(np.sqrt(by_user * by_item))
