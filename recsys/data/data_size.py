"""The size of a data set and the kind of its interactions, which decide what is trained and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.data.interactions import Interactions

SHORT_HISTORY = 15  # mean number of interactions up to which histories count as short


@dataclass(frozen=True)
class DataSize:
    """Facts about interactions that are known without reading them.

    Attributes:
        n_users, n_items, n_ratings: users may be without interactions.
        timed: whether times are known.
        rated: whether ratings differ from one another.
    """

    n_users: int
    n_items: int
    n_ratings: int
    timed: bool = True
    rated: bool = True

    @classmethod
    def of(cls, data: Interactions) -> DataSize:
        """The size of interactions; users without any are not counted."""
        n_users = int((data.user_counts > 0).sum())
        return cls(n_users, len(data.items), int(data.matrix.nnz), data.times is not None, data.has_ratings)

    @property
    def short_histories(self) -> bool:
        """Whether times are known and users have few interactions on average."""
        return self.timed and self.n_ratings <= SHORT_HISTORY * self.n_users

    @property
    def events(self) -> bool:
        """Whether these are short histories of events, where most ask for the next item."""
        return self.short_histories and not self.rated
