"""The sequential model: order and padding, batches, serving against Keras, reasons, early stopping and resuming."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys import Interactions, models
from recsys.data import Histories
from recsys.models.neural.averages import Averages
from recsys.models.neural.backend import load_keras
from recsys.models.neural.training import weights_by_name
from recsys.models.sequential import sasrec_training
from recsys.models.sequential.attention import Network
from recsys.models.sequential.sasrec_training import SequentialConfig
from recsys.models.sequential.sequences import Batches, in_order, ordering

MISSING = models.get("sequential").missing_modules()
ITEMS = 12
QUICK = {"n_factors": 16, "length": 16, "dropout": 0.1, "learning_rate": 0.01, "max_epochs": 30}


def needs_keras(test):
    """Skip a test where Keras is missing; to import it and to train takes seconds."""
    missing = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
    return pytest.mark.slow(missing(test))


def walks(users=120, seed=0, longest=9):
    """Users who walk around a cycle of items from anywhere: after item i comes item i + 1, of 10 + ITEMS again 10."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        start, size = rng.integers(ITEMS), rng.integers(2, longest + 1)
        rows += [(100 + user, 10 + (start + step) % ITEMS, 60 * step) for step in range(size)]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])
    return Interactions.from_frame(frame.sample(frac=1, random_state=seed))


def walk(first, size):
    return [str(10 + (first + step) % ITEMS) for step in range(size)]


def histories_of(rows, n_items, ages=None):
    """Histories with the given items by row; `ages` aligned to the rows' items in ascending order."""
    rows = [sorted(row) for row in rows]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    indices = np.array([item for row in rows for item in row], np.int32)
    matrix = sparse.csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(rows), n_items))
    return Histories(matrix, None if ages is None else np.concatenate(ages).astype(np.float32))


def random_network(n_items=30, seed=0, **settings):
    """A Keras model with large random weights and the network served from them."""
    keras, config = load_keras(), SequentialConfig(**{"n_factors": 8, "length": 10, **settings})
    model = sasrec_training.network(keras, n_items, config, seed, sampled=True)
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(size=variable.shape) * 0.5 + (variable.name == "gamma"))
    return keras, model, Network(weights_by_name(keras, model))


# -- what it learns ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cycle():
    return models.create("sequential", **QUICK).fit(walks())


@needs_keras
def test_the_next_of_a_cycle_comes_first(cycle):
    for first in range(ITEMS):
        for size in (1, 2, 5, 9):
            assert cycle.recommend(walk(first, size), 1)[0].item_id == walk(first + size, 1)[0], (first, size)


@needs_keras
def test_histories_of_different_lengths_are_answered_together_as_alone(cycle):
    rows = [(user, item, place) for user in range(9) for place, item in enumerate(walk(user, user + 1))]
    asked = Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"]))
    ids, scores = cycle.recommend_many(asked, 3)
    for user, (found, values) in enumerate(zip(ids, scores, strict=True)):
        alone = cycle.recommend(walk(user, user + 1), 3)
        assert list(found) == [line.item_id for line in alone]
        np.testing.assert_allclose(values, [line.score for line in alone], rtol=1e-4)


@needs_keras
def test_the_order_of_a_history_counts_and_ratings_do_not(cycle):
    there, back = walk(0, 4), walk(0, 4)[::-1]
    assert cycle.recommend(there, 1)[0].item_id != cycle.recommend(back, 1)[0].item_id
    rated = cycle.recommend(dict(zip(there, [1.0, 5.0, 2.0, 4.0], strict=True)), 3)
    assert [line.score for line in rated] == [line.score for line in cycle.recommend(there, 3)]


@needs_keras
def test_a_sampled_softmax_learns_the_cycle_too():
    model = models.create("sequential", **QUICK, n_negatives=5).fit(walks())
    right = [model.recommend(walk(first, 3), 1)[0].item_id == walk(first + 3, 1)[0] for first in range(ITEMS)]
    assert np.mean(right) > 0.9


@needs_keras
def test_only_the_latest_items_of_a_long_history_count():
    data = walks()
    model = models.create("sequential", **QUICK | {"length": 3, "max_epochs": 2}).fit(data)
    whole = model.recommend(walk(0, 8), 4)
    assert [line.score for line in model.recommend(walk(5, 3), 4, exclude=walk(0, 5))] == [line.score for line in whole]
    shares = dict(model.explain(walk(0, 8), "21"))
    assert set(shares) == set(walk(0, 8)) and all(shares[item] == 0 for item in walk(0, 5))


