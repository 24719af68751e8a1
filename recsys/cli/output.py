"""Write results to standard output: text or JSON, in whatever encoding the terminal has."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress


def tolerate_any_letter() -> None:
    """Print a replacement for letters that an output's encoding lacks, instead of failing."""
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def as_json(data: object) -> str:
    """JSON text; letters beyond ASCII are escaped if standard output cannot show them all."""
    encoding = (sys.stdout.encoding or "ascii").lower()
    return json.dumps(data, ensure_ascii=not encoding.startswith("utf"), indent=1, default=str)


def remark_on(text: str) -> None:
    """Print a remark beside the result, on standard error."""
    print(text, file=sys.stderr, flush=True)


def flush_or_discard() -> None:
    """Flush standard output; if that fails, send the rest to nowhere, so that the flush at exit does not fail again."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
