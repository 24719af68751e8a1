"""Settings of a recommender: each field once, with its meaning, bounds and search range."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from recsys.errors import UnknownSetting, listing


class Span(NamedTuple):
    """A continuous search range from `low` to `high`, sampled on a log scale where `log`."""

    low: float
    high: float
    log: bool = False


@dataclasses.dataclass(frozen=True)
class NoSettings:
    """The settings of a model that has none."""


def setting(
    default: Any,
    doc: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple | None = None,
    search: Span | tuple | None = None,
) -> Any:
    """A field of a frozen Config dataclass.

    Args:
        default: value used when none is given; its type is the legal type (None allows a number as well).
        doc: one sentence, with the unit.
        low, high: inclusive bounds.
        choices: legal values.
        search: what tuning tries, a Span or a tuple of values; None leaves the setting alone.
    """
    metadata = {"doc": doc, "low": low, "high": high, "choices": choices, "search": search}
    return dataclasses.field(default=default, metadata=metadata)


def make(config: type, model: str, settings: dict[str, Any]) -> Any:
    """A `config` instance from keyword settings.

    Raises:
        UnknownSetting: no such setting, or an illegal type or value; the text lists the legal ones.
    """
    fields = {field.name: field for field in dataclasses.fields(config)}
    unknown = sorted(set(settings) - set(fields))
    if unknown:
        raise UnknownSetting(
            f"{model} has no setting {listing(map(repr, unknown))}; it has {listing(fields) or 'none'}."
        )
    values = {}
    for name, value in settings.items():
        values[name] = _legal(model, fields[name], value)
    return config(**values)


def search_space(config: type) -> dict[str, Span | tuple]:
    """Name -> search range of every tunable setting."""
    return {
        field.name: field.metadata["search"]
        for field in dataclasses.fields(config)
        if field.metadata.get("search") is not None
    }


def _legal(model: str, field: dataclasses.Field, value: Any) -> Any:
    meta = field.metadata
    expected = type(field.default)
    if isinstance(value, str) is False and hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if value is None and field.default is None:
        return value
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (isinstance(value, expected) and isinstance(value, bool) is (expected is bool)) and not (
        field.default is None and (number or isinstance(value, str))
    ):
        raise UnknownSetting(f"{model}: {field.name} is {value!r}; it must be {expected.__name__} ({meta.get('doc')}).")
    if meta.get("choices") and value not in meta["choices"]:
        raise UnknownSetting(f"{model}: {field.name} is {value!r}; use one of {listing(map(repr, meta['choices']))}.")
    low, high = meta.get("low"), meta.get("high")
    if number and ((low is not None and not value >= low) or (high is not None and not value <= high)):
        span = f"at least {low}" if high is None else f"at most {high}" if low is None else f"from {low} to {high}"
        raise UnknownSetting(f"{model}: {field.name} is {value!r}; it must be {span} ({meta.get('doc')}).")
    return value
