"""Save arrays as safetensors atomically; load them memory-mapped and validated. Read and write JSON objects."""

from __future__ import annotations

import json
import math
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from recsys.data.json_names import RepeatedName, unique
from recsys.errors import BrokenRelease

# The names that safetensors gives to the types we write; a file with any other type is refused.
DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U32": np.uint32,
    "U16": np.uint16,
    "U8": np.uint8,
    "BOOL": np.bool_,
}
MAX_HEADER = 1 << 20


@contextmanager
def replaced(path: Path, suffix: str = ".part") -> Iterator[Path]:
    """Yield a temporary path beside a file; at the end it replaces the file, or is removed if the block raises."""
    temporary = path.with_name(path.name + suffix)
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def save_arrays(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write arrays to a safetensors file, through a temporary file and a rename."""
    from safetensors.numpy import save_file

    with replaced(path) as temporary:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary)
        temporary.chmod(0o644)  # safetensors lets only their owner read files, but another account may serve a release


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read-only memory-mapped arrays of a safetensors file.

    Raises:
        BrokenRelease: missing, truncated, oversized, or not a safetensors file of known types.
    """

    def broken(what: str) -> BrokenRelease:
        return BrokenRelease(f"{path.name} is not a usable safetensors file: {what}; train or pull it again.")

    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(MAX_HEADER, size - 8):
                raise broken(f"its header claims {length} bytes of {size}")
            header = json.loads(file.read(length), object_pairs_hook=unique)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise broken("it does not exist") from None
    except BrokenRelease:
        raise
    except OSError as error:
        raise broken(error.strerror or str(error)) from None
    except RepeatedName as error:
        raise broken(f"in its header, {str(error).partition(';')[0]}") from None
    except (ValueError, RecursionError):  # no JSON, or with numbers and lists that Python does not read
        raise broken("its header is not JSON") from None
    if not isinstance(header, dict):
        raise broken("its header is not a JSON object")
    header.pop("__metadata__", None)
    first = 8 + length
    arrays, covered = {}, 0
    for name, entry in sorted(header.items(), key=lambda pair: _start(pair[1])):
        try:
            dtype, shape, (start, stop) = DTYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
            if not all(type(number) is int for number in (*shape, start, stop)):
                raise TypeError
            count = math.prod(shape)
            legal = start == covered and stop - start == count * np.dtype(dtype).itemsize and min(shape, default=0) >= 0
        except (KeyError, TypeError, ValueError):
            raise broken(f"array {name!r} has an unknown type or shape") from None
        if not legal:
            raise broken(f"the place of array {name!r} does not match its shape")
        covered = stop
        if first + stop > size:
            raise broken(f"it ends before array {name!r} does")
        # one view for each array, because SciPy copies an array that seems a small part of a larger one
        try:
            arrays[name] = np.frombuffer(mapped, dtype, count, first + start).reshape(shape)
        except (ValueError, OverflowError):
            raise broken(f"array {name!r} has a shape that no array has") from None
    if first + covered != size:
        raise broken(f"{size - first - covered} bytes follow its last array")
    return arrays


def _start(entry: object) -> int:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    return offsets[0] if isinstance(offsets, list) and offsets and isinstance(offsets[0], int) else -1


def write_json(value: object, path: Path) -> None:
    """Write JSON, sorted and indented, through a temporary file and a rename."""
    with replaced(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict:
    """The object in a JSON file.

    Raises:
        BrokenRelease: missing, or not a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)
    except FileNotFoundError:
        raise BrokenRelease(f"{path.name} does not exist in {path.parent}.") from None
    except OSError as error:
        raise BrokenRelease(f"{path.name} cannot be read ({error.strerror}); train or pull it again.") from None
    except RepeatedName as error:
        raise BrokenRelease(f"In {path.name}, {str(error).partition(';')[0]}; train or pull it again.") from None
    except (ValueError, RecursionError):  # no JSON, or with numbers and lists that Python does not read
        raise BrokenRelease(f"{path.name} is not JSON; train or pull it again.") from None
    if not isinstance(value, dict):
        raise BrokenRelease(f"{path.name} does not hold a JSON object.")
    return value
