"""The command line: `recsys COMMAND`, or `python -m recsys COMMAND`."""

from recsys.cli.command import COMMANDS
from recsys.cli.program import main

__all__ = ["COMMANDS", "main"]
