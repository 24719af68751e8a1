"""Neural collaborative filtering: a Keras network over pooled histories, served in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.collaborative import ncf_training
from recsys.models.neural.recommender import NeuralRecommender
from recsys.models.numeric.similarity import damped_cosine
from recsys.models.registry import register

TABLES = ("gmf_in", "gmf_out", "mlp_in", "mlp_out")


class Network:
    """The trained network in NumPy, with the item half of the first hidden layer precomputed.

    Args:
        weights: float32 arrays by name, as `ncf_training.train` returns them: tables (n_items, n_factors), kernels
            (inputs, outputs).
    """

    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights = weights
        self.of_items = weights["mlp_out"] @ weights["of_item.kernel"] + weights["of_item.bias"]
        self.gmf_items = weights["gmf_out"] * weights["gmf_head"]

    def pool(self, matrix: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
        """GMF and MLP vectors (n, n_factors) of histories: sums of item vectors over the square root of the length."""
        lengths = np.diff(matrix.indptr)
        scaled = np.repeat(np.maximum(lengths, 1) ** -0.5, lengths).astype(np.float32)
        pattern = sparse.csr_array((scaled, matrix.indices, matrix.indptr), shape=matrix.shape)
        return pattern @ self.weights["gmf_in"], pattern @ self.weights["mlp_in"]

    def logits(self, matrix: sparse.csr_array) -> np.ndarray:
        """Scores (n, n_items) float32 of all items for n histories."""
        gmf, mlp = self.pool(matrix)
        weights = self.weights
        scores = gmf @ self.gmf_items.T + weights["bias"]
        # one history at a time, because the hidden layer of each is (n_items, n_hidden)
        for row, history in enumerate(mlp @ weights["of_history.kernel"]):
            scores[row] += self._second(history, slice(None)) @ weights["mlp_head.kernel"][:, 0]
        return scores

    def _second(self, history: np.ndarray, items: np.ndarray | slice) -> np.ndarray:
        """Outputs (n, n_hidden / 2) of the second hidden layer for one history and n items."""
        hidden = np.maximum(self.of_items[items] + history, 0)
        return np.maximum(hidden @ self.weights["second.kernel"] + self.weights["second.bias"], 0)

    def contributions(self, matrix: sparse.csr_array, items: np.ndarray) -> np.ndarray:
        """What each item of one history adds to the logits of `items`, to first order: (len(items), n_history).

        It is the product of the history item's vectors and the gradient of the logit by the pooled vectors.
        """
        weights, columns = self.weights, matrix.indices
        history = self.pool(matrix)[1][0] @ weights["of_history.kernel"]
        on_second = (self._second(history, items) > 0) * weights["mlp_head.kernel"][:, 0]
        on_first = (self.of_items[items] + history > 0) * (on_second @ weights["second.kernel"].T)
        gradient = on_first @ weights["of_history.kernel"].T
        parts = self.gmf_items[items] @ weights["gmf_in"][columns].T + gradient @ weights["mlp_in"][columns].T
        return parts / np.sqrt(max(len(columns), 1))


@register
class Ncf(NeuralRecommender):
    """NeuMF (He et al. 2017) with a user represented by the pooled vectors of their history, so new users work.

    s(h, j) = w_g.(g(h) * g_j) + w_m.relu(W_2 relu(A m(h) + B m_j + c) + c_2) + b_j, with g(h) and m(h) the sums of two
    tables' rows over the items of h, divided by sqrt(n_h); g is the GMF branch, m the MLP branch. Trained with Keras,
    saved as arrays and served in NumPy. A training batch has a dense row for each of 64 histories, which limits the
    model to catalogues of some ten thousand items.
    """

    name = "ncf"
    title = "Neural picks (NCF)"
    summary = "A small neural network that learned which items go with which histories."
    family = "collaborative"
    order = 80
    report_kind = "losses"

    class Config(ncf_training.NcfConfig):
        """Settings, checked and documented."""

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        trained = ncf_training.train(data, self.config, seed, self.progress, self.checkpoint)
        self.losses, self.held_losses = trained.losses, trained.held_losses
        self.network = Network(trained.weights)

    def training_steps(self, data: Interactions) -> int:
        return ncf_training.n_steps(data, self.config)

    def _score(self, histories: Histories) -> np.ndarray:
        return np.where(self.rated, self.network.logits(histories.matrix), np.nan)

    def _similar(self, number: int) -> np.ndarray:
        weights = self.network.weights
        return damped_cosine(np.hstack([weights["gmf_out"], weights["mlp_out"]]), number, self.popularity, self.rated)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        return self.network.contributions(histories.matrix, numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        return dict(self.network.weights)

    def state(self) -> dict[str, Any]:
        return {name: [round(loss, 5) for loss in getattr(self, name)] for name in ("losses", "held_losses")}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.network, self.losses, self.held_losses = Network(arrays), state["losses"], state["held_losses"]
        if any(len(arrays[table]) != len(self.rated) for table in TABLES):
            raise ValueError(f"tables of {[len(arrays[table]) for table in TABLES]} items")
