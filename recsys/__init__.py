"""recsys: recommenders that score a history, from raw ratings to a hosted page."""

from recsys import models
from recsys.data import IdMap, Interactions, ItemFeatures, Recommendation

__version__ = "0.1.0"
__all__ = ["IdMap", "Interactions", "ItemFeatures", "Recommendation", "__version__", "models"]
