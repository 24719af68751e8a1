"""Read the column of ratings: the format of its numbers, and values that may mean "not rated"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.report import FILE, Report
from recsys.catalogue.sources.tables.words import NO, YES
from recsys.data.tables import numbers
from recsys.data.tables.cells import UNRATED
from recsys.data.tables.coded import CodedTexts
from recsys.errors import listing

LARGEST_RATING = 1e9
LIKED = frozenset(
    "true yes y like liked up thumbs_up thumbsup thumb_up positive recommended love loved fresh 👍 ❤ ♥".split()
)
LIKED |= YES
DISLIKED = frozenset(
    "false no n dislike disliked down thumbs_down thumbsdown thumb_down negative not_recommended hate hated rotten"
    " 👎".split()
)
DISLIKED |= NO
"""Verdicts in words, which are read as the ratings 1 and 0."""
_LABELLED = re.compile(r"\s*(-?\d+(?:[.,]\d+)?)\s*[-–—:=.(]\s*([^\W\d][^\d]*)", re.DOTALL)
"""A point of a scale with its label, as surveys export it."""
SUSPICIOUS = 0.2
"""Lowest share of rows with the rating 0 at which 0 may mean "not rated"."""


def read_values(column: CodedTexts, options: Options, report: Report, file: str) -> tuple[np.ndarray, str]:
    """The rating of each row as float64 (NaN if it is not a number), and why the column cannot be read or ""."""
    counts = column.counts()
    unrated = marks(column.texts, options)
    if words := verdicts(["" if is_mark else text for text, is_mark in zip(column.texts, unrated, strict=True)]):
        report.note(file, "rating", words.note)
        return words.values[column.codes], ""
    texts = without_labels(column.texts, unrated)
    if texts is not column.texts:
        at = next(place for place, text in enumerate(texts) if text != column.texts[place])
        report.note(
            file, "rating", f"numbers are read without the words after them ({column.texts[at]!r} is {texts[at]})"
        )
    found = numbers.read(texts, options.decimal, options.scale, counts.tolist())
    if found.refused:
        is_choice = found.by_mark and report.described
        choice = f', or put "decimal": "comma" or "decimal": "point" into {FILE}' if is_choice else ""
        return np.empty(0), f"{found.refused}; write all in one form{choice}"
    filled = [text.strip() for text in column.texts if text.strip()]
    if filled and counts.sum() > 1 and not np.isfinite(found.values).any():
        what = f"no cell is a number; there are {listing([repr(text[:40]) for text in filled[:4]])}"
        return np.empty(0), f"{what}. Write numbers in their place, or remove the column if each row is a choice"
    if found.note:
        report.note(file, "rating", found.note)
        if f"decimal {numbers.COMMA}s" in found.note and not options.decimal:
            report.set_option("decimal", value=numbers.COMMA)
    values = np.where(np.abs(found.values) < LARGEST_RATING, found.values, np.nan)
    if not options.not_rated:
        _say_suspicious(values, counts, report, file)
    return (values[column.codes] if len(values) else np.empty(0)), ""


def marks(texts: Sequence[str], options: Options) -> list[bool]:
    """Whether each text means "not rated": by itself in own tables, or as the owner has stated."""
    stated = {_folded(one) for one in options.not_rated if isinstance(one, str)}
    known = stated if options.leave_out_unknown else UNRATED | stated
    return [_folded(text) in known for text in texts]


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def verdicts(texts: Sequence[str]) -> numbers.Numbers | None:
    """A column of verdicts in words as 1 and 0, NaN for empty cells; None if another text or no word is there."""
    words = [
        "_".join(text.casefold().replace("\ufe0f", "").replace("-", " ").split()) or text.strip() for text in texts
    ]
    read = {word: float(word in LIKED) for word in words if word in LIKED | DISLIKED}
    if not read or any(word and word not in read for word in words):
        return None
    first = {
        value: text.strip() for word, text in zip(words, texts, strict=True) if (value := read.get(word)) is not None
    }
    said = " and ".join(f"{text!r} is read as {value:g}" for value, text in sorted(first.items(), reverse=True))
    return numbers.Numbers(np.array([read.get(word, np.nan) for word in words]), said)


def without_labels(texts: Sequence[str], unrated: Sequence[bool]) -> Sequence[str]:
    """Texts such as `5 - Excellent` as their numbers, if each number has one label; otherwise the texts themselves.

    >>> without_labels(["5 - Excellent", "1 (poor)", ""], [False, False, True])
    ['5', '1', '']
    >>> without_labels(["5 - A", "5 - B"], [False, False])
    ['5 - A', '5 - B']
    """
    found = [None if is_mark else _LABELLED.fullmatch(text) for text, is_mark in zip(texts, unrated, strict=True)]
    parts = [one.groups() for one in found if one]
    if not parts or len(parts) + sum(unrated) < len(texts) or len({number for number, _ in parts}) < len(parts):
        return texts
    return [one[1] if one else text for one, text in zip(found, texts, strict=True)]


def _say_suspicious(values: np.ndarray, counts: np.ndarray, report: Report, file: str) -> None:
    """Note a lowest rating that may mean "not rated": -1, or 0 in many rows below a scale from 1."""
    known = np.isfinite(values)
    values, counts = values[known], counts[known]
    if len(values) < 3:
        return
    lowest, share = values.min(), counts[values == values.min()].sum() / counts.sum()
    others = values[values > lowest]
    if (lowest == -1 and len(others) and others.min() >= 0) or (
        lowest == 0 and share >= SUSPICIOUS and len(others) and others.min() >= 1
    ):
        remedy = f'put "not_rated": [{lowest:g}] into {FILE}' if report.described else "remove these rows"
        what = f'{lowest:g} is in {share:.0%} of the rows; if it means "not rated", {remedy}'
        report.note(file, "rating", what)
