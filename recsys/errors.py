"""Exceptions of the package: one class for each kind of failure, each also a subclass of a standard class."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 200
"""Letters of a value in a list of a sentence."""
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class RecsysError(Exception):
    """Base class; the text is one sentence on one line that can be shown to a user."""

    def __str__(self) -> str:
        # KeyError would show the repr of its argument.
        return on_one_line(str(self.args[0])) if self.args else type(self).__name__


class BadSetting(RecsysError, ValueError):
    """An environment variable or option has an invalid value."""


class BadInput(RecsysError, ValueError):
    """An argument is invalid."""


class BadData(RecsysError, ValueError):
    """A table, file or data frame has missing or invalid content."""


class BadTables(BadData):
    """Tables have several problems; the text is a report with one problem in each line."""

    def __str__(self) -> str:
        return str(self.args[0])


class UnknownItem(RecsysError, KeyError):
    """No item has this id or title."""


class UnknownUser(RecsysError, KeyError):
    """No user or profile has this id."""


class UnknownModel(RecsysError, KeyError, ValueError):
    """No model with this name is registered, trained or saved."""


class UnknownSetting(RecsysError, TypeError, ValueError):
    """A model has no such setting, or its value is invalid."""


class NotFitted(RecsysError, RuntimeError):
    """A model was used before `fit` or `load`."""


class MissingExtra(RecsysError, ImportError):
    """An optional dependency is not installed; the text contains the pip command."""


class NeedsRatings(RecsysError, LookupError):
    """The request needs ratings and the catalogue has none."""


class NotAllowed(RecsysError, PermissionError):
    """The key is wrong, the user is read-only, or a licence forbids the request."""


class TooManyRequests(RecsysError, PermissionError):
    """One address sent too many requests; `retry_after` is the number of seconds until it may try again."""

    def __init__(self, message: str, retry_after: float = 1.0):
        super().__init__(message)
        self.retry_after = retry_after


class SourceError(RecsysError, OSError):
    """Raw data could not be found, downloaded or read."""


class BrokenDatabase(RecsysError, OSError):
    """A database file is missing, corrupt, incomplete or of another version."""


class StoreUnavailable(RecsysError, ConnectionError):
    """The PostgreSQL store cannot be used now; the text is for visitors.

    Attributes:
        details: one sentence for the operator, with the name of the server.
        cause: the reason as a clause about the server of the app.
        is_away: whether the store cannot be reached, so that a later attempt may succeed.
    """

    AWAY = "its database cannot be reached"

    def __init__(self, details: str, cause: str = AWAY):
        super().__init__(f"Profiles cannot be used now, because {cause.replace('its', 'the', 1)}. Try again later.")
        self.details, self.cause, self.is_away = details, cause, cause == self.AWAY


class BrokenRelease(RecsysError, ValueError):
    """A release on disk or on the Hub fails verification."""


class HubError(RecsysError, ConnectionError):
    """The Hugging Face Hub refused, failed or could not be reached."""


class SparkFailed(RecsysError, RuntimeError):
    """Spark could not start, or a Spark job failed."""


CALLER_ERRORS = (
    BadInput,
    UnknownItem,
    UnknownUser,
    UnknownModel,
    UnknownSetting,
    NeedsRatings,
    NotAllowed,
    TooManyRequests,
)
"""Errors that a caller of the service causes and can avoid; any other is a failure of the service."""


def on_one_line(text: str) -> str:
    """Return a text whose ends of lines and other control characters, such as those of a file name, are escaped.

    >>> on_one_line("two\\nlines.csv")
    'two\\\\nlines.csv'
    """
    return _BREAKS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def cut(text: str, longest: int = LONGEST) -> str:
    """Return a text, of which at most `longest` letters are left.

    >>> cut("Heat", 4), cut("Alien", 4)
    ('Heat', 'Ali…')
    """
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def quoted(value: object) -> str:
    """Return a value as Python writes it, for an error text; at most LONGEST letters of it."""
    return cut(repr(value))


def listing(values: Iterable[object], limit: int = 20) -> str:
    """Comma-separated values for an error text; at most `limit` of them, and at most LONGEST letters of each.

    >>> listing(["a", "b"])
    'a, b'
    """
    values = [cut(str(value)) for value in values]
    more = f", … ({len(values) - limit} more)" if len(values) > limit else ""
    return ", ".join(values[:limit]) + more
