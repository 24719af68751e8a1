"""Feeds of new picks and watch-lists of profiles, at addresses that only the owner of a profile knows.

The token of an address is derived from the stored hash of the profile's key, so that it reveals neither, needs no
storage, and is void when the profile is deleted.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from recsys.errors import UnknownUser
from recsys.serving import arguments
from recsys.serving.profiles import Profiles
from recsys.serving.replies import FeedAddress, Shown
from recsys.visitors.profiles import Visitors

PATH, LISTS_PATH = "/feed", "/lists/"
N = 20  # number of picks


class Feed(NamedTuple):
    """The picks of a profile, and the time of its latest rating (seconds since 1970, None without ratings)."""

    user_id: str
    picks: list[Shown]
    rated: float | None


class Feeds:
    """The feeds of the profiles of one catalogue.

    Args:
        recommend: returns n picks for a user.
    """

    def __init__(self, visitors: Visitors, profiles: Profiles, recommend: Callable[[str, int], list[Shown]]):
        self._visitors, self._profiles, self._recommend = visitors, profiles, recommend

    def address(self, user_id: str, key: str) -> FeedAddress:
        """The addresses of a profile's feed and watch-list on this server, for its owner.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
        """
        user_id = arguments.text(user_id, "user_id")
        self._profiles.verify(user_id, arguments.text(key, "key"))
        token = self._visitors.feed_token(user_id)
        address = f"{PATH}?{urlencode({'user': user_id, 'token': token})}"
        return {"address": address, "watchlist": f"{LISTS_PATH}{quote(user_id)}/{token}/json"}

    def read(self, user_id: str, token: str) -> Feed | None:
        """The feed at an address; None if there is no such address."""
        try:
            if not self._is_valid(user_id, token):
                return None
            latest = self._visitors.user_rows(user_id, 1)
            picks = self._recommend(user_id, N)
        except UnknownUser:
            return None
        return Feed(user_id, picks, latest[0]["timestamp"] if latest else None)

    def watch_list(self, user_id: str, token: str) -> list[str] | None:
        """Ids of the items on the watch-list at an address; None if there is no such address."""
        try:
            return self._profiles.lists.watched(user_id) if self._is_valid(user_id, token) else None
        except UnknownUser:
            return None

    def _is_valid(self, user_id: str, token: str) -> bool:
        expected = self._visitors.feed_token(user_id)
        return hmac.compare_digest(expected.encode(), token.encode(errors="replace"))


def moment(seconds: float | None) -> str:
    """A time in the form of Atom.

    >>> moment(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(int(seconds or 0), UTC).isoformat().replace("+00:00", "Z")
