"""Ratings as a Spark frame, with the statistics that fitting a model needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data import IdMap
from recsys.errors import BadData
from recsys.training.spark.reading import Checked
from recsys.training.spark.session import Session

BUCKETS = 1024  # number of groups of users that are numbered separately
MOST_USERS = 2**31 - 1  # Spark's ALS stores user numbers in 32 bits


@dataclass(frozen=True, eq=False)
class Ratings:
    """The attributes of Interactions that `Recommender.fit` reads, except the rows, which stay in Spark.

    Attributes:
        session: the open session.
        frame: user int (0..n_users-1), item int (column of `items`), rating double, timestamp bigint (0 without times),
            n int (ratings of the user).
        users, items: the rows and columns of the matrix.
        item_counts: (n_items,) int64, users who rated each item.
        n_ratings: number of ratings, at most one per user and item.
        scale, mean, sd: lowest and highest rating, mean and standard deviation.
        squares: sum of n_u^2 over users.
        times: not None if the ratings had times, which decide between repeated ratings.
        digest: digest of the rows that were read.
    """

    session: Session
    frame: Any
    users: range
    items: IdMap
    item_counts: np.ndarray
    n_ratings: int
    scale: tuple[float, float]
    mean: float
    sd: float
    squares: int
    times: str | None
    digest: str

    @property
    def has_ratings(self) -> bool:
        """Whether ratings differ from one another; otherwise the data is implicit."""
        return self.scale[0] < self.scale[1]


def numbered(session: Session, checked: Checked) -> Ratings:
    """Number the users, drop all but the latest of repeated ratings, and write the result to the work folder.

    At equal times the higher rating counts. A user's number depends only on the data, so that a partition that is
    computed again after the loss of a worker is the same: users are put into buckets by a hash of their id and
    numbered by id within each bucket.

    Raises:
        BadData: no ratings remain, or there are too many users.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    session.divide(checked.n_rows)
    bucket = F.pmod(F.xxhash64("user_id"), F.lit(BUCKETS)).cast("int")
    latest = F.max(F.struct("timestamp", "rating")).alias("latest")
    rows = (
        checked.frame.withColumn("bucket", bucket)
        .repartition("bucket")
        .groupBy("bucket", "user_id", "item")
        .agg(latest)
        .withColumn("place", F.dense_rank().over(Window.partitionBy("bucket").orderBy("user_id")))
        .withColumn("n", F.count(F.lit(1)).over(Window.partitionBy("bucket", "user_id")).cast("int"))
        .select("bucket", "place", "item", "latest.rating", "latest.timestamp", "n")
    )
    path = f"{session.work}/ratings"
    with session.step("numbering the users"):
        rows.write.parquet(path)
        kept = session.spark.read.parquet(path)
        sizes = {
            row["bucket"]: row["size"] for row in kept.groupBy("bucket").agg(F.max("place").alias("size")).collect()
        }
    if not sizes:
        raise BadData("No ratings remain to train on.")
    buckets = sorted(sizes)
    offsets = np.cumsum([0, *(sizes[number] for number in buckets)])
    if offsets[-1] > MOST_USERS:
        raise BadData(f"There are {offsets[-1]:,} users; Spark's ALS supports at most {MOST_USERS:,}.")
    first = session.spark.createDataFrame(
        [(number, int(offset)) for number, offset in zip(buckets, offsets, strict=False)], "bucket int, first int"
    )
    user = (F.col("first") + F.col("place") - 1).cast("int").alias("user")
    frame = kept.join(F.broadcast(first), "bucket").select(user, "item", "rating", "timestamp", "n")
    times = "timestamp" if checked.timed else None
    made = counted(session, frame, range(int(offsets[-1])), checked.items, times, checked.digest)
    n_rated = int((made.item_counts > 0).sum())
    session.progress(f"{made.n_ratings:,} ratings by {len(made.users):,} users of {n_rated:,} items to train on")
    return made


def counted(session: Session, frame: Any, users: range, items: IdMap, times: str | None, digest: str) -> Ratings:
    """Count the ratings of a frame with the columns of `Ratings.frame`; the other arguments are its attributes."""
    from pyspark.sql import functions as F

    with session.step("counting"):
        total = frame.agg(
            F.count(F.lit(1)).alias("n"),
            F.min("rating").alias("low"),
            F.max("rating").alias("high"),
            F.avg("rating").alias("mean"),
            F.stddev_pop("rating").alias("sd"),
            F.sum("n").alias("squares"),
        ).first()
        found = frame.groupBy("item").count().toArrow()
    counts = np.zeros(len(items), dtype=np.int64)
    counts[found.column("item").to_numpy()] = found.column("count").to_numpy()
    return Ratings(
        session,
        frame,
        users,
        items,
        counts,
        total["n"],
        (total["low"], total["high"]),
        total["mean"],
        total["sd"],
        total["squares"],
        times,
        digest,
    )
