"""What Spark's workers compute: products of items' columns, in shares of the columns and parts of the users."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from recsys.models.numeric import cooccurrence

pa, compute = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.compute")

from recsys.training.spark import failures, kernels

N_USERS, N_ITEMS = 60, 23


@pytest.fixture(scope="module")
def values() -> sparse.csr_array:
    """Few values, so that products are equal or cancel to zero, and an item without any."""
    rng = np.random.default_rng(0)
    dense = rng.choice([0.0, 1.0, 2.0, -1.0], p=[0.6, 0.2, 0.1, 0.1], size=(N_USERS, N_ITEMS))
    dense[:, 7] = 0.0
    return sparse.csr_array(dense.astype(np.float32))


def histories(matrix: sparse.csr_array) -> pa.Table:
    bounds = pa.array(matrix.indptr.astype(np.int32))
    return pa.table(
        {
            "items": pa.ListArray.from_arrays(bounds, pa.array(matrix.indices.astype(np.int32))),
            "x": pa.ListArray.from_arrays(bounds, pa.array(matrix.data)),
        }
    )


def computed(values: sparse.csr_array, n_parts: int, **options) -> np.ndarray:
    """The entries that the workers keep, as Spark calls the functions."""
    columns = np.random.default_rng(1).permutation(N_ITEMS).astype(np.int32)
    products = kernels.Products(N_ITEMS, columns, 3, 4, n_parts, **options)
    tables = [
        products.multiply((pa.scalar(part), pa.scalar(share)), histories(values[part::n_parts]))
        for part in range(n_parts)
        for share in range(products.n_shares)
    ]
    found = pa.concat_tables(tables)
    if n_parts > 1:
        numbers = set(found.column("block").to_pylist())
        masks = [(number, compute.equal(found.column("block"), number)) for number in sorted(numbers)]
        found = pa.concat_tables([products.add((pa.scalar(number),), found.filter(mask)) for number, mask in masks])
    assert len(set(found.column("block").to_pylist())) == found.num_rows
    whole = np.zeros((N_ITEMS, N_ITEMS), dtype=np.float32)
    for rows, columns, entries in kernels.entries(found):
        whole[rows, columns] = entries
    return whole


@pytest.mark.parametrize("n_parts", [1, 2, 5])
def test_the_lower_triangle_is_that_of_the_gram_matrix(values, n_parts):
    np.testing.assert_allclose(computed(values, n_parts), np.tril((values.T @ values).toarray()), rtol=1e-6)


@pytest.mark.parametrize("n_parts", [1, 2, 5])
@pytest.mark.parametrize("k", [3, 100])
def test_the_largest_entries_are_those_of_the_local_engine(values, n_parts, k):
    norms = np.sqrt(np.asarray(values.multiply(values).sum(axis=0))) ** 0.7
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0).astype(np.float32)
    got = computed(values, n_parts, k=k, row_scale=inverse, column_scale=inverse, shrinkage=5.0)
    wanted = cooccurrence.item_similarities(values, k, 5.0, 0.7).toarray().T
    assert not got[7].any() and not got[:, 7].any()
    # the workers keep all that equal the last entry, and the driver cuts
    cut = cooccurrence.largest(sparse.csr_array(got.T), k).toarray().T
    np.testing.assert_allclose(cut, wanted, rtol=1e-5, atol=1e-7)


def test_pairs_with_few_common_users_are_left_out(values):
    seen = (values.toarray() != 0).astype(np.float64)
    common = seen.T @ seen
    least = int(np.median(common))
    got = computed(values, 2, k=N_ITEMS, least_common=least)
    whole = (values.T @ values).toarray()
    np.fill_diagonal(whole, 0.0)
    np.testing.assert_allclose(got, np.where(common >= least, np.maximum(whole, 0.0), 0.0), rtol=1e-6)
    assert 0 < np.count_nonzero(got) < np.count_nonzero(whole > 0)


RUN = """
import sys
from pyspark import cloudpickle
import pyarrow as pa

run = cloudpickle.loads(bytes.fromhex(sys.stdin.read()))
table = pa.table({"items": [[0, 1], [1, 2]], "x": [[1.0, 2.0], [3.0, 4.0]]})
print(run((pa.scalar(0), pa.scalar(0)), table).num_rows, "recsys" in sys.modules)
"""


def test_workers_need_no_copy_of_the_package():
    cloudpickle = pytest.importorskip("pyspark.cloudpickle")
    kernels.send_with_tasks()
    products = kernels.Products(3, np.arange(3, dtype=np.int32), 1, 3, 1, k=2)
    sent = cloudpickle.dumps(lambda key, table: products.multiply(key, table))
    run = subprocess.run([sys.executable, "-I", "-c", RUN], input=sent.hex(), capture_output=True, text=True)
    assert run.stdout.split() == ["1", "False"], run.stderr


WORKER = 'An exception was thrown from the Python worker:\nTraceback (most recent call last):\n  File "worker.py"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            f"{WORKER}ModuleNotFoundError: No module named 'scipy'",
            f"the workers cannot run it: No module named 'scipy'. {failures.WORKERS}",
        ),
        (
            f"{WORKER}pyspark.errors.exceptions.base.PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] Python in worker has "
            "different version: 3.12 than that in driver: 3.11.\nPlease check environment variables.",
            "the workers cannot run it: Python in worker has different version: 3.12 than that in driver: 3.11. "
            f"{failures.WORKERS}",
        ),
        (f"{WORKER}MemoryError: token=abc", "MemoryError: token=…"),
        ("Job aborted.\nValueError: no", "Job aborted."),
    ],
    ids=["library", "version", "other", "not of Python"],
)
def test_what_a_workers_python_raised_is_named(text, sentence):
    assert failures.first_line(RuntimeError(text)) == sentence
