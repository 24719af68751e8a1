"""Array files: round trip, mapping, and refusal of everything that is not what it says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import sparse

from recsys.data.files import load_arrays, save_arrays
from recsys.errors import BrokenRelease

ARRAYS = {
    "b": np.arange(5, dtype=np.int8),
    "a": np.eye(3, dtype=np.float32),
    "empty": np.empty((0, 4), np.float64),
    "flags": np.array([True, False]),
}


@pytest.fixture
def path(tmp_path):
    save_arrays(ARRAYS, tmp_path / "x.safetensors")
    return tmp_path / "x.safetensors"


def rewrite(path, change):
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + length :])


def test_round_trip_is_exact_and_read_only(path):
    loaded = load_arrays(path)
    assert sorted(loaded) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert loaded[name].dtype == array.dtype
        assert np.array_equal(loaded[name], array)
    with pytest.raises(ValueError, match="read-only"):
        loaded["a"][0, 0] = 2
    assert not list(path.parent.glob("*.part"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header: header["a"].update(dtype="PICKLE"), "array 'a' has an unknown type"),
        (lambda header: header["a"].update(shape=[3, 4]), "the place of array 'a' does not match its shape"),
        (lambda header: header["a"].update(shape=[-3, -3]), "the place of array 'a' does not match"),
        (lambda header: header["a"].pop("shape"), "array 'a' has an unknown type or shape"),
        (lambda header: header.pop("a"), "does not match its shape|bytes follow"),
    ],
)
def test_headers_that_lie_are_refused(path, change, message):
    rewrite(path, change)
    with pytest.raises(BrokenRelease, match=message):
        load_arrays(path)


def test_damaged_files_are_refused(path, tmp_path):
    raw = path.read_bytes()
    for content, message in (
        (raw[:-1], "ends before|does not match"),
        (raw + b"x", "bytes follow its last array"),
        (b"\xff" * 64, "header claims"),
        (b"", "header claims"),
        ((16).to_bytes(8, "little") + b"not json at all!", "not JSON"),
    ):
        path.write_bytes(content)
        with pytest.raises(BrokenRelease, match=message):
            load_arrays(path)
    with pytest.raises(BrokenRelease, match="does not exist"):
        load_arrays(tmp_path / "none.safetensors")


def test_sparse_matrices_stay_on_the_disk(tmp_path):
    matrix = sparse.random_array((300, 300), density=0.1, format="csr", dtype=np.float32, rng=np.random.default_rng(0))
    parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr, "other": np.zeros(10**6)}
    save_arrays(parts, tmp_path / "m.safetensors")
    read = load_arrays(tmp_path / "m.safetensors")
    again = sparse.csr_array((read["data"], read["indices"], read["indptr"]), shape=matrix.shape)
    assert all(np.shares_memory(getattr(again, name), read[name]) for name in ("data", "indices", "indptr"))
    assert (again != matrix).nnz == 0
    with pytest.raises(ValueError, match="read-only"):
        again.data[0] = 1.0
