"""Write results to standard output as text or JSON, in the encoding of the terminal."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import suppress

from recsys.data.plain_text import printable

LONGEST_WORD = 300


def tolerate_any_letter() -> None:
    """Print a replacement for characters that the output's encoding lacks, instead of failing; a closed stream too."""
    # Python has no stream for a descriptor that was closed before it started, as by `>&-`
    sys.stdout, sys.stderr = (stream or io.StringIO() for stream in (sys.stdout, sys.stderr))
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def as_json(data: object) -> str:
    """Return JSON text; non-ASCII characters are escaped if standard output cannot show them all."""
    encoding = (sys.stdout.encoding or "ascii").lower()
    return json.dumps(data, ensure_ascii=not encoding.startswith("utf"), indent=1, default=str)


def shortened(text: str) -> str:
    """Return a sentence whose words of more than LONGEST_WORD letters, such as a wrong argument, are cut.

    >>> len(shortened("There is no model " + "x" * 100_000)) < 400
    True
    """
    return re.sub(rf"(\S{{{LONGEST_WORD}}})\S+", r"\1…", text)


def remark_on(text: str) -> None:
    """Print a remark on the result to standard error."""
    print(printable(text), file=sys.stderr, flush=True)


def flush_or_discard() -> None:
    """Flush standard output; if that fails, discard the rest, so that the flush at exit does not fail again."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
