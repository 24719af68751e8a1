"""Import Gradio without the interface files that it writes for editors, which take 40 % of its import.

While each of its components is defined, Gradio parses the source of the class and writes a file `.pyi` beside it, at
every start. It leaves that out for a class without a source file, so none of its classes has one during the import.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def load() -> None:
    """Import Gradio, unless it is imported already."""
    if "gradio" in sys.modules:
        return
    with _without_source_files("gradio"):
        importlib.import_module("gradio")


@contextmanager
def _without_source_files(package: str) -> Iterator[None]:
    """Let `inspect` find no source files of the classes of a package inside the block."""
    plain = inspect.getfile

    def getfile(object: Any) -> str:
        if inspect.isclass(object) and object.__module__.partition(".")[0] == package:
            raise OSError(f"The source of {object.__qualname__} is not read during the import.")
        return plain(object)

    inspect.getfile = getfile
    try:
        yield
    finally:
        inspect.getfile = plain
