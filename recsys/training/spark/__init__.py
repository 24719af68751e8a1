"""Train models on Spark, for more ratings than one machine can hold, and write a release.

The ratings stay in Spark; the driver only holds the contents of the model (item factors, neighbours, ids and counts).
"""

from recsys.training.spark.train import MODELS, train

__all__ = ["MODELS", "train"]
