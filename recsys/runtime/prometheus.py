"""Write metrics in the text format of Prometheus, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]
"""Suffix of the name, labels, value."""


@dataclass
class Family:
    """A metric with all its samples.

    Attributes:
        name: name of the metric, with its unit.
        help: one line on what it counts.
        kind: type of the metric.
        samples: the values.
    """

    name: str
    help: str
    kind: Literal["counter", "gauge", "histogram"] = "gauge"
    samples: list[Sample] = field(default_factory=list)

    def add(self, value: float, **labels: str) -> Family:
        """Add one value; return the family."""
        self.samples.append(("", labels, value))
        return self

    def add_histogram(self, bounds: Sequence[float], counts: Sequence[int], total: float, **labels: str) -> None:
        """Add a histogram.

        Args:
            bounds: upper bounds of the buckets, increasing.
            counts: number of values in each bucket, and at the end of those above the last bound.
            total: sum of all values.
        """
        below = 0
        for bound, count in zip((*bounds, float("inf")), counts, strict=True):
            below += count
            self.samples.append(("_bucket", {**labels, "le": _number(bound)}, below))
        self.samples += [("_sum", labels, total), ("_count", labels, below)]

    def lines(self) -> Iterable[str]:
        """Lines of the text format."""
        yield f"# HELP {self.name} {_escaped(self.help)}"
        yield f"# TYPE {self.name} {self.kind}"
        for suffix, labels, value in self.samples:
            given = ",".join(f'{name}="{_escaped(text, quotes=True)}"' for name, text in labels.items())
            yield f"{self.name}{suffix}{'{' + given + '}' if given else ''} {_number(value)}"


def text(families: Iterable[Family]) -> str:
    """Return the document of several metrics; those without samples are left out.

    >>> print(text([Family("up", "Whether it runs.").add(1, name='a "b"')]), end="")
    # HELP up Whether it runs.
    # TYPE up gauge
    up{name="a \\"b\\""} 1
    """
    return "".join(f"{line}\n" for family in families if family.samples for line in family.lines())


def _number(value: float) -> str:
    """A number as Prometheus reads it.

    >>> _number(0.005), _number(3.0), _number(float("inf"))
    ('0.005', '3', '+Inf')
    """
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))


def _escaped(text: str, quotes: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text
