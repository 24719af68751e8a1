"""Declare a command: one decorated function with its name, help, example, options and result."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from recsys.cli.output import shortened
from recsys.errors import on_one_line

COMMANDS: dict[str, Command] = {}
"""All commands by name, in the order of `recsys --help`."""


@dataclass(frozen=True)
class Result:
    """Output of a command.

    Attributes:
        data: printed with --json.
        text: printed without it.
        failed: whether the command failed: `text` goes to standard error and the exit status is 1.
        remark: sentence that goes to standard error with --json, if the data alone do not say it.
    """

    data: object
    text: str
    failed: bool = False
    remark: str = ""


@dataclass(frozen=True)
class Argument:
    """One argument of a command, for `argparse`.

    Attributes:
        names: a positional name, or the spellings of an option.
        settings: keyword arguments of `add_argument`.
        group: heading of the argument in the help.
        alternative: whether it excludes the other alternatives of the same command.
    """

    names: tuple[str, ...]
    settings: dict[str, Any]
    group: str = ""
    alternative: bool = False

    @property
    def destination(self) -> str:
        """Name of the attribute in which argparse stores the value."""
        long = next((name for name in self.names if name.startswith("--")), self.names[0])
        return self.settings.get("dest") or long.lstrip("-").replace("-", "_")


def argument(*names: str, group: str = "", alternative: bool = False, **settings: Any) -> Argument:
    """Declare an argument; `settings` are those of `argparse.ArgumentParser.add_argument`."""
    return Argument(names, settings, group, alternative)


class Parser(argparse.ArgumentParser):
    """Parser of a command line; its errors show long arguments only in part."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # pyright: ignore
        """Parse arguments; `--option=--` is refused, because argparse drops the value."""
        given = sys.argv[1:] if args is None else list(args)
        if empty := next((one for one in given if re.fullmatch(r"--[\w-]+=--", one)), None):
            self.error(f"argument {empty[:-3]}: '--' is not a value")
        return super().parse_known_args(given, namespace)

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, and end the program with status 2."""
        super().error(shortened(on_one_line(message)))


@dataclass(frozen=True)
class Command:
    """A command and the function that runs it.

    Attributes:
        name: what the user types.
        summary: one sentence for the help.
        example: one or more command lines that start with `recsys`.
        arguments: arguments besides --json and --debug.
        run: called with the settings and the arguments by keyword; returns the output, or None.
        prints: whether it prints a result and so accepts --json.
    """

    name: str
    summary: str
    example: str
    arguments: tuple[Argument, ...]
    run: Callable[..., Result | None]
    prints: bool

    def add_to(self, commands: argparse._SubParsersAction[Any], program: str) -> None:
        """Add the command to the subparsers of `argparse`; examples are spelt with `program`."""
        example = textwrap.indent(re.sub(r"(?<![\w/-])recsys(?= [a-z])", program, self.example), "  ")
        parser = commands.add_parser(
            self.name,
            help=self.summary,
            description=self.summary,
            epilog=f"example:\n{example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        groups: dict[str, argparse._ActionsContainer] = {"": parser}
        alternatives = None
        for one in self.arguments:
            if one.alternative:
                alternatives = alternatives or parser.add_mutually_exclusive_group()
                alternatives.add_argument(*one.names, **one.settings)
                continue
            if one.group not in groups:
                groups[one.group] = parser.add_argument_group(one.group)
            groups[one.group].add_argument(*one.names, **one.settings)
        if self.prints:
            parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--debug", action="store_true", help="log more, and print the traceback of a failure")

    def values(self, options: argparse.Namespace) -> dict[str, Any]:
        """The keyword arguments of `run`; a function with `**` gets all other arguments of the command too."""
        parameters = list(inspect.signature(self.run).parameters.values())[1:]
        named = {one.name: getattr(options, one.name) for one in parameters if one.kind is not one.VAR_KEYWORD}
        if any(one.kind is one.VAR_KEYWORD for one in parameters):
            declared = {argument.destination for argument in self.arguments} - set(named)
            named |= {name: getattr(options, name) for name in declared}
        return named


def command(
    name: str, summary: str, example: str, *arguments: Argument, prints: bool = True
) -> Callable[[Callable[..., Result | None]], Callable[..., Result | None]]:
    """Register a function as a command.

    Raises:
        ValueError: two commands have the same name.
    """

    def register(run: Callable[..., Result | None]) -> Callable[..., Result | None]:
        if name in COMMANDS:
            raise ValueError(f"Two commands are called {name!r}.")
        COMMANDS[name] = Command(name, summary, example, arguments, run, prints)
        return run

    return register
