"""Keep Python's garbage collector from looking again and again at the objects that a program loads at its start."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def objects_that_stay() -> Iterator[None]:
    """Run a block that creates many objects for the life of the process, such as modules and the page.

    There is no collection in the block, because hardly anything in it becomes garbage: with them, building the page
    takes a third longer. Later collections leave out all objects that exist at its end; otherwise each index that is
    built afterwards, with its many small lists, would take three times as long.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
