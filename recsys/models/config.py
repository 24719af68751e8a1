"""Declare and validate the settings of recommenders: each with its meaning, bounds and search range."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from recsys.errors import UnknownSetting, listing, quoted

Default = TypeVar("Default")


class Dataclass(Protocol):
    """An instance of any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


Settings = TypeVar("Settings", bound=Dataclass)


class Span(NamedTuple):
    """A continuous search range from `low` to `high`.

    Attributes:
        low, high: the ends; `low` is positive if `log` is true.
        log: whether values are drawn evenly on a logarithmic scale.
    """

    low: float
    high: float
    log: bool = False


@dataclasses.dataclass(frozen=True)
class NoSettings:
    """Settings of a model without settings."""


def setting(
    default: Default,
    doc: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple | None = None,
    search: Span | tuple | None = None,
) -> Default:
    """Declare a field of a frozen Config dataclass.

    Args:
        default: the default value; its type is the legal type. With a default of None, numbers and text are legal too.
        doc: one sentence, with the unit.
        low, high: inclusive bounds.
        choices: legal values.
        search: values that tuning tries, as a Span or a tuple; None for a setting that is not tuned.
    """
    metadata = {"doc": doc, "low": low, "high": high, "choices": choices, "search": search}
    return dataclasses.field(default=default, metadata=metadata)


def make(config: type[Settings], model: str, settings: Mapping[str, object]) -> Settings:
    """Create an instance of a Config class from keyword settings.

    Args:
        model: name of the model, for error messages.

    Raises:
        UnknownSetting: a setting does not exist, or its type or value is illegal; the message lists the legal ones.
    """
    fields = {field.name: field for field in dataclasses.fields(config)}
    unknown = sorted(set(settings) - set(fields))
    if unknown:
        raise UnknownSetting(
            f"{model} has no setting {listing(map(repr, unknown))}; it has {listing(fields) or 'none'}."
        )
    return config(**{name: _legal(model, fields[name], value) for name, value in settings.items()})


def search_space(config: type) -> dict[str, Span | tuple]:
    """Search ranges of the settings that are tuned, by name."""
    return {
        field.name: field.metadata["search"]
        for field in dataclasses.fields(config)
        if field.metadata.get("search") is not None
    }


def _legal(model: str, field: dataclasses.Field, value: Any) -> Any:
    """Return a value converted to the type of its field.

    Raises:
        UnknownSetting: its type or value is illegal.
    """
    if not isinstance(value, str) and hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if type(field.default) is float and _is_number(value):
        value = float(value)
    if value is None and field.default is None:
        return value
    if not _fits(value, field.default):
        expected, doc = type(field.default).__name__, field.metadata.get("doc")
        raise UnknownSetting(f"{model}: {field.name} is {quoted(value)}; it must be {expected} ({doc}).")
    _check_bounds(model, field, value)
    return value


def _fits(value: Any, default: Any) -> bool:
    """Whether a value has the type of the default; bool and int are different types here."""
    if default is None:
        return _is_number(value) or isinstance(value, str)
    return isinstance(value, type(default)) and isinstance(value, bool) is isinstance(default, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_bounds(model: str, field: dataclasses.Field, value: Any) -> None:
    choices, low, high = (field.metadata.get(name) for name in ("choices", "low", "high"))
    if choices and value not in choices:
        raise UnknownSetting(f"{model}: {field.name} is {quoted(value)}; use one of {listing(map(repr, choices))}.")
    if not _is_number(value):
        return
    # the comparisons are written so that NaN fails
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        span = f"at least {low}" if high is None else f"at most {high}" if low is None else f"from {low} to {high}"
        doc = field.metadata.get("doc")
        raise UnknownSetting(f"{model}: {field.name} is {quoted(value)}; it must be {span} ({doc}).")
