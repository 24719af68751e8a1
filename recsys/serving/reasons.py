"""Convert the structured reasons of models to sentences for the page and the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recsys.catalogue.wording import Wording
from recsys.models.content_based.terms import MAKERS, MIX, TEXT, pair_of
from recsys.models.reason import SERIES, TITLE, Kind, Reason, is_telling
from recsys.serving.search_facets import language_name

Label = Callable[[str], str]
BY, WITH, THEMES = "also by", "also with", "shared theme"
MOST_NAMED = {BY: 2, WITH: 2, THEMES: 2}
"""Openings of the parts of a reason in their order, and how many traits each names."""
OPENINGS = {**dict.fromkeys(MAKERS, BY), "cast": WITH, **dict.fromkeys(("keywords", TITLE), THEMES)}
"""Opening by block of traits."""
MOST_GENRES, MOST_PARTS = 2, 2


class ReasonFormatter:
    """Converter of reasons to sentences in the words of one catalogue.

    Args:
        words: the catalogue's words for items, people and ratings.
        label: item id -> display title.
        spell: tag -> the tag with its capital letters.
        has_texts: whether items have descriptions; if not, the words of titles are compared in their place.
    """

    def __init__(self, words: Wording, label: Label, spell: Label = str, has_texts: bool = True):
        self._words, self._label, self.spell, self._has_texts = words, label, spell, has_texts

    def sentences(self, reasons: Sequence[Reason], who: str = "") -> list[str]:
        """Return one sentence for each reason; see `sentence`."""
        return [self.sentence(reason, who) for reason in reasons]

    def sentence(self, reason: Reason, who: str = "") -> str:
        """Return a reason in the words of the catalogue.

        Args:
            who: name of the person whose reason it is; "" for the reader.

        >>> from recsys.catalogue.sources.films.source import WORDING
        >>> formatter = ReasonFormatter(WORDING, {"1": "Toy Story (1995)", "2": "Heat (1995)"}.__getitem__)
        >>> formatter.sentence(Reason(Kind.HISTORY, ("1", "2")))
        'Because you liked Toy Story (1995) and Heat (1995)'
        >>> formatter.sentence(Reason(Kind.NEIGHBOURS, count=7, of=100))
        'Rated by 7 of the 100 people most like you'
        >>> formatter.sentence(Reason(Kind.HISTORY, ("2",)), "Ann")
        'Because Ann liked Heat (1995)'
        """
        item = " and ".join(map(self._label, reason.items))
        match reason.kind:
            case Kind.POPULAR:
                return "Popular with everyone"
            case Kind.LATELY:
                return f"{self._words.done.capitalize()} more often lately than before"
            case Kind.NO_HISTORY:
                return "Popular: no history yet."
            case Kind.UNKNOWN_HISTORY:
                return f"Popular: too little is known of {_of(who)} {self._words.items}."
            case Kind.UNKNOWN_ITEM:
                return f"Popular: too little is known of {item}."
            case Kind.UNLIKE:
                return f"Fills the list: nothing in common with {item or 'the history'}"
            case Kind.HISTORY:
                return f"Because {who or 'you'} {self._liked(who)} {item}"
            case Kind.RATINGS:
                return f"Fits {_of(who)} {self._words.ratings}"
            case Kind.SAME_TASTE:
                return f"For the same taste as {item}"
            case Kind.MEANING:
                return f"Its description is much like that of {item}"
            case Kind.TRAITS | Kind.TRAITS_OF_ITEM | Kind.TAGS | Kind.TASTE:
                return self._of_traits(reason, item, who)
            case _:
                return self._of_people(reason, item, who or "you")

    def phrase(self, traits: Sequence[tuple[str, str]]) -> str:
        """Return shared traits in words: the series, people and themes; genres only if there are no others.

        >>> from recsys.catalogue.sources.films.source import WORDING
        >>> formatter = ReasonFormatter(WORDING, str)
        >>> formatter.phrase([("genres", "Comedy"), ("director", "John Lasseter"), ("keywords", "toys")])
        'also by John Lasseter; shared theme: toys'
        >>> formatter.phrase([("genres", "Comedy"), ("genres", "Drama")])
        'also comedy and drama'
        """
        named: dict[str, list[str]] = {opening: [] for opening in MOST_NAMED}
        genres, parts = [], []
        for trait in traits:
            block, term = trait
            if block == "genres":
                genres.append(term)
            elif block == SERIES:
                parts = ["same series"]
            elif (opening := OPENINGS.get(block)) and is_telling(trait):
                named[opening].append(self.spell(term) if opening == THEMES else term)
        # A director who also acts is named once.
        named[WITH] = [term for term in named[WITH] if term not in named[BY]]
        named = {opening: terms[: MOST_NAMED[opening]] for opening, terms in named.items()}
        parts += [f"{_opening(opening, terms)} {joined(terms)}" for opening, terms in named.items() if terms]
        if not parts and genres:
            parts = [f"also {joined([_small(term) for term in genres[:MOST_GENRES]])}"]
        return "; ".join(parts[:MOST_PARTS])

    def _of_traits(self, reason: Reason, item: str, who: str) -> str:
        if reason.kind == Kind.TRAITS:
            # Genres alone are not a reason, because the card shows them already.
            specific = any(map(is_telling, reason.traits))
            return _capital(self.phrase(reason.traits)) if specific else self._close(reason.traits)
        if reason.kind == Kind.TRAITS_OF_ITEM:
            what = self.phrase(reason.traits) or "this is close to it"
            between = ";" if what.startswith(THEMES) else ":"
            return f"{_capital(who) or 'You'} {self._liked(who)} {item}{between} {what}"
        named = joined(self._tags(reason.traits))
        if reason.kind == Kind.TAGS:
            return f"Shares {named}" if named else "Shares no tag"
        taste = f"{_of(who)} taste"
        return f"{_capital(taste)}: {named}" if named else f"Nothing in it speaks against {taste}"

    def _tags(self, traits: Sequence[tuple[str, str]]) -> list[str]:
        """Names of tags; without pairs of genres that are both named."""
        genres = {term for block, term in traits if block == "genres"}
        telling = [(block, term) for block, term in traits if block != MIX or not genres.issuperset(pair_of(term))]
        return [language_name(term) if block == "language" else self.spell(term) for block, term in telling]

    def _liked(self, who: str) -> str:
        """The verb after a name or "you"."""
        verb = self._words.liked
        return f"has {verb.removeprefix('have ')}" if who and verb.startswith("have ") else verb

    def _close(self, traits: Sequence[tuple[str, str]]) -> str:
        """What two items have in common that no reason names: genres, and words of their texts."""
        genre = self._words.genre
        words = "title" if not self._has_texts else "story" if genre == "genre" else "description"
        blocks = {block for block, _ in traits}
        found = [name for block, name in (("genres", genre), (TEXT, words)) if block in blocks]
        return f"Close in {joined(found)}" if found else "Close in title or other facts"

    def _of_people(self, reason: Reason, item: str, who: str) -> str:
        words = self._words
        match reason.kind:
            case Kind.NEIGHBOURS if reason.count:
                return f"{words.done.capitalize()} by {reason.count} of the {reason.of} {words.others} most like {who}"
            case Kind.NEIGHBOURS:
                return f"Popular, but not {words.done} by the {words.others} most like {who}"
            case Kind.GROUP:
                leaning = joined([term for _, term in reason.traits])
                near = "yours" if who == "you" else f"{who}'s"
                like_them = f"who lean to {leaning}" if leaning else f"whose taste is near {near}"
                return f"Popular with {words.others} {like_them}"
            case Kind.GROUP_OF_ITEM:
                return f"Popular with the {words.others} {item} is for"
            case Kind.LIKED_TOGETHER if not words.worth:
                genres = joined([_small(term) for block, term in reason.traits if block == "genres"][:MOST_GENRES])
                return f"{_capital(words.others)} who like {item} also like this" + (f": {genres}" if genres else "")
            case Kind.LIKED_TOGETHER | Kind.CHOSEN_TOGETHER:
                return f"{_capital(words.others)} who {words.past} {item} also {words.past} this"
        raise ValueError(f"No sentence for a reason of kind {reason.kind!r}. Add one to recsys/serving/reasons.py.")


def _opening(opening: str, terms: Sequence[str]) -> str:
    return f"{opening}{'s' if len(terms) > 1 else ''}:" if opening == THEMES else opening


def _of(who: str) -> str:
    return f"{who}'s" if who else "your"


def _small(genre: str) -> str:
    """A genre within a sentence; abbreviations keep their capitals."""
    return genre if genre.isupper() else genre.lower()


def joined(named: Sequence[str]) -> str:
    """
    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    if len(named) == 2:
        return f"{named[0]} and {named[1]}"
    return " and ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
