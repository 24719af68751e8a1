"""Rating prediction by Bayesian biased matrix factorization with implicit feedback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.config import setting
from recsys.models.rating_prediction import gibbs
from recsys.models.rating_prediction.star_model import StarModel
from recsys.models.registry import register


@register
class Svd(StarModel):
    """SVD++ (Koren 2008) fitted by Gibbs sampling (Salakhutdinov and Mnih 2008), users folded in exactly.

    r(h, j) = mean over samples s of mu + b_s(h) + b_sj + p_s(h).q_sj, where [b_s(h), p_s(h)] is the posterior mean
    of a user with history h given the sampled item vectors: no user is stored. See `gibbs`. Training visits all
    ratings `n_iterations` times: about 6 s for 100,000 ratings. Ranking as in `StarModel`.
    """

    name = "svd"
    title = "Predicted stars (SVD++)"
    summary = "Predicts the rating you would give, from your ratings and from what you chose to rate."
    order = 70

    @dataclass(frozen=True)
    class Config:
        n_factors: int = setting(16, "Length of a taste vector.", low=1, search=(8, 12, 16, 24))
        n_iterations: int = setting(200, "Gibbs sweeps over all ratings.", low=10)
        n_samples: int = setting(40, "States of the chain stored for prediction.", low=1)
        set_reg: float = setting(
            1.0,
            "Precision of the effect of one rated item on a taste, relative to the precision of tastes.",
            low=1e-3,
            search=(0.3, 1.0, 3.0, 10.0),
        )
        noise_shape: float = setting(
            5.0, "How similar users and items are in noise (degrees of freedom).", low=0.5, search=(3.0, 5.0, 10.0)
        )

    def _fit_stars(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        config = self.config
        chain = gibbs.Chain(config.n_factors, config.n_iterations, config.n_samples, config.set_reg, config.noise_shape)
        self.posterior = gibbs.sample(data.matrix, chain, np.random.default_rng(seed))

    def _stars(self, histories: Histories) -> np.ndarray:
        return self.posterior.predict(self.posterior.fold_in_all(histories.matrix))

    def _stars_for_pairs(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        wanted, place = np.unique(users, return_inverse=True)
        return self.posterior.predict(self.posterior.fold_in_all(histories.matrix, wanted)[place], items)

    def _star_arrays(self) -> dict[str, np.ndarray]:
        return self.posterior.arrays()

    def _restore_stars(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.posterior = gibbs.Posterior.of(arrays, len(self.items))
