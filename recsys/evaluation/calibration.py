"""Calibrate scores to `match`, the probability in percent that a user likes an item.

If the ratings separate likes from dislikes, match is P(rating >= liked_at | the user rates the item). Otherwise (there
are no ratings, or almost all items are liked) it is P(the item is in the held-out tenth of the user's history), a hit
rate by position in the list. Both are a logistic regression over

- log(rank / candidates) and the standardised score of the item among the items the user has not seen,
- the item's damped share of likes (log odds) and log popularity,
- how many more of these items the user likes than other users do, damped, and the log length of the history,

followed by isotonic regression if that lowers the squared error on users it was not fitted to. It is fitted with
scikit-learn on interactions hidden from the model, with whole histories and with random parts of them, so that it
is also valid for users with few ratings. Serving needs only the coefficients and the isotonic knots.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.errors import BadInput, BrokenRelease
from recsys.evaluation import splits
from recsys.evaluation.reliability import calibration_error, reliability, sigmoid
from recsys.evaluation.signals import LIST_LENGTH, N_FEATURES, Examples, Moments, Question, Signals
from recsys.models import registry
from recsys.models.base import Recommender

FOLDS = 5
FORMAT = 1
LARGEST_WEIGHT = 1e15  # of a saved calibration; the features are not above 100
RIDGE = 1.0  # penalty on the squared coefficients of standardised features, so that separable data has a solution
ROUNDING = 1e-9  # how far the chances of an isotonic fit may be out of order or beyond 1
MAX_GROUPS, GROUP_SIZE = 40, 50  # largest number of groups for the isotonic fit, and smallest size of a group


@dataclass(frozen=True, eq=False)
class Calibration:
    """A fitted calibration of one model on one set of items.

    Attributes:
        signals: computes the features; `signals.of` is the meaning of match, likes or hits.
        weights: (1 + N_FEATURES,) intercept and coefficients of the raw features.
        knots: (2, k) log odds -> chance, or empty if the logistic curve is used as it is.
        report: reliability on users left out of the fit: `curve`, `ece`, `n`, `users`, `shown` (the same for items
            among the first 100 of the user's list) and `isotonic` (whether it is used).
    """

    signals: Signals
    weights: np.ndarray
    knots: np.ndarray
    report: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        model: Recommender,
        history: Interactions,
        held_out: Interactions,
        seed: int = 0,
        liked_at: float | None = None,
        of: Question | None = None,
    ) -> Calibration | None:
        """Fit to a model's scores of interactions that it was not trained on.

        Args:
            model: fitted on `history` (or on other users).
            history: known interactions of each user.
            held_out: hidden interactions; same users and items as `history`.
            seed: of the chosen users (at most MAX_USERS), the parts of histories, and the folds.
            liked_at: lowest rating of a liked item (default: 3/4 of the scale).
            of: likes or hits (default: likes if at least 5 % of the ratings are below `liked_at`).

        Returns:
            The calibration, or None if all examples have the same label (no user dislikes anything, or no item is
            hit).

        Raises:
            BadInput: the model was fitted on other items, or `of` is unknown.
        """
        if history.items != model.items:
            raise BadInput(
                f"{model.name} was fitted on other items than the history has. Calibrate it on the same data."
            )
        signals = Signals.learn(history, liked_at, of)
        examples = signals.examples(model, history, held_out, np.random.default_rng(seed))
        if not len(examples.y) or examples.y.min() == examples.y.max():
            return None
        margins, isotonic = _cross_fitted(examples, np.random.default_rng(seed))
        logistic = sigmoid(margins)
        errors = [np.average(np.square(p - examples.y), weights=examples.weights) for p in (logistic, isotonic)]
        better = bool(errors[1] < errors[0])
        p, whole = np.rint(100 * (isotonic if better else logistic)) / 100, examples.weights == 1.0
        report = {"isotonic": better, "users": len(np.unique(examples.users)), **_report(p[whole], examples.y[whole])}
        shown = whole & (examples.ranks <= LIST_LENGTH)
        report["shown"] = _report(p[shown], examples.y[shown])
        knots = _knots(margins, examples.y, examples.weights) if better else np.empty((2, 0))
        return cls(signals, _coefficients(examples.x, examples.y, examples.weights), knots, report)

    def match(
        self,
        model: Recommender,
        histories: Histories,
        row: np.ndarray,
        numbers: np.ndarray,
        moments: Moments | None = None,
    ) -> list[int | None]:
        """Probabilities in percent, 0 to 100, of some items for one user; None for an item without a score.

        Args:
            model: the model that gave the scores.
            histories: one history.
            row: (n_items,) the model's scores for it.
            numbers: (k,) columns of the items.
            moments: see `Signals.features`.
        """
        if not len(numbers):
            return []
        x, _ = self.signals.features(model, histories, row, numbers, moments)
        known = np.all(np.isfinite(x), axis=1)
        chance = np.rint(100 * self._chance(np.nan_to_num(x) @ self.weights[1:] + self.weights[0])).astype(int)
        return [value if ok else None for value, ok in zip(chance.tolist(), known.tolist(), strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """JSON values; the shares of likes are base64 of little-endian uint16, 65535 for 1."""
        signals = self.signals
        shares = np.rint(signals.item_shares.astype(np.float64) * 65535).astype("<u2")
        return {
            "format": FORMAT,
            "of": signals.of,
            "liked_at": signals.liked_at,
            "base": signals.base,
            "n_items": len(shares),
            "item_shares": "" if signals.of == "hits" else base64.b64encode(shares.tobytes()).decode(),
            "weights": self.weights.tolist(),
            "knots": self.knots.tolist(),
            "report": self.report,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Calibration:
        """Restore the calibration from what `to_dict` returned.

        Raises:
            BrokenRelease: a value is missing, has the wrong type or shape, or is out of range.
        """
        try:
            n_items = int(values["n_items"])
            packed = np.frombuffer(base64.b64decode(values["item_shares"], validate=True), dtype="<u2")
            shares = (packed / 65535).astype(np.float32)
            if values["of"] == "hits":
                shares = np.full(n_items, values["base"], dtype=np.float32)
            weights, knots = (np.array(values[name], np.float64) for name in ("weights", "knots"))
            if values["format"] != FORMAT or shares.shape != (n_items,) or weights.shape != (1 + N_FEATURES,):
                raise ValueError(
                    f"format {values['format']}, {len(shares)} items of {n_items}, {weights.shape} weights"
                )
            _check_numbers(float(values["base"]), weights, knots)
            signals = Signals(values["of"], values["liked_at"], float(values["base"]), shares)
            return cls(signals, weights, knots, values["report"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BrokenRelease(f"The calibration is corrupt ({error}). Train the model again.") from error

    def _chance(self, margin: np.ndarray) -> np.ndarray:
        return sigmoid(margin) if not self.knots.size else np.interp(margin, *self.knots)


def calibrate(
    model: str | Recommender,
    data: Interactions,
    features: ItemFeatures | None = None,
    seed: int = 0,
    liked_at: float | None = None,
    of: Question | None = None,
) -> Calibration | None:
    """Fit a copy of a model on nine tenths of each user's interactions and calibrate it on the rest.

    Args:
        model: a name, or a model with the settings to use; the model itself is not changed.
        data: the data that the model is trained on.
        features, seed: as for `fit`.
        liked_at, of: as for `Calibration.fit`.
    """
    copied = registry.create(model) if isinstance(model, str) else type(model)(**model.settings)
    part = splits.random_split(data, seed, test=0.1, valid=0).part
    # keep the times, because the remaining interactions are still in the order in which they were rated
    known, held_out = (data.keep(part == which) for which in (splits.TRAIN, splits.TEST))
    return Calibration.fit(copied.fit(known, features, seed=seed), known, held_out, seed, liked_at, of)


def _cross_fitted(examples: Examples, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Log odds (n,) and isotonic chances (n,) of every example, from fits to other users."""
    users = examples.users if len(np.unique(examples.users)) >= FOLDS else np.arange(len(examples.users))
    fold = (rng.permutation(users.max() + 1) % FOLDS)[users]
    margins, chances = np.empty(len(fold)), np.empty(len(fold))
    for held in (fold == number for number in np.unique(fold)):
        weights = _coefficients(examples.x[~held], examples.y[~held], examples.weights[~held])
        margins[held] = examples.x[held] @ weights[1:] + weights[0]
    for held in (fold == number for number in np.unique(fold)):
        chances[held] = np.interp(margins[held], *_knots(margins[~held], examples.y[~held], examples.weights[~held]))
    return margins, chances


def _coefficients(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Intercept and coefficients (1 + m,) of the raw features, by ridge logistic regression on standardised ones."""
    from sklearn.linear_model import LogisticRegression

    if not len(y) or y.min() == y.max():  # possible in a fold of few users
        share = (y.sum() + 0.5) / (len(y) + 1)
        return np.concatenate([[np.log(share / (1 - share))], np.zeros(x.shape[1])])
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    found = LogisticRegression(C=1 / RIDGE, solver="newton-cholesky", tol=1e-8)
    found.fit((x - mean) / spread, y, sample_weight=weights)
    slopes = found.coef_[0] / spread
    return np.concatenate([found.intercept_ - slopes @ mean, slopes])


def _knots(margins: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Knots (2, k) of an isotonic fit, to be read with `np.interp`: log odds, rising, and chances, never falling.

    It is fitted to means of groups of examples, so that its ends do not depend on single examples.
    """
    from sklearn.isotonic import IsotonicRegression

    if not len(y):
        return np.array([[0.0], [0.5]])
    order = np.argsort(margins, kind="stable")
    groups = np.array_split(order, max(1, min(MAX_GROUPS, len(order) // GROUP_SIZE)))
    sums = np.array([[weights[g].sum(), weights[g] @ margins[g], weights[g] @ y[g]] for g in groups])
    found = IsotonicRegression(out_of_bounds="clip")
    found.fit(sums[:, 1] / sums[:, 0], sums[:, 2] / sums[:, 0], sample_weight=sums[:, 0])
    return np.array([found.X_thresholds_, found.y_thresholds_])


def _check_numbers(base: float, weights: np.ndarray, knots: np.ndarray) -> None:
    """Raise `ValueError` unless `base` and the knots are chances from 0 to 1, the knots never fall and sums are finite.

    Otherwise a match could be 5000 %.
    """
    if not (np.abs(weights) <= LARGEST_WEIGHT).all():
        raise ValueError(f"weights up to {np.abs(weights).max():g}")
    if not 0 <= base <= 1:
        raise ValueError(f"base is {base:g}, not from 0 to 1")
    if knots.shape[:1] != (2,) or knots.ndim != 2:
        raise ValueError(f"knots of shape {knots.shape}")
    if not (np.isfinite(knots).all() and (np.diff(knots) >= -ROUNDING).all()):
        raise ValueError("knots fall")
    if knots.size and not -ROUNDING <= knots[1].min() <= knots[1].max() <= 1 + ROUNDING:
        raise ValueError(f"knots from {knots[1].min():g} to {knots[1].max():g}, not from 0 to 1")


def _report(p: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    curve = reliability(p, y)
    return {
        "n": int(len(y)),
        "share": float(y.mean()) if len(y) else None,
        "ece": calibration_error(curve),
        "curve": curve,
    }
