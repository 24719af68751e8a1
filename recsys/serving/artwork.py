"""Pictures of items, from TMDb, from the catalogue, or drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recsys.catalogue.posters import placeholder
from recsys.catalogue.tmdb import ATTRIBUTION
from recsys.settings import Settings

if TYPE_CHECKING:
    from recsys.catalogue.tmdb import Tmdb


class Artwork:
    """Source of the pictures of one service.

    Args:
        tmdb: fetches posters and details in the background; None if it is not configured.
        origins: scheme and host of the pictures' URLs.
    """

    def __init__(self, tmdb: Tmdb | None = None, origins: frozenset[str] = frozenset()):
        self._tmdb, self.origins = tmdb, origins

    @property
    def is_fetching(self) -> bool:
        """Whether a drawn picture may be replaced by a fetched one later."""
        return self._tmdb is not None

    @property
    def credit(self) -> str:
        """The attribution that the source of the pictures requires; "" if none is required."""
        return ATTRIBUTION if self._tmdb is not None else ""

    def details(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """The cached details of an item from TMDb; empty if TMDb has none or was not asked yet."""
        return (self._tmdb.lookup(item) if self._tmdb is not None else None) or {}

    def poster(self, item: Mapping[str, Any]) -> str:
        """URL of an item's picture, or a drawn one as a data URL."""
        return self.details(item).get("poster") or item.get("image") or placeholder(item)


def artwork_origins(settings: Settings, tmdb: Tmdb | None) -> frozenset[str]:
    """Scheme and host of TMDb's pictures, if they are shown."""
    parts = urlsplit(settings.tmdb_image_url)
    return frozenset() if tmdb is None else frozenset((f"{parts.scheme}://{parts.netloc}",))


def is_drawn(poster: str) -> bool:
    """Whether a picture is a drawn one, which need not be fetched."""
    return poster.startswith("data:")


def with_fallback(card: Mapping[str, Any]) -> dict[str, Any]:
    """Add a drawn picture as `drawn` to a card whose picture must be fetched, in case that fails."""
    return dict(card) if is_drawn(card["poster"]) else {**card, "drawn": placeholder(card)}
