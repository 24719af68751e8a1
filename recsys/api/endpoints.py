"""The public endpoints, one typed and documented function each, for HTTP and MCP."""

from __future__ import annotations

from typing import Any

from recsys.api.contract import ENDPOINTS, endpoint
from recsys.models.hybrid.hybrid import Hybrid
from recsys.serving.cards import FullItem, Item, Recommendation, item_fields, label, recommendation_fields
from recsys.serving.filters import FILTER_KEYS, Filters
from recsys.serving.replies import (
    About,
    Explanation,
    ExportedFile,
    FeedAddress,
    Forgotten,
    ForGroup,
    ImportReport,
    ModelLine,
    PersonReply,
    StoredRating,
    StoredVerdict,
    User,
)
from recsys.serving.service import Service

__all__ = ["ENDPOINTS", "PROFILE", "examples", "vocabulary"]

PROFILE = "guest-id-from-join"  # in examples, a profile


@endpoint()
def search(
    service: Service,
    query: str,
    n: int = 10,
    filters: dict[str, Any] = {},  # noqa: B006
) -> list[Item]:
    """Search {items} by title, person, genre, language, year or description; typos, case and accents do not matter.

    Args:
        query: A title, part of a title, or a few words that describe it.
        n: Maximum number of results, 1 to 100.
        filters: Limits and dials, any of {filter_keys}.
    """
    return [item_fields(item) for item in service.search(query, n, Filters.from_dict(filters))]


@endpoint()
def similar(
    service: Service,
    title: str,
    n: int = 10,
    model: str = "",
    filters: dict[str, Any] = {},  # noqa: B006
) -> list[Recommendation]:
    """{Items} similar to one {item}, or to a wish in words about several {items}, with reasons.

    Args:
        title: An item id, a title such as "{example}", an approximate title, or a wish: "like A and B", "like A but
            newer", "like A, not {genre}, before 2000". The note says what was understood.
        n: Number of results, 1 to 100.
        model: One recommender that compares; /models lists them. Empty: content, series and ratings together.
        filters: Limits and dials, any of {filter_keys}.
    """
    return [recommendation_fields(line) for line in service.similar(title, n, model, Filters.from_dict(filters))]


@endpoint()
def recommend(
    service: Service,
    user_id: str,
    n: int = 10,
    model: str = "",
    filters: dict[str, Any] = {},  # noqa: B006
) -> list[Recommendation]:
    """Recommend {items} to a known {person}, without those in their history.

    Args:
        user_id: A {person} of the data set, or a profile created by /join.
        n: Number of results, 1 to 100.
        model: The recommender that answers; /models lists them. Empty: the best one.
        filters: Limits and dials, any of {filter_keys}.
    """
    return [recommendation_fields(line) for line in service.recommend(user_id, n, model, Filters.from_dict(filters))]


@endpoint()
def hybrid(
    service: Service,
    user_id: str = "",
    title: str = "",
    n: int = 10,
    balance: float = 0.5,
    filters: dict[str, Any] = {},  # noqa: B006
) -> list[Recommendation]:
    """Blend content-based and collaborative recommendations for a {person}, near one {item}, or both.

    Args:
        user_id: A {person} or profile; may be empty if a title is given.
        title: The {item} to stay near; may be empty if a user_id is given.
        n: Number of results, 1 to 100.
        balance: From 0 (content-based) to 1 (collaborative); 0.5 is the learned mix.
        filters: Limits and dials, any of {filter_keys}.
    """
    chosen = Filters.from_dict(filters)
    return [recommendation_fields(line) for line in service.hybrid(user_id, title, n, balance, chosen)]


