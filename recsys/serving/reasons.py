"""Word the reasons that models give: the one place where they become sentences of the page and the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recsys.catalogue.wording import Wording
from recsys.models.content_based.content import NAMED_BLOCKS
from recsys.models.content_based.terms import WRITTEN
from recsys.models.reason import Kind, Reason

Label = Callable[[str], str]
PREFIXES = {"director": "by ", "cast": "with "}


def sentences(reasons: Sequence[Reason], words: Wording, label: Label) -> list[str]:
    """One sentence for each reason.

    Args:
        words: the catalogue's words for items, people and ratings.
        label: item id -> display title.
    """
    return [sentence(reason, words, label) for reason in reasons]


def sentence(reason: Reason, words: Wording, label: Label) -> str:
    """A reason in the words of a catalogue.

    >>> from recsys.catalogue.sources.films.source import WORDING
    >>> sentence(Reason(Kind.HISTORY, ("1", "2")), WORDING, {"1": "Toy Story (1995)", "2": "Heat (1995)"}.get)
    'Because of Toy Story (1995) and Heat (1995)'
    >>> sentence(Reason(Kind.NEIGHBOURS, count=7, of=100), WORDING, str)
    'Rated by 7 of the 100 people most like you'
    """
    item = " and ".join(map(label, reason.items))
    match reason.kind:
        case Kind.POPULAR:
            return "Popular with everybody"
        case Kind.NO_HISTORY:
            return "Popular: no history yet."
        case Kind.UNKNOWN_HISTORY:
            return "Popular: nothing in the history this model knows."
        case Kind.UNKNOWN_ITEM:
            return f"Popular: too little is known of {item}."
        case Kind.HISTORY:
            return f"Because of {item}"
        case Kind.MEANING:
            return f"About much the same as {item}"
        case Kind.TRAITS | Kind.TRAITS_OF_ITEM | Kind.TAGS | Kind.TASTE:
            return _of_traits(reason, item)
        case _:
            return _of_people(reason, item, words)


def phrase(traits: Sequence[tuple[str, str]]) -> str:
    """Shared traits as words: people first, then keywords and genres; a word that a tag contains is left out.

    >>> phrase([("genres", "Comedy"), ("director", "John Lasseter"), ("keywords", "toys"), ("text", "toy")])
    'By John Lasseter, toys, Comedy'
    """
    tags = [term.lower() for block, term in traits if block not in WRITTEN]
    named = [
        PREFIXES.get(block, "") + term
        for wanted in NAMED_BLOCKS
        for block, term in traits
        if block == wanted and not (block in WRITTEN and any(term in tag for tag in tags))
    ]
    line = ", ".join({name.lower(): name for name in named}[key] for key in dict.fromkeys(map(str.lower, named)))
    return line[:1].upper() + line[1:]


def _of_traits(reason: Reason, item: str) -> str:
    plain = ", ".join(term for _, term in reason.traits)
    match reason.kind:
        case Kind.TRAITS:
            return phrase(reason.traits) or "Similar in content"
        case Kind.TRAITS_OF_ITEM:
            what = phrase(reason.traits)
            return f"Like {item}: {what[0].lower()}{what[1:]}" if what else f"Like {item}"
        case Kind.TAGS:
            return f"Shares {plain}" if plain else "Shares no tag"
        case _:
            return f"Your taste: {plain}" if plain else "Nothing in it speaks against your taste"


def _of_people(reason: Reason, item: str, words: Wording) -> str:
    match reason.kind:
        case Kind.NEIGHBOURS if reason.count:
            return f"{words.done.capitalize()} by {reason.count} of the {reason.of} {words.others} most like you"
        case Kind.NEIGHBOURS:
            return f"Popular, though {words.done} by nobody like you"
        case Kind.GROUP:
            leaning = ", ".join(term for _, term in reason.traits)
            who = f"who lean to {leaning}" if leaning else "whose taste is near yours"
            return f"Popular with {words.others} {who}"
        case Kind.GROUP_OF_ITEM:
            return f"Popular with the {words.others} {item} is for"
        case Kind.LIKED_TOGETHER if not words.worth:
            return f"Liked by the same {words.others} as {item}"
        case Kind.LIKED_TOGETHER | Kind.CHOSEN_TOGETHER:
            return f"{words.done.capitalize()} by the same {words.others} as {item}"
    raise ValueError(f"No sentence for a reason of kind {reason.kind!r}. Add one to recsys/serving/reasons.py.")
