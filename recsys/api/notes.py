"""Add a note to an answer: which item was chosen for an ambiguous name, or what a search or a wish was understood as.

The note is the field `note` of the answer or, if the answer is a list, of its first entry. It is missing if there is
nothing to say, so other answers are unchanged. A field next to `data` would not reach Gradio's clients and MCP tools,
and a longer `reason` would be shown as the reason of one item. An empty list cannot have a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from recsys.errors import RecsysError
from recsys.serving.remarks import taken_for
from recsys.serving.service import Service
from recsys.serving.wishes.wish import sentence

SIMILAR = "similar"  # the endpoint that understands wishes
MOST = 3
"""Largest number of names in a note, because a list of hundreds of names would make it longer than the answer."""


def with_note(answer: object, service: Service, given: Mapping[str, object], endpoint: str = "") -> object:
    """Return the answer with a note on the ambiguous names among the parameters, or on the search text.

    Args:
        answer: the result of the endpoint; it is not changed.
        given: the parameters by name.
        endpoint: the name of the endpoint; /similar understands wishes.
    """
    entry = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(entry, dict) or not (note := " ".join(_notes(service, given, endpoint))):
        return answer
    noted = {**entry, "note": " ".join(filter(None, (entry.get("note"), note)))}
    return [noted, *answer[1:]] if isinstance(answer, list) else noted


def _notes(service: Service, given: Mapping[str, object], endpoint: str) -> list[str]:
    """Up to MOST sentences on the items chosen for ambiguous names, or one on a search text or a wish."""
    if isinstance(query := given.get("query"), str) and query.strip():
        return list(filter(None, [service.understood(query)]))
    if endpoint == SIMILAR and (wish := service.wishes.wanted(str(given.get("title", "")))):
        return [sentence(wish)]
    found: list[str] = []
    for name in dict.fromkeys(_names(given)):
        try:
            note = taken_for(service, name)
        except RecsysError:  # a parameter that the answer did not need, such as an empty title
            continue
        if note:
            found.append(note)
        if len(found) == MOST:
            break
    return found


def _names(given: Mapping[str, object]) -> Iterator[str]:
    """The names of items among the parameters."""
    people = given.get("people")
    members = people if isinstance(people, (list, tuple)) else ()
    groups = (*(given.get(name) for name in ("liked", "disliked", "ratings", "titles")), *members)
    yield from _texts([given.get("title")])
    for group in groups:
        if isinstance(group, (Sequence, Mapping)) and not isinstance(group, str):
            yield from _texts(group)


def _texts(values: Iterable[object]) -> Iterator[str]:
    return (str(value) for value in values if isinstance(value, (str, int)) and value != "")
