"""Create, sign in to, change and delete visitors' profiles; each change requires the profile's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from recsys.catalogue.database import Catalogue
from recsys.errors import BadInput, NeedsRatings, NotAllowed, UnknownUser
from recsys.serving import arguments, cards
from recsys.serving.profile_lists import ProfileLists
from recsys.serving.rate_limit import RateLimits
from recsys.serving.replies import Forgotten, StoredRating
from recsys.serving.verdicts import Verdicts
from recsys.visitors.accounts import Accounts
from recsys.visitors.backup import Backup
from recsys.visitors.list_rows import Entry
from recsys.visitors.profiles import Visitors
from recsys.visitors.recorder import EventRecorder


class Mark(TypedDict):
    """The mark of a profile's owner on an item.

    Attributes:
        item_id, title, year: the item.
        verdict: "like", "dislike" or "seen".
        rating: the rating, None if the verdict determines it.
        time: time of the mark in milliseconds since 1970.
    """

    item_id: str
    verdict: str
    rating: float | None
    time: int
    title: str
    year: int | None


class Profiles:
    """The profiles of one catalogue.

    Attributes:
        lists: their watch-lists, and what their owners want less of.

    Args:
        backup: deletions are backed up at once, so that a restart does not restore them.
        oauth_secret: the secret of the OAuth application, from which profiles of Hugging Face accounts are derived.
        limits: rate limits by address (default: none).
    """

    def __init__(
        self,
        catalogue: Catalogue,
        visitors: Visitors,
        events: EventRecorder,
        backup: Backup | None = None,
        oauth_secret: str | None = None,
        limits: RateLimits | None = None,
    ):
        self._catalogue, self._visitors, self._events, self._backup = catalogue, visitors, events, backup
        self._verdicts, self._limits = Verdicts(catalogue), limits or RateLimits(enabled=False)
        self._accounts = Accounts(visitors, oauth_secret) if oauth_secret else None
        self.lists = ProfileLists(catalogue, visitors)

    def create(
        self,
        liked: Sequence[str],
        disliked: Sequence[str] = (),
        seen: Sequence[str] = (),
        ratings: Mapping[str, float] | None = None,
    ) -> dict[str, str]:
        """Create a profile with these verdicts and ratings; return its `user_id` and a `key` that is shown only once.

        Raises:
            TooManyRequests: this address has created too many profiles.
        """
        self._limits.join()
        user_id, key = self._visitors.join(
            self._verdicts.ratings(liked, disliked, seen)[0] | self._verdicts.rated(ratings)
        )
        return {"user_id": user_id, "key": key}

    def sign_in(self, account: str) -> dict[str, str]:
        """Return `user_id` and `key` of the profile of a verified Hugging Face account. Neither can be computed from
        the name of the account, and the key must not be sent to the browser.

        Raises:
            NotAllowed: no OAuth application is configured.
            TooManyRequests: this address has signed in too often.
        """
        if self._accounts is None:
            raise NotAllowed("Sign-in is not configured here. Set hf_oauth in the README of the Space.")
        if not self._accounts.is_known(account):
            self._limits.sign_in()
        user_id, key = self._accounts.profile(account)
        return {"user_id": user_id, "key": key}

    def verify(self, user_id: str, key: str) -> None:
        """Raise `UnknownUser` if the profile does not exist, `NotAllowed` if this is not its key.

        Raises:
            TooManyRequests: this address has tried too many wrong keys.
        """
        # A visitor with a verified key is not limited by others at the same address.
        if not self._visitors.is_verified(user_id, key):
            with self._limits.trying_a_key():
                self._visitors.verify(user_id, key)

    def is_own(self, user_id: str, key: str) -> bool:
        """Whether a caller has sent the key of a profile; a wrong key raises an error as in `verify`."""
        if key:
            self.verify(arguments.text(user_id, "user_id"), arguments.text(key, "key"))
        return bool(key)

    def marks(self, user_id: str, key: str, latest: int) -> list[Mark]:
        """The latest ratings of a profile, oldest first.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
            TooManyRequests: this address has tried too many wrong keys.
        """
        user_id, key = arguments.text(user_id, "user_id"), arguments.text(key, "key")
        self.verify(user_id, key)
        rows = {row["item_id"]: row for row in reversed(self._visitors.user_rows(user_id, latest))}
        known = [item_id for item_id in rows if item_id in self._catalogue.ids]
        return [self._mark(item, rows[item["item_id"]]) for item in self._catalogue.items(known)]

    def _mark(self, item: Mapping[str, Any], row: Mapping[str, Any]) -> Mark:
        verdict = self._verdicts.nearest(row["rating"])
        # A rating that equals the stored rating of the verdict was given by a button.
        given = row["rating"] if row["rating"] != self._verdicts.rating(verdict) else None
        return {
            "item_id": item["item_id"],
            "verdict": verdict,
            "rating": given,
            "time": int(1000 * row["timestamp"]),
            "title": item["title"],
            "year": item.get("year"),
        }

    def count_sign_in(self) -> None:
        """Count a sign-in of the current client, or raise `TooManyRequests`."""
        self._limits.sign_in()

    def rate(self, user_id: str, key: str, title: str, rating: float) -> StoredRating:
        """Store a rating; the next recommendation uses it.

        Raises:
            BadInput: the rating is out of range.
            UnknownItem, UnknownUser: no such item or profile.
            NotAllowed: a user of the data set, or not the profile's key.
            TooManyRequests: this address has stored too much.
        """
        self._limits.write()
        value = self._on_scale(rating)
        user_id, key = self._own(user_id, key)
        item = self._catalogue.item(self._catalogue.find(arguments.title(title)))
        self.verify(user_id, key)
        self._visitors.rate(user_id, key, item["item_id"], value)
        return {
            "stored": True,
            "user_id": user_id,
            "item_id": item["item_id"],
            "title": cards.label(item),
            "rating": value,
        }

    def set_verdict(self, user_id: str, key: str, item_id: str, verdict: str) -> None:
        """Store a verdict as a rating; a verdict without a rating, or "", deletes the rating of the item."""
        self.store_mark(user_id, key, item_id, verdict)

    def store_mark(self, user_id: str, key: str, item_id: str, verdict: str, rating: float | None = None) -> bool:
        """Store a verdict, or the rating in stars that it comes with; returns whether the profile has a rating now.

        A verdict that is not a rating, or "", removes the rating of the item.
        """
        value = self._verdicts.rating(verdict) if verdict and rating is None else rating
        if not verdict or value is None:
            self._unrate(user_id, key, item_id)
            return False
        self.rate(user_id, key, self._catalogue.name_of(item_id), value)
        return True

    def star_verdicts(self) -> dict[float, str]:
        """The ratings in half stars, each with its verdict; see `Verdicts`."""
        return self._verdicts.star_verdicts()

    def change_lists(self, user_id: str, key: str, changed: Sequence[Entry]) -> None:
        """Store entries of the lists of a profile; the latest change of each entry counts.

        Raises:
            BadInput: an entry is invalid.
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
            TooManyRequests: this address has stored too much.
        """
        self._limits.write()
        user_id, key = self._own(user_id, key)
        self.verify(user_id, key)
        self.lists.change(user_id, key, changed)

    def rating_of(self, verdict: str) -> float | None:
        """The rating as which a verdict is stored; None if it is not stored as a rating."""
        return self._verdicts.rating(verdict)

    def is_rating(self, verdict: str, rating: float | None = None) -> bool:
        """Whether a mark is stored as a rating."""
        return bool(verdict) and (rating is not None or self._verdicts.rating(verdict) is not None)

    def forget(self, user_id: str, key: str, title: str = "") -> Forgotten:
        """Delete one rating of a profile or, without a title, the profile and all its data.

        Raises:
            UnknownItem, UnknownUser: no such item or profile.
            NotAllowed: a user of the data set, or not the profile's key.
            TooManyRequests: this address has stored too much.
        """
        user_id, key = self._own(user_id, key)
        title = arguments.text(title, "title")
        if not title:
            self.delete(user_id, key)
            return {"forgotten": True, "user_id": user_id, "item_id": "", "title": ""}
        item = self._catalogue.item(self._catalogue.find(title))
        forgotten = self._unrate(user_id, key, item["item_id"])
        return {
            "forgotten": forgotten,
            "user_id": user_id,
            "item_id": item["item_id"],
            "title": cards.label(item),
        }

    def delete(self, user_id: str, key: str) -> None:
        """Delete a profile with its ratings and lists, and remove its id from events, here and in other stores."""
        self._limits.write()
        user_id, key = arguments.text(user_id, "user_id"), arguments.text(key, "key")
        self.verify(user_id, key)
        self._visitors.delete(user_id, key)
        self._events.forget(user_id)
        if self._backup is not None:
            self._backup.save_soon()

    def _unrate(self, user_id: str, key: str, item_id: str) -> bool:
        self._limits.write()
        user_id, key = arguments.text(user_id, "user_id"), arguments.text(key, "key")
        self.verify(user_id, key)
        return self._visitors.unrate(user_id, key, item_id)

    def _own(self, user_id: str, key: str) -> tuple[str, str]:
        """The id and key of a profile as texts.

        Raises:
            NotAllowed: the id belongs to the data set.
        """
        user_id = arguments.text(user_id, "user_id")
        if self._catalogue.has_user(user_id):
            person = self._catalogue.wording.person
            raise NotAllowed(
                f"{person.capitalize()} {user_id} belongs to the data set and is read-only. Create a profile first."
            )
        return user_id, arguments.text(key, "key")

    def _on_scale(self, rating: object) -> float:
        low, high = self._catalogue.info["scale"]
        value = arguments.number(rating)
        if not low <= value <= high:
            words = self._catalogue.wording
            legal = f"a number {words.span(low, high)}" if low < high else f"{high:g}, the only {words.rating} there is"
            raise BadInput(f"Rating {rating!r:.300} is {arguments.off_scale(rating)}; use {legal}.")
        return value


def unknown_user(catalogue: Catalogue, user_id: str) -> NeedsRatings | UnknownUser:
    """The error for a user id that neither the data set nor the profiles have."""
    info, words = catalogue.info, catalogue.wording
    if not info["n_users"]:
        notes = " ".join(info.get("notes") or [])
        return NeedsRatings(f"Unknown {words.person} {user_id!r}; {info['title']} has no {words.people}. {notes}")
    return UnknownUser(
        f"Unknown {words.person} {user_id!r}; {info['title']} has {info['n_users']:,} {words.people}, "
        f"such as {catalogue.users(1)[0]} and {catalogue.last_user()}."
    )
