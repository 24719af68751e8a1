"""Prompts that assistants offer to people: what to ask, and which tools answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recsys.errors import BadInput, listing
from recsys.serving.arguments import MAX_TEXT

RULES = (
    "Name only {items} that the tools returned, with title and year, and say the reason that the tool gave in your own "
    "words. If a tool reports an error, do what its message says."
)


@dataclass(frozen=True)
class Question:
    """One prompt.

    Attributes:
        title: what a menu shows.
        about: what it is for.
        arguments: description of each argument, by name; all but the first may be left out.
        lines: sentences of the prompt. One with an argument in double braces is left out if the argument is empty.
    """

    title: str
    about: str
    arguments: Mapping[str, str]
    lines: tuple[str, ...]


FILM_NIGHT = Question(
    "Movie night",
    "Find a film for two to eight people tonight.",
    {
        "people": "Who watches, and what each of them likes.",
        "mood": "What it should be like, such as a genre or a mood.",
        "minutes": "The longest running time in minutes.",
    },
    (
        "Find a film that everybody here will enjoy tonight: {{people}}",
        "Mood: {{mood}}. Use the resource recsys://catalogue for the genres that there are.",
        "It should not be longer than {{minutes}} minutes (filter runtime_to, if running times are known).",
        "Use the tool together with one entry per person in people: a profile id, a list of titles, or {ratings} by "
        "title.",
        "Show three picks with each person's match and reason, and recommend one of them.",
    ),
)
TOGETHER = Question(
    "Choose together",
    "Find {items} that suit two to eight people.",
    {"people": "Who they are, and which {items} each of them likes.", "topic": "What it should be about."},
    (
        "Find {items} that suit all of these people: {{people}}",
        "Topic: {{topic}}.",
        "Use the tool together with one entry per person in people: a profile id, a list of titles, or {ratings} by "
        "title.",
        "Show three picks with each person's match and reason, and recommend one of them.",
    ),
)
COMMON = {
    "what_next": Question(
        "What next?",
        "Recommend {items} from what somebody likes.",
        {
            "liked": "Titles that they like.",
            "disliked": "Titles that they do not like.",
            "wish": "What they are in the mood for.",
        },
        (
            "Recommend what to choose next to somebody who likes: {{liked}}",
            "They do not like: {{disliked}}",
            "They wish for: {{wish}}",
            "Use the tool recommend_for with these titles in liked and disliked; express the wish as filters.",
            "Show five picks.",
        ),
    ),
    "more_like": Question(
        "More like this",
        "Find {items} similar to one {item}, with a wish.",
        {"title": "The {item}.", "wish": "What should be different, such as newer or another {genre}."},
        (
            "Find {items} similar to: {{title}}",
            "They should differ in this: {{wish}}",
            'Use the tool similar with a title such as "like THIS but newer"; the note of the first result says what '
            "was understood. Express the rest as filters. Use the tool item for more about a pick.",
            "Show five picks and what connects them to the first {item}.",
        ),
    ),
    "from_my_ratings": Question(
        "From my ratings",
        "Recommend {items} from {ratings} that were exported elsewhere.",
        {"export": "The text of the exported file, or where it is."},
        (
            "Recommend {items} to me from the {ratings} in this export: {{export}}",
            "Use the tool import_ratings with the text of the file. Then use the tool recommend_for with ratings = the "
            "{rating} of each matched {item} by its item_id, written as id:ITEM_ID.",
            "Say how many were matched and which were not, then show ten picks.",
        ),
    ),
}


def questions(item: str) -> dict[str, Question]:
    """The prompts of a catalogue by name.

    Args:
        item: the catalogue's word for an item, such as "film".
    """
    return {**({"movie_night": FILM_NIGHT} if item == "film" else {"choose_together": TOGETHER}), **COMMON}


def written(name: str, given: Mapping[str, str], words: Mapping[str, str]) -> str:
    """The text of a prompt.

    Args:
        given: the arguments by name.
        words: words of the catalogue; see `recsys.api.endpoints.vocabulary`.

    Raises:
        BadInput: the prompt is unknown, or its first argument is missing.
    """
    offered = questions(words["item"])
    if name not in offered:
        raise BadInput(f"There is no prompt {name!a:.100}; use {listing(offered)}.")
    question = offered[name]
    values = {argument: str(given.get(argument) or "").strip() for argument in question.arguments}
    needed = next(iter(values))
    if not values[needed]:
        raise BadInput(f"Argument {needed} of the prompt {name} is missing.")
    return "\n".join(filter(None, (_line(line, values, words) for line in (*question.lines, RULES))))


def _line(line: str, values: Mapping[str, str], words: Mapping[str, str]) -> str:
    """A sentence with the words of the catalogue and one argument; "" if its argument is empty."""
    text = line.format(**words)
    for name, value in values.items():
        if (place := f"{{{name}}}") in text:
            # the text of an export is longer than a title
            return text.replace(place, value if name == "export" else value[:MAX_TEXT]) if value else ""
    return text
