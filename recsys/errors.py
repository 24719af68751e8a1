"""One class per thing that can go wrong; each is also the standard class a caller would catch."""

from __future__ import annotations

from collections.abc import Iterable


class RecsysError(Exception):
    """Base of every error raised on purpose; its text is one sentence fit to be shown to a person."""

    def __str__(self) -> str:
        # KeyError quotes its argument; the sentence must read the same from every class.
        return str(self.args[0]) if self.args else type(self).__name__


class BadSetting(RecsysError, ValueError):
    """An environment variable or option has a value that cannot be used."""


class BadInput(RecsysError, ValueError):
    """A caller's argument is outside what the function accepts."""


class BadData(RecsysError, ValueError):
    """A table, file or frame does not hold what it must."""


class UnknownItem(RecsysError, KeyError):
    """No item has this id or title."""


class UnknownUser(RecsysError, KeyError):
    """No user or profile has this id."""


class UnknownModel(RecsysError, KeyError, ValueError):
    """No recommender is registered, trained or saved under this name."""


class UnknownSetting(RecsysError, TypeError, ValueError):
    """A recommender has no such setting, or the setting has an illegal value."""


class NotFitted(RecsysError, RuntimeError):
    """The model was asked before `fit` or `load`."""


class MissingExtra(RecsysError, ImportError):
    """An optional dependency is not installed; the text holds the pip line."""


class NeedsRatings(RecsysError, LookupError):
    """The question needs ratings and the catalogue has none."""


class NotAllowed(RecsysError, PermissionError):
    """A wrong key, a read-only user, or a licence that forbids what was asked."""


class SourceError(RecsysError, OSError):
    """Raw data could not be found, downloaded or read."""


class BrokenDatabase(RecsysError, OSError):
    """A database file is corrupt, half-built or of another version."""


class BrokenRelease(RecsysError, ValueError):
    """A release on disk or on the Hub does not verify."""


class HubError(RecsysError, ConnectionError):
    """The Hugging Face Hub refused, failed or could not be reached."""


class SparkFailed(RecsysError, RuntimeError):
    """Spark could not be started, or gave up on a job."""


def listing(values: Iterable[object], limit: int = 20) -> str:
    """Comma-separated legal values for an error text, cut after `limit`.

    >>> listing(["a", "b"])
    'a, b'
    """
    values = [str(value) for value in values]
    more = f", … ({len(values) - limit} more)" if len(values) > limit else ""
    return ", ".join(values[:limit]) + more
