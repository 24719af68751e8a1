"""Import Keras with an installed backend; no other module imports Keras."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from recsys.errors import MissingExtra
from recsys.settings import keras_backend

BACKENDS = ("jax", "torch", "tensorflow")  # in order of preference: JAX is the fastest on CPUs
INSTALL = "Install what training needs: pip install -r requirements.txt"


def load_keras() -> ModuleType:
    """Import Keras with the backend that `KERAS_BACKEND` names, or else the first installed one of `BACKENDS`.

    Keras reads its backend once, at its first import; if Keras is already imported, its backend stays.

    Raises:
        MissingExtra: Keras or its backend is not installed.
    """
    installed = [name for name in BACKENDS if importlib.util.find_spec(name)]
    if importlib.util.find_spec("keras") is None:
        raise MissingExtra(f"Training a neural model needs keras, which is not installed. {INSTALL}")
    if not installed:
        raise MissingExtra(
            f"Training a neural model needs a backend of Keras (one of {', '.join(BACKENDS)}) and none is installed. "
            f"{INSTALL}"
        )
    backend = keras_backend(default=installed[0])
    try:
        return importlib.import_module("keras")
    except (ImportError, ValueError) as error:  # Keras raises ValueError for a backend that it does not know
        raise MissingExtra(
            f"Keras cannot use the backend {backend!r} ({error}). Set KERAS_BACKEND to one that is installed "
            f"({', '.join(installed)}) and train again."
        ) from error
