"""Train models on Spark: ratings too many for one machine stay in Spark, and a release comes back.

The driver holds what a model stores (item factors, neighbours, ids and counts), never the ratings.
"""

from recsys.training.spark.train import MODELS, train

__all__ = ["MODELS", "train"]