@endpoint()
def recommend_for(
    service: Service,
    liked: list[str],
    disliked: list[str] = [],  # noqa: B006 - callers see this default; it is copied before use
    n: int = 10,
    model: str = Hybrid.name,
    ratings: dict[str, float] = {},  # noqa: B006
    filters: dict[str, Any] = {},  # noqa: B006
) -> list[Recommendation]:
    """Recommend {items} to a {person} who is not in the data, from {items} that they like and dislike.

    Args:
        liked: Titles or item ids they like.
        disliked: Titles or item ids they do not like.
        n: Number of results, 1 to 100.
        model: The recommender that answers; /models lists them.
        ratings: {Ratings} by title or item id, oldest first, such as those of /import_ratings.
        filters: Limits and dials, any of {filter_keys}.
    """
    chosen = Filters.from_dict(filters)
    found = service.recommend_for(liked, disliked, n, model, chosen, ratings=ratings)
    return [recommendation_fields(line) for line in found]


@endpoint()
def together(
    service: Service,
    people: list[Any],
    n: int = 10,
    filters: dict[str, Any] = {},  # noqa: B006
    fairness: float = 0.5,
) -> list[ForGroup]:
    """Recommend {items} that a group of 2 to 8 people will enjoy together and that none of them has seen.

    Args:
        people: One entry per person: a {person} or profile id, a list of titles that they like, or {ratings} by title.
        n: Number of results, 1 to 100.
        filters: Limits and dials, any of {filter_keys}.
        fairness: From 0 (best on average) to 1 (best for the least satisfied member).
    """
    found = service.together(people, n, Filters.from_dict(filters), fairness)
    return [{**recommendation_fields(line), "matches": line["matches"], "reasons": line["reasons"]} for line in found]


@endpoint()
def import_ratings(service: Service, text: str, format: str = "auto") -> ImportReport:
    """Match an export of {ratings} from another site to the catalogue; nothing is stored.

    Args:
        text: The text of an exported CSV or JSON file.
        format: Name of the format; "auto" recognises it by its content.
    """
    return service.import_ratings(text, format)


@endpoint()
def export(
    service: Service,
    ratings: dict[str, Any] = {},  # noqa: B006
    titles: list[str] = [],  # noqa: B006
    format: str = "json",
    user_id: str = "",
    key: str = "",
) -> ExportedFile:
    """Write {ratings} and a list of {items} as a file that another site imports; /import_ratings reads it back.

    Args:
        ratings: {Ratings} by title or item id; like and dislike are {ratings} too.
        titles: Titles or item ids of a list, such as a watch-list.
        format: json, letterboxd, imdb, trakt, radarr or jellyfin.
        user_id: A profile whose stored {ratings} and watch-list to add; needs its key.
        key: The key of the profile, as returned by /join.
    """
    return service.exports.file(ratings, titles, format, user_id, key)


@endpoint()
def person(service: Service, name: str, n: int = 20) -> PersonReply:
    """Find a director or actor by full or last name, with their {items}, the best known first.

    Args:
        name: The name; case, accents and small typos do not matter.
        n: Number of {items}, 1 to 100.
    """
    found = service.person(name, n)
    items, note = [item_fields(item) for item in found["items"]], found.get("note")
    reply: PersonReply = {"name": found["name"], "roles": found["roles"], "items": items}
    return {**reply, "note": note} if note else reply


@endpoint()
def explain(service: Service, user_id: str, title: str, model: str = "") -> Explanation:
    """Explain why one {item} is recommended to a {person}: the parts of their history behind it, and shared traits.

    Args:
        user_id: A {person}, or a profile; the history of a profile is private and left out.
        title: The {item} to explain.
        model: The recommender to ask; /models lists them. Empty: the best one.
    """
    return service.explain(user_id, title, model)


@endpoint()
def item(service: Service, title: str) -> FullItem:
    """Return all information about one {item}: overview, people, keywords, {ratings}, trailer, where to watch.

    Args:
        title: An item id, a title such as "{example}", or an approximate title.
    """
    return service.item(title)


