"""Tuned settings by data set: `tuned` reads them for training and measuring, `search` finds them."""

from recsys.tuning.search import search
from recsys.tuning.settings import Tuned, differing, tuned

__all__ = ["Tuned", "differing", "search", "tuned"]
