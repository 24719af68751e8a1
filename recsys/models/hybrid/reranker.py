"""The network that ranks the candidates of the hybrid, in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

CLIP = 6.0  # features are clipped at this many standard deviations
STEPS = 8  # number of points of the integration path of attributions


@dataclass(frozen=True)
class Reranker:
    """Ensemble f(x) = v.x + sum_m w_m relu(W_m x + b_m) over the hidden units m of all its networks, x z-scores.

    Attributes:
        centre, spread: (n_features,) float32 mean and standard deviation of the training features.
        linear: v, (n_features,).
        hidden: W, (n_features, n_networks * n_hidden).
        bias: b, (n_networks * n_hidden,).
        output: w, (n_networks * n_hidden,).
    """

    centre: np.ndarray
    spread: np.ndarray
    linear: np.ndarray
    hidden: np.ndarray
    bias: np.ndarray
    output: np.ndarray

    def standardise(self, features: np.ndarray) -> np.ndarray:
        """Features (…, n_features) as z-scores of the training data, clipped."""
        return np.clip((features - self.centre) / self.spread, -CLIP, CLIP)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Scores (…) float32 of features (…, n_features)."""
        x = self.standardise(features)
        return x @ self.linear + np.maximum(x @ self.hidden + self.bias, 0.0) @ self.output

    def gradient(self, standardised: np.ndarray) -> np.ndarray:
        """Gradient (…, n_features) of the score with respect to standardised features."""
        active = (standardised @ self.hidden + self.bias > 0) * self.output
        return self.linear + active @ self.hidden.T

    def attribute(self, features: np.ndarray, rows: np.ndarray, steps: int = STEPS) -> np.ndarray:
        """What each feature adds to the scores of some candidates, compared with the mean candidate.

        Integrated gradients from the mean candidate (Sundararajan, Taly and Yan 2017): each row sums to the score of
        the candidate minus that of the mean candidate, up to the step size.

        Args:
            features: (k, n_features) of all candidates.
            rows: (m,) the candidates to explain.

        Returns:
            (m, n_features).
        """
        x = self.standardise(features)
        mean, x = x.mean(axis=0), x[rows]
        path = (np.arange(steps, dtype=np.float32) + np.float32(0.5)) / np.float32(steps)
        gradient = self.gradient(mean + path[:, None, None] * (x - mean)).mean(axis=0)
        return (x - mean) * gradient

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, for saving."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray]) -> Reranker:
        """Restore the network from what `arrays` returned.

        Raises:
            TypeError: an array is missing or unknown.
        """
        return cls(**arrays)
