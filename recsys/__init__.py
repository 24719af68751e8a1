"""recsys: train and serve recommenders that score a user's history of ratings."""

from recsys import models
from recsys.data import IdMap, Interactions, ItemFeatures, Recommendation

__version__ = "0.1.0"
__all__ = ["IdMap", "Interactions", "ItemFeatures", "Recommendation", "__version__", "models"]
