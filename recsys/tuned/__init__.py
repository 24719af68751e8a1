"""Tuned settings by data set: `tuned` reads them for training and measuring, `search` finds them."""

from recsys.tuned.reading import Tuned, tuned
from recsys.tuned.searching import search

__all__ = ["Tuned", "search", "tuned"]
