"""The command line: options, commands, output."""

from recsys.cli.commands import main

__all__ = ["main"]
