"""Train the experts of the hybrid and the network that ranks their candidates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from recsys.data import Interactions, ItemFeatures, csr
from recsys.models import holdout
from recsys.models.hybrid import candidates, reranker_training, wide_experts
from recsys.models.hybrid.candidates import Asked, Sizes
from recsys.models.hybrid.ensemble import Ensemble, some_users
from recsys.models.hybrid.frequent_items import FrequentItems
from recsys.models.hybrid.next_items import TRAINING_LISTS, NextItems, n_folds
from recsys.models.hybrid.reranker import Reranker
from recsys.models.hybrid.reranker_training import Lists, Training

SHORT_MAX_ITEMS = 1_500  # most items of the other experts beside the wide ones
# With wide experts the lists are longer, and a smaller network is as good in a fifth of the time.
WIDE_NETWORKS, WIDE_HIDDEN, WIDE_EPOCHS = 1, 32, 12
WIDE_CANDIDATES = 60  # candidates that the wide experts add
TRAINING_SIZES = Sizes(60, WIDE_CANDIDATES)  # the network learns from the first ones only, because these reach the top
BLOCK_SCORES = 1_000_000  # scores of one expert that are held in memory at once


def learn(
    data: Interactions,
    features: ItemFeatures | None,
    seed: int,
    training: Training,
    sequential: NextItems | None = None,
) -> tuple[Ensemble, Reranker | None]:
    """Train the network on interactions that are hidden from the experts, then the experts on all data.

    Args:
        data: the interactions.
        features: of their items.
        seed: of all random choices.
        training: settings of the network.
        sequential: trains the expert `sequential`; None to leave it out.

    Returns:
        The experts, and the network; None if no hidden item is among the candidates.
    """
    frequent = FrequentItems.of(data)
    join = wide_experts.join(data)
    if join:
        frequent, training = frequent.most_rated(data, SHORT_MAX_ITEMS), _smaller(training)
    features = frequent.features(features, data.items)
    learned, judged = data, frequent
    if not join:  # rare items are left out of the hidden items and of the histories
        learned = some_users(frequent.interactions(data), seed)
        judged = FrequentItems.all(learned)
    parts = []
    folds = n_folds(len(learned.users))
    for fold, (known, hidden) in enumerate(holdout.folds(learned, folds, seed)):
        if judged.interactions(known).matrix.nnz and hidden.matrix.nnz:
            expert = sequential and sequential.train(known, fold, folds + 1)
            ensemble = Ensemble.fit(known, judged, join, features, seed, expert)
            parts += _lists(ensemble, known, hidden, TRAINING_LISTS // folds, seed + fold)
    network = None
    if any(part.labels.any() for part in parts):
        network = reranker_training.train(Lists.joined(parts), seed, training)
    expert = sequential and sequential.train(data, folds, folds + 1)
    return Ensemble.fit(data, frequent, join, features, seed, expert), network


def _smaller(training: Training) -> Training:
    """The settings with at most the size and epochs that suffice beside wide experts."""
    return replace(
        training,
        n_networks=min(training.n_networks, WIDE_NETWORKS),
        n_hidden=min(training.n_hidden, WIDE_HIDDEN),
        n_epochs=min(training.n_epochs, WIDE_EPOCHS),
    )


def _lists(ensemble: Ensemble, known: Interactions, hidden: Interactions, n_users: int, seed: int) -> Iterator[Lists]:
    """Yield blocks of candidates for histories of `known`, labelled by the interactions of `hidden`."""
    histories, owners, weights = holdout.questions(known.histories, hidden.matrix, n_users, seed)
    for start, stop in blocks(len(histories), len(known.items)):
        asked = Asked.of(histories.rows(start, stop), ensemble.frequent)
        found = candidates.select(ensemble, asked, TRAINING_SIZES)
        wanted = csr.pattern(hidden.matrix[owners[start:stop]], bool).toarray()
        labels = np.take_along_axis(wanted, found.numbers, axis=1) & found.usable
        yield Lists(found.features, labels, weights[start:stop])


def blocks(n_rows: int, n_items: int) -> list[tuple[int, int]]:
    """Rows (start, stop) of blocks whose scores of all items fit into BLOCK_SCORES."""
    step = max(1, BLOCK_SCORES // max(1, n_items))
    return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]
