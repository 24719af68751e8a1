"""Neural collaborative filtering on pooled histories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.collaborative import ncf_training
from recsys.models.config import setting
from recsys.models.numeric.similarity import damped_cosine
from recsys.models.registry import register

TABLES = ("gmf_in", "gmf_out", "mlp_in", "mlp_out")


class Network:
    """The trained network in NumPy, the item's half of the first layer worked out once.

    Args:
        weights: as `ncf_training.train` gives them; tables (n_items, d), layers (in, out).
    """

    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights = weights
        self.of_items = weights["mlp_out"] @ weights["of_item.kernel"] + weights["of_item.bias"]
        self.gmf_items = weights["gmf_out"] * weights["gmf_head"]

    def pool(self, matrix: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
        """GMF and MLP vectors (n, d) of histories: sums of item vectors over the square root of the length."""
        lengths = np.diff(matrix.indptr)
        scaled = np.repeat(np.maximum(lengths, 1) ** -0.5, lengths).astype(np.float32)
        pattern = sparse.csr_array((scaled, matrix.indices, matrix.indptr), shape=matrix.shape)
        return pattern @ self.weights["gmf_in"], pattern @ self.weights["mlp_in"]

    def logits(self, matrix: sparse.csr_array) -> np.ndarray:
        """(n, n_items) float32."""
        gmf, mlp = self.pool(matrix)
        weights = self.weights
        scores = gmf @ self.gmf_items.T + weights["bias"]
        for row, history in enumerate(mlp @ weights["of_history.kernel"]):
            scores[row] += self._second(history, slice(None)) @ weights["mlp_head.kernel"][:, 0]
        return scores

    def _second(self, history: np.ndarray, items: np.ndarray | slice) -> np.ndarray:
        hidden = np.maximum(self.of_items[items] + history, 0)
        return np.maximum(hidden @ self.weights["second.kernel"] + self.weights["second.bias"], 0)

    def contributions(self, matrix: sparse.csr_array, items: np.ndarray) -> np.ndarray:
        """(len(items), n_history): each history item's vectors times the gradient of the logits, to first order."""
        weights, columns = self.weights, matrix.indices
        history = self.pool(matrix)[1][0] @ weights["of_history.kernel"]
        on_second = (self._second(history, items) > 0) * weights["mlp_head.kernel"][:, 0]
        on_first = (self.of_items[items] + history > 0) * (on_second @ weights["second.kernel"].T)
        gradient = on_first @ weights["of_history.kernel"].T
        parts = self.gmf_items[items] @ weights["gmf_in"][columns].T + gradient @ weights["mlp_in"][columns].T
        return parts / np.sqrt(max(len(columns), 1))


@register
class Ncf(Recommender):
    """NeuMF (He et al. 2017) in which a person is the pooled vectors of their history, so that new people work.

    s(h, j) = w_g.(g(h) * g_j) + w_m.relu(W_2 relu(A m(h) + B m_j + c) + c_2) + b_j, with g(h) and m(h) the sums of two
    tables' rows over the items of h, divided by sqrt(n_h); g is the GMF branch, m the MLP branch. Trained in Keras 3
    on JAX (an optional extra), saved as arrays and served in NumPy. A batch holds a dense row for each of 64
    histories: for catalogues up to some ten thousand items.
    """

    name = "ncf"
    title = "Neural picks"
    summary = "A small neural network that learned which items go with which histories."
    family = "collaborative"
    order = 80
    report_kind = "losses"
    requires = ("keras", "jax")

    @dataclass(frozen=True)
    class Config:
        n_factors: int = setting(32, "Length of an item's vector in each branch.", low=1, search=(16, 32, 64))
        n_hidden: int = setting(
            64, "Units of the first hidden layer, the second has half.", low=2, search=(32, 64, 128)
        )
        n_steps: int = setting(
            2000, "Batches of 64 histories, at most 60 passes.", low=1, search=(1000, 1500, 2000, 3000)
        )
        n_negatives: int = setting(8, "Unseen items drawn for each hidden one.", low=1, search=(4, 8, 16))
        dropout: float = setting(
            0.5, "Share of a history left out at random while training.", low=0.0, high=0.95, search=(0.3, 0.5, 0.7)
        )
        learning_rate: float = setting(0.002, "Step size of Adam.", low=1e-6, search=(0.001, 0.002, 0.004))
        reg: float = setting(1e-5, "Penalty on the squared length of item vectors.", low=0.0, search=(0.0, 1e-5, 5e-5))

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        config = self.config
        weights, self.losses, self.held_losses = ncf_training.train(
            data.matrix,
            config.n_factors,
            (config.n_hidden, max(config.n_hidden // 2, 1)),
            config.n_steps,
            config.n_negatives,
            config.dropout,
            config.learning_rate,
            config.reg,
            seed,
        )
        self.network = Network(weights)

    def _score(self, histories: Histories) -> np.ndarray:
        return np.where(self.rated, self.network.logits(histories.matrix), np.nan)

    def _similar(self, number: int) -> np.ndarray:
        weights = self.network.weights
        return damped_cosine(np.hstack([weights["gmf_out"], weights["mlp_out"]]), number, self.popularity, self.rated)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        return self.network.contributions(histories.matrix, numbers)

    def _arrays(self) -> dict[str, np.ndarray]:
        return dict(self.network.weights)

    def _state(self) -> dict[str, Any]:
        return {name: [round(loss, 5) for loss in getattr(self, name)] for name in ("losses", "held_losses")}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.network, self.losses = Network(arrays), state["losses"]
        self.held_losses = state.get("held_losses", [])  # models saved before there were any
        if any(len(arrays[table]) != len(self.items) for table in TABLES):
            raise ValueError(f"tables of {[len(arrays[table]) for table in TABLES]} items")
