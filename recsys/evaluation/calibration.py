"""`match`: a calibrated chance, 0 to 100, that this person would like this item.

Where ratings tell likes from dislikes, match is P(rating >= liked_at | they rate it). Where they do not
(nothing is rated, or nearly everything is liked), it is P(the item is in the tenth held out of the person's
history), a hit rate by place in the list. Both are a logistic regression over

- log(rank / candidates) and the standardised score of the item among the person's unseen ones,
- the item's damped share of likes (log odds) and log popularity,
- how much more the person likes than others do of the same items, damped, and log length of their history,

followed by isotonic regression where that lowers the squared error on users it was not fitted to. It is
fitted on interactions hidden from the model, with whole histories and with random parts of them, so that it
holds for somebody who has named three films as well.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.errors import BadInput, BrokenRelease
from recsys.evaluation import splits
from recsys.evaluation.logistic import calibration_error, isotonic, logistic, reliability, sigmoid
from recsys.evaluation.signals import LIST_LENGTH, N_FEATURES, Examples, Question, Signals
from recsys.models import registry
from recsys.models.base import Recommender

FOLDS = 5
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Calibration:
    """A fitted calibration of one model on one set of items.

    Attributes:
        signals: what is looked at; `signals.of` says what a match of 100 promises.
        weights: (1 + N_FEATURES,) intercept and coefficients of the raw features.
        knots: (2, k) log odds -> chance, or empty where the logistic curve is kept.
        report: reliability on users left out of the fit: `curve`, `ece`, `n`, `users`, `shown` (the same for
            items among the first 100 of the person's list) and `isotonic`.
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
        """Fit to a model's scores of interactions that it has not learnt from.

        Args:
            model: fitted on `history` (or on other users).
            history: what is known of each user.
            held_out: what was hidden of the same users; same users and items as `history`.
            seed: of the users chosen (at most MAX_USERS), parts of histories, and folds.
            liked_at: rating from which an item is liked (default: 3/4 up the scale).
            of: likes or hits (default: likes where at least 5 % of the ratings are below `liked_at`).

        Returns:
            The calibration, or None where there is nothing to tell apart (nobody dislikes anything, or
            nothing is hit).
        """
        if history.items != model.items:
            raise BadInput(f"{model.name} was fitted on other items than the history has; calibrate on the same data.")
        signals = Signals.learn(history, liked_at, of)
        examples = signals.examples(model, history, held_out, np.random.default_rng(seed))
        if not len(examples.y) or examples.y.min() == examples.y.max():
            return None
        margin = _unseen_margins(examples, np.random.default_rng(seed))
        plain, bent = sigmoid(margin[:, 0]), margin[:, 1]
        errors = [np.average(np.square(p - examples.y), weights=examples.weights) for p in (plain, bent)]
        better = bool(errors[1] < errors[0])
        p, whole = np.rint(100 * (bent if better else plain)) / 100, examples.weights == 1.0
        report = {"isotonic": better, "users": len(np.unique(examples.users)), **_report(p[whole], examples.y[whole])}
        shown = whole & (examples.ranks <= LIST_LENGTH)
        report["shown"] = _report(p[shown], examples.y[shown])
        knots = np.array(_knots(margin[:, 0], examples.y, examples.weights)) if better else np.empty((2, 0))
        return cls(signals, _coefficients(examples.x, examples.y, examples.weights), knots, report)

    def match(self, model: Recommender, histories: Histories, row: np.ndarray, numbers: np.ndarray) -> list[int | None]:
        """Chances from 0 to 100 for some items of one person, None where the model gives no score.

        Args:
            model: that gave the scores.
            histories: the one history.
            row: (n_items,) the model's scores for it.
            numbers: (k,) columns of the items.
        """
        if not len(numbers):
            return []
        x, _ = self.signals.features(model, histories, row, numbers)
        known = np.isfinite(x).all(axis=1)
        chance = np.rint(100 * self._chance(np.nan_to_num(x) @ self.weights[1:] + self.weights[0])).astype(int)
        return [value if ok else None for value, ok in zip(chance.tolist(), known.tolist(), strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """JSON values; shares of likes as base64 of little-endian uint16, 65535 for 1."""
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
        """The calibration that `to_dict` wrote.

        Raises:
            BrokenRelease: a value is missing or does not fit.
        """
        try:
            n_items = int(values["n_items"])
            packed = np.frombuffer(base64.b64decode(values["item_shares"], validate=True), dtype="<u2")
            shares = (packed / 65535).astype(np.float32)
            if values["of"] == "hits":
                shares = np.full(n_items, values["base"], dtype=np.float32)
            weights, knots = (
                np.array(values["weights"], np.float64),
                np.array(values["knots"], np.float64).reshape(2, -1),
            )
            if values["format"] != FORMAT or shares.shape != (n_items,) or weights.shape != (1 + N_FEATURES,):
                raise ValueError(
                    f"format {values['format']}, {len(shares)} items of {n_items}, {weights.shape} weights"
                )
            signals = Signals(values["of"], values["liked_at"], float(values["base"]), shares)
            return cls(signals, weights, knots, values["report"])
        except (KeyError, TypeError, ValueError) as error:
            raise BrokenRelease(f"the calibration is damaged ({error}); train the model again.") from error

    # -- pieces ---------------------------------------------------------------------------------

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
    """Fit a model anew on nine tenths of each user's interactions and calibrate it on the rest.

    Args:
        model: a name, or a model whose settings to use; it is left as it is.
        data: what the model serves from.
        features, seed: as for `fit`.
        liked_at, of: as for `Calibration.fit`.
    """
    copied = registry.create(model) if isinstance(model, str) else type(model)(**model.settings)
    part = splits.random_split(data, seed, test=0.1, valid=0).part
    # Times are kept: the order of what remains is still the order in which it was rated.
    known, held_out = (data.keep(part == which) for which in (splits.TRAIN, splits.TEST))
    return Calibration.fit(copied.fit(known, features, seed=seed), known, held_out, seed, liked_at, of)


def _unseen_margins(examples: Examples, rng: np.random.Generator) -> np.ndarray:
    """Log odds and isotonic chances (n, 2) of every example, from fits to other users."""
    users = examples.users if len(np.unique(examples.users)) >= FOLDS else np.arange(len(examples.users))
    fold = (rng.permutation(users.max() + 1) % FOLDS)[users]
    result = np.empty((len(fold), 2))
    for place in np.unique(fold):
        rest = fold != place
        b = _coefficients(examples.x[rest], examples.y[rest], examples.weights[rest])
        result[~rest, 0] = examples.x[~rest] @ b[1:] + b[0]
    for place in np.unique(fold):
        rest = fold != place
        knots = _knots(result[rest, 0], examples.y[rest], examples.weights[rest])
        result[~rest, 1] = np.interp(result[~rest, 0], *knots)
    return result


def _coefficients(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Coefficients of the raw features, fitted to standardised ones so that the ridge treats all alike."""
    if not len(y) or y.min() == y.max():  # left by a fold of a handful of people
        share = (y.sum() + 0.5) / (len(y) + 1)
        return np.concatenate([[np.log(share / (1 - share))], np.zeros(x.shape[1])])
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    b = logistic((x - mean) / spread, y, weights)
    slopes = b[1:] / spread
    return np.concatenate([[b[0] - slopes @ mean], slopes])


def _knots(margin: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Isotonic fit over groups of examples, so that its ends rest on more than one."""
    if not len(y):
        return np.zeros(1), np.full(1, 0.5)
    order = np.argsort(margin, kind="stable")
    groups = np.array_split(order, max(1, min(40, len(order) // 50)))
    total = np.array([[weights[g].sum(), weights[g] @ margin[g], weights[g] @ y[g]] for g in groups])
    return isotonic(total[:, 1] / total[:, 0], total[:, 2] / total[:, 0], total[:, 0])


def _report(p: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    curve = reliability(p, y)
    return {
        "n": int(len(y)),
        "share": float(y.mean()) if len(y) else None,
        "ece": calibration_error(curve),
        "curve": curve,
    }
