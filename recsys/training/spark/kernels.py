"""Multiply columns of ratings with NumPy and SciPy: the functions that Spark runs on its workers.

Spark sends this module's functions with each task, so workers need Python, NumPy, SciPy and PyArrow, but not this
package. Nothing else of the package may be imported here.

Symbols: X (n_users, n_items) values of the ratings, G = X'X, n_ij the number of users of items i and j.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "block int, columns binary, counts binary, rows binary, values binary, common binary"
_FIELDS = {"columns": np.int32, "counts": np.int32, "rows": np.int32, "values": np.float32, "common": np.float32}


def send_with_tasks() -> None:
    """Let Spark send this module's functions themselves instead of their names."""
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])


@dataclass(frozen=True)
class Products:
    """Which entries of G are computed, and which of them are kept.

    Attributes:
        n_items: number of items.
        columns: (n,) item numbers j, in the order in which they are dealt to the shares.
        n_shares: number of shares of the columns; share s has columns s, s + n_shares and so on.
        block_columns: columns that are multiplied at once.
        n_parts: number of groups of users whose products are added up.
        k: entries to keep of each column, and those equal to the last of them; None keeps the lower triangle, i >= j.
        row_scale: (n_items,) float32 factor of each row i, with `k`.
        column_scale: (n_items,) float32 factor of each column j, with `k`.
        shrinkage: n_ij at which an entry counts half, with `k`.
        least_common: smallest n_ij of an entry that is kept, with `k`.
    """

    n_items: int
    columns: np.ndarray
    n_shares: int
    block_columns: int
    n_parts: int
    k: int | None = None
    row_scale: np.ndarray | None = None
    column_scale: np.ndarray | None = None
    shrinkage: float = 0.0
    least_common: int = 1

    @property
    def counts_users(self) -> bool:
        """Whether n_ij is needed."""
        return self.shrinkage > 0 or self.least_common > 1

    def multiply(self, key: tuple[pa.Scalar, ...], table: pa.Table) -> pa.Table:
        """The blocks of one share of the columns, over the users of one part.

        Args:
            key: number of the part, number of the share.
            table: items list<int>, x list<float>: the whole histories of the users.
        """
        share = key[1].as_py()
        values = _matrix(table, self.n_items)
        pattern = _pattern(values) if self.counts_users else None
        columns = self.columns[share :: self.n_shares]
        blocks = []
        for number, start in enumerate(range(0, len(columns), self.block_columns)):
            chosen = columns[start : start + self.block_columns]
            product = sparse.csr_array(sparse.csr_array(values[:, chosen].T) @ values)
            common = None
            if pattern is not None:
                common = sparse.csr_array(sparse.csr_array(pattern[:, chosen].T) @ pattern)
                product, common = _aligned(product, common)
            found = self._kept(chosen, product, common) if self.n_parts == 1 else _packed(chosen, product, common)
            blocks.append({"block": number * self.n_shares + share, **found})
        return _table(blocks)

    def add(self, key: tuple[pa.Scalar, ...], table: pa.Table) -> pa.Table:
        """The sum of one block over all parts of the users, of which the entries to keep are kept."""
        columns, product, common = None, None, None
        for row in table.to_pylist():
            columns, one, users = _unpacked(row, self.n_items)
            product = one if product is None else sparse.csr_array(product + one)
            if users is not None:
                common = users if common is None else sparse.csr_array(common + users)
        assert columns is not None and product is not None
        if common is not None:
            product, common = _aligned(product, common)
        return _table([{"block": key[0].as_py(), **self._kept(columns, product, common)}])

    def _kept(
        self, columns: np.ndarray, product: sparse.csr_array, common: sparse.csr_array | None
    ) -> dict[str, bytes]:
        column = np.repeat(columns, np.diff(product.indptr))
        if self.k is None:
            return _packed(columns, _where(product, product.indices >= column), None)
        values = product.data
        if self.row_scale is not None:
            values = values * self.row_scale[product.indices]
        if self.column_scale is not None:
            values = values * self.column_scale[column]
        kept = (values > 0) & (product.indices != column)
        if common is not None:
            values = values * (common.data / (common.data + np.float32(self.shrinkage)))
            kept &= common.data >= self.least_common
        scored = sparse.csr_array((values, product.indices, product.indptr), shape=product.shape)
        return _packed(columns, _where(scored, kept & _high(np.where(kept, values, 0), product.indptr, self.k)), None)


