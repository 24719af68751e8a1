"""Interactions, item features and ids in memory, and arrays on disk: the data types shared by all other folders."""

from recsys.data.data_size import DataSize
from recsys.data.features import ItemFeatures
from recsys.data.histories import Histories
from recsys.data.ids import IdMap
from recsys.data.interactions import Interactions
from recsys.data.recommendation import Recommendation

__all__ = ["DataSize", "Histories", "IdMap", "Interactions", "ItemFeatures", "Recommendation"]
