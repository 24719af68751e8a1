"""Item features: titles, texts, tags and years, row by row of an id map."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from recsys.data.columns import as_tags, as_text, text_ids
from recsys.data.ids import IdMap
from recsys.errors import BadData, listing

PLAIN_COLUMNS = {"item_id", "title", "text", "year"}


@dataclass(frozen=True)
class ItemFeatures:
    """Features of items, row by row of `ids`.

    Attributes:
        ids: the items.
        titles: title of each item, "" if unknown.
        texts: free text (overview, logline, description), "" if unknown.
        tags: lists by facet, such as {"genres": [["Comedy"], []], "cast": …}; each facet has one list per item.
        years: (n,) float64, NaN if unknown.
        bags: bag of words of each item, each word repeated as often as it occurs; it replaces the text in content
            comparisons. Empty if the catalogue has no bags of words.
    """

    ids: IdMap
    titles: list[str]
    texts: list[str]
    tags: dict[str, list[list[str]]] = field(default_factory=dict)
    years: np.ndarray = field(default_factory=lambda: np.empty(0))
    bags: list[list[str]] = field(default_factory=list)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> ItemFeatures:
        """Features from a frame with item_id[, title][, text][, year]; every other column is a tag facet.

        A tag column holds lists, or text with values separated by `|`.

        Raises:
            BadData: item_id is missing, empty or repeated.
        """
        if "item_id" not in frame.columns:
            raise BadData(f"The column item_id is missing; the frame has {listing(frame.columns) or 'no columns'}.")
        tags = {
            str(name): [as_tags(cell) for cell in frame[name]] for name in frame.columns if name not in PLAIN_COLUMNS
        }
        count = len(frame)
        return cls(
            ids=IdMap(text_ids(frame["item_id"], "item_id")),
            titles=[as_text(cell) for cell in frame["title"]] if "title" in frame.columns else [""] * count,
            texts=[as_text(cell) for cell in frame["text"]] if "text" in frame.columns else [""] * count,
            tags=tags,
            years=(
                pd.to_numeric(frame["year"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
                if "year" in frame.columns
                else np.full(count, np.nan)
            ),
        )

    def align(self, items: IdMap) -> ItemFeatures:
        """The same features in the order of `items`; items without a row get empty features."""
        if self.ids == items:
            return self
        rows = self.ids.numbers(items.ids)

        def reorder(values: list, empty: object) -> list:
            return [values[row] if row >= 0 else empty for row in rows]

        years = np.append(self.years if len(self.years) else np.full(len(self.ids), np.nan), np.nan)[rows]
        tags = {facet: reorder(values, []) for facet, values in self.tags.items()}
        bags = reorder(self.bags, []) if self.bags else []
        return ItemFeatures(items, reorder(self.titles, ""), reorder(self.texts, ""), tags, years, bags)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all features, as hexadecimal text: equal features have equal digests."""
        hashed = hashlib.sha256(self.ids.digest.encode())
        for part in (self.titles, self.texts, sorted(self.tags.items()), self.years.tolist(), self.bags):
            hashed.update(repr(part).encode())
        return hashed.hexdigest()
