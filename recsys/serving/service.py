"""Facade of the service for page, API and command line; results are plain dicts."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from recsys.catalogue.database import Catalogue
from recsys.catalogue.tmdb import Tmdb
from recsys.catalogue.wording import Wording
from recsys.errors import BadInput, UnknownUser
from recsys.release import Release
from recsys.serving import arguments, cards, replies, taste, user_replies
from recsys.serving.about import describe, readiness
from recsys.serving.activity import ActivityLog
from recsys.serving.answers import Answers, Picks
from recsys.serving.artwork import Artwork, artwork_origins
from recsys.serving.cards import FullItem, Item
from recsys.serving.data_report import DataReport, data_report
from recsys.serving.exports import Exports
from recsys.serving.feedback import Feedback
from recsys.serving.feeds import Feeds
from recsys.serving.filters import NO_FILTERS, FilterChoices, Filters
from recsys.serving.imported_ratings import RatingsImport
from recsys.serving.landing import Landing
from recsys.serving.latency import Latencies
from recsys.serving.model_reports import ModelReports
from recsys.serving.profile_lists import with_less
from recsys.serving.profiles import Profiles, unknown_user
from recsys.serving.rate_limit import RateLimits
from recsys.serving.released_models import Defaults, ReleasedModels
from recsys.serving.scored_histories import History
from recsys.serving.together import DIAL, Person, for_group, group_of, member_ratings, recommend_together
from recsys.serving.verdicts import Verdicts
from recsys.serving.wishes.answering import SOURCE, WishAnswers
from recsys.settings import Settings
from recsys.visitors.backup import Backup
from recsys.visitors.profiles import Visitors
from recsys.visitors.recorder import EventRecorder, calling


class _InUse(NamedTuple):
    """Objects of one release, replaced together in one assignment."""

    models: ReleasedModels
    answers: Answers
    landing: Landing
    wishes: WishAnswers


class Service:
    """Service over one catalogue, one release of models, and the visitors' ratings.

    Methods raise a RecsysError with one sentence if they cannot answer; CALLER_ERRORS are errors of the caller.
    Thread-safe; `use` replaces the release between two calls.

    Attributes:
        artwork, profiles, activity: source of pictures, visitors' profiles, and the event log of visitors.
        imports, exports: read exports of other sites, and write files that they import.
        feeds, changed: new picks of profiles at secret addresses; event of another release or the end, for `warm_up`.
        latencies, limits, caches: durations of the calls; rate limits by address; caches of answers by their content.
        closed, troubles: whether `close` was called; under "hub" why the Hub cannot be reached now, "" if it can.
        backup, candidates: backup of visitors' data, None if it is not configured; index of RECSYS_CANDIDATES.
        settings, catalogue, visitors, events: parts of the service, for the code that runs it.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        visitors: Visitors,
        release: Release,
        *,
        tmdb: Tmdb | None = None,
        backup: Backup | None = None,
        record_lists: bool = True,
    ):
        self.settings, self.catalogue, self.visitors, self.backup = settings, catalogue, visitors, backup
        self._tmdb, self.events = tmdb, EventRecorder(visitors, settings.mongodb_uri, enabled=record_lists)
        self.latencies, self.limits = Latencies(), RateLimits(settings.rate_limits, shared=visitors.shared_limits())
        self.artwork = Artwork(tmdb, catalogue.image_origins() | artwork_origins(settings, tmdb))
        self.profiles = Profiles(catalogue, visitors, self.events, backup, settings.oauth_client_secret, self.limits)
        self._feedback = Feedback(catalogue, self.profiles, self.events, self.limits)
        self.activity = ActivityLog(catalogue, visitors, self.events)
        self.imports, self.exports = RatingsImport(catalogue), Exports(catalogue, visitors, self.profiles)
        self.feeds, self.changed = Feeds(visitors, self.profiles, self.recommend), threading.Event()
        self._verdicts, self.troubles, self.closed = Verdicts(catalogue), {"hub": ""}, False
        self.use(release)

    def use(self, release: Release) -> None:
        """Serve another release from the next call on."""
        answers = Answers(models := ReleasedModels(self.catalogue, release, self._tmdb), self.settings.candidates)
        self.candidates, wishes = answers.candidates, WishAnswers(answers)
        self._in_use = _InUse(models, answers, Landing(models), wishes)
        self.caches = {**answers.caches(), "wishes": wishes.cache}
        self.changed.set()

    # -- questions about items ------------------------------------------------------------------

    def search(self, query: str, n: int = 10, filters: Filters = NO_FILTERS) -> list[Item]:
        """Items with a close title, of a person, or of the genres, languages, years and theme that the text names."""
        n, query = arguments.count(n), arguments.text(query, "query")
        if not query:
            raise BadInput("Parameter query is empty; use a title or a few words.")
        return self.cards(self._in_use.answers.search(query, n, filters))

    def understood(self, query: str) -> str:
        """A sentence on the genres, languages, years, people and the theme that `search` finds in a text, or ""."""
        models = self._in_use.models
        return models.search_facets.sentence(models.understood(arguments.text(query, "query")))

    def similar(self, title: str, n: int = 10, model: str = "", filters: Filters = NO_FILTERS) -> list[replies.Shown]:
        """Items similar to one item, or to a wish, by content and ratings together unless a model is named."""
        n, in_use = arguments.count(n), self._in_use
        if wish := in_use.wishes.wanted(title):
            return self._shown(in_use.wishes.picks(wish, n, model, filters), source=SOURCE)
        item_id = self._find(title)
        return self._shown(in_use.answers.similar(item_id, n, model, filters), source=item_id)

    def item(self, title: str) -> FullItem:
        """One item with all its fields."""
        item = self.catalogue.item(self._find(title))
        found = cards.full(item, self.artwork.poster, self.artwork.details(item))
        spell = self._in_use.models.formatter.spell
        return {**found, "keywords": [spell(keyword) for keyword in found["keywords"]]}

    def person(self, name: str, n: int = 20) -> replies.PersonReply:
        """A director or actor by full or last name, and their items, the most rated first."""
        n, people = arguments.count(n), self._in_use.models.people
        found = people.named(name := arguments.name(name))
        if found is None:
            raise BadInput(people.no_such(name))
        ids = self.release.items.ids[found.numbers[:n]].tolist()
        return {"name": found.name, "roles": list(found.roles), "items": self.cards(ids), "note": found.note}

    def cards(self, item_ids: Iterable[str]) -> list[Item]:
        """Items by id, in the given order."""
        return [cards.card(item, self.artwork.poster) for item in self.catalogue.items(item_ids)]

    def known(self, item_ids: Iterable[str]) -> list[str]:
        """The ids that are items of this catalogue, in the given order."""
        return [item_id for item_id in item_ids if item_id in self.catalogue.ids]

    def known_less(self, rejected: Iterable[str]) -> list[str]:
        """Those of the texts of the filter `less` that this catalogue has, in the given order."""
        return [text for text in rejected if self._in_use.answers.less.knows(text)]

    # -- questions about users ------------------------------------------------------------------

    def recommend(
        self, user_id: str, n: int = 10, model: str = "", filters: Filters = NO_FILTERS
    ) -> list[replies.Shown]:
        """Recommendations for a user of the data set or a profile, by the best model or a named one."""
        history, less = self._history(user_id), self.known_less(self.profiles.lists.rejected(str(user_id)))
        n, filters = arguments.count(n), with_less(filters, less)
        picks = self._in_use.answers.personal(history, n, model or self.defaults.user, filters)
        return self._shown(picks, user_id=user_id)

    def recommend_for(
        self,
        liked: Sequence[str],
        disliked: Sequence[str] = (),
        n: int = 10,
        model: str = "",
        filters: Filters = NO_FILTERS,
        seen: Sequence[str] = (),
        ratings: Mapping[str, float] | None = None,
    ) -> list[replies.Shown]:
        """Recommendations for a user who is not in the data, from liked, disliked, rated and seen items.

        Args:
            ratings: ratings by title or item id, oldest first; a verdict on the same item takes precedence.
        """
        verdicts, excluded = self._verdicts.ratings(liked, disliked, seen)
        rated = self._verdicts.rated(ratings)
        ratings = {item_id: value for item_id, value in rated.items() if item_id not in excluded} | verdicts
        if not ratings and not excluded:
            raise BadInput(f"Parameters liked, disliked and ratings are empty; name at least one {self.words.item}.")
        n, name = arguments.count(n), self._in_use.models.for_newcomer(model)
        return self._shown(self._in_use.answers.personal(History.of(ratings), n, name, filters, excluded))

    def hybrid(
        self, user_id: str = "", title: str = "", n: int = 10, balance: float = 0.5, filters: Filters = NO_FILTERS
    ) -> list[replies.Shown]:
        """Recommendations for a user, near an item, or both, from content-based (0) to collaborative (1).

        At 0.5 it is the learned hybrid, in between a blend of two models; `part` names the part that adds most.
        """
        n, balance = arguments.count(n), arguments.fraction(balance, "balance")
        user_id, title = arguments.text(user_id, "user_id"), arguments.text(title, "title")
        if not user_id and not title:
            raise BadInput("Parameters user_id and title are both empty; give one of them, or both.")
        history = self._history(user_id) if user_id else History.of({})
        near = self.catalogue.find(title) if title else None
        picks = self._in_use.answers.blended(history, near, n, balance, filters)
        lines = self._shown(picks, user_id=user_id, source=near or "", model=self.defaults.blend)
        for line, part in zip(lines, picks.parts or (), strict=False):  # only a blend has parts
            line["part"] = part
        return lines

    def together(
        self,
        people: Sequence[Person],
        n: int = 10,
        filters: Filters = NO_FILTERS,
        fairness: float = DIAL,
        names: Sequence[str] = (),
    ) -> list[replies.ForGroup]:
        """Recommendations for a group of 2 to 8 people that none of them has seen.

        `people` are user ids, lists of liked titles, or ratings by title; `names` are theirs in the reasons.
        """
        n, fairness = arguments.count(n), arguments.fraction(fairness, "fairness")
        histories = [member_ratings(one, self._history, self._verdicts) for one in group_of(people)]
        picks, groups = recommend_together(self._in_use.answers, histories, n, filters, fairness, names)
        return for_group(self._shown(picks), groups)

    def import_ratings(self, text: str, format: str = "auto") -> replies.ImportReport:
        """Match the text of an export from another site to the catalogue; nothing is stored."""
        self.limits.read_import()
        found = self.imports.match(text, arguments.text(format, "format") or "auto")
        return found.report(self.cards, self._verdicts.rating("like"))

    def explain(self, user_id: str, title: str, model: str = "", key: str = "") -> replies.Explanation:
        """Explain a recommendation to a user: items of the history with their shares, and shared traits.

        The history of a profile is private: without its key, `history` is empty.
        """
        item_id, history = self._find(title), self._history(user_id)
        shows_history = self.catalogue.has_user(str(user_id)) or self.profiles.is_own(user_id, key)
        found = self._in_use.answers.explained(history, item_id, model or self.defaults.user)
        return user_replies.explanation(self.cards, str(user_id), item_id, found, shows_history=shows_history)

    def user(self, user_id: str, n: int = 20, key: str = "") -> replies.User:
        """A user's number of ratings, latest ratings, and taste by genre and decade; a profile requires its key."""
        n, user_id = arguments.count(n), arguments.text(user_id, "user_id")
        ratings, is_profile = self._history(user_id).read(), not self.catalogue.has_user(user_id)
        if is_profile:
            self.profiles.verify(user_id, arguments.text(key, "key"))
        rows = (self.visitors if is_profile else self.catalogue).user_rows(user_id, n)
        items, lists = self.catalogue.items(list(ratings)), self.profiles.lists if is_profile else None
        return user_replies.user(self.cards, user_id, ratings, rows, items, lists)

    def favourites(self, history: Sequence[taste.RatedItem]) -> list[taste.RatedItem]:
        """The liked items of a history, the best first, then in the order of the history."""
        facts = self.release.model(self.release.names[0])  # all models have the facts about the ratings
        return taste.favourites(history, facts.scale, facts.mean if facts.has_ratings else None)

    def feedback(
        self, verdict: str, title: str, user_id: str = "", model: str = "", source: str = "", key: str = ""
    ) -> replies.StoredVerdict:
        """Store a visitor's verdict on an item; for a profile, its key is required."""
        model = arguments.text(model, "model")
        if model and model not in self.release.names:
            self._in_use.models.model(model)
        return self._feedback.store(verdict, title, user_id, model, source, key, self.release.version)

    # -- about the service ----------------------------------------------------------------------

    def models(self) -> list[replies.ModelLine]:
        """All models of the release, best first."""
        return self._in_use.models.table

    def about(self) -> replies.About:
        """Facts about the service: data set, licence, release and configured services."""
        found = self._in_use.models.meaning_of_match(), self.backup and self.backup.status(), self.troubles["hub"]
        return describe(self.settings, self.catalogue, self.release, *found)

    def health(self) -> replies.Health:
        """Health of the service with release and data set, without reading from disk."""
        return {"ok": True, "release": self.release.version, "dataset": self.catalogue.info["dataset"]}

    def readiness(self) -> replies.Readiness:
        """Whether the service can do all its work; while the store is away, only users of the data set get answers."""
        return readiness(self.release.version, self.visitors.store, closed=self.closed)

    @property
    def words(self) -> Wording:
        """The catalogue's words for items, people and liking."""
        return self.catalogue.wording

    @property
    def title(self) -> str:
        """Display name of the data set."""
        return self.catalogue.info["title"]

    @property
    def release_version(self) -> str:
        """Version of the release in use."""
        return self.release.version

    @property
    def has_ratings(self) -> bool:
        """Whether the catalogue has ratings."""
        return bool(self.catalogue.info["n_ratings"])

    @property
    def has_scale(self) -> bool:
        """Whether ratings differ from one another; otherwise their mean is meaningless."""
        return bool(self.catalogue.info["rated"])

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating."""
        return tuple(self.catalogue.info["scale"])

    @property
    def release(self) -> Release:
        """The release in use."""
        return self._in_use.models.release

    @property
    def defaults(self) -> Defaults:
        """Names of the default models."""
        return self._in_use.models.defaults

    @property
    def data_notes(self) -> list[str]:
        """Notes on the data for the operator, with paths and hosts: failed sources, and rows that were left out."""
        return list(self.catalogue.info["notes"])

    @property
    def landing(self) -> Landing:
        """Content of the landing page."""
        return self._in_use.landing

    @property
    def wishes(self) -> WishAnswers:
        """Answers to wishes in words, such as "like Alien and Her"."""
        return self._in_use.wishes

    @property
    def model_reports(self) -> ModelReports:
        """Quality, training and tuning of the models."""
        return ModelReports(self._in_use.models, self.settings)

    def data_report(self) -> DataReport:
        """Counts and distributions of the data set; reads all of it."""
        return data_report(self.catalogue)

    def filter_choices(self) -> FilterChoices:
        """Genres, languages and years to filter by."""
        return self._in_use.models.facets.choices

    # -- calls ----------------------------------------------------------------------------------

    @contextmanager
    def call(self, endpoint: str, session: str = "") -> Iterator[None]:
        """Time the block and attribute its events to an endpoint and a visitor's session ("" if unknown)."""
        with calling(endpoint, session), self.latencies.timing(endpoint):
            yield

    def record_shown(self, item_ids: Iterable[str], source: str) -> None:
        """Record a list that was not made by a model, such as search results; lists of models are recorded anyway."""
        self.events.shown(item_ids, source=source)

    def close(self) -> None:
        """Write all data that waits to be stored or backed up."""
        self.closed = True
        self.changed.set()
        self.events.close()
        if self.backup is not None:
            self.backup.close()

    # -- helpers --------------------------------------------------------------------------------

    def _find(self, title: str) -> str:
        return self.catalogue.find(arguments.title(title))

    def _history(self, user_id: str | int) -> History:
        """The history of a user: for the data set read lazily, for a profile read now."""
        user_id = arguments.text(user_id, "user_id")
        if self.catalogue.has_user(user_id):
            # The data set does not change while it is open, so its user ids identify their histories.
            return History(user_id, partial(self.catalogue.history, user_id))
        try:
            return History.of(self.visitors.history(user_id))
        except UnknownUser:
            raise unknown_user(self.catalogue, user_id) from None

    def _shown(self, picks: Picks, *, user_id: str = "", source: str = "", model: str = "") -> list[replies.Shown]:
        """Convert picks to cards, and record them as shown."""
        columns = zip(self.cards(picks.item_ids), picks.scores, picks.matches, picks.reasons, strict=True)
        lines: list[replies.Shown] = [
            {**card, "rank": rank, "score": score, "match": match, "reason": reason}
            for rank, (card, score, match, reason) in enumerate(columns, start=1)
        ]
        self.events.shown(
            picks.item_ids, model=model or picks.model, version=picks.version, user_id=user_id, source=source
        )
        return lines
