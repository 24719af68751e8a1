"""Change a part of a wish to the opposite, for the chips of the page."""

from __future__ import annotations

from recsys.serving.wishes.table import directions
from recsys.serving.wishes.wish import MORE_LIKE, Kind, Part


def opposite(part: Part) -> str:
    """The words for the opposite of a part, or for the other way to name an item; "" if there are none.

    >>> opposite(Part(Kind.GENRE, "Comedy", "no comedy", -1, excludes=True))
    'comedy'
    """
    match part.kind:
        case Kind.DIRECTION:
            return directions()[part.value].label(-part.sign)
        case Kind.GENRE:
            return part.words.removeprefix("no ") if part.excludes else f"no {part.words}"
        case Kind.MORE_GENRE:
            return f"{'less' if part.sign > 0 else 'more'} {part.value.lower()}"
        case Kind.LANGUAGE:
            return part.words.removeprefix("not ") if part.excludes else f"not {part.words}"
        case Kind.PERSON:
            name = part.words.partition(" ")[2]
            return f"with {name}" if part.excludes else f"without {name}"
        case Kind.THEME:
            return f"with {part.value}" if part.sign < 0 else f"without {part.value}"
        case Kind.SEED if part.sign > 0:
            return part.words.removeprefix(MORE_LIKE) if part.weight > 1 else f"{MORE_LIKE}{part.words}"
    return ""