def entries(table: pa.Table) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Row numbers, column numbers and values of each block of a table of SCHEMA."""
    for row in range(table.num_rows):
        found = _arrays({name: table.column(name)[row].as_buffer() for name in _FIELDS})
        yield found["rows"], np.repeat(found["columns"], found["counts"]), found["values"]


def _matrix(table: pa.Table, n_items: int) -> sparse.csr_array:
    items, values = (table.column(name).combine_chunks() for name in ("items", "x"))
    lengths = items.value_lengths().to_numpy(zero_copy_only=False)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    parts = (one.flatten().to_numpy(zero_copy_only=False) for one in (values, items))
    return sparse.csr_array((*parts, indptr), shape=(len(lengths), n_items))


def _pattern(matrix: sparse.csr_array) -> sparse.csr_array:
    """The matrix with 1 for each entry."""
    return sparse.csr_array((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)


def _aligned(product: sparse.csr_array, common: sparse.csr_array) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Both with the entries of `common`, in the same order: a product lacks those whose terms cancel to zero."""
    product.sort_indices()
    common.sort_indices()
    if product.nnz == common.nnz:
        return product, common
    values = np.zeros(common.nnz, dtype=product.dtype)
    values[np.searchsorted(_places(common), _places(product))] = product.data
    return sparse.csr_array((values, common.indices, common.indptr), shape=common.shape), common


def _places(matrix: sparse.csr_array) -> np.ndarray:
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return rows * matrix.shape[1] + matrix.indices


def _high(values: np.ndarray, indptr: np.ndarray, k: int) -> np.ndarray:
    """Whether each value is at least the k-th largest of its row."""
    high = np.ones(len(values), dtype=bool)
    for low, end in zip(indptr[:-1], indptr[1:], strict=True):
        if end - low > k:
            row = values[low:end]
            high[low:end] = row >= np.partition(row, end - low - k)[end - low - k]
    return high


def _where(matrix: sparse.csr_array, kept: np.ndarray) -> sparse.csr_array:
    indptr = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape)


def _packed(columns: np.ndarray, matrix: sparse.csr_array, common: sparse.csr_array | None) -> dict[str, bytes]:
    found = {
        "columns": columns,
        "counts": np.diff(matrix.indptr),
        "rows": matrix.indices,
        "values": matrix.data,
        "common": np.empty(0) if common is None else common.data,
    }
    return {name: found[name].astype(kind).tobytes() for name, kind in _FIELDS.items()}


def _unpacked(row: dict[str, Any], n_items: int) -> tuple[np.ndarray, sparse.csr_array, sparse.csr_array | None]:
    found = _arrays(row)
    indptr, shape = np.concatenate([[0], np.cumsum(found["counts"])]), (len(found["columns"]), n_items)
    product = sparse.csr_array((found["values"], found["rows"], indptr), shape=shape)
    common = sparse.csr_array((found["common"], found["rows"], indptr), shape=shape) if len(found["common"]) else None
    return found["columns"], product, common


def _arrays(row: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.frombuffer(row[name], dtype=kind) for name, kind in _FIELDS.items()}


def _table(blocks: list[dict[str, bytes]]) -> pa.Table:
    import pyarrow as pa

    kinds = [("block", pa.int32()), *((name, pa.binary()) for name in _FIELDS)]
    return pa.Table.from_pylist(blocks, schema=pa.schema(kinds))
