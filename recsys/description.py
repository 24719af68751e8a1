"""What differs between catalogues: words, what counts as liked, where pictures come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from recsys.errors import BadData, listing


@dataclass(frozen=True)
class Description:
    """The words and meanings of one catalogue; everything else is the same code.

    Attributes:
        name: name of the catalogue, such as `films`.
        item, items: what is recommended, in the singular and plural.
        person, people: who it is recommended to.
        done: what a person has done with an item of their history ("rated", "completed").
        genre, genres: what the groups of items are called.
        liked_at: the rating from which on an item counts as liked; None where every row does.
        worth: what ratings mean, by value, for scales that need words.
        images: where pictures come from: "tmdb", "column" (the item's `image`), or "" for drawn covers only.
        text_facet: facet of tags that item similarity should read instead of the text, "" for the text.
    """

    name: str
    item: str = "item"
    items: str = "items"
    person: str = "user"
    people: str = "users"
    done: str = "rated"
    genre: str = "genre"
    genres: str = "genres"
    liked_at: float | None = None
    worth: tuple[tuple[float, str], ...] = ()
    images: str = "column"
    text_facet: str = ""

    def to_dict(self) -> dict:
        """Plain values, as stored in a database's facts."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Description:
        """A description from plain values.

        Raises:
            BadData: a field that does not exist.
        """
        known = [field.name for field in fields(cls)]
        unknown = [name for name in values if name not in known]
        if unknown:
            raise BadData(f"a description has no field {listing(unknown)}; there are {listing(known)}.")
        worth = tuple((float(rating), str(words)) for rating, words in values.get("worth") or ())
        return cls(**{**values, "worth": worth})  # type: ignore[arg-type]


FILMS = Description("films", "film", "films", liked_at=4.0, images="tmdb")
COURSES = Description(
    "courses",
    item="course",
    items="courses",
    person="learner",
    people="learners",
    done="completed",
    genre="topic",
    genres="topics",
    liked_at=3.0,
    worth=((3.0, "completed"), (2.0, "audited")),
    images="",
    text_facet="words",
)
KNOWN = {one.name: one for one in (FILMS, COURSES)}


def of(name: str) -> Description:
    """The description of a catalogue by name; plain words for one that has none of its own."""
    return KNOWN.get(name) or Description(name)
