"""Progress reports collected in a list, for tests that look at what was reported."""

from __future__ import annotations


class Lines(list):
    """A progress function that keeps the lines it is called with."""

    def __call__(self, line: str, share: float | None = None, /) -> None:
        self.append(line)
