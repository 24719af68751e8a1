"""A small network that orders candidates, trained on whole lists at once, in plain NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLIP = 6.0  # standard deviations beyond which a feature says nothing more
WARM_UP = 0.05  # share of the steps in which the learning rate rises
CAUTION = 0.1  # share of the score left to the first feature alone: the network was asked about sparser data
POSITIVES = 10  # a list weighs by the square root of its positives, up to this many


@dataclass(frozen=True)
class Reranker:
    """f(x) = v.x + sum_m w2_m . relu(W1_m x + b1_m) over an ensemble of M networks, x standardised features.

    Attributes:
        centre, spread: (n_features,) float32, of the training features.
        linear: v, (n_features,).
        hidden: W1, (n_features, M * n_hidden).
        bias: b1, (M * n_hidden,).
        output: w2, (M * n_hidden,).
    """

    centre: np.ndarray
    spread: np.ndarray
    linear: np.ndarray
    hidden: np.ndarray
    bias: np.ndarray
    output: np.ndarray

    def standardise(self, features: np.ndarray) -> np.ndarray:
        """Features (…, n_features) in standard deviations of the training data, clipped."""
        return np.clip((features - self.centre) / self.spread, -CLIP, CLIP)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Scores (…) float32 of features (…, n_features)."""
        x = self.standardise(features)
        return x @ self.linear + np.maximum(x @ self.hidden + self.bias, 0.0) @ self.output

    def gradient(self, standardised: np.ndarray) -> np.ndarray:
        """Slopes (…, n_features) of the score in standardised features."""
        active = (standardised @ self.hidden + self.bias > 0) * self.output
        return self.linear + active @ self.hidden.T

    def attribute(self, features: np.ndarray, rows: np.ndarray, steps: int = 16) -> np.ndarray:
        """What each feature adds (len(rows), n_features) to the scores of some candidates, against the mean candidate.

        Integrated gradients from the mean (Sundararajan, Taly and Yan 2017): rows sum to the score less
        the mean candidate's, up to the step size.
        """
        x = self.standardise(features)
        base, x = x.mean(axis=0), x[rows]
        way = (np.arange(steps, dtype=np.float32) + np.float32(0.5)) / np.float32(steps)
        slopes = self.gradient(base + way[:, None, None] * (x - base)).mean(axis=0)
        return (x - base) * slopes

    def arrays(self) -> dict[str, np.ndarray]:
        return {
            "centre": self.centre,
            "spread": self.spread,
            "linear": self.linear,
            "hidden": self.hidden,
            "bias": self.bias,
            "output": self.output,
        }


def train(
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    seed: int,
    n_networks: int = 2,
    n_hidden: int = 32,
    n_epochs: int = 20,
    learning_rate: float = 3e-3,
    decay: float = 1e-2,
    dropout: float = 0.3,
    batch: int = 64,
) -> Reranker:
    """Fit by the softmax cross-entropy of each list (ListNet, Cao et al. 2007), Adam, cosine schedule.

    Loss of a list: -sum_c y_c / |y| log softmax(f)_c; a linear path starts at the first feature, the
    networks correct it, their mean is taken and drawn by CAUTION towards the first feature.

    Args:
        features: (n_lists, n_candidates, n_features).
        labels: (n_lists, n_candidates), 1 for what was hidden; lists without a 1 are left out.
        weights: (n_lists,) of the lists.
        seed: of initial weights and order.
    """
    full = labels.any(axis=1)
    features, labels = features[full].astype(np.float32), labels[full].astype(np.float32)
    positives = labels.sum(axis=1)
    weights = weights[full] * np.sqrt(np.minimum(positives, POSITIVES))
    weights = (weights / weights.mean()).astype(np.float32)
    flat = features.reshape(-1, features.shape[-1])
    centre, spread = flat.mean(axis=0), flat.std(axis=0) + 1e-6
    standard = np.clip((features - centre) / spread, -CLIP, CLIP)
    targets = labels / positives[:, None]
    networks = [
        _network(standard, targets, weights, seed * 1000 + k, n_hidden, n_epochs, learning_rate, decay, dropout, batch)
        for k in range(n_networks)
    ]
    linear = np.mean([network["linear"] for network in networks], axis=0)
    linear[1:] *= 1 - CAUTION
    return Reranker(
        centre,
        spread,
        linear=linear,
        hidden=np.concatenate([network["hidden"] for network in networks], axis=1),
        bias=np.concatenate([network["bias"] for network in networks]),
        output=np.concatenate([network["output"] for network in networks]) * np.float32((1 - CAUTION) / n_networks),
    )


def _network(x, targets, weights, seed, n_hidden, n_epochs, learning_rate, decay, dropout, batch):
    rng = np.random.default_rng(seed)
    n_lists, n_candidates, n_features = x.shape
    network = {
        "linear": np.eye(1, n_features)[0],
        "hidden": rng.standard_normal((n_features, n_hidden)) / np.sqrt(n_features),
        "bias": np.zeros(n_hidden),
        "output": rng.standard_normal(n_hidden) * 0.3 / np.sqrt(n_hidden),
    }
    network = {name: array.astype(np.float32) for name, array in network.items()}
    mean = {name: np.zeros_like(array) for name, array in network.items()}
    square = {name: np.zeros_like(array) for name, array in network.items()}
    per_epoch = -(-n_lists // batch)
    total, step = n_epochs * per_epoch, 0
    for _ in range(n_epochs):
        order = rng.permutation(n_lists)
        for start in range(0, n_lists, batch):
            chosen = order[start : start + batch]
            rows = x[chosen].reshape(-1, n_features)
            inner = rows @ network["hidden"] + network["bias"]
            mask = ((rng.random(n_hidden) > dropout) / (1 - dropout)).astype(np.float32)
            active = np.maximum(inner, 0.0) * mask
            scores = (active @ network["output"] + rows @ network["linear"]).reshape(len(chosen), n_candidates)
            chances = np.exp(scores - scores.max(axis=1, keepdims=True))
            chances /= chances.sum(axis=1, keepdims=True)
            error = ((chances - targets[chosen]) * (weights[chosen, None] / len(chosen))).ravel()
            back = error[:, None] * (network["output"] * mask) * (inner > 0)
            slopes = {
                "linear": rows.T @ error,
                "hidden": rows.T @ back,
                "bias": back.sum(axis=0),
                "output": active.T @ error,
            }
            step += 1
            rate = learning_rate * min(1.0, step / (WARM_UP * total + 1)) * 0.5 * (1 + np.cos(np.pi * step / total))
            for name, slope in slopes.items():
                mean[name] += 0.1 * (slope - mean[name])
                square[name] += 0.01 * (slope**2 - square[name])
                move = mean[name] / (1 - 0.9**step) / (np.sqrt(square[name] / (1 - 0.99**step)) + 1e-8)
                shrink = 0.0 if name == "linear" else decay
                network[name] -= np.float32(rate) * (move + shrink * network[name])
    return network
