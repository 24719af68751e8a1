"""Convert the arguments of a tool call to the parameters of an endpoint.

Language models often send numbers, lists and objects as text, and null for what they leave out. Both are accepted here.
Whatever cannot be converted is passed on unchanged, so that the endpoint names it in its own error.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from inspect import Parameter
from typing import Any

from recsys.api.contract import Endpoint
from recsys.errors import BadInput, listing
from recsys.serving.filters import Filters

FILTER_TYPES = typing.get_type_hints(Filters)


def parameters(endpoint: Endpoint, given: Mapping[str, object]) -> list[object]:
    """The parameters of an endpoint in order, from arguments by name.

    Raises:
        BadInput: an argument has an unknown name, or a required one is missing.
    """
    known = {one.name: one for one in endpoint.parameters}
    unknown = [name for name in given if name not in known]
    if unknown:
        takes = listing(known) or "no arguments"
        raise BadInput(f"The tool {endpoint.name} has no argument {unknown[0]!a:.100}; it takes {takes}.")
    return [_parameter(endpoint, one, given.get(one.name)) for one in known.values()]


def _parameter(endpoint: Endpoint, parameter: Parameter, value: object) -> object:
    if value is None:
        if parameter.default is Parameter.empty:
            raise BadInput(f"Argument {parameter.name} of the tool {endpoint.name} is missing.")
        return parameter.default
    if parameter.name == "filters":
        return filters(value)
    if parameter.name == "people":
        return [parsed(one) for one in listed(value)] if isinstance(value, (str, list)) else value
    return converted(value, parameter.annotation)


def converted(value: object, kind: Any) -> object:
    """Convert a value to a type if it says the same in another form.

    >>> converted("10", int), converted("3.5", float), converted("Heat", list[str]), converted('["A", "B"]', list[str])
    (10, 3.5, ['Heat'], ['A', 'B'])
    >>> converted('{"Heat": "4.5"}', dict[str, float])
    {'Heat': 4.5}
    >>> converted("ten", int)
    'ten'
    """
    origin, inner = typing.get_origin(kind) or kind, typing.get_args(kind)
    if origin in (int, float):
        return number(value, origin)
    if origin in (list, tuple):
        return listed(value)
    if origin is dict:
        found = parsed(value) if value != "" else {}
        if not isinstance(found, dict):
            return found
        return {name: converted(one, inner[1]) for name, one in found.items()} if inner else found
    return value


def filters(value: object) -> object:
    """Convert filters, which may be "" for none, and each value of them by the type of its filter.

    >>> filters('{"year_from": "1990", "genres_in": "Drama"}')
    {'year_from': 1990, 'genres_in': ['Drama']}
    """
    found = parsed(value) if value != "" else {}
    if not isinstance(found, dict):
        return found
    return {name: _filter(one, FILTER_TYPES.get(name)) for name, one in found.items()}


def filter_schema() -> dict[str, Any]:
    """JSON schema of the filters: whether each is a number or a list of texts."""
    texts, numeric = {"type": "array", "items": {"type": "string"}}, {"type": "number"}
    kinds = {name: texts if typing.get_origin(kind) is tuple else numeric for name, kind in FILTER_TYPES.items()}
    return {"type": "object", "properties": kinds, "additionalProperties": False}


def _filter(value: object, kind: Any) -> object:
    """Convert the value of one filter; its type may be optional, such as `int | None`."""
    kinds = [one for one in typing.get_args(kind) if one not in (type(None), ...)]
    is_list = typing.get_origin(kind) is tuple
    return converted(value, kind if is_list or not kinds else kinds[0])


def number(value: object, kind: type[int] | type[float]) -> object:
    """A number that is written as text; a whole number may be written as 10.0."""
    if not isinstance(value, str):
        return value
    try:
        found = float(value)
        return int(found) if kind is int and found.is_integer() else found
    except (ValueError, OverflowError):
        return value


def listed(value: object) -> Any:
    """A list that is written as JSON text; any other text is the only entry of a list, or none if it is empty."""
    found = parsed(value)
    if isinstance(found, list) or not isinstance(value, str):
        return found
    return [value] if value.strip() else []


def parsed(value: object) -> Any:
    """A list or object that is written as JSON text; anything else is returned unchanged."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
