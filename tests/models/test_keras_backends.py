"""Neural models on each Keras backend: which one is chosen, and that torch trains them as JAX does."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from film_app import PROJECT
from sample_ratings import SIDE

from recsys.models.neural.backend import BACKENDS

TORCH = importlib.util.find_spec("torch") is not None and importlib.util.find_spec("keras") is not None
INSTALLED = [name for name in BACKENDS if importlib.util.find_spec(name)]
needs_keras = pytest.mark.skipif(
    importlib.util.find_spec("keras") is None or not INSTALLED, reason="not installed: keras or a backend for it"
)
pytestmark = pytest.mark.slow
SHOW_BACKEND = "from recsys.models.neural.backend import load_keras; print(load_keras().backend.backend())"


def run(code, backend=None, check=True, **variables):
    """A fresh interpreter, because Keras chooses its backend once in a process."""
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"} | variables
    if backend is not None:
        environment["KERAS_BACKEND"] = backend
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment | {"PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'tests'}"},
        capture_output=True,
        text=True,
        check=check,
    )


@needs_keras
def test_the_first_installed_backend_is_the_default():
    assert run(SHOW_BACKEND).stdout.strip() == INSTALLED[0]


@needs_keras
@pytest.mark.parametrize("backend", BACKENDS)
def test_an_explicit_backend_is_respected_and_a_missing_one_is_named(backend):
    if backend in INSTALLED:
        assert run(SHOW_BACKEND, backend).stdout.strip() == backend
        return
    failed = run(SHOW_BACKEND, backend, check=False)
    assert failed.returncode == 1
    assert f"MissingExtra: Keras cannot use the backend {backend!r}" in failed.stderr
    assert f"Set KERAS_BACKEND to one that is installed ({', '.join(INSTALLED)})" in failed.stderr


@needs_keras
def test_an_unknown_backend_is_refused():
    failed = run(SHOW_BACKEND, "abacus", check=False)
    assert "MissingExtra: Keras cannot use the backend 'abacus'" in failed.stderr


TRAIN = """
import json
import keras
from sample_ratings import checkerboard_data, taste_frame
from recsys import Interactions, models

data, board = Interactions.from_frame(taste_frame()), checkerboard_data()
first, second = (models.create(MODEL, **SETTINGS).fit(data) for _ in range(2))
(ids, scores), (other_ids, other_scores) = first.recommend_many(data, 8), second.recommend_many(data, 8)
oracle = models.create(MODEL).fit(board)
print(json.dumps({
    "backend": keras.backend.backend(),
    "losses": first.losses,
    "deterministic": bool((ids == other_ids).all() and (scores == other_scores).all()),
    "hits": sum(oracle.recommend(list(board.history(user)), 1)[0].item_id == user for user in board.users.ids),
}))
"""


def trained(backend, model, **settings):
    found = run(f"MODEL, SETTINGS = {model!r}, {settings!r}\n{TRAIN}", backend)
    return json.loads(found.stdout.splitlines()[-1])


def torch_or_skip():
    if not TORCH:
        if os.environ.get("RECSYS_REQUIRE_TORCH") == "1":
            pytest.fail("RECSYS_REQUIRE_TORCH=1 and torch or keras is not installed")
        pytest.skip("not installed: torch (set RECSYS_REQUIRE_TORCH=1 to fail instead)")


def test_torch_trains_ncf():
    torch_or_skip()
    found = trained("torch", "ncf", n_steps=60)
    assert found["backend"] == "torch"
    assert found["deterministic"]
    assert found["losses"][-1] < 0.8 * found["losses"][0]
    assert found["hits"] >= SIDE - 1
