"""Convert the structured reasons of models to sentences for the page and the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recsys.catalogue.wording import Wording
from recsys.models.content_based.terms import BAG, MAKERS
from recsys.models.reason import SERIES, Kind, Reason, is_telling

Label = Callable[[str], str]
ABOUT = ("keywords", BAG)  # blocks of terms that describe the content of an item
MOST_PEOPLE, MOST_THEMES, MOST_GENRES, MOST_PARTS = 2, 2, 2, 2


class ReasonFormatter:
    """Converter of reasons to sentences in the words of one catalogue.

    Args:
        words: the catalogue's words for items, people and ratings.
        label: item id -> display title.
        spell: tag -> the tag with its capital letters.
    """

    def __init__(self, words: Wording, label: Label, spell: Label = str):
        self._words, self._label, self.spell = words, label, spell

    def sentences(self, reasons: Sequence[Reason]) -> list[str]:
        """Return one sentence for each reason."""
        return [self.sentence(reason) for reason in reasons]

    def sentence(self, reason: Reason) -> str:
        """Return a reason in the words of the catalogue.

        >>> from recsys.catalogue.sources.films.source import WORDING
        >>> formatter = ReasonFormatter(WORDING, {"1": "Toy Story (1995)", "2": "Heat (1995)"}.__getitem__)
        >>> formatter.sentence(Reason(Kind.HISTORY, ("1", "2")))
        'Because you liked Toy Story (1995) and Heat (1995)'
        >>> formatter.sentence(Reason(Kind.NEIGHBOURS, count=7, of=100))
        'Rated by 7 of the 100 people most like you'
        """
        item = " and ".join(map(self._label, reason.items))
        match reason.kind:
            case Kind.POPULAR:
                return f"Popular with all {self._words.others}"
            case Kind.NO_HISTORY:
                return "Popular: no history yet."
            case Kind.UNKNOWN_HISTORY:
                return "Popular: nothing in the history this model knows."
            case Kind.UNKNOWN_ITEM:
                return f"Popular: too little is known of {item}."
            case Kind.UNLIKE:
                return f"Fills the list: nothing in common with {item or 'the history'}"
            case Kind.HISTORY:
                return f"Because you {self._words.liked} {item}"
            case Kind.MEANING:
                return f"Its description is much like that of {item}"
            case Kind.TRAITS | Kind.TRAITS_OF_ITEM | Kind.TAGS | Kind.TASTE:
                return self._of_traits(reason, item)
            case _:
                return self._of_people(reason, item)

    def phrase(self, traits: Sequence[tuple[str, str]]) -> str:
        """Return shared traits in words: the series, people and themes; genres only if there are no others.

        >>> from recsys.catalogue.sources.films.source import WORDING
        >>> formatter = ReasonFormatter(WORDING, str)
        >>> formatter.phrase([("genres", "Comedy"), ("director", "John Lasseter"), ("keywords", "toys")])
        'also by John Lasseter; shared themes: toys'
        >>> formatter.phrase([("genres", "Comedy"), ("genres", "Drama")])
        'also comedy and drama'
        """
        parts = ["same series"] if any(block == SERIES for block, _ in traits) else []
        for opening, blocks, most in (
            ("also by", MAKERS, MOST_PEOPLE),
            ("also with", ("cast",), MOST_PEOPLE),
            ("shared themes:", ABOUT, MOST_THEMES),
        ):
            named = [term for block, term in traits if block in blocks and is_telling((block, term))][:most]
            if blocks == ABOUT:
                named = [self.spell(term) for term in named]
            if named:
                parts.append(f"{opening} {_and(named)}")
        if not parts and (genres := [term.lower() for block, term in traits if block == "genres"][:MOST_GENRES]):
            parts = [f"also {_and(genres)}"]
        return "; ".join(parts[:MOST_PARTS])

    def _of_traits(self, reason: Reason, item: str) -> str:
        what = self.phrase(reason.traits)
        named = _and([self.spell(term) for _, term in reason.traits])
        match reason.kind:
            case Kind.TRAITS:
                # Genres alone are not a reason, because the card shows them already.
                specific = any(map(is_telling, reason.traits))
                return _capital(what) if specific else "Close in genre and story"
            case Kind.TRAITS_OF_ITEM:
                return f"You {self._words.liked} {item}: {what or 'this is close to it'}"
            case Kind.TAGS:
                return f"Shares {named}" if named else "Shares no tag"
            case _:
                return f"Your taste: {named}" if named else "Nothing in it speaks against your taste"

    def _of_people(self, reason: Reason, item: str) -> str:
        words = self._words
        match reason.kind:
            case Kind.NEIGHBOURS if reason.count:
                return f"{words.done.capitalize()} by {reason.count} of the {reason.of} {words.others} most like you"
            case Kind.NEIGHBOURS:
                return f"Popular, but not {words.done} by the {words.others} most like you"
            case Kind.GROUP:
                leaning = _and([term for _, term in reason.traits])
                who = f"who lean to {leaning}" if leaning else "whose taste is near yours"
                return f"Popular with {words.others} {who}"
            case Kind.GROUP_OF_ITEM:
                return f"Popular with the {words.others} {item} is for"
            case Kind.LIKED_TOGETHER if not words.worth:
                genres = _and([term.lower() for block, term in reason.traits if block == "genres"][:MOST_GENRES])
                return f"{_capital(words.others)} who like {item} also like this" + (f": {genres}" if genres else "")
            case Kind.LIKED_TOGETHER | Kind.CHOSEN_TOGETHER:
                return f"{_capital(words.others)} who {words.done} {item} also {words.done} this"
        raise ValueError(f"No sentence for a reason of kind {reason.kind!r}. Add one to recsys/serving/reasons.py.")


def _and(named: Sequence[str]) -> str:
    """
    >>> _and(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
