"""Hand the training of a neural model to another process through a folder: request, training, result.

The process with the GPU is a fork of the service. It sees the same disk, but what it is called with and what it returns
is pickled; therefore only the folder's name and lines of progress are passed to and fro.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from scipy import sparse

from recsys.data import IdMap, Interactions
from recsys.data.files import load_arrays, read_json, save_arrays, write_json
from recsys.errors import BadInput, BrokenRelease, RecsysError
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.models.neural.recommender import NeuralRecommender

REQUEST, DATA, RESULT, FAILED = "request.json", "data.safetensors", "result", "failed.json"
Line = tuple[str, float | None]
"""A line of progress, and the share of the work done."""


class Stopped(Exception):
    """Raised in the training to end it, because nobody waits for the result any longer."""


def write(folder: Path, model: NeuralRecommender, data: Interactions, seed: int, seconds: int) -> None:
    """Write a request to train a model.

    Args:
        folder: an empty folder.
        model: its settings and its checkpoint are used; it is not changed.
        data: the interactions to train on.
        seed: seed of every random choice.
        seconds: how long the training may take; see `seconds_of`.
    """
    matrix = data.matrix
    arrays = {"ratings": matrix.data, "columns": matrix.indices, "starts": matrix.indptr}
    if data.times is not None:
        arrays["times"] = data.times
    save_arrays(arrays, folder / DATA)
    request = {
        "model": model.name,
        "settings": model.settings,
        "seed": seed,
        "seconds": seconds,
        "checkpoint": None if model.checkpoint is None else str(model.checkpoint.resolve()),
        "users": data.users.ids.tolist(),
        "items": data.items.ids.tolist(),
    }
    write_json(request, folder / REQUEST)


def seconds_of(folder: Path) -> int:
    """How long the requested training may take."""
    return int(read_json(folder / REQUEST)["seconds"])


def carry_out(folder: Path) -> Generator[Line, None, None]:
    """Train the requested model here and write the result into the folder; yield the lines of its progress.

    Closing the iterator ends the training after its current epoch. A failure with a readable text is written into the
    folder as well.
    """
    lines: SimpleQueue[Line | None] = SimpleQueue()
    stopped = threading.Event()

    def report(line: str, share: float | None = None, /) -> None:
        if stopped.is_set():
            raise Stopped
        lines.put((line, share))

    def train() -> None:
        try:
            model, data, seed = _requested(folder)
            model.progress = report
            model.fit(data, seed=seed)
            (folder / RESULT).mkdir()
            model.save_files(folder / RESULT)
        except RecsysError as error:
            write_json({"error": str(error)}, folder / FAILED)
        except Stopped:
            return
        finally:
            lines.put(None)

    with ThreadPoolExecutor(1) as pool:
        training = pool.submit(train)
        try:
            while (line := lines.get()) is not None:
                yield line
        finally:
            stopped.set()
        training.result()


def read(folder: Path, model: Recommender) -> None:
    """Restore the result of a request in the model, which has adopted the facts about the same data.

    Raises:
        BadInput: the training failed.
        BrokenRelease: there is no usable result.
    """
    if (folder / FAILED).exists():
        raise BadInput(str(read_json(folder / FAILED)["error"]))
    if not (folder / RESULT).is_dir():
        raise BrokenRelease(f"The training of {model.name} in another process ended without a result.")
    found = type(model).load_files(folder / RESULT, model.trained_on.items)
    # copied, because the arrays are mapped from files that are removed
    model.restore({name: np.array(array) for name, array in found.arrays().items()}, found.state())


def _requested(folder: Path) -> tuple[NeuralRecommender, Interactions, int]:
    request, arrays = read_json(folder / REQUEST), load_arrays(folder / DATA)
    users, items = IdMap(request["users"]), IdMap(request["items"])
    parts = (arrays["ratings"], arrays["columns"], arrays["starts"])
    data = Interactions(users, items, sparse.csr_array(parts, shape=(len(users), len(items))), arrays.get("times"))
    model = registry.create(request["model"], **request["settings"])
    if not isinstance(model, NeuralRecommender):
        raise BadInput(f"{model.name} is not a neural model. Train it in the process that needs it.")
    model.checkpoint = None if request["checkpoint"] is None else Path(request["checkpoint"])
    return model, data, int(request["seed"])
