"""Store the feedback of visitors on items that they were shown."""

from __future__ import annotations

from recsys.catalogue.database import Catalogue
from recsys.catalogue.wording import VERDICTS
from recsys.errors import BadInput, listing
from recsys.serving import arguments, cards
from recsys.serving.profiles import Profiles
from recsys.serving.rate_limit import RateLimits
from recsys.serving.replies import StoredVerdict
from recsys.visitors.recorder import EventRecorder


class Feedback:
    """The verdicts on items of one catalogue."""

    def __init__(self, catalogue: Catalogue, profiles: Profiles, events: EventRecorder, limits: RateLimits):
        self._catalogue, self._profiles, self._events, self._limits = catalogue, profiles, events, limits

    def store(
        self, verdict: str, title: str, user_id: str, model: str, source: str, key: str, version: str
    ) -> StoredVerdict:
        """Store a verdict; for a profile, its key is required.

        Users of the data set have no key, so a verdict with such a user id is stored without the id.

        Raises:
            BadInput: the verdict is unknown.
            UnknownItem, UnknownUser: the item or profile does not exist.
            NotAllowed: the key is wrong.
            TooManyRequests: this address has sent too many changes.
        """
        self._limits.write()
        user_id = arguments.text(user_id, "user_id")
        if user_id and self._catalogue.has_user(user_id):
            user_id = ""
        elif user_id:
            self._profiles.verify(user_id, arguments.text(key, "key"))
        if verdict not in VERDICTS:
            raise BadInput(f"Verdict {verdict!r:.300} is unknown; use {listing(VERDICTS)}.")
        item = self._catalogue.item(self._catalogue.find(arguments.title(title)))
        self._events.verdict(
            verdict,
            item["item_id"],
            model=model,
            version=version,
            user_id=user_id,
            source=arguments.text(source, "source"),
        )
        return {"stored": True, "verdict": verdict, "item_id": item["item_id"], "title": cards.label(item)}
