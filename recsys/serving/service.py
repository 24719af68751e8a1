"""The one thing that page, API and command line call: questions in, plain dicts out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from recsys.catalogue.database import Catalogue
from recsys.catalogue.wording import VERDICTS, Wording
from recsys.errors import BadInput, NeedsRatings, NotAllowed, UnknownUser, listing
from recsys.models.base import Recommender
from recsys.models.content_based.content import Content
from recsys.models.hybrid.hybrid import Hybrid
from recsys.release import Release
from recsys.serving import arguments, cards
from recsys.serving.answers import Picking, Picks, Taste
from recsys.serving.filters import Facets, Filters
from recsys.serving.latency import Latencies
from recsys.serving.released_models import Serving
from recsys.serving.taste import taste
from recsys.serving.verdicts import Verdicts
from recsys.settings import Settings
from recsys.visitors.backup import Backup
from recsys.visitors.profiles import Visitors
from recsys.visitors.recorder import EventRecorder


class Service:
    """Answers from one catalogue, one release of models and the visitors' own ratings.

    Every method raises a RecsysError with one clear sentence where it cannot answer. Reading is safe from
    many threads; `use` swaps the release in one assignment.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        visitors: Visitors,
        release: Release,
        tmdb: Any = None,
        poster: cards.Poster | None = None,
    ):
        self.settings, self.catalogue, self.visitors, self.tmdb = settings, catalogue, visitors, tmdb
        self.verdicts = Verdicts(catalogue)
        self._placeholder = poster or (lambda item: "")
        self.events = EventRecorder(lambda: self.visitors, settings.mongodb_uri)
        self.latencies = Latencies()
        self.backup: Backup | None = None  # of visitors' data; set by runtime.startup
        self.use(release)

    def use(self, release: Release) -> None:
        """Serve another release from the next question on."""
        self.picking = Picking(Serving(self.catalogue, release))

    # -- questions about items ------------------------------------------------------------------

    def search(self, query: str, n: int = 10) -> list[dict[str, Any]]:
        """Items whose title fits, typos forgiven; then items that fit the words as a description."""
        n = arguments.count(n)
        query = arguments.text(query, "query")
        if not query:
            raise BadInput("query is empty: give a title or a few words.")
        return self.cards(self.picking.search(query, n))

    def similar(
        self, title: str, n: int = 10, model: str = Content.name, filters: Filters | None = None
    ) -> list[dict[str, Any]]:
        """Items like one item."""
        n = arguments.count(n)
        item_id = self.catalogue.find(arguments.named(title))
        return self._lines(self.picking.similar(item_id, n, model, filters or Filters()), source=item_id)

    def item(self, title: str) -> dict[str, Any]:
        """One item in full."""
        item = self.catalogue.item(self.catalogue.find(arguments.named(title)))
        extra = self.tmdb.lookup(item) if self.tmdb is not None else None
        return cards.full(item, self._poster, extra)

    def cards(self, item_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Items by id, in the order given."""
        return [self._card(item) for item in self.catalogue.items(item_ids)]

    # -- questions about people -----------------------------------------------------------------

    def recommend(
        self, user_id: str, n: int = 10, model: str | None = None, filters: Filters | None = None
    ) -> list[dict[str, Any]]:
        """Personal picks for a user of the data set or a profile."""
        taste, n = self._taste(user_id), arguments.count(n)
        picks = self.picking.personal(taste, n, model or self.default_model, filters or Filters())
        return self._lines(picks, user_id=user_id)

    def recommend_for(
        self,
        liked: Sequence[str],
        disliked: Sequence[str] = (),
        n: int = 10,
        model: str = Hybrid.name,
        filters: Filters | None = None,
        seen: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """Picks for somebody who is not in the data, from what they like, do not like, and know without a verdict."""
        history, left_out = self.verdicts.taste(liked, disliked, seen)
        if not history and not left_out:
            raise BadInput(f"liked and disliked are empty: name at least one {self.words.item}.")
        name = self.serving.learned(model) if model == Hybrid.name else model
        return self._lines(
            self.picking.personal(Taste.of(history), arguments.count(n), name, filters or Filters(), left_out)
        )

    def hybrid(
        self, user_id: str = "", title: str = "", n: int = 10, balance: float = 0.5, filters: Filters | None = None
    ) -> list[dict[str, Any]]:
        """Picks for a person, near an item, or both; `balance` 0 is all content, 1 all collaborative.

        At 0.5 the learned hybrid decides; in between, neighbouring parts are mixed.
        """
        n = arguments.count(n)
        balance = arguments.fraction(balance, "balance")
        user_id, title = arguments.text(user_id, "user_id"), arguments.text(title, "title")
        if not user_id and not title:
            raise BadInput("give a user_id, a title, or both.")
        taste = self._taste(user_id) if user_id else Taste.of({})
        near = self.catalogue.find(title) if title else None
        picks = self.picking.blended(taste, near, n, balance, filters or Filters())
        lines = self._lines(picks, user_id=user_id, source=near or "", model=Hybrid.name)
        for line, part in zip(lines, picks.parts, strict=False):
            line["part"] = part
        return lines

    def explain(self, user_id: str, title: str, model: str | None = None) -> dict[str, Any]:
        """Why an item is recommended to a user: items of the history with shares, and shared traits."""
        name = self.model(model or self.default_model).name
        item_id = self.catalogue.find(arguments.named(title))
        found = self.picking.explained(self._taste(user_id), item_id, name)
        item, *others = self.cards([item_id, *(other for other, _, _ in found.history)])
        return {
            "user_id": str(user_id),
            "model": found.model,
            "item": item,
            "score": found.score,
            "reason": found.reason,
            "history": [
                card | {"rating": rating, "share": share}
                for card, (_, rating, share) in zip(others, found.history, strict=True)
            ],
            "shared": list(found.shared),
        }

    def user(self, user_id: str, n: int = 20) -> dict[str, Any]:
        """A user's number of ratings, latest ratings and taste by genre."""
        n = arguments.count(n)
        history = self.history(user_id)
        rows = self._people(user_id).user_rows(str(user_id), n)
        items = {item["item_id"]: item for item in self.catalogue.items([row["item_id"] for row in rows])}
        return {
            "user_id": str(user_id),
            "profile": self.visitors.has_user(str(user_id)),
            "n_ratings": len(history),
            "mean_rating": round(float(np.mean(list(history.values()))), 2) if history else None,
            "history": [
                self._card(items[row["item_id"]]) | {"rating": row["rating"], "timestamp": row["timestamp"]}
                for row in rows
            ],
            **taste(history, self.catalogue.items(list(history))),
        }

    # -- what visitors tell ---------------------------------------------------------------------

    def join(self, liked: Sequence[str]) -> dict[str, str]:
        """A new profile that likes these items; the key is shown this once."""
        user_id, key = self.visitors.join(self.verdicts.taste(liked)[0])
        return {"user_id": user_id, "key": key}

    def sign_in(self, account: str) -> dict[str, str]:
        """The profile of a Hugging Face account that Hugging Face vouches for: `{"user_id", "key"}`.

        The key is HMAC-SHA256 of the account under the Space's OAuth secret, so that every sign-in finds the same.

        Raises:
            NotAllowed: no OAuth application is configured.
        """
        secret = self.settings.oauth_client_secret
        if not secret:
            raise NotAllowed("signing in is not configured here: set hf_oauth in the Space's README.")
        digest = hmac.new(secret.encode(), f"{self.visitors.catalogue}/{account}".encode(), hashlib.sha256).digest()
        key = base64.urlsafe_b64encode(digest).decode()
        return {"user_id": self.visitors.sign_in(f"hf-{account}", key), "key": key}

    def rate(self, user_id: str, key: str, title: str, rating: float) -> dict[str, Any]:
        """Store a profile's rating; the next recommendation uses it."""
        low, high = self.catalogue.info["scale"]
        try:
            value = float(rating)
        except (TypeError, ValueError):
            value = float("nan")
        if not low <= value <= high:
            span = f"a number {self.words.span(low, high)}"
            legal = span if low < high else f"{high:g}, all that a {self.words.rating} says"
            raise BadInput(f"rating is {rating!r}: give {legal}.")
        user_id = arguments.text(user_id, "user_id")
        if self.catalogue.has_user(user_id):
            raise NotAllowed(
                f"{self.words.person} {user_id} belongs to the data set and is read-only: make a profile with /join."
            )
        item = self.catalogue.item(self.catalogue.find(arguments.named(title)))
        self.visitors.rate(user_id, arguments.text(key, "key"), item["item_id"], value)
        return {
            "stored": True,
            "user_id": user_id,
            "item_id": item["item_id"],
            "title": cards.label(item),
            "rating": value,
        }

    def feedback(
        self, verdict: str, title: str, user_id: str = "", model: str = "", source: str = ""
    ) -> dict[str, Any]:
        """Store what somebody thought of an item they were shown."""
        if verdict not in VERDICTS:
            raise BadInput(f"verdict is {verdict!r}: use {listing(VERDICTS)}.")
        item = self.catalogue.item(self.catalogue.find(arguments.named(title)))
        if model and model not in self.release.names:
            self.model(model)
        self.events.verdict(
            verdict,
            item["item_id"],
            model=model,
            version=self.release.version,
            user_id=arguments.text(user_id, "user_id"),
            source=arguments.text(source, "source"),
        )
        return {"stored": True, "verdict": verdict, "item_id": item["item_id"], "title": cards.label(item)}

    # -- about the service ----------------------------------------------------------------------

    def models(self) -> list[dict[str, Any]]:
        """Every model of the release, best first where measured."""
        return self.serving.lines

    def about(self) -> dict[str, Any]:
        """What is served, from which data, under which licence, and what is configured."""
        info, manifest = self.catalogue.info, self.release.manifest
        return {
            "catalogue": info["catalogue"],
            "dataset": info["dataset"],
            "title": info["title"],
            "licence": info["licence"],
            "source": info.get("source", ""),
            "notes": list(info.get("notes") or []),
            "counts": {"items": info["n_items"], "users": info["n_users"], "ratings": info["n_ratings"]},
            "scale": list(info["scale"]),
            "match": self.serving.match_means(self.default_model),
            "release": {
                "version": self.release.version,
                "created": manifest.get("created"),
                "revision": self.release.revision,
                "models": list(self.release.names),
            },
            "services": {
                "tmdb": bool(self.settings.tmdb_api_key),
                "hub": bool(self.settings.hub_repo),
                "feedback": bool(self.settings.feedback_repo or self.settings.feedback_dir),
            },
            "feedback": None if self.backup is None else self.backup.status(),
        }

    # -- pieces ---------------------------------------------------------------------------------

    @property
    def words(self) -> Wording:
        """The catalogue's words for items, people and liking."""
        return self.catalogue.wording

    @property
    def serving(self) -> Serving:
        """The release in service over the catalogue."""
        return self.picking.serving

    @property
    def release(self) -> Release:
        """The release in service."""
        return self.serving.release

    @property
    def default_model(self) -> str:
        """What answers a user: the best collaborative model, content where there are no ratings."""
        return self.serving.default_model

    @property
    def facets(self) -> Facets:
        """Genres, years and languages to filter by."""
        return self.serving.facets

    def model(self, name: str) -> Recommender:
        """A model of the release; see Serving.model."""
        return self.serving.model(name)

    def history(self, user_id: str) -> dict[str, float]:
        """Ratings by item id, oldest first, of a user of the data set or a profile."""
        user_id = arguments.text(user_id, "user_id")
        return self._people(user_id).history(user_id)

    def _people(self, user_id: str) -> Catalogue | Visitors:
        """Where this user's ratings are."""
        user_id = str(user_id)
        if self.catalogue.has_user(user_id):
            return self.catalogue
        if user_id and self.visitors.has_user(user_id):
            return self.visitors
        info, words = self.catalogue.info, self.words
        if not info["n_users"]:
            raise NeedsRatings(
                f"no {words.person} {user_id!r}: {info['title']} comes without {words.people}. "
                + " ".join(info.get("notes") or [])
            )
        raise UnknownUser(
            f"no {words.person} {user_id!r}: {info['title']} has {info['n_users']:,} {words.people}, "
            f"{self.catalogue.users(1)[0]} to {self.catalogue.last_user()}. "
            "Make a profile in New here? or with /join."
        )

    def _taste(self, user_id: str) -> Taste:
        user_id = arguments.text(user_id, "user_id")
        people = self._people(user_id)
        if people is self.catalogue:
            # what the data set holds of somebody never changes while it is open
            return Taste(user_id, lambda: people.history(user_id))
        return Taste.of(people.history(user_id))

    def _lines(self, picks: Picks, *, user_id: str = "", source: str = "", model: str = "") -> list[dict[str, Any]]:
        """The cards of a list, which is told to the events."""
        items = self.catalogue.items(picks.item_ids)
        columns = zip(items, picks.scores, picks.matches, picks.reasons, strict=True)
        lines = [
            self._card(item) | {"rank": rank, "score": score, "match": match, "reason": reason}
            for rank, (item, score, match, reason) in enumerate(columns, start=1)
        ]
        self.events.shown(
            picks.item_ids, model=model or picks.model, version=self.release.version, user_id=user_id, source=source
        )
        return lines

    def _poster(self, item: cards.CatalogueItem) -> str:
        extra = self.tmdb.lookup(item) if self.tmdb is not None else None
        return (extra or {}).get("poster") or item.get("image") or self._placeholder(item)

    def _card(self, item: cards.CatalogueItem) -> dict[str, Any]:
        return cards.card(item, self._poster)
