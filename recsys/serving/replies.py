"""Types of the service's replies, except items and recommendations."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from recsys.serving.cards import Item, Recommendation
from recsys.serving.taste import Taste
from recsys.visitors.backup import BackupStatus


class Shown(Recommendation):
    """A recommendation; in a blend it also has the `part` that adds most to its score."""

    part: NotRequired[str]


class ForGroup(Shown):
    """A recommendation for a group, with one match and one reason per person; `match` is the mean."""

    matches: list[int | None]
    reasons: list[str]


class ImportedItem(Item):
    """An item of an export; the rating is None if it was only watched."""

    rating: float | None


class Unmatched(TypedDict):
    """A title of an export without a matching item, and the reason."""

    title: str
    year: int | None
    why: str


class ImportReport(TypedDict):
    """An export matched to the catalogue."""

    format: str
    matched: list[ImportedItem]
    unmatched: list[Unmatched]
    watchlist: list[Item]
    notes: list[str]


class ExportedFile(TypedDict):
    """A file with n titles in a format of another site."""

    format: str
    filename: str
    media_type: str
    n: int
    text: str


class FeedAddress(TypedDict):
    """Paths of a profile's feed and watch-list on this server."""

    address: str
    watchlist: str


class RatedItem(Item):
    """An item of a history; the time is in seconds since 1970, None if unknown."""

    rating: float
    timestamp: int | None


class SharedItem(Item):
    """An item of a history with its share in an explained score."""

    rating: float
    share: float


class PersonReply(TypedDict):
    """A director or actor, with up to n of their items; the `note` names others with the same last name."""

    name: str
    roles: list[str]
    items: list[Item]
    note: NotRequired[str]


class Explanation(TypedDict):
    """Why an item is recommended to a user."""

    user_id: str
    model: str
    item: Item
    score: float | None
    reason: str
    history: list[SharedItem]
    shared: list[str]


class User(Taste):
    """A user or profile: latest ratings, and taste over all ratings; the mean is None without ratings.

    A profile also has its watch-list, and what to show less of as texts of the filter `less`.
    """

    user_id: str
    profile: bool
    n_ratings: int
    mean_rating: float | None
    history: list[RatedItem]
    watchlist: NotRequired[list[Item]]
    less: NotRequired[list[str]]


class StoredVerdict(TypedDict):
    """A verdict that was stored."""

    stored: bool
    verdict: str
    item_id: str
    title: str


class StoredRating(TypedDict):
    """A rating that was stored."""

    stored: bool
    user_id: str
    item_id: str
    title: str
    rating: float


class Forgotten(TypedDict):
    """What was deleted: one rating, or a whole profile if `item_id` is empty; false if there was no such rating."""

    forgotten: bool
    user_id: str
    item_id: str
    title: str


class ModelLine(TypedDict):
    """A model of the release; metrics by name, the time is None if unknown."""

    name: str
    title: str
    summary: str
    family: str
    metrics: dict[str, float]
    training_seconds: float | None
    version: str
    settings: dict[str, object]


class Counts(TypedDict):
    """Numbers of items, users and ratings in the data set."""

    items: int
    users: int
    ratings: int


class ReleaseFacts(TypedDict):
    """The release in use; the revision is None if it was not pulled from the Hub."""

    version: str
    created: str | None
    revision: str | None
    models: list[str]


class Services(TypedDict):
    """Which outside services are configured."""

    tmdb: bool
    hub: bool
    feedback: bool
    postgresql: bool


class HubFacts(TypedDict):
    """The repository that is followed, and why it cannot be followed now ("" if it can)."""

    repo: str
    revision: str
    trouble: str


class About(TypedDict):
    """The data and its licence, the release, and which services are configured."""

    catalogue: str
    dataset: str
    title: str
    licence: str
    source: str
    notes: list[str]
    counts: Counts
    scale: list[float]
    match: str
    release: ReleaseFacts
    services: Services
    feedback: BackupStatus | None
    hub: HubFacts | None


class Readiness(TypedDict):
    """Readiness of the service: whether it can do all its work, and why not ("" if it can)."""

    ok: bool
    release: str
    trouble: str


class Health(TypedDict):
    """Health of the service: whether it answers, its release and its data set."""

    ok: bool
    release: str
    dataset: str
