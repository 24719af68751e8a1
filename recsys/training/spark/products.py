"""Products of items' columns, X'X, computed by the workers in shares of the columns and groups of the users."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recsys.models.numeric import cooccurrence
from recsys.training.spark import kernels
from recsys.training.spark.ratings import Ratings

LONGEST_HISTORY = 1000
"""Largest number of ratings of one user that are multiplied with each other."""
RATINGS_OF_A_TASK = 40_000_000
"""Ratings in the memory of one task, 16 bytes each; more are divided by users, and the products are added up."""
NUMBERS_OF_A_BLOCK = 16_000_000
"""Largest number of entries of a product in memory at once."""


def sampled(frame: Any) -> Any:
    """At most LONGEST_HISTORY ratings of each user, drawn by a hash of user and item.

    Args:
        frame: columns user, item and any others.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    drawn = F.row_number().over(Window.partitionBy("user").orderBy(F.xxhash64("user", "item"), "item"))
    return frame.withColumn("drawn", drawn).where(F.col("drawn") <= LONGEST_HISTORY).drop("drawn")


def squares(data: Ratings, rows: Any, what: str) -> np.ndarray:
    """Diagonal of X'X, (n_items,) float64.

    Args:
        data: the ratings of `rows`.
        rows: columns user, item, x.
        what: name of the step for the progress.
    """
    from pyspark.sql import functions as F

    with data.session.step(what):
        found = rows.groupBy("item").agg(F.sum(F.col("x") * F.col("x")).alias("square")).toArrow()
    total = np.zeros(len(data.items))
    total[found.column("item").to_numpy()] = found.column("square").to_numpy()
    return total


def gram(data: Ratings, rows: Any, items: np.ndarray, what: str) -> np.ndarray:
    """Lower triangle of X'X of some items, (n, n) float32, in the order of `items`.

    Args:
        data: the ratings of `rows`.
        rows: columns user, item, x.
        items: (n,) sorted item numbers.
        what: name of the step for the progress.
    """
    from pyspark.sql import functions as F

    if len(items) < len(data.items):
        rows = rows.join(F.broadcast(_numbers(data, items)), "item")
    place = np.full(len(data.items), -1, dtype=np.int64)
    place[items] = np.arange(len(items))
    lower = np.zeros((len(items), len(items)), dtype=np.float32)
    for row, column, value in _blocks(data, rows, items, what):
        lower[place[row], place[column]] = value
    return lower


def largest(data: Ratings, rows: Any, columns: np.ndarray, k: int, what: str, **options: Any) -> sparse.csr_array:
    """The k largest positive entries of some columns of X'X without the diagonal, CSR (len(columns), n_items) float32.

    Row r of the result is column `columns[r]`. Ties at the cut go to the first items.

    Args:
        data: the ratings of `rows`.
        rows: columns user, item, x.
        columns: sorted item numbers.
        k: entries to keep of each column.
        what: name of the step for the progress.
        options: row_scale, column_scale, shrinkage and least_common of `kernels.Products`.
    """
    n_items = len(data.items)
    parts = list(_blocks(data, rows, columns, what, k=k, **options))
    row, column, value = (np.concatenate(part) for part in zip(*parts, strict=True)) if parts else ([], [], [])
    shape = (len(columns), n_items)
    found = sparse.coo_array((value, (np.searchsorted(columns, column), row)), shape=shape, dtype=np.float32)
    return cooccurrence.largest(sparse.csr_array(found), k)


def _blocks(data: Ratings, rows: Any, columns: np.ndarray, what: str, **options: Any) -> Any:
    """Row numbers, column numbers and values of the blocks of columns of X'X."""
    from pyspark.sql import functions as F

    kernels.send_with_tasks()
    n_items, session = len(data.items), data.session
    n_parts = max(1, -(-data.n_ratings // RATINGS_OF_A_TASK))
    n_shares = max(1, min(len(columns), 2 * session.cores // n_parts))
    # the columns of an item cost as much as it has ratings, so each share gets as many of the popular ones
    dealt = columns[np.argsort(-data.item_counts[columns], kind="stable")].astype(np.int32)
    width = max(1, NUMBERS_OF_A_BLOCK // n_items)
    products = kernels.Products(n_items, dealt, n_shares, width, n_parts, **options)
    shares = [(int(item), place % n_shares) for place, item in enumerate(dealt)]
    share = F.broadcast(session.spark.createDataFrame(shares, "item int, share int"))
    session.divide(data.n_ratings)
    entry = F.struct("item", F.col("x").cast("float").alias("x"))
    histories = (
        rows.join(share, "item", "left")
        .groupBy("user")
        .agg(F.sort_array(F.collect_list(entry)).alias("history"), F.collect_set("share").alias("shares"))
    )
    sent = histories.select(
        F.pmod(F.xxhash64("user"), F.lit(n_parts)).alias("part"),
        F.explode("shares").alias("share"),
        F.col("history.item").alias("items"),
        F.col("history.x").alias("x"),
    )
    # Spark counts the arguments of a method with `self`
    found = sent.groupBy("part", "share").applyInArrow(lambda key, rows: products.multiply(key, rows), kernels.SCHEMA)
    if n_parts > 1:
        found = found.groupBy("block").applyInArrow(lambda key, rows: products.add(key, rows), kernels.SCHEMA)
    with session.step(what):
        table = found.toArrow()
    return kernels.entries(table)


def _numbers(data: Ratings, items: np.ndarray) -> Any:
    return data.session.spark.createDataFrame([(int(item),) for item in items], "item int")
