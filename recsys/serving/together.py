"""Recommend items to a group that no member has seen and that all members are likely to enjoy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from recsys.errors import BadInput
from recsys.models.base import Recommender
from recsys.serving.answers import Answers, Picks
from recsys.serving.filters import POOL, Filters
from recsys.serving.replies import ForGroup, Shown
from recsys.serving.scored_histories import History
from recsys.serving.verdicts import Verdicts

MIN_PEOPLE, MAX_PEOPLE = 2, 8
MAX_TITLES = 100  # largest number of titles of one person
FAIRNESS = 1.0
DIAL = 0.5  # position of the dial from best on average (0) to fairest (1) at which `fairness` is FAIRNESS


Person = str | int | Sequence[str] | Mapping[str, float]
"""A member of a group in a call: a user id, a list of liked titles, or ratings by title or item id."""


class Member(NamedTuple):
    """What an item is for one member of a group: the match in per cent, None if unknown, and the reason."""

    match: int | None
    reason: str


def recommend_together(
    answers: Answers,
    histories: Sequence[Mapping[str, float]],
    n: int,
    filters: Filters,
    dial: float = DIAL,
    names: Sequence[str] = (),
) -> tuple[Picks, list[list[Member]]]:
    """The best n items for a group, and for each of them what it is for each member.

    Args:
        histories: ratings of each member by item id; a member without known items is left out of the choice.
        dial: from 0 (best on average) to 1 (fairest).
        names: name of each member for their reasons, "" for the reader (default: person 1, person 2 …).
    """
    names = names or [f"person {place}" for place in range(1, len(histories) + 1)]
    models = answers.models
    recommender = models.model(models.for_newcomer(""))
    seen = {item_id for history in histories for item_id in history}
    among = models.passing(filters)
    found = [recommender.ranked(history, n, seen, among, filters.recency) for history in histories]
    blocked = recommender.masked(found[0].histories, seen, among)
    scores = np.vstack([_usable(one.row, blocked, recommender) for one in found])
    numbers = group_order(scores, POOL if filters.reranks else n, FAIRNESS * dial / DIAL)
    if filters.reranks:
        ids = models.release.items.ids[numbers].tolist()
        numbers = models.release.items.numbers(answers.reordered(ids, n, filters))
    utility = standardised(scores)
    best = utility[:, numbers].argmax(axis=0) if len(numbers) else np.empty(0, dtype=np.int64)
    reasons = [models.sentences(recommender.reasons(one, numbers), who) for one, who in zip(found, names, strict=True)]
    matches = [models.match(recommender.to_histories(history), numbers) for history in histories]
    picks = Picks(
        recommender.name,
        models.release.version,
        models.release.items.ids[numbers].tolist(),
        [float(value) for value in utility[:, numbers].mean(axis=0)],
        [_mean([member[place] for member in matches]) for place in range(len(numbers))],
        [reasons[member][place] for place, member in enumerate(best.tolist())],
        [],
    )
    members = [
        [Member(match[place], reason[place]) for match, reason in zip(matches, reasons, strict=True)]
        for place in range(len(numbers))
    ]
    return picks, members


def group_of(people: object) -> Sequence[Person]:
    """Validate the members of a group in a call.

    Raises:
        BadInput: it is not a list of 2 to 8 members.
    """
    if isinstance(people, str) or not isinstance(people, Sequence) or not MIN_PEOPLE <= len(people) <= MAX_PEOPLE:
        raise BadInput(f"Parameter people is {people!r:.200}; use a list of {MIN_PEOPLE} to {MAX_PEOPLE} people.")
    longest = max((len(one) for one in people if isinstance(one, (list, tuple))), default=0)
    if longest > MAX_TITLES:
        raise BadInput(f"Parameter people has a list of {longest:,} titles; use at most {MAX_TITLES}.")
    return people


def member_ratings(person: Person, history: Callable[[str | int], History], verdicts: Verdicts) -> Mapping[str, float]:
    """Ratings of one member by item id.

    Args:
        history: returns the history of a user id.
    """
    if isinstance(person, (str, int)):
        return history(person).read()
    return verdicts.rated(person) if isinstance(person, Mapping) else verdicts.ratings(person)[0]


def for_group(lines: Sequence[Shown], groups: Sequence[Sequence[Member]]) -> list[ForGroup]:
    """Add the matches and reasons of the members to recommendations."""
    return [
        {**line, "matches": [one.match for one in group], "reasons": [one.reason for one in group]}
        for line, group in zip(lines, groups, strict=True)
    ]


def group_order(scores: np.ndarray, n: int, fairness: float = FAIRNESS) -> np.ndarray:
    """Numbers of n items for a group, best first, chosen one by one with proportional fairness.

    Members' scores are standardised (z-scores over the candidates). Each step takes the item with the largest sum
    over members m of z_mi (1 + S_m)^-fairness, where S_m is the sum of the member's scores of the items chosen so far,
    as shares of the member's best item: a member with a low sum has a higher weight (Kelly, Maulloo and Tan 1998).
    With fairness 0 this is the sum of z-scores.

    Args:
        scores: (n_members, n_items) float; -inf marks items that are not candidates.

    Returns:
        (k,) item numbers, k = min(n, candidates).
    """
    utility = standardised(scores)
    pool = np.flatnonzero(np.isfinite(scores).all(axis=0))
    utility = utility[:, pool]
    best = np.maximum(utility.max(axis=1, initial=0.0), 1e-9)
    satisfied, chosen = np.zeros(len(utility)), []
    left = np.ones(len(pool), dtype=bool)
    for _ in range(min(n, len(pool))):
        gain = (1.0 + satisfied) ** -fairness @ utility
        item = int(np.where(left, gain, -np.inf).argmax())
        chosen.append(item)
        left[item] = False
        satisfied += np.maximum(utility[:, item], 0.0) / best
    return pool[np.array(chosen, dtype=np.int64)]


def standardised(scores: np.ndarray) -> np.ndarray:
    """(n_members, n_items) z-scores over each member's finite scores; 0 for items that are not candidates."""
    finite = np.isfinite(scores)
    counts = np.maximum(finite.sum(axis=1, keepdims=True), 1)
    known = np.where(finite, scores, 0.0).astype(np.float64)
    mean = known.sum(axis=1, keepdims=True) / counts
    spread = np.sqrt((np.where(finite, known - mean, 0.0) ** 2).sum(axis=1, keepdims=True) / counts)
    return np.where(finite, (known - mean) / np.maximum(spread, 1e-9), 0.0)


def _usable(row: np.ndarray, blocked: np.ndarray, recommender: Recommender) -> np.ndarray:
    """Scores of one member for every candidate; popularity if the model knows no item of the member's history."""
    if not np.isfinite(row).any():
        row = recommender.popularity
    lowest = row[np.isfinite(row)].min()
    return np.where(blocked, -np.inf, np.where(np.isfinite(row), row, lowest))


def _mean(matches: Sequence[int | None]) -> int | None:
    known = [match for match in matches if match is not None]
    return round(sum(known) / len(known)) if known else None
