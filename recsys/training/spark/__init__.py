"""Training on Spark: what does not fit one machine is read, counted and solved there; a release comes back.

The driver holds what a model keeps (item factors, neighbours, ids and counts) and never the ratings.
"""

from recsys.training.spark.train import MODELS, train

__all__ = ["MODELS", "train"]
