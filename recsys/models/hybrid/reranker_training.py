"""Train the reranker with a listwise loss, in NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from recsys.models.hybrid.reranker import CLIP, Reranker

WARM_UP = 0.05  # share of the steps in which the learning rate rises
PRIOR_SHARE = 0.1  # share of the score that is the first feature alone, because the experts in training know less data
MAX_POSITIVES = 10  # the weight of a list is the square root of its number of positives, up to this many
MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.99, 1e-8  # of Adam

Network = dict[str, np.ndarray]  # linear (n_features,), hidden (n_features, n_hidden), bias and output (n_hidden,)


@dataclass(frozen=True)
class Training:
    """Training settings of the networks.

    Attributes:
        n_networks: networks in the ensemble.
        n_hidden: hidden units of each.
        n_epochs: passes over the lists.
        learning_rate: highest step size of Adam.
        decay: decoupled weight decay of everything but the linear part.
        dropout: share of hidden units left out of each step.
        batch: lists per step.
    """

    n_networks: int = 2
    n_hidden: int = 32
    n_epochs: int = 20
    learning_rate: float = 3e-3
    decay: float = 1e-2
    dropout: float = 0.3
    batch: int = 64

    def rate(self, step: int, total: int) -> float:
        """Learning rate of a step from 1 to `total`: a linear warm-up, then a cosine to 0."""
        warm_up = min(1.0, step / (WARM_UP * total + 1))
        return self.learning_rate * warm_up * 0.5 * (1 + np.cos(np.pi * step / total))


@dataclass(frozen=True)
class Lists:
    """Lists of candidates to learn from.

    Attributes:
        features: (n_lists, k, n_features) float32.
        labels: (n_lists, k) bool, the candidates that were hidden interactions.
        weights: (n_lists,) weight of each list in the loss.
    """

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    @classmethod
    def joined(cls, parts: list[Lists]) -> Lists:
        """The lists of all parts, which have the same k and n_features."""
        columns = zip(*((part.features, part.labels, part.weights) for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


def train(lists: Lists, seed: int, training: Training) -> Reranker:
    """Fit by the softmax cross-entropy of each list (ListNet, Cao et al. 2007) with Adam.

    The loss of a list is -sum_c y_c / |y| log softmax(f)_c. The linear part starts as the first feature, and the
    networks correct it. Their mean is shrunk by PRIOR_SHARE towards the first feature.

    Args:
        lists: lists without a positive label are ignored; at least one list must have one.
        seed: seed of initial weights and order.
    """
    positive = lists.labels.any(axis=1)
    features, labels = lists.features[positive].astype(np.float32), lists.labels[positive].astype(np.float32)
    n_positives = labels.sum(axis=1)
    weights = lists.weights[positive] * np.sqrt(np.minimum(n_positives, MAX_POSITIVES))
    weights = (weights / weights.mean()).astype(np.float32)
    flat = features.reshape(-1, features.shape[-1])
    centre, spread = flat.mean(axis=0), flat.std(axis=0) + 1e-6
    x = np.clip((features - centre) / spread, -CLIP, CLIP)
    data = Lists(x, labels / n_positives[:, None], weights)
    # The matrices of a batch are so small that a second thread of the matrix library gains nothing; where other
    # programs need the cores, waiting for it made this part 24 times longer (181 s instead of 7.5).
    with threadpool_limits(1, user_api="blas"):
        networks = [_train_network(data, seed * 1000 + number, training) for number in range(training.n_networks)]
    linear = np.mean([network["linear"] for network in networks], axis=0)
    linear[1:] *= 1 - PRIOR_SHARE
    return Reranker(
        centre,
        spread,
        linear=linear,
        hidden=np.concatenate([network["hidden"] for network in networks], axis=1),
        bias=np.concatenate([network["bias"] for network in networks]),
        output=np.concatenate([network["output"] for network in networks])
        * np.float32((1 - PRIOR_SHARE) / training.n_networks),
    )


def _train_network(data: Lists, seed: int, training: Training) -> Network:
    """One network; the labels of `data` sum to 1 in each list, the features are standardised."""
    rng = np.random.default_rng(seed)
    network = _initial(data.features.shape[2], training.n_hidden, rng)
    adam = Adam(network)
    n_lists = len(data.features)
    total = training.n_epochs * math.ceil(n_lists / training.batch)
    for _ in range(training.n_epochs):
        order = rng.permutation(n_lists)
        for start in range(0, n_lists, training.batch):
            chosen = order[start : start + training.batch]
            batch = Lists(data.features[chosen], data.labels[chosen], data.weights[chosen])
            kept = (rng.random(training.n_hidden) > training.dropout) / (1 - training.dropout)
            gradients = _gradients(network, batch, kept.astype(np.float32))
            adam.update(gradients, training.rate(adam.step + 1, total), training.decay)
    return network


def _initial(n_features: int, n_hidden: int, rng: np.random.Generator) -> Network:
    """A network whose output is about the first feature; its hidden units start with small random weights."""
    network = {
        "linear": np.eye(1, n_features)[0],
        "hidden": rng.standard_normal((n_features, n_hidden)) / np.sqrt(n_features),
        "bias": np.zeros(n_hidden),
        "output": rng.standard_normal(n_hidden) * 0.3 / np.sqrt(n_hidden),
    }
    return {name: array.astype(np.float32) for name, array in network.items()}


def _gradients(network: Network, batch: Lists, mask: np.ndarray) -> Network:
    """Gradients of the mean loss of a batch.

    Args:
        mask: (n_hidden,) float32 dropout mask, 0 or 1 / (1 - dropout).
    """
    n, k, n_features = batch.features.shape
    rows = batch.features.reshape(-1, n_features)
    inner = rows @ network["hidden"] + network["bias"]
    active = np.maximum(inner, 0.0) * mask
    scores = (active @ network["output"] + rows @ network["linear"]).reshape(n, k)
    probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    error = ((probabilities - batch.labels) * (batch.weights[:, None] / n)).ravel()
    of_hidden = error[:, None] * (network["output"] * mask) * (inner > 0)
    return {
        "linear": rows.T @ error,
        "hidden": rows.T @ of_hidden,
        "bias": of_hidden.sum(axis=0),
        "output": active.T @ error,
    }


class Adam:
    """Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019), in place."""

    def __init__(self, network: Network):
        self.network, self.step = network, 0
        self._mean = {name: np.zeros_like(array) for name, array in network.items()}
        self._square = {name: np.zeros_like(array) for name, array in network.items()}

    def update(self, gradients: Network, rate: float, decay: float) -> None:
        """One step; the linear part does not decay."""
        self.step += 1
        for name, gradient in gradients.items():
            self._mean[name] += (1 - MEAN_DECAY) * (gradient - self._mean[name])
            self._square[name] += (1 - SQUARE_DECAY) * (gradient**2 - self._square[name])
            mean = self._mean[name] / (1 - MEAN_DECAY**self.step)
            square = self._square[name] / (1 - SQUARE_DECAY**self.step)
            move = mean / (np.sqrt(square) + EPSILON)
            shrink = 0.0 if name == "linear" else decay
            self.network[name] -= np.float32(rate) * (move + shrink * self.network[name])