@endpoint()
def user(service: Service, user_id: str, n: int = 20, key: str = "") -> User:
    """Return the number of {ratings} of a {person}, their latest {ratings}, and their taste by {genre}.

    Args:
        user_id: A {person}, or a profile with its key.
        n: Number of latest {ratings} to return, 1 to 100.
        key: The key of a profile, as returned by /join.
    """
    return service.user(user_id, n, key)


@endpoint()
def feed_address(service: Service, user_id: str, key: str) -> FeedAddress:
    """Return the secret addresses of a profile's feed of new picks and of its watch-list, void when it is deleted.

    The feed is in the format Atom; the watch-list is in JSON that Jellyfin (plugin Collection Import) and Radarr read.

    Args:
        user_id: The profile, as returned by /join.
        key: Its key, as returned by /join.
    """
    return service.feeds.address(user_id, key)


@endpoint(writes=True)
def join(service: Service, liked: list[str]) -> dict[str, str]:
    """Create a profile; return its user_id and a key that is shown only once.

    Args:
        liked: Titles or item ids of {items} that the new {person} likes.
    """
    return service.profiles.create(liked)


@endpoint(writes=True)
def rate(service: Service, user_id: str, key: str, title: str, rating: float) -> StoredRating:
    """Store a {rating} of a profile; the next recommendation uses it.

    Args:
        user_id: The profile, as returned by /join.
        key: Its key, as returned by /join.
        title: The {item} to rate.
        rating: A number {scale}.
    """
    return service.profiles.rate(user_id, key, title, rating)


@endpoint(writes=True)
def feedback(
    service: Service, verdict: str, title: str, user_id: str = "", model: str = "", source: str = "", key: str = ""
) -> StoredVerdict:
    """Store a verdict on one {item} that was shown.

    Args:
        verdict: like, dislike or seen.
        title: The {item}.
        user_id: The profile that gives the verdict; empty for a visitor without a profile.
        model: The recommender that listed the {item}, if known.
        source: The place where it was shown, such as the {item} it is similar to.
        key: The key of the profile; needed with a user_id.
    """
    return service.feedback(verdict, title, user_id, model, source, key)


@endpoint(writes=True)
def forget(service: Service, user_id: str, key: str, title: str = "") -> Forgotten:
    """Delete one {rating} of a profile or, without a title, the profile and all its data, at once and permanently.

    Args:
        user_id: The profile, as returned by /join.
        key: Its key, as returned by /join.
        title: The {item} whose {rating} to delete; empty for the whole profile.
    """
    return service.profiles.forget(user_id, key, title)


@endpoint()
def models(service: Service) -> list[ModelLine]:
    """List all trained recommenders with family, metrics, training seconds and version."""
    return service.models()


@endpoint()
def about(service: Service) -> About:
    """Describe the service: catalogue, data set and licence, counts, release, and configured services."""
    return service.about()


def vocabulary(service: Service) -> dict[str, str]:
    """The catalogue's words for the braces in the documentation of the endpoints."""
    words, known = service.words, service.landing.examples(1)
    plain = {name: getattr(words, name) for name in ("item", "items", "person", "genre", "rating", "ratings")}
    return plain | {
        "Items": words.items.capitalize(),
        "Ratings": words.ratings.capitalize(),
        "filter_keys": ", ".join(FILTER_KEYS),
        "example": label(known[0]) if known else "",
        "scale": words.span(*service.scale),
    }


def examples(service: Service) -> dict[str, Any]:
    """Values of required parameters, by name, for the examples in the documentation of the API."""
    items = service.landing.examples(2)
    titles = [label(item) for item in items] or ["a title"]
    names = [name for item in items for name in item.get("cast") or []]
    return {
        "query": titles[0],
        "title": titles[0],
        "user_id": next(iter(service.landing.example_users), PROFILE),
        "liked": titles,
        "people": [[title] for title in titles],
        "text": f"title,rating\n{titles[0]},{service.scale[1]:g}",
        "name": names[0] if names else "a name",
        "key": "the-key-from-join",
        "rating": service.scale[1],
        "verdict": "like",
    }
