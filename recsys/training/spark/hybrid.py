"""The hybrid, trained on the driver from ratings that Spark has checked and drawn, served as `hybrid`."""

from __future__ import annotations

from recsys.data import ItemFeatures
from recsys.models.hybrid.ensemble import MAX_RATINGS
from recsys.models.hybrid.hybrid import Hybrid
from recsys.training.spark import sample
from recsys.training.spark.model import OnSpark
from recsys.training.spark.progress import reported
from recsys.training.spark.ratings import Ratings


class SparkHybrid(OnSpark, Hybrid):
    """`hybrid` from the ratings of at most MAX_RATINGS, all of them where there are fewer.

    The local engine trains its experts on as many ratings of random users, because more hardly change the weights. So
    the driver trains experts and network as the local engine does; the popularity of the items is that of all ratings.
    """

    def _fit_ratings(self, data: Ratings, features: ItemFeatures | None, seed: int) -> None:
        some = sample.of_some_users(data, MAX_RATINGS, seed)
        what = f"hybrid: {some.matrix.nnz:,} ratings of {len(some.users):,} users, on the driver"
        with reported(what, data.session.progress):
            self._fit_with({}, some, features, seed)
