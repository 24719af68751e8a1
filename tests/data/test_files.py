"""Array files: round trip, mapping, and refusal of everything that is not what it says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import sparse

from recsys.data.files import load_arrays, read_json, replaced, save_arrays, write_json
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


@pytest.mark.parametrize(
    "shape",
    [[2**32, 2**32], [2**62, 4], [2**70], [10**400], [-1, -2], [2.0], [True, 2], ["2"], [[2]], [1e308], 2, "2", [None]],
    ids=repr,
)
def test_a_shape_that_no_array_has_is_refused(tmp_path, shape):
    path = tmp_path / "x.safetensors"
    for offsets in ([0, 8], [0, 0], [0.0, 8.0], [False, 8], [0, 10**400]):
        header = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}).encode()
        for body in (b"", bytes(8)):
            path.write_bytes(len(header).to_bytes(8, "little") + header + body)
            with pytest.raises(BrokenRelease, match="is not a usable safetensors file"):
                load_arrays(path)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"9" * 5000 + b"}"], ids=range(3))
def test_json_that_python_cannot_read_is_refused(tmp_path, text):
    path = tmp_path / "x"
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(BrokenRelease, match="its header is not JSON"):
        load_arrays(path)
    path.write_bytes(text)
    with pytest.raises(BrokenRelease, match="is not JSON"):
        read_json(path)


def test_a_folder_is_no_file(tmp_path):
    for read in (load_arrays, read_json):
        with pytest.raises(BrokenRelease, match="Is a directory"):
            read(tmp_path)


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


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_that_could_not_be_written_leaves_the_old_one_and_no_part(tmp_path, error):
    target = tmp_path / "x.json"
    write_json({"a": 1}, target)
    with pytest.raises(type(error)), replaced(target) as part:
        part.write_text("half")
        raise error
    assert read_json(target) == {"a": 1} and [path.name for path in tmp_path.iterdir()] == ["x.json"]
    with pytest.raises(TypeError):
        write_json({"a": object()}, target)
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