@needs_keras
def test_items_nobody_chose_get_no_score():
    data = walks(users=40)
    frame = data.to_frame()
    wider = Interactions.from_frame(frame, items=["9", *data.items.ids, "99"])
    model = models.create("sequential", **QUICK | {"max_epochs": 1}).fit(wider)
    scores = model.score(wider.histories)
    assert np.isnan(scores[:, [0, -1]]).all() and np.isfinite(scores[:, 1:-1]).all()
    assert not model.network.items[[0, -1]].any()


@needs_keras
def test_users_of_one_item_leave_nothing_to_learn_from():
    frame = pd.DataFrame({"user_id": ["a", "b", "c"], "item_id": ["x", "y", "y"], "timestamp": [1, 2, 3]})
    model = models.create("sequential", n_factors=4).fit(Interactions.from_frame(frame))
    assert model.losses == [] and [line.item_id for line in model.recommend(["x"], 5)] == ["y"]


# -- the network ------------------------------------------------------------------------------------


@needs_keras
@pytest.mark.parametrize(("n_blocks", "n_heads"), [(1, 1), (1, 2), (2, 1), (3, 4)])
def test_serving_equals_keras(n_blocks, n_heads):
    keras, model, served = random_network(n_blocks=n_blocks, n_heads=n_heads)
    rng = np.random.default_rng(1)
    histories = histories_of([rng.choice(30, size, replace=False) for size in (1, 4, 10, 17, 2)], 30)
    sequences, lengths = in_order(histories).padded(served.length)
    assert lengths.tolist() == [1, 4, 10, 10, 2]
    place = np.broadcast_to(np.arange(10), sequences.shape)
    states = keras.ops.convert_to_numpy(model.states(sequences, place, (place < lengths[:, None]).astype(np.int32)))
    expected = states[np.arange(5), lengths - 1] @ served.items.T
    np.testing.assert_allclose(served.states(sequences, lengths) @ served.items.T, expected, rtol=1e-4, atol=1e-4)


@needs_keras
@pytest.mark.parametrize(("n_blocks", "n_heads"), [(1, 1), (2, 2)])
def test_contributions_are_the_slope_towards_each_item(n_blocks, n_heads):
    _, _, served = random_network(n_blocks=n_blocks, n_heads=n_heads)
    exact = Network({name: array.astype(np.float64) for name, array in served.weights.items()})
    sequence, numbers, step = np.array([4, 9, 2, 20, 7]), np.array([1, 9, 28]), 1e-5

    def scores(place, factor):
        """Scores with the vector of one item longer where it is an input, and not where it is scored."""
        longer = Network(dict(exact.weights))
        longer.items = np.vstack([exact.items, factor * exact.items[sequence[place]]])
        moved = np.where(np.arange(5) == place, len(exact.items), sequence)
        return longer.states(moved[None], np.array([5]))[0] @ exact.items[numbers].T

    slopes = [(scores(place, 1 + step) - scores(place, 1 - step)) / (2 * step) for place in range(5)]
    np.testing.assert_allclose(served.contributions(sequence, numbers), np.transpose(slopes), rtol=1e-3, atol=1e-4)


@needs_keras
def test_the_parts_of_a_packed_row_do_not_see_each_other():
    keras, model, served = random_network()
    packed = np.array([[3, 8, 5, 11, 2, 6, 7, 0, 0, 0]], np.int32)
    positions, parts = np.array([[0, 1, 2, 0, 1, 2, 3, 0, 1, 2]]), np.array([[1, 1, 1, 2, 2, 2, 2, 3, 3, 3]])
    states = keras.ops.convert_to_numpy(model.states(packed, positions, parts))[0]
    for low, high in ((0, 3), (3, 7)):
        alone = served.states(packed[:, low:high], np.array([high - low]))[0]
        np.testing.assert_allclose(states[high - 1], alone, rtol=1e-4, atol=1e-4)


@needs_keras
def test_a_negative_that_is_the_target_does_not_count():
    keras, model, _ = random_network()
    items, targets = np.zeros((1, 10), np.int32), np.full((1, 10), 7, np.int32)
    inputs = {"items": items, "positions": items, "parts": items, "targets": targets}
    logits = keras.ops.convert_to_numpy(model({**inputs, "negatives": np.array([3, 7, 3], np.int32)}))
    assert logits.shape == (1, 10, 4) and (logits[..., 2] == -1e9).all() and (logits[..., [0, 1, 3]] > -1e3).all()


