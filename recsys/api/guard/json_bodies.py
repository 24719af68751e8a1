"""Parse untrusted JSON, and refuse values that later code cannot handle.

Python's parser accepts more than JSON (NaN, Infinity) and values that cause errors later: a lone surrogate cannot be
stored or sent, a number with thousands of digits cannot be printed, deep nesting causes a RecursionError. Of a name
that an object gives more than once, it reads the last value, and other parsers the first.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from recsys.data.json_names import RepeatedName, unique
from recsys.errors import BadInput

MAX_DEPTH = 32
MAX_DIGITS = 300
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONE = re.compile("[\ud800-\udfff]")


def parse(body: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        BadInput: it is not valid JSON, or contains a value that no endpoint accepts.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole, object_pairs_hook=unique
        )
    except BadInput:
        raise
    except RecursionError:
        raise _too_deep() from None
    except RepeatedName as error:
        raise BadInput(f"In an object of the body, {error}.") from None
    except ValueError as error:
        raise BadInput(f"The body is not JSON ({error!s:.200}).") from None
    if _SURROGATE.search(body):
        # Two escapes may form one character, so look for lone surrogates only after parsing.
        _check_texts(value)
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(value)
    return value


def _no_constant(name: str) -> float:
    raise BadInput(f"The body holds {name}, which is not a number in JSON. Use a finite number, or null.")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadInput(f"The body holds the number {text:.60}, which is too large. Use a number below 1e308.")
    return value


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise BadInput(f"The body holds a number of {len(text):,} digits. Use at most {MAX_DIGITS}.")
    return int(text)


def _check_texts(value: Any) -> None:
    texts = [part for part in _parts(value) if isinstance(part, str)]
    wrong = next((text for text in texts if _LONE.search(text)), None)
    if wrong is not None:
        raise BadInput(f"The body holds the text {wrong!a:.100}, which is not valid Unicode. Send whole characters.")


def _parts(value: Any) -> list[Any]:
    """Every key and value, at any depth; without recursion."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        found.append(one)
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return found


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise _too_deep()


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _too_deep() -> BadInput:
    return BadInput(f"The body is nested more than {MAX_DEPTH} levels deep. Use a flat list or object.")
