"""Bootstrap intervals over users, and paired comparison of two models on the same users.

Users are resampled with replacement. A user who is in several splits is drawn with all values of these splits, so that
repeating the split does not make the interval narrower than the number of users allows (cluster bootstrap, Efron and
Tibshirani 1993, chapter 13; paired over users as in Sakai 2014).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from recsys.errors import BadInput
from recsys.evaluation.significance import paired_p

DRAWS = 1000
LEVEL = 0.95
CHUNK_CELLS = 4_000_000


@dataclass(frozen=True)
class Paired:
    """Result of a paired comparison of model a with model b.

    Attributes:
        ratio: mean over splits of mean(a) / mean(b).
        ratio_sd: standard deviation of that ratio between splits, 0.0 for one split.
        ratio_low, ratio_high: 95 % interval of `ratio` over users.
        difference, difference_low, difference_high: the same for mean(a) - mean(b).
        ratios: the ratio in each split.
        p: two-sided p-value of the difference, see `significance.paired_p`; not corrected for other comparisons.
    """

    ratio: float
    ratio_sd: float
    ratio_low: float
    ratio_high: float
    difference: float
    difference_low: float
    difference_high: float
    ratios: tuple[float, ...]
    p: float

    def to_dict(self) -> dict:
        """The fields as JSON values; a p-value that does not exist is None."""
        return {**asdict(self), "ratios": list(self.ratios), "p": self.p if np.isfinite(self.p) else None}


def resamples(n: int, draws: int = DRAWS, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield chunks (c, n) float64: how often each of n users is in each draw of n with replacement."""
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK_CELLS // max(1, n))
    for start in range(0, draws, step):
        count = min(step, draws - start)
        drawn = rng.integers(n, size=(count, n)) + np.arange(count)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n).astype(np.float64)


def drawn_means(
    values: Sequence[np.ndarray], users: Sequence[np.ndarray], draws: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """Mean over splits of the mean of each column, in each bootstrap draw of users: (draws, m).

    Args:
        values: for each split (n_users, m); NaN if a user has no value.
        users: for each split (n_users,) ids, which identify a user across splits.
    """
    all_users, place = np.unique(np.concatenate(users), return_inverse=True)
    places = np.split(place, np.cumsum([len(part) for part in users])[:-1])
    filled = [(np.nan_to_num(part), np.isfinite(part).astype(np.float64)) for part in values]
    means = []
    for counts in resamples(len(all_users), draws, seed):
        drawn = [(counts[:, at], part, finite) for at, (part, finite) in zip(places, filled, strict=True)]
        with np.errstate(invalid="ignore", divide="ignore"):
            means.append(np.mean([times @ part / (times @ finite) for times, part, finite in drawn], axis=0))
    return np.concatenate(means)


def interval(draws: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper percentile (m,) of bootstrap draws (draws, m); NaN if no draw has a value.

    >>> low, high = interval(np.arange(101.0)[:, None])
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([2.5], [97.5])
    """
    result = np.full((2, draws.shape[1]), np.nan)
    some = np.isfinite(draws).any(axis=0)
    if some.any():
        result[:, some] = np.nanquantile(draws[:, some], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return result[0], result[1]


def bootstrap(
    values: np.ndarray, draws: int = DRAWS, level: float = LEVEL, seed: int = 0
) -> tuple[float, float, float]:
    """Mean of one value per user (n_users,), and its interval: (mean, low, high).

    >>> bootstrap(np.array([0.5, 0.5, 0.5]))
    (0.5, 0.5, 0.5)
    """
    values = np.asarray(values, dtype=np.float64)
    low, high = interval(drawn_means([values[:, None]], [np.arange(len(values))], draws, seed), level)
    return float(np.nanmean(values)), float(low[0]), float(high[0])


def paired(
    a: Sequence[np.ndarray],
    b: Sequence[np.ndarray],
    users: Sequence[np.ndarray] | None = None,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
) -> Paired:
    """Compare model a with model b on the same users of the same splits.

    Args:
        a, b: for each split one value per user (n_users,), in the same order of users.
        users: for each split the users' ids (default: the same users in the same order in every split).
        draws, level, seed: of the bootstrap.

    Raises:
        BadInput: the two do not have the same number of splits and users.

    >>> found = paired([np.array([0.2, 0.4])], [np.array([0.1, 0.2])])
    >>> round(found.ratio, 6), round(found.difference, 6), round(found.ratio_low, 6)
    (2.0, 0.15, 2.0)
    """
    if not a or [len(part) for part in a] != [len(part) for part in b]:
        raise BadInput(
            f"a has {[len(part) for part in a]} users by split and b {[len(part) for part in b]}. "
            "A paired comparison needs the same users in the same splits."
        )
    both = [np.column_stack([one, two]).astype(np.float64) for one, two in zip(a, b, strict=True)]
    users = [np.arange(len(part)) for part in a] if users is None else users
    means = np.array([np.nanmean(part, axis=0) for part in both])
    ratios = means[:, 0] / means[:, 1]
    # the bootstrap uses the ratio of means, which differs from the mean of ratios by less than the sampling error
    drawn = drawn_means(both, users, draws, seed)
    (ratio_low, difference_low), (ratio_high, difference_high) = interval(
        np.column_stack([drawn[:, 0] / drawn[:, 1], drawn[:, 0] - drawn[:, 1]]), level
    )
    return Paired(
        ratio=float(ratios.mean()),
        ratio_sd=float(ratios.std(ddof=1)) if len(ratios) > 1 else 0.0,
        ratio_low=float(ratio_low),
        ratio_high=float(ratio_high),
        difference=float((means[:, 0] - means[:, 1]).mean()),
        difference_low=float(difference_low),
        difference_high=float(difference_high),
        ratios=tuple(ratios.tolist()),
        p=paired_p(a, b, users),
    )
