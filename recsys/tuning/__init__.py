"""Tuned settings of each data set: `search` finds them, `tuned` reads them for training and evaluation."""

from recsys.tuning.search import search
from recsys.tuning.settings import Tuned, differing, tuned

__all__ = ["Tuned", "differing", "search", "tuned"]
