"""k-means and its curves against known answers, and clusters of people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys import Interactions, ItemFeatures, models
from recsys.models.collaborative.kmeans import elbow, kmeans, principal_components, silhouette, squared_distances


@pytest.fixture
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Three tight groups of forty points, far apart."""
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(3), 40)
    return np.array([[0, 0], [8, 0], [0, 8]])[truth] + rng.normal(size=(120, 2)) * 0.3, truth


def test_kmeans_finds_the_groups(blobs):
    points, truth = blobs
    centres, labels, inertia = kmeans(points, 3, np.random.default_rng(1))
    assert sorted(np.bincount(labels).tolist()) == [40, 40, 40]
    assert all(len(np.unique(labels[truth == group])) == 1 for group in range(3))
    assert inertia == pytest.approx(sum(((points[labels == c] - centres[c]) ** 2).sum() for c in range(3)))


def test_curves_peak_and_bend_at_the_true_number(blobs):
    points, _ = blobs
    runs = [kmeans(points, k, np.random.default_rng(1)) for k in range(1, 8)]
    assert elbow([run[2] for run in runs]) == 2
    assert int(np.argmax([silhouette(points, run[1]) for run in runs])) == 2


def test_silhouette_equals_its_definition(blobs):
    points, labels = blobs[0][::6], blobs[1][::6]
    values = []
    for i, point in enumerate(points):
        distance = np.linalg.norm(points - point, axis=1)
        own = distance[(labels == labels[i]) & (np.arange(len(points)) != i)].mean()
        other = min(distance[labels == group].mean() for group in range(3) if group != labels[i])
        values.append((other - own) / max(own, other))
    assert silhouette(points, labels) == pytest.approx(np.mean(values))


def test_distances_and_components_equal_dense_ones(blobs):
    points = blobs[0]
    naive = ((points[:, None] - points[None, :4]) ** 2).sum(axis=2)
    np.testing.assert_allclose(squared_distances(points, points[:4]), naive, atol=1e-9)
    mean, components, shares = principal_components(points, 1.0)
    singular = np.linalg.svd(points - mean, compute_uv=False) ** 2
    np.testing.assert_allclose(shares, singular / singular.sum())
    np.testing.assert_allclose(components.T @ components, np.eye(2), atol=1e-9)


def test_components_are_the_fewest_that_reach_the_share():
    points = np.random.default_rng(0).normal(size=(500, 4)) * [10, 3, 1, 0.1]
    _, components, shares = principal_components(points, 0.95)
    assert components.shape == (4, 2)
    assert shares.sum() >= 0.95 > shares[0]


@pytest.mark.parametrize("name", ["clusters", "clusters_pca"])
@pytest.mark.parametrize("tagged", [True, False])
def test_people_of_one_taste_share_a_cluster_and_new_ones_join_it(name, tagged):
    rng = np.random.default_rng(4)
    rows = [
        (u, i, float(rng.integers(3, 6))) for u in range(40) for i in range(20) if i % 2 == u % 2 and rng.random() < 0.8
    ]
    data = Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id", "rating"]))
    features = ItemFeatures.from_frame(
        pd.DataFrame([(str(i), ["War"] if i % 2 else ["Musical"]) for i in range(20)], columns=["item_id", "genres"])
    )
    model = models.create(name, n_clusters=2).fit(data, features if tagged else None)
    groups = model.assign(data.histories)
    assert len(set(groups[::2])) == len(set(groups[1::2])) == 1
    assert groups[0] != groups[1]
    assert {int(line.item_id) % 2 for line in model.recommend({"1": 5.0, "3": 4.0}, n=8)} == {1}
    report = model.report
    assert report["chosen"] == 2
    assert sum(report["sizes"]) == len(report["map"]["x"]) == 40
    assert len(report["k"]) == len(report["inertia"]) == len(report["silhouette"])
    if tagged:
        assert report["leaning"][groups[1]] == ["War"]
        assert "War" in model.recommend({"1": 5.0}, n=1)[0].reason
