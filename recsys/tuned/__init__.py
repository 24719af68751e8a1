"""Tuned settings by data set: `tuned` reads them for training and measuring, `search` finds them."""

from recsys.tuned.reading import Tuned, differing, tuned
from recsys.tuned.searching import search

__all__ = ["Tuned", "differing", "search", "tuned"]
