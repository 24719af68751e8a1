"""What differs between catalogues: words, what counts as liked, where pictures come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from recsys.errors import BadData, listing

VERDICTS = ("like", "dislike", "seen")
IMAGES = ("tmdb", "column", "")
PLAIN = re.compile(r"\b(rated|people|genres?|stars?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Wording:
    """The words and meanings of one catalogue; everything else is the same code.

    Attributes:
        name: name of the catalogue, such as `films`.
        item, items: what is recommended, in the singular and plural.
        person, people: who it is recommended to.
        done: what a person has done with an item of their history ("rated", "completed").
        rating, ratings: what one row of a history is called ("rating", "enrolment").
        genre, genres: what the groups of items are called.
        like, dislike, seen: what the buttons say that a person marks an item with.
        ask: what a newcomer is asked; "" for whether they like these.
        picture: what an item's picture is called.
        liked_at: the rating from which on an item counts as liked; None where every row does.
        scale: lowest and highest rating; None for those that occur.
        worth: what ratings mean, by value, for scales that need words.
        marks: the rating that a verdict stands for, by verdict; empty for the best for a like and the worst for a
            dislike. A verdict without one is no rating.
        images: where pictures come from: "tmdb", "column" (the item's `image`), or "" for drawn covers only.
        text_facet: facet of tags that item similarity should read instead of the text, "" for the text.
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
        """What a newcomer is asked."""
        return self.ask or f"Which of these {self.items} do you like?"

    @property
    def others(self) -> str:
        """The people of the data set, to one of them."""
        return "people" if self.people == "users" else self.people

    def reword(self, text: str) -> str:
        """A text about recommenders at large in the words of this catalogue.

        >>> COURSES.reword("People who rated the same genres")
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
        return PLAIN.sub(
            lambda found: own[found[0].lower()].capitalize() if found[0][0].isupper() else own[found[0]], text
        )

    def means(self, rating: float) -> str:
        """A rating in words where the scale has some, else as a number.

        >>> COURSES.means(2.0), FILMS.means(4.5)
        ('audited', '4.5')
        """
        return dict(self.worth).get(rating) or f"{rating:g}"

    def span(self, low: float, high: float) -> str:
        """The scale as words, for whoever has to give a rating.

        >>> COURSES.span(2.0, 3.0)
        'from 2 (audited) to 3 (completed)'
        """
        named = [f"{end:g} ({self.means(end)})" if dict(self.worth).get(end) else f"{end:g}" for end in (low, high)]
        return f"from {named[0]} to {named[1]}" if low < high else named[0]

    def stands_for(self, verdict: str, scale: tuple[float, float]) -> float | None:
        """The rating that a verdict is kept as, None where it is none."""
        low, high = scale
        if self.marks:
            return dict(self.marks).get(verdict)
        return {"like": high, "dislike": low if low < high else None}.get(verdict)

    def to_dict(self) -> dict:
        """Plain values, as stored in a database's facts."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Wording:
        """A description from plain values.

        Raises:
            BadData: a field that does not exist, or a value that does not fit its field.
        """
        known = {field.name: field for field in fields(cls)}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise BadData(f"a description has no field {listing(unknown)}; there are {listing(known)}.")
        made = cls(**{name: _fitting(name, value, known[name].default) for name, value in values.items()})
        if made.images not in IMAGES:
            raise BadData(f"images is {made.images!r}: use {listing(map(repr, IMAGES))}.")
        if any(verdict not in VERDICTS for verdict, _ in made.marks):
            raise BadData(f"marks names {listing(verdict for verdict, _ in made.marks)}: use {listing(VERDICTS)}.")
        if made.scale and not made.scale[0] <= made.scale[1]:
            raise BadData(f"scale is {list(made.scale)}: give the lowest rating, then the highest.")
        return made


def _fitting(name: str, value: object, default: object) -> object:
    """A plain value in the type of its field."""
    try:
        if name in ("worth", "marks"):
            pairs = value.items() if isinstance(value, Mapping) else value or ()
            if name == "marks":
                return tuple((str(verdict), float(rating)) for verdict, rating in pairs)
            return tuple((float(rating), str(words)) for rating, words in pairs)
        if name == "scale":
            low, high = value or (None, None)
            return None if low is None else (float(low), float(high))
        if name == "liked_at":
            return None if value is None else float(value)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadData(f"{name} is {value!r}, which does not fit: {error}.") from error
    if not isinstance(value, str):
        raise BadData(f"{name} is {value!r}: give a text.")
    return value


FILMS = Wording("films", "film", "films", seen="Seen it", picture="poster", liked_at=4.0, images="tmdb")
COURSES = Wording(
    "courses",
    item="course",
    items="courses",
    person="learner",
    people="learners",
    done="completed",
    rating="enrolment",
    ratings="enrolments",
    genre="topic",
    genres="topics",
    like="Completed",
    seen="Audited",
    ask="Which of these courses have you completed?",
    liked_at=3.0,
    worth=((3.0, "completed"), (2.0, "audited")),
    # "Not for me" is said of a course nobody took: no enrolment, only left out of the picks.
    marks=(("like", 3.0), ("seen", 2.0)),
    images="",
    text_facet="words",
)
KNOWN = {one.name: one for one in (FILMS, COURSES)}


def of(name: str, rated: bool = True) -> Wording:
    """The description of a catalogue by name; plain words for one that has none of its own.

    Args:
        rated: whether its ratings differ, or every row says the same.
    """
    plain = Wording(name) if rated else Wording(name, done="chosen", rating="choice", ratings="choices")
    return KNOWN.get(name) or plain
