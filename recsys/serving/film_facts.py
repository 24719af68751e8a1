"""Running times and age certificates of items: those of the catalogue, then those that TMDb has returned so far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from recsys.data import ItemFeatures
from recsys.errors import BadInput, listing

RUNTIME, CERTIFICATE = "runtime", "certificate"  # facets of an own catalogue
REFRESH_S = 60.0  # shortest time between two readings of TMDb's cache, which takes a while for many films


class DetailsCache(Protocol):
    """The part of `catalogue.tmdb.Tmdb` that is used here."""

    @property
    def changes(self) -> int:
        """Number of answers stored so far."""
        ...

    def known_facts(self, items: Iterable[Mapping[str, Any]]) -> list[tuple[int | None, str]]:
        """Running time and certificate of each item."""
        ...


@dataclass(frozen=True)
class _Read:
    """What was read at one time: minutes (n_items,), NaN if unknown, and a certificate per item, "" if unknown."""

    runtimes: np.ndarray
    certificates: Sequence[str]
    changes: int = -1
    time: float = 0.0
    version: int = 0
    by_certificate: dict[str, np.ndarray] = field(default_factory=dict)


class FilmFacts:
    """Running times and certificates of the items of `features`, for filters.

    Args:
        tmdb: the cache of TMDb's answers; None if TMDb is not configured.
        items: returns the items in full, in the order of `features`, for the cache.
        clock: seconds, for tests.
    """

    def __init__(
        self,
        features: ItemFeatures,
        tmdb: DetailsCache | None = None,
        items: Callable[[], Sequence[Mapping[str, Any]]] = list,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._features, self._tmdb, self._items, self._clock = features, tmdb, items, clock
        self._lock, self._read = threading.Lock(), None

    @property
    def version(self) -> int:
        """A number that changes when there are new facts, for the keys of cached answers."""
        return self._latest().version

    @property
    def has_runtimes(self) -> bool:
        """Whether the running time of any item is known."""
        return bool(np.isfinite(self._latest().runtimes).any())

    @property
    def runtimes(self) -> np.ndarray:
        """(n_items,) running times in minutes, NaN if unknown."""
        return self._latest().runtimes

    @property
    def certificates(self) -> list[str]:
        """All certificates in alphabetical order."""
        return sorted(self._latest().by_certificate)

    def at_most(self, minutes: int) -> np.ndarray:
        """(n_items,) bool: the items that are known to last no longer.

        Raises:
            BadInput: no running time is known.
        """
        if not self.has_runtimes:
            raise BadInput(f"{self._unknown('Running times')} Leave out the filter runtime_to.")
        with np.errstate(invalid="ignore"):
            return self._latest().runtimes <= minutes

    def rated(self, wanted: Sequence[str]) -> np.ndarray:
        """(n_items,) bool: the items with one of these certificates; case does not matter.

        Raises:
            BadInput: a certificate is unknown.
        """
        known = {name.casefold(): mask for name, mask in self._latest().by_certificate.items()}
        if not known:
            raise BadInput(f"{self._unknown('Age certificates')} Leave out the filter certificates.")
        if unknown := [name for name in wanted if name.casefold() not in known]:
            raise BadInput(f"Unknown certificate {unknown[0]!r}; use {listing(self.certificates, 40)}.")
        return np.logical_or.reduce([known[name.casefold()] for name in wanted])

    def _unknown(self, what: str) -> str:
        if self._tmdb is None:
            return f"{what} are not known in this catalogue."
        return f"{what} are not fetched from TMDb yet."

    def _latest(self) -> _Read:
        """What is known now; TMDb's cache is read again only after changes, and once in REFRESH_S."""
        changes = self._tmdb.changes if self._tmdb is not None else 0
        with self._lock:
            read = self._read
            if read is None or (read.changes != changes and self._clock() - read.time >= REFRESH_S):
                read = self._read = self._reading(changes, 0 if read is None else read.version + 1)
            return read

    def _reading(self, changes: int, version: int) -> _Read:
        runtimes, certificates = _own_runtimes(self._features), _own_certificates(self._features)
        if self._tmdb is not None:
            for row, (minutes, certificate) in enumerate(self._tmdb.known_facts(self._items())):
                if minutes and np.isnan(runtimes[row]):
                    runtimes[row] = minutes
                certificates[row] = certificates[row] or certificate
        found: dict[str, np.ndarray] = {}
        for row, certificate in enumerate(certificates):
            if certificate:
                found.setdefault(certificate, np.zeros(len(certificates), dtype=bool))[row] = True
        return _Read(runtimes, certificates, changes, self._clock(), version, found)


def _own_runtimes(features: ItemFeatures) -> np.ndarray:
    texts = [values[0] if values else "" for values in features.tags.get(RUNTIME, [])]
    if not texts:
        return np.full(len(features.ids), np.nan)
    return np.array([float(text) if text.replace(".", "", 1).isdecimal() else np.nan for text in texts])


def _own_certificates(features: ItemFeatures) -> list[str]:
    return [values[0] if values else "" for values in features.tags.get(CERTIFICATE, [])] or [""] * len(features.ids)
