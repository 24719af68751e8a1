"""Export ratings and lists of a visitor in the layouts of other sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from recsys.catalogue.database import Catalogue
from recsys.errors import BadInput
from recsys.imports.writing import CSV, OWN, TABLES, Title, write
from recsys.serving import arguments
from recsys.serving.profiles import Profiles
from recsys.serving.replies import ExportedFile
from recsys.serving.verdicts import VERDICTS, Verdicts
from recsys.visitors.profiles import Visitors

MOST = 100_000  # largest number of ratings of one user


class Exports:
    """Writer of the files of one catalogue."""

    def __init__(self, catalogue: Catalogue, visitors: Visitors, profiles: Profiles):
        self._catalogue, self._visitors, self._profiles = catalogue, visitors, profiles
        self._verdicts = Verdicts(catalogue)

    def file(
        self,
        ratings: Mapping[str, float | str] | None = None,
        titles: Sequence[str] = (),
        format: str = OWN,
        user_id: str = "",
        key: str = "",
    ) -> ExportedFile:
        """A file with ratings and a list by title or item id, and the stored ratings and lists of a user.

        The watch-list of a profile is left out if the format holds either ratings or a list. A rating may be the
        verdict like or dislike. Items that are only seen are left out: they have no rating.

        Raises:
            BadInput: there is nothing to export, or the format does not fit.
            UnknownItem, UnknownUser: an item or the user does not exist.
            NotAllowed: the key is not that of the profile.
        """
        format, user_id = arguments.text(format, "format"), arguments.text(user_id, "user_id")
        words = self._catalogue.wording
        if self._catalogue.info["catalogue"] != "films" and format != OWN:
            raise BadInput(f"Format {format!r} is for films only. Use {OWN!r}.")
        stored = {row["item_id"]: row for row in self._stored(user_id, arguments.text(key, "key"))}
        rated = {item_id: row["rating"] for item_id, row in stored.items()} | self._verdicts.rated(
            self._valued(ratings)
        )
        wanted = [*self._verdicts.named("titles", titles), *self._watchlist(user_id, format)]
        listed = [one for one in dict.fromkeys(wanted) if one not in rated]
        if not rated and not listed:
            raise BadInput(f"There is nothing to export. Give ratings or titles of {words.items}.")
        days = {item_id: _day(row["timestamp"]) for item_id, row in stored.items()}
        items = {item["item_id"]: item for item in self._catalogue.items([*rated, *listed])}
        lines = [Title(items[item_id], rating, days.get(item_id, "")) for item_id, rating in rated.items()]
        lines += [Title(items[item_id]) for item_id in listed]
        low, high = self._catalogue.info["scale"]
        less = self._profiles.lists.rejected(user_id) if format == OWN else []
        text, media_type = write(lines, format, (low, high), less)
        name = f"recsys-{'ratings' if rated else 'list'}-{format}.{'csv' if media_type == CSV else 'json'}"
        return {"format": format, "filename": name, "media_type": media_type, "n": len(lines), "text": text}

    def _valued(self, ratings: object) -> object:
        """The ratings with the ratings of verdicts in their place."""
        if not isinstance(ratings, Mapping):
            return ratings
        said = {name: value for name, value in ratings.items() if isinstance(value, str) and value in VERDICTS}
        values = {**ratings, **{name: self._verdicts.rating(verdict) for name, verdict in said.items()}}
        return {name: value for name, value in values.items() if value is not None}

    def _stored(self, user_id: str, key: str) -> list[dict[str, Any]]:
        """All ratings of a user, oldest first; a profile requires its key, "" has none."""
        if not user_id:
            return []
        if self._catalogue.has_user(user_id):
            return self._catalogue.user_rows(user_id, MOST)[::-1]
        self._profiles.verify(user_id, key)
        return self._visitors.user_rows(user_id, MOST)[::-1]

    def _watchlist(self, user_id: str, format: str) -> list[str]:
        """The watch-list of a profile whose key was verified, if the format holds ratings and a list."""
        return [] if format in TABLES else self._profiles.lists.watched(user_id)


def _day(timestamp: float | None) -> str:
    return "" if timestamp is None else datetime.fromtimestamp(timestamp, UTC).date().isoformat()
