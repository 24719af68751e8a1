"""Hide a part of each user's ratings in Spark, by the shares of the random split of the local protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data import Interactions
from recsys.errors import BadData
from recsys.training.spark import ratings, sample
from recsys.training.spark.ratings import Ratings

TEST, VALID = 0.1, 0.1
"""Shares of a user's ratings, at least one each; models learn from the validation part too, as with local data."""
MOST_ASKED = 10_000  # largest number of users on which models are evaluated


@dataclass(frozen=True, eq=False)
class Holdout:
    """One split of the ratings.

    Attributes:
        known: the ratings to learn from, in Spark.
        history, target: known and hidden ratings of the evaluated users, on the driver.
    """

    known: Ratings
    history: Interactions
    target: Interactions


def split(data: Ratings, seed: int = 0) -> Holdout:
    """Hide max(1, round(TEST n)) ratings of each user, drawn by a hash of user and item.

    Users with too few ratings to leave one besides those for test and validation keep all. At most about MOST_ASKED
    users, drawn by a hash, are evaluated.

    Raises:
        BadData: no user has enough ratings.
    """
    import pyarrow as pa
    from pyspark.sql import functions as F

    marked = _marked(data, seed)
    with data.session.step("hiding ratings for the evaluation"):
        path = f"{data.session.work}/split"
        marked.write.parquet(path)
        marked = data.session.spark.read.parquet(path)
        n_asked = marked.where("hidden").select("user").distinct().count()
    if not n_asked:
        raise BadData("No user has enough ratings to hide one. The models have no metrics.")
    left = marked.where("NOT hidden").select("user", "item", "rating", "timestamp", F.col("n_left").alias("n"))
    # without times, as in the local protocol: later ratings of the same users are known
    known = ratings.counted(data.session, left, data.users, data.items, None, data.digest)
    drawn = marked.where(F.pmod(F.xxhash64("user", F.lit(seed)), F.lit(n_asked)) < MOST_ASKED)
    with data.session.step("collecting the users of the evaluation"):
        rows = drawn.where("n_left < n").select("user", "item", "rating", "hidden").toArrow()
    users, hidden = (np.asarray(rows.column(name)) for name in ("user", "hidden"))
    history, target = (
        sample.interactions(rows.filter(pa.array(chosen)), np.unique(users), data.items) for chosen in (~hidden, hidden)
    )
    return Holdout(known, history, target)


def _marked(data: Ratings, seed: int) -> Any:
    """The ratings with `hidden`, and `n_left`, the number of ratings of the user that are not hidden."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    def size(share: float) -> Any:
        return F.greatest(F.lit(1), F.rint(share * F.col("n"))).cast("int")

    enough = F.col("n") - size(TEST) - size(VALID) >= 1
    n_hidden = F.when(enough, size(TEST)).otherwise(0)
    order = Window.partitionBy("user").orderBy(F.xxhash64("user", "item", F.lit(seed)), "item")
    placed = data.frame.withColumn("place", F.row_number().over(order))
    return placed.select(
        "user",
        "item",
        "rating",
        "timestamp",
        "n",
        (F.col("place") <= n_hidden).alias("hidden"),
        (F.col("n") - n_hidden).alias("n_left"),
    )
