"""Parse JSON whose objects give a name more than once, which the standard library reads as its last value."""

from __future__ import annotations

import json
from typing import Any

from recsys.errors import listing

Pairs = list[tuple[str, Any]]


class RepeatedName(ValueError):
    """An object gives a name more than once; the text is a clause that says which and what to do."""


class WithRepeats(dict[str, Any]):
    """An object that gives some names more than once, with their last values."""

    repeated: list[str]


def unique(pairs: Pairs) -> dict[str, Any]:
    """Return the object with these pairs; use it as `object_pairs_hook` where each name must be given once.

    Raises:
        RepeatedName: a name is given more than once.

    >>> import json
    >>> json.loads('{"a": 1, "a": 2}', object_pairs_hook=unique)
    Traceback (most recent call last):
    ...
    recsys.data.json_names.RepeatedName: a is given more than once; keep one
    """
    found = marked(pairs)
    if isinstance(found, WithRepeats):
        raise RepeatedName(clause(found))
    return found


def marked(pairs: Pairs) -> dict[str, Any]:
    """Return the object with these pairs, as `WithRepeats` if a name is given more than once.

    >>> marked([("a", 1), ("b", 2), ("a", 3)]).repeated
    ['a']
    """
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    given, again = set(), {}
    for name, _ in pairs:
        if name in given:
            again[name] = None
        given.add(name)
    result = WithRepeats(found)
    result.repeated = list(again)
    return result


def loads(text: str, repeated: list[WithRepeats]) -> Any:
    """Parse JSON; add the objects that give a name more than once to `repeated`, inner ones first.

    >>> found = []
    >>> loads('[{"a": 1, "a": 2}]', found), found[0].repeated
    ([{'a': 2}], ['a'])
    """

    def noted(pairs: Pairs) -> dict[str, Any]:
        found = marked(pairs)
        if isinstance(found, WithRepeats):
            repeated.append(found)
        return found

    return json.loads(text, object_pairs_hook=noted)


def clause(found: WithRepeats) -> str:
    """Say which names are given more than once, and what to do."""
    are = "is" if len(found.repeated) == 1 else "are"
    return f"{listing(found.repeated, 5)} {are} given more than once; keep one"
