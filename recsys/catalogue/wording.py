"""Per-catalogue settings: the words for items, users and ratings, the like threshold, and the source of pictures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from recsys.data.plain_text import UNSEEN
from recsys.errors import BadData, listing, quoted

LARGEST = 1e9  # largest rating, as in the database of a release
VERDICTS = ("like", "dislike", "seen")
IMAGES = ("tmdb", "column", "")
FILM = "film"
MAY_BE_EMPTY = ("ask", "images", "text_facet")
LONGEST_WORDS = 200
EXAMPLES = {"scale": "[1, 5]", "liked_at": "4", "worth": '{"3": "completed"}', "marks": '{"like": 5}'}
SAME_PAST = frozenset(
    "bought built brought caught cut felt found got had heard held kept left lent made met read".split()
)
SAME_PAST |= frozenset("sat saved sent set sold spent taught used visited".split())
"""Irregular verbs whose past tense is also the past participle."""
REPLACED = re.compile(r"\b(rated|people|genres?|stars?)\b", re.IGNORECASE)
"""Words of general texts that `Wording.reword` replaces."""


@dataclass(frozen=True)
class Wording:
    """Words and settings of one catalogue; all other code is the same for all catalogues.

    Attributes:
        name: name of the catalogue, such as `films`.
        item, items: words for the items, singular and plural.
        person, people: the users of the data set, singular and plural.
        done: verb for the items of a history, in the past participle ("rated", "completed").
        rating, ratings: one row of a history ("rating", "enrolment"), and several.
        genre, genres: a group of items, and several.
        like, dislike, seen: labels of the buttons that mark an item.
        ask: question put to a newcomer; "" for "Which of these ITEMS do you like?".
        picture: name of an item's picture.
        liked_at: the lowest rating that counts as liked; None if every rating does.
        scale: lowest and highest rating; None for the lowest and highest in the data.
        worth: names of ratings, by value, for scales that need words.
        marks: the rating as which each verdict is stored. If empty, "like" is stored as the highest rating and
            "dislike" as the lowest. A verdict without an entry is not stored as a rating.
        images: source of pictures: "tmdb", "column" (the item's `image`), or "" for drawn covers only.
        text_facet: facet of tags that item similarity reads instead of the text; "" for the text.
    """

    name: str
    item: str = "item"
    items: str = "items"
    person: str = "user"
    people: str = "users"
    done: str = "rated"
    rating: str = "rating"
    ratings: str = "ratings"
    genre: str = "genre"
    genres: str = "genres"
    like: str = "Like"
    dislike: str = "Not for me"
    seen: str = "Know it"
    ask: str = ""
    picture: str = "cover"
    liked_at: float | None = None
    scale: tuple[float, float] | None = None
    worth: tuple[tuple[float, str], ...] = ()
    marks: tuple[tuple[str, float], ...] = ()
    images: str = "column"
    text_facet: str = ""

    @property
    def question(self) -> str:
        """The question put to a newcomer."""
        return self.ask or f"Which of these {self.items} do you like?"

    @property
    def others(self) -> str:
        """Words for the other users of the data set, in a text addressed to one user."""
        return "people" if self.people == "users" else self.people

    @property
    def liked(self) -> str:
        """Verb for the items of a history that support a recommendation, such as "liked" or "completed"."""
        return "liked" if self.liked_at is not None and not self.worth else self.past

    @property
    def past(self) -> str:
        """What follows "you" or "people who": the past participle itself if it is the past tense too, else with "have".

        >>> Wording("courses", done="completed").past, Wording("courses", done="taken").past
        ('completed', 'have taken')
        """
        verb = self.done.split()[0].casefold()
        return self.done if verb.endswith("ed") or verb in SAME_PAST else f"have {self.done}"

    @property
    def likes_done(self) -> bool:
        """Whether an item of a history counts as liked even without a rating, such as a completed course."""
        return self.like.casefold() == self.done.casefold()

    @property
    def mark_a_few(self) -> str:
        """Request for the first marks: "Like a few films"; "Mark a few courses", which are completed and not liked."""
        return f"{'Mark' if self.likes_done else 'Like'} a few {self.items}"

    @property
    def later(self) -> str:
        """Name of the list of items for later."""
        return "Watch-list" if self.item == FILM else "Wish list"

    @property
    def group(self) -> str:
        """Name of a list for several people."""
        return "Study group" if self.likes_done else "Together"

    def reword(self, text: str) -> str:
        """Return a general text about recommenders in the words of this catalogue.

        >>> wording = Wording("courses", people="learners", done="completed", genres="topics")
        >>> wording.reword("People who rated the same genres")
        'Learners who completed the same topics'
        """
        own = {
            "rated": self.done,
            "people": self.others,
            "genre": self.genre,
            "genres": self.genres,
            "star": self.rating,
            "stars": self.ratings,
        }

        def replacement(found: re.Match[str]) -> str:
            word = own[found[0].lower()]
            return word.capitalize() if found[0][0].isupper() else word

        return REPLACED.sub(replacement, text)

    def means(self, rating: float) -> str:
        """Return a rating in words if it has a name, otherwise as a number.

        >>> wording = Wording("courses", worth=((3.0, "completed"), (2.0, "audited")))
        >>> wording.means(2.0), wording.means(2.5)
        ('audited', '2.5')
        """
        return dict(self.worth).get(rating) or f"{rating:g}"

    def span(self, low: float, high: float) -> str:
        """Return a rating scale in words, for a message about a rating.

        >>> Wording("courses", worth=((3.0, "completed"), (2.0, "audited"))).span(2.0, 3.0)
        'from 2 (audited) to 3 (completed)'
        """
        named = [f"{end:g} ({self.means(end)})" if dict(self.worth).get(end) else f"{end:g}" for end in (low, high)]
        return f"from {named[0]} to {named[1]}" if low < high else named[0]

    def stands_for(self, verdict: str, scale: tuple[float, float]) -> float | None:
        """Return the rating as which a verdict is stored, or None if it is not stored as a rating."""
        low, high = scale
        if self.marks:
            return dict(self.marks).get(verdict)
        return {"like": high, "dislike": low if low < high else None}.get(verdict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as stored in a database and a release."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Wording:
        """Create a wording from plain values.

        Raises:
            BadData: a field does not exist, or a value does not fit its field.
        """
        known = {field.name: field for field in fields(cls)}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise BadData(f"There is no field {listing(unknown)}; the fields are {listing(known)}.")
        made = cls(**{name: _converted(name, value) for name, value in values.items()})
        if made.images not in IMAGES:
            raise BadData(f"images is {made.images!r}: use {listing(map(repr, IMAGES))}.")
        if any(verdict not in VERDICTS for verdict, _ in made.marks):
            raise BadData(f"marks names {listing(verdict for verdict, _ in made.marks)}: use {listing(VERDICTS)}.")
        if made.scale and not made.scale[0] <= made.scale[1]:
            raise BadData(f"scale is {list(made.scale)}: give the lowest rating, then the highest.")
        return made


def _number(value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{quoted(value)} is not a number") from None
    if not abs(number) <= LARGEST:
        raise ValueError(f"{quoted(value)} is not a number from {-LARGEST:g} to {LARGEST:g}")
    return number


def _pairs(name: str, value: Any) -> list[tuple[Any, Any]]:
    """The names and values of an object, which JSON and a database may also have as a list of pairs."""
    pairs = list(value.items()) if isinstance(value, Mapping) else value
    if not isinstance(pairs, (list, tuple)) or any(
        not isinstance(pair, (list, tuple)) or len(pair) != 2 for pair in pairs
    ):
        raise BadData(f"{name} is {quoted(value)}: give an object such as {EXAMPLES[name]}.")
    return [(one, other) for one, other in pairs]


def _converted(name: str, value: Any) -> Any:
    """Convert a plain value to the type of its field."""
    try:
        if name in ("worth", "marks"):
            pairs = () if value is None else _pairs(name, value)
            if name == "marks":
                return tuple((str(verdict), _number(rating)) for verdict, rating in pairs)
            return tuple((_number(rating), _words(name, words)) for rating, words in pairs)
        if name == "scale":
            if value is None or value == []:
                return None
            if not isinstance(value, (list, tuple)) or len(value) != 2:
                raise BadData(
                    f"scale is {quoted(value)}: give the lowest and the highest rating, such as {EXAMPLES[name]}."
                )
            return _number(value[0]), _number(value[1])
        if name == "liked_at":
            return None if value is None else _number(value)
    except BadData:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise BadData(f"{name} is {quoted(value)}: {error}; write it as {EXAMPLES[name]}.") from error
    return _words(name, value)


def _words(name: str, value: Any) -> str:
    """A text for the page: on one line, with nothing in it that cannot be seen, stored or sent."""
    if not isinstance(value, str) or not (value.strip() or name in MAY_BE_EMPTY):
        raise BadData(f"{name} is {quoted(value)}: give a text.")
    if len(value) > LONGEST_WORDS:
        raise BadData(f"{name} has {len(value):,} letters: use at most {LONGEST_WORDS}.")
    if UNSEEN.search(value) or re.search("[\n\t\ud800-\udfff]", value):
        raise BadData(f"{name} is {quoted(value)}: leave out the characters that are not letters.")
    return value
