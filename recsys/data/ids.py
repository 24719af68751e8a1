"""Two-way map between text ids and the row or column numbers of matrices."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from itertools import repeat

import numpy as np

from recsys.errors import BadData, UnknownItem, listing

UNKNOWN = -1


class IdMap:
    """Immutable map between n text ids and the numbers 0 to n - 1.

    Attributes:
        ids: (n,) object array of str; the position of an id is its number. An array of objects, because in
            fixed-width text one long id would widen all others.

    Raises:
        BadData: an id is empty or repeated.
    """

    def __init__(self, ids: Iterable[str]):
        texts = [value if type(value) is str else str(value) for value in ids]
        self._numbers = {text: number for number, text in enumerate(texts)}
        self.ids = np.fromiter(self._numbers, dtype=object, count=len(self._numbers))
        if len(self._numbers) != len(texts):
            repeated = dict.fromkeys(text for number, text in enumerate(texts) if self._numbers[text] != number)
            raise BadData(f"Ids must be unique; repeated: {listing(repeated, 5)}.")
        if "" in self._numbers:
            raise BadData(f"The id in row {self._numbers['']} is empty; every row needs an id.")

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, value: object) -> bool:
        return value in self._numbers

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, IdMap) and np.array_equal(self.ids, other.ids))

    __hash__ = None  # type: ignore[assignment]

    def number(self, value: str) -> int:
        """Number of one id.

        Raises:
            UnknownItem: the id is not in the map.
        """
        try:
            return self._numbers[str(value)]
        except KeyError:
            raise UnknownItem(
                f"Unknown id {str(value)!r}; there are {len(self):,} ids, such as {listing(self.ids[:3]) or 'none'}."
            ) from None

    def numbers(self, values: Iterable[object]) -> np.ndarray:
        """Numbers (n,) int64 of ids, `UNKNOWN` (-1) for an id that is not in the map."""
        texts = [value if type(value) is str else str(value) for value in values]
        return np.fromiter(map(self._numbers.get, texts, repeat(UNKNOWN)), np.int64, len(texts))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the ids in order, as hexadecimal text; different lists have different digests."""
        text = "\x00".join(self._numbers)
        hashed = hashlib.sha256(text.encode())
        if text.count("\x00") > max(len(self) - 1, 0):
            # an id contains the separator: add the lengths, after a byte that never occurs in UTF-8
            hashed.update(b"\xff" + ",".join(str(len(value)) for value in self._numbers).encode())
        return hashed.hexdigest()
