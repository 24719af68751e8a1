"""Run one command: parse, call, print; exit status 0, 1 (failed) or 2 (wrong usage)."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from recsys.cli import commands as _declared  # noqa: F401  importing declares the commands
from recsys.cli.command import COMMANDS, Command, Parser, Result
from recsys.cli.output import as_json, flush_or_discard, shortened, tolerate_any_letter
from recsys.data.plain_text import printable
from recsys.runtime import logs
from recsys.runtime.failures import sentence, without_secrets
from recsys.settings import Settings

OK, FAILED = 0, 1
ADVICE = "Run the command again with --debug and report the traceback."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; results go to standard output, progress and failures to standard error.

    Args:
        arguments: the command-line arguments (default: those of the process).

    Returns:
        0, or 1 after one sentence on standard error.

    Raises:
        SystemExit: --help was given (status 0), or the usage is wrong (status 2).
    """
    tolerate_any_letter()
    options = parser().parse_args(arguments)
    chosen = COMMANDS[options.command]
    logs.configure()
    if options.debug:
        logging.getLogger("recsys").setLevel(logging.DEBUG)
    settings = None
    try:
        settings = Settings.from_env()
        result = _run(chosen, settings, options)
        return OK if result is None else _print(result, options)
    except BrokenPipeError:  # the reader, such as head, has closed the pipe
        flush_or_discard()
        return OK
    except KeyboardInterrupt:
        return _failed(options.command, "Interrupted. No incomplete file is left behind.")
    except Exception as error:
        flush_or_discard()
        if options.debug:
            print(without_secrets(traceback.format_exc(), settings), file=sys.stderr)
        return _failed(options.command, shortened(without_secrets(sentence(error, ADVICE), settings)))


def parser() -> argparse.ArgumentParser:
    """Create the parser of all commands."""
    as_module = Path(sys.argv[0]).parts[-2:] == ("recsys", "__main__.py")
    program = "python -m recsys" if as_module else "recsys"
    whole = Parser(
        prog=program,
        description="Recommender system: from raw ratings to a hosted page, an API and a command line.",
        epilog="Settings are read from the environment and from .env; see the README.",
    )
    added = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for one in COMMANDS.values():
        one.add_to(added, program)
    return whole


def _run(chosen: Command, settings: Settings, options: argparse.Namespace) -> Result | None:
    from recsys.runtime.startup import one_blas_thread

    one_blas_thread()
    return chosen.run(settings, **chosen.values(options))


def _print(result: Result, options: argparse.Namespace) -> int:
    if options.json:
        print(as_json(result.data))
        if result.remark:
            print(printable(result.remark), file=sys.stderr)
    elif not result.failed:
        print(printable(result.text))
    # flush here, so that a full disk is reported here and not by the interpreter at exit
    sys.stdout.flush()
    return _failed(options.command, result.text) if result.failed else OK


def _failed(command: str, text: str) -> int:
    print(f"recsys {command}: {printable(text)}", file=sys.stderr)
    return FAILED
