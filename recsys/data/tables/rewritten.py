"""Forms of text tables that are rewritten while they are read, so that each line is a row of one table."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

from recsys.data.tables import netflix, quoted_lines, single_quotes


class Rewriting(NamedTuple):
    """How to recognize a form by the first lines of a text, how to open it, and what is said about it."""

    fits: Callable[[Sequence[str]], bool]
    open: Callable[[io.TextIOWrapper], io.TextIOWrapper]
    note: str


AS_IT_IS = Rewriting(lambda lines: True, lambda text: text, "")
FORMS = (
    Rewriting(quoted_lines.is_quoted, quoted_lines.open_unquoted, quoted_lines.NOTE),
    Rewriting(single_quotes.is_single, single_quotes.open_requoted, single_quotes.NOTE),
    Rewriting(netflix.has_headings, netflix.open_headed, netflix.NOTE),
    Rewriting(netflix.has_open_titles, netflix.open_titles, netflix.NOTE_ON_TITLES),
    AS_IT_IS,
)


def form_of(lines: Sequence[str]) -> Rewriting:
    """Return the form of a text with these first lines.

    >>> form_of(["1:", "1488844,3,2005-09-06"]).note
    "lines such as '123:' are read as the item of the ratings below them"
    """
    return next(form for form in FORMS if form.fits(lines))
