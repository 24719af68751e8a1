"""Answer wishes with the models of one release; cache the answers."""

from __future__ import annotations

import threading
from functools import cached_property, partial

from recsys.catalogue.titles import CACHED_LENGTH
from recsys.data.lru import LruCache
from recsys.data.memory import bytes_of
from recsys.errors import UnknownItem
from recsys.serving import arguments, likeness
from recsys.serving.answers import CACHED_BYTES, COMPUTING_AT_ONCE, USUAL, Answers, Picks
from recsys.serving.cache import AnswerCache
from recsys.serving.filters import POOL, Filters
from recsys.serving.wishes.ranking import WishRanking
from recsys.serving.wishes.reading import WishReader
from recsys.serving.wishes.reasons import WishReasons
from recsys.serving.wishes.values import ItemValues
from recsys.serving.wishes.wish import Kind, Wish

SOURCE = "wish"  # of these lists in the event log
CACHED_WISHES = 512


class WishAnswers:
    """The answers to wishes of one release.

    Attributes:
        models: the release.
        cache: the cached lists.
    """

    def __init__(self, answers: Answers):
        self.models, self._answers = answers.models, answers
        self._read: LruCache[str, tuple[Wish | None]] = LruCache(CACHED_WISHES)
        turns = threading.BoundedSemaphore(COMPUTING_AT_ONCE)
        self.cache: AnswerCache[Picks] = AnswerCache(CACHED_BYTES, bytes_of, turns, bytes_of)

    # Made at the first wish, because they read all features of the items.

    @cached_property
    def _values(self) -> ItemValues:
        return ItemValues(self.models)

    @cached_property
    def _reader(self) -> WishReader:
        return WishReader(self.models.catalogue, self.models.facets, self.models.people, self._values)

    @cached_property
    def _ranking(self) -> WishRanking:
        return WishRanking(self.models, self._answers.likeness, self._answers.less, self._values)

    @cached_property
    def _reasons(self) -> WishReasons:
        return WishReasons(self.models, self._values)

    def wanted(self, text: str) -> Wish | None:
        """The wish in a text; None if the text names an item or says nothing that is understood.

        Raises:
            BadInput: the text is empty or no text.
        """
        text = arguments.title(text)
        if text in self.models.catalogue:  # an id
            return None
        found = self._read.get_many([text])
        if text not in found:
            found = {text: (None if self.models.catalogue.is_title(text) else self._read_anew(text),)}
            # running times may become known, so a wish that lacks them is read again
            if not any(part.why for part in (found[text][0] or Wish()).parts) and len(text) <= CACHED_LENGTH:
                self._read.put_many(found)
        return found[text][0]

    def _read_anew(self, text: str) -> Wish | None:
        wish = self._reader.wanted(text)
        if wish and wish.of(Kind.SEED) and not wish.asks:
            understood = self.models.understood(text)
            if understood.theme and not understood.rest:  # "films about time travel" does not mean the film About Time
                return self._reader.read(text, titles=False)
        return wish

    def beyond_search(self, text: str) -> Wish | None:
        """The wish in a text if it asks for more than a search for the text finds, otherwise None."""
        wish = self.wanted(text)
        return wish if wish and self._reader.is_more_than_a_search(wish) else None

    def picks(self, wish: Wish, n: int, model: str, filters: Filters) -> Picks:
        """The n best items for a wish, with reasons.

        Args:
            model: name of the model that compares items; "" for all together.

        Raises:
            UnknownItem: nothing in the wish was understood.
        """
        if not any(part.used for part in wish.parts):
            words = self.models.catalogue.wording
            named = " or ".join(repr(part.words) for part in wish.parts)
            found = f"No {words.item} is called {named}" if named else "Nothing in this wish is understood"
            example = f"“like {self.models.release.titles[0]} but newer”"
            raise UnknownItem(f"{found}; name {words.items} that are here, such as {example}.")
        if model:
            self.models.model(model)
        most = max(n, USUAL)
        key = (wish, most, model, self._facts_of(wish), *self._answers.key(filters))
        return self.cache.get(key, partial(self._new, wish, most, model, filters)).first(n)

    def _facts_of(self, wish: Wish) -> int:
        """Version of the running times if the wish reads them."""
        reads = any(part.kind is Kind.MINUTES or part.value == "long" for part in wish.parts)
        return self.models.facets.facts.version if reads else 0

    def _new(self, wish: Wish, n: int, model: str, filters: Filters) -> Picks:
        models, depth = self.models, POOL if filters.reranks else n
        ranked = self._ranking.ranked(wish, depth, models.passing(filters), model)
        base = self._answers.likeness.base
        found = ranked.found
        numbers, scores = models.top(base, self._answers.less.applied(found, filters.less), n, filters)
        return Picks(
            model or likeness.NAME,
            models.release.version,
            models.release.items.ids[numbers].tolist(),
            [float(score) for score in scores],
            [None] * len(numbers),
            self._reasons.sentences(wish, ranked, numbers),
            [],
        )