# -- sequences and batches --------------------------------------------------------------------------


def test_order_comes_from_ages_and_ties_from_numbers():
    histories = histories_of([[2, 5, 7, 8], [], [1, 3]], 9, [[0, 3, 1.5, 1.5], [], [1, 0]])
    found = in_order(histories)
    assert found.items.tolist() == [5, 7, 8, 2, 1, 3] and found.lengths.tolist() == [4, 0, 2]
    assert in_order(Histories(histories.matrix)).items.tolist() == [2, 5, 7, 8, 1, 3]
    drawn = {tuple(in_order(histories, np.random.default_rng(seed)).items) for seed in range(20)}
    assert drawn == {(5, 7, 8, 2, 1, 3), (5, 8, 7, 2, 1, 3)}
    table, lengths = found.padded(3)
    assert lengths.tolist() == [3, 0, 2] and table[0].tolist() == [7, 8, 2] and table[2, :2].tolist() == [1, 3]
    assert histories.matrix.indices[ordering(histories)].tolist() == found.items.tolist()


def test_every_item_with_a_predecessor_is_a_target_once_an_epoch():
    rng = np.random.default_rng(0)
    rows = [rng.choice(50, size, replace=False) for size in rng.integers(0, 40, 60)]
    histories = histories_of(rows, 50, [rng.permutation(len(row)) for row in rows])
    known = in_order(histories)
    expected = []
    for start, size in zip(known.starts, known.lengths, strict=True):
        sequence = known.items[start : start + size]
        expected += zip(sequence[:-1].tolist(), sequence[1:].tolist(), strict=True)
    batches = Batches(histories, 50, 16, 7, (3,))
    for epoch in range(2):
        batches.start_epoch(epoch)
        found = []
        for index in range(len(batches)):
            inputs, classes, weights = batches[index]
            items, targets, parts, positions = (inputs[name] for name in ("items", "targets", "parts", "positions"))
            assert items.shape == targets.shape == parts.shape == positions.shape == weights.shape == (batches.rows, 16)
            assert inputs["negatives"].shape == (7,) and not classes.any()
            used = weights > 0
            found += zip(items[used].tolist(), targets[used].tolist(), strict=True)
            same = parts[:, 1:] == parts[:, :-1]
            assert (items[:, 1:][same & used[:, 1:]] == targets[:, :-1][same & used[:, 1:]]).all(), "not consecutive"
            assert (positions[:, 1:] == np.where(same, positions[:, :-1] + 1, 0)).all() and not positions[:, 0].any()
        assert sorted(found) == sorted(expected)


def test_a_batch_depends_on_seed_epoch_and_index_alone():
    data = walks(users=300)
    one, other = (Batches(data.histories, ITEMS, 8, 5, (1,)) for _ in range(2))
    other[0]

    def drawn(batches, epoch):
        batches.start_epoch(epoch)
        return np.concatenate([batches[1][0][name].ravel() for name in ("items", "negatives")])

    np.testing.assert_array_equal(drawn(one, 1), drawn(other, 1))
    assert not np.array_equal(drawn(one, 1), drawn(one, 0))
    assert not np.array_equal(drawn(one, 1), drawn(Batches(data.histories, ITEMS, 8, 5, (2,)), 1))


def test_without_negatives_the_class_is_the_target():
    inputs, classes, _ = Batches(walks().histories, ITEMS, 8, 0, (0,))[0]
    assert np.array_equal(classes, inputs["targets"]) and classes.any()


# -- validation, early stopping, resuming -----------------------------------------------------------


def test_the_latest_item_of_validation_users_is_hidden():
    data = walks(users=400)
    learned, validation = sasrec_training.validation_split(data.histories, 16, np.random.default_rng(0))
    whole, rest = in_order(data.histories), in_order(learned)
    held = np.flatnonzero(rest.lengths < whole.lengths)
    assert len(held) == len(validation.targets) == round(0.1 * (whole.lengths >= 3).sum())
    latest = whole.items[(whole.starts + whole.lengths - 1)[held]]
    assert validation.targets.tolist() == latest.tolist()
    assert validation.lengths.tolist() == (whole.lengths[held] - 1).tolist()
    for row, user in enumerate(held):
        before = whole.items[whole.starts[user] : whole.starts[user] + whole.lengths[user] - 1].tolist()
        assert validation.sequences[row, : validation.lengths[row]].tolist() == before
        assert sorted(validation.seen.indices[slice(*validation.seen.indptr[row : row + 2])]) == sorted(before)


