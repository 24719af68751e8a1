"""The lists of visitors' profiles: the watch-list, and what a profile's owner wants less of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from recsys.catalogue.database import Catalogue
from recsys.errors import BadInput
from recsys.serving import arguments
from recsys.serving.filters import MOST_LESS, Filters
from recsys.visitors.list_rows import LISTS, MOST_ENTRIES, MOST_GONE, Entry
from recsys.visitors.profiles import PREFIX, Visitors

MOST_CHANGES = len(LISTS) * (MOST_ENTRIES + MOST_GONE)


class ProfileLists:
    """Lists of the profiles of one catalogue. The callers have verified the key of the profile."""

    def __init__(self, catalogue: Catalogue, visitors: Visitors):
        self._catalogue, self._visitors = catalogue, visitors

    def entries(self, user_id: str) -> list[Entry]:
        """All entries of a profile, oldest first, with those that were removed."""
        return self._visitors.lists(user_id) if user_id.startswith(PREFIX) else []

    def change(self, user_id: str, key: str, changed: Sequence[Entry]) -> None:
        """Store entries; the latest change of each entry counts.

        Raises:
            BadInput: there is no such list, or there are too many entries.
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
        """
        if len(changed) > MOST_CHANGES:
            raise BadInput(f"{len(changed):,} entries were sent; send at most {MOST_CHANGES:,}.")
        unknown = [one.list for one in changed if one.list not in LISTS]
        if unknown:
            raise BadInput(f"There is no list {unknown[0]!a:.100}; use {' or '.join(LISTS)}.")
        known = [one._replace(item_id=arguments.text(one.item_id, "item_id")) for one in changed]
        if known:
            self._visitors.change_lists(user_id, key, known)

    def watched(self, user_id: str) -> list[str]:
        """Ids of the items on the watch-list of a profile that the catalogue has, oldest first."""
        found = [one.item_id for one in self.entries(user_id) if one.list == "watch" and not one.gone]
        return [item_id for item_id in found if item_id in self._catalogue.ids]

    def rejected(self, user_id: str) -> list[str]:
        """What the owner of a profile wants less of, as texts of the filter `less`, oldest first."""
        return [one.item_id for one in self.entries(user_id) if one.list == "less" and not one.gone]


def with_less(filters: Filters, rejected: Iterable[str]) -> Filters:
    """The filters with rejections added to theirs, at most MOST_LESS, the latest."""
    together = dict.fromkeys([*rejected, *filters.less])
    return replace(filters, less=tuple(together)[-MOST_LESS:]) if together else filters
