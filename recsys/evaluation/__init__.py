"""Evaluate models: splits, a common protocol, paired comparison, calibration."""

from recsys.evaluation.protocol import evaluate
from recsys.evaluation.ratings import evaluate_ratings
from recsys.evaluation.results import Evaluation

__all__ = ["Evaluation", "evaluate", "evaluate_ratings"]