def test_few_users_leave_none_to_validate_on():
    data = walks(users=150)
    learned, validation = sasrec_training.validation_split(data.histories, 16, np.random.default_rng(0))
    assert validation is None and learned is data.histories


@needs_keras
def test_validation_ranks_among_unseen_items():
    _, _, served = random_network(n_items=ITEMS, length=16)
    _, validation = sasrec_training.validation_split(walks(users=400).histories, 16, np.random.default_rng(0))
    expected = []
    for row, target in enumerate(validation.targets):
        sequence = validation.sequences[row, : validation.lengths[row]]
        scores = served.states(sequence[None], np.array([len(sequence)]))[0] @ served.items.T
        left = [item for item in np.argsort(-scores) if item not in sequence]
        rank = left.index(target) + 1
        expected.append(1 / np.log2(1 + rank) if rank <= 10 else 0)
    assert validation.ndcg(served) == pytest.approx(np.mean(expected))


@needs_keras
def test_training_stops_early_and_keeps_the_best_epoch():
    data, config = walks(users=400), SequentialConfig(**QUICK | {"max_epochs": 40})
    trained = sasrec_training.train(data, config, seed=2)
    best = sasrec_training.EARLIEST + int(np.argmax(trained.scores[sasrec_training.EARLIEST :]))
    assert len(trained.scores) == len(trained.losses) == best + 1 + sasrec_training.PATIENCE < 40
    _, validation = sasrec_training.validation_split(data.histories, config.length, np.random.default_rng([2, 1]))
    assert validation.ndcg(Network(trained.weights)) == pytest.approx(trained.scores[best])
    assert trained.scores[best] > 0.9


@needs_keras
def test_the_model_is_the_mean_of_its_epochs_and_trains_on_from_the_latest():
    keras, model, _ = random_network()
    averages = Averages(keras, model, 0.8)
    callback, name = averages.callback(), "items"
    of_epochs = [np.full_like(weights_by_name(keras, model)[name], value) for value in (1.0, 5.0, 9.0)]
    for epoch, value in enumerate(of_epochs):
        callback.on_epoch_begin(epoch)
        model.items.assign(value)
        callback.on_epoch_end(epoch)
    # shares of the latest: 3 / 3, 3 / 4, 3 / 5
    np.testing.assert_allclose(weights_by_name(keras, model)[name], (1 * 0.25 + 5 * 0.75) * 0.4 + 9 * 0.6, rtol=1e-6)
    callback.on_epoch_begin(3)
    np.testing.assert_array_equal(weights_by_name(keras, model)[name], of_epochs[-1])
    callback.on_epoch_end(3)
    for epoch in range(4, 40):
        callback.on_epoch_begin(epoch)
        model.items.assign(np.zeros_like(of_epochs[0]))
        before = averages._mean[0].max()
        callback.on_epoch_end(epoch)
    assert averages._mean[0].max() == pytest.approx(0.8 * before), "later the share is 0.2"


@needs_keras
@pytest.mark.parametrize("epochs", [10, 40])  # with 10, training ends before scores count
def test_a_cancelled_training_resumes_as_if_it_had_run_through(epochs, tmp_path):
    def stop(line, share=None):
        if "epoch 3 " in line:
            raise KeyboardInterrupt

    data = walks(users=400)
    through, model = (models.create("sequential", **QUICK | {"max_epochs": epochs}) for _ in range(2))
    through.fit(data)
    model.checkpoint, model.progress = tmp_path / "sequential.safetensors", stop
    with pytest.raises(KeyboardInterrupt):
        model.fit(data)
    seen = []
    model.progress = lambda line, share=None: seen.append((line, share))
    model.fit(data)
    assert seen[0][0].startswith(f"sequential: epoch 4 of at most {epochs}, ") and seen[0][1] == 4 / epochs
    assert (model.losses, model.scores) == (through.losses, through.scores)
    for name, value in model.network.weights.items():
        np.testing.assert_array_equal(value, through.network.weights[name], err_msg=name)
    assert not model.checkpoint.exists()
