"""What is popular lately: the correction of the hybrid for items that are chosen more often now than in the past.

Where new items come out all the time, such as films in cinemas, people choose what is new. A model of who chooses what
knows the mean over the whole past instead, so its probabilities are corrected by how much the share of each item in the
latest interactions exceeds its share in all (a change of the prior; Saerens, Latinne and Decaestecker 2002).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from recsys.data import Histories, Interactions, csr
from recsys.models.rating_weights import DAY_SECONDS, half_life_decay

HALF_LIFE_DAYS = 1.5
POWER = 2.0  # the shares of the next days differ more from the past than those of the latest days, because trends go on
LEFT_OUT = 1.0  # subtracted from the latest interactions of each item, so that one person cannot make an item popular
PRIOR = 300.0  # interactions with the shares of the past, added to the latest ones so that a few have little effect
DOUBLED = 2.0**POWER  # gain of an item whose share has doubled lately
DEFAULT_SHARE = 0.015  # share of the corrected probabilities if a question does not say how much the present counts
DIAL_SHARE = 0.5  # the same with a recency of 1

MIN_INTERACTIONS, MIN_DAYS = 10_000, 60  # with less data, whether the correction predicts is not measured
MOMENTS = (0.5, 0.6, 0.7, 0.8, 0.9)  # shares of the interactions before the moments at which it is measured
AHEAD = 0.1  # share of the interactions after each moment that are predicted
MEASURED_SHARE = 0.2  # share of the corrected probabilities in that prediction
MIN_GAIN = 0.1  # lowest mean gain in log-likelihood of an interaction, in nats


@dataclass(frozen=True)
class Trend:
    """How much more often each item is chosen lately than before.

    The scores s of a history give the probabilities p = softmax(s) of its unseen items. With the gains g of the items
    and a share w, the score of item j becomes

        s'_j = log((1 - w) p_j + w p_j g_j / sum_k p_k g_k) + log sum_k exp(s_k)

    Attributes:
        gains: (n_items,) float32 at least 0: (share lately / share in all interactions) to the power POWER.
    """

    gains: np.ndarray

    @classmethod
    def of(cls, data: Interactions) -> Self | None:
        """The trend at the end of the data, or None if it would not have predicted the interactions of the past.

        It is measured at five moments of the past: how much more likely the next tenth of the interactions becomes if a
        fifth of the probabilities, those of popularity alone, is corrected.
        """
        if data.times is None or len(data.times) < MIN_INTERACTIONS or np.ptp(data.times) < MIN_DAYS * DAY_SECONDS:
            return None
        if half_life_decay(data.times, HALF_LIFE_DAYS).sum() < PRIOR:
            return None  # so quiet lately that a few people would decide what is popular
        order = np.argsort(data.times, kind="stable")
        items, times = data.matrix.indices[order], data.times[order]
        gained = [_gain(items, times, moment, len(data.items)) for moment in MOMENTS]
        if min(gained) <= 0 or np.mean(gained) < MIN_GAIN:
            return None
        return cls(_gains(items, times, len(data.items)))

    @classmethod
    def restored(cls, gains: np.ndarray, n_items: int) -> Self:
        """Restore the trend from its gains.

        Raises:
            ValueError: they are not one finite number, at least 0, for each item.
        """
        if gains.shape != (n_items,) or not ((gains >= 0) & np.isfinite(gains)).all():
            raise ValueError(f"trend has shape {gains.shape} or a bad value, and there are {n_items} items")
        return cls(gains)

    def ratios(self, scores: np.ndarray, histories: Histories) -> np.ndarray | None:
        """exp(s' - s) of all items for each history; None if the histories ask for all times equally.

        Args:
            scores: (n, n_items) s; NaN for an item without a score.
            histories: the n histories, whose items do not take part; `recency` is the share w in units of DIAL_SHARE.
        """
        if histories.ages is None:
            return None
        share = _share(histories)
        unseen = np.where(np.isfinite(scores), scores, -np.inf)
        unseen[csr.row_numbers(histories.matrix), histories.matrix.indices] = -np.inf
        highest = unseen.max(axis=1, keepdims=True, initial=-np.inf)
        p = np.exp(unseen - np.where(np.isfinite(highest), highest, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):  # no unseen item has a score
            mean = (p @ self.gains)[:, None] / p.sum(axis=1, keepdims=True)
            relative = np.where(mean > 0, self.gains / mean, 1.0)
        return 1.0 - share + share * relative

    def decides(self, ratios: np.ndarray, histories: Histories) -> np.ndarray:
        """Whether the trend is why an item has its score: bool like `ratios`.

        Most of its probability is due to the correction, and its share has at least doubled lately.
        """
        return (ratios > 2 * (1 - _share(histories))) & (self.gains >= DOUBLED)


def _share(histories: Histories) -> float:
    """The share w of the corrected probabilities that some histories ask for."""
    return DEFAULT_SHARE if histories.recency is None else DIAL_SHARE * histories.recency


def _gains(items: np.ndarray, times: np.ndarray, n_items: int) -> np.ndarray:
    """(n_items,) float32 gains at the last of the times."""
    lately = np.bincount(items, weights=half_life_decay(times, HALF_LIFE_DAYS), minlength=n_items)
    lately = np.maximum(lately - LEFT_OUT, 0.0)
    past = _past(items, n_items)
    shares = (lately + PRIOR * past) / (lately.sum() + PRIOR)
    return ((shares / past) ** POWER).astype(np.float32)


def _past(items: np.ndarray, n_items: int) -> np.ndarray:
    """(n_items,) float64 share of each item in some interactions; half an interaction is added to each."""
    counts = np.bincount(items, minlength=n_items) + 0.5
    return counts / counts.sum()


def _gain(items: np.ndarray, times: np.ndarray, moment: float, n_items: int) -> float:
    """Mean gain in log-likelihood, in nats, of the interactions after a moment with items that were there before."""
    now, end = int(moment * len(items)), int((moment + AHEAD) * len(items))
    past, gains = _past(items[:now], n_items), _gains(items[:now], times[:now], n_items)
    ahead = items[now:end][np.isin(items[now:end], items[:now])]
    if not len(ahead):
        return 0.0
    relative = gains[ahead] / float(past @ gains)
    return float(np.mean(np.log(1 - MEASURED_SHARE + MEASURED_SHARE * relative)))
