"""Repair letters that were encoded twice in tables that are no text files: JSON, Parquet and workbooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from recsys.data.encoded_twice import layers_of, undone
from recsys.data.tables.delimited import Block, Cells


def layers_in(names: Sequence[str], blocks: Callable[[], Iterable[Block]]) -> tuple[str, ...]:
    """The code pages in which a table was misread, the last one first; empty if it is right or this is not certain.

    Args:
        blocks: all rows of the table, or their cells that are texts; called several times.
    """

    def texts() -> Iterator[str]:
        yield from names
        for block in blocks():
            for column in block.columns:
                if not isinstance(column, np.ndarray):
                    yield "\n".join(column)

    return layers_of(texts)


def repaired(blocks: Iterable[Block], layers: Sequence[str]) -> Iterator[Block]:
    """The rows as they were before they were misread in these code pages."""
    for block in blocks:
        yield block._replace(columns=[_undone(column, layers) for column in block.columns]) if layers else block


def _undone(column: Cells, layers: Sequence[str]) -> Cells:
    return column if isinstance(column, np.ndarray) else [undone(cell, layers) for cell in column]
