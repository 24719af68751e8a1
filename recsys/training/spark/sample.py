"""Collect ratings of some users from Spark into Interactions on the driver."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import IdMap, Interactions, csr
from recsys.training.spark.ratings import Ratings

GROUPS = 1_000_000  # users are drawn in groups of equal hash, so that a share is exact to a millionth


def of_some_users(data: Ratings, most: int, seed: int) -> Interactions:
    """Collect all ratings, or those of users drawn by a hash: about `most` ratings.

    Args:
        data: ratings in Spark.
        most: largest number of ratings that the driver should hold.
        seed: of the draw.

    Returns:
        Histories of the users, with times if the ratings have them.
    """
    from pyspark.sql import functions as F

    frame = data.frame
    if data.n_ratings > most:
        group = F.pmod(F.xxhash64("user", F.lit(seed)), F.lit(GROUPS))
        frame = frame.where(group < int(GROUPS * most / data.n_ratings))
    columns = ["user", "item", "rating", *(["timestamp"] if data.times is not None else [])]
    with data.session.step("collecting the ratings of some users"):
        rows = frame.select(*columns).toArrow()
    return interactions(rows, np.unique(rows.column("user").to_numpy()), data.items)


def interactions(rows: Any, users: np.ndarray, items: IdMap) -> Interactions:
    """Make Interactions of collected rows.

    Args:
        rows: Arrow table with user, item, rating and maybe timestamp, at most one row of each user and item.
        users: sorted numbers of the users that become the rows of the matrix.
        items: the columns.
    """
    user, item, rating = (rows.column(name).to_numpy() for name in ("user", "item", "rating"))
    row = np.searchsorted(users, user)
    order = np.lexsort((item, row))
    indptr = csr.pointers(np.bincount(row, minlength=len(users)))
    values = rating[order].astype(np.float32), item[order].astype(np.int32), indptr
    matrix = sparse.csr_array(values, shape=(len(users), len(items)))
    times = rows.column("timestamp").to_numpy()[order] if "timestamp" in rows.column_names else None
    return Interactions(IdMap([str(number) for number in users.tolist()]), items, matrix, times)
