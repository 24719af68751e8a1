"""Registry of the public endpoints: one function each, with its parameters and documentation.

Gradio's API, the MCP tools, plain POST, the tests and the benchmark all read `ENDPOINTS`. A new endpoint is a method of
`Service`, a function in `endpoints.py`, a row of the README's table and a test.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from recsys.errors import BadInput, listing

ENDPOINTS: dict[str, Endpoint] = {}
"""All public endpoints by name, in the order of the documentation."""


@dataclass(frozen=True)
class Endpoint:
    """One public endpoint.

    Attributes:
        name: the endpoint's name without the slash.
        function: called with the service, then the parameters.
        signature: parameters, defaults and types, without the service. Their order is part of the public API.
        writes: whether a call changes stored data.
    """

    name: str
    function: Callable[..., object]
    signature: inspect.Signature
    writes: bool

    @property
    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """The parameters that a caller passes, in order."""
        return tuple(self.signature.parameters.values())

    def text(self, words: Mapping[str, str]) -> str:
        """The documentation of the endpoint in the words of a catalogue, such as "films" or "courses"."""
        return inspect.cleandoc(self.function.__doc__ or "").format(**words)

    def parameter_texts(self, words: Mapping[str, str]) -> dict[str, str]:
        """The documentation of each parameter, by name, in the words of a catalogue."""
        texts: dict[str, str] = {}
        name = ""
        for line in self.text(words).partition("Args:\n")[2].splitlines():
            before, colon, after = line.strip().partition(": ")
            if colon and before in self.signature.parameters:
                name, texts[before] = before, after
            elif name and line.strip():
                texts[name] += f" {line.strip()}"
        return texts

    def complete(self, given: Sequence[object]) -> list[object]:
        """Append the defaults of parameters that the caller left out at the end.

        Raises:
            BadInput: a required parameter is missing, or there are too many.
        """
        if len(given) > len(self.parameters):
            names = listing(parameter.name for parameter in self.parameters) or "no parameters"
            raise BadInput(f"Too many parameters for /{self.name}: {len(given)} given, it takes {names}.")
        omitted = self.parameters[len(given) :]
        required = [parameter.name for parameter in omitted if parameter.default is parameter.empty]
        if required:
            raise BadInput(f"Parameter {required[0]} of /{self.name} is missing.")
        return [*given, *(copy(parameter.default) for parameter in omitted)]


def endpoint(*, writes: bool = False) -> Callable[[Callable], Callable]:
    """Register a function as a public endpoint under its own name.

    Its first parameter is the service; the others, with their type hints and defaults, are the endpoint's. Its
    docstring is the public documentation: words in braces are filled in from the catalogue.
    """

    def register(function: Callable) -> Callable:
        hints = typing.get_type_hints(function)
        plain = inspect.signature(function)
        service, *parameters = plain.parameters.values()
        signature = inspect.Signature(
            [parameter.replace(annotation=hints[parameter.name]) for parameter in parameters],
            return_annotation=hints["return"],
        )
        name = function.__name__
        ENDPOINTS[name] = Endpoint(name, function, signature, writes)
        return function

    return register
