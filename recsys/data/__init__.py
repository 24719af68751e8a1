"""Interactions, item features and ids in memory, and arrays on disk: the data types shared by all other folders."""

from recsys.data.interactions import Histories, IdMap, Interactions, ItemFeatures, Recommendation

__all__ = ["Histories", "IdMap", "Interactions", "ItemFeatures", "Recommendation"]
