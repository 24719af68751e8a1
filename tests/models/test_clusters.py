"""Clusters of users: the curves that choose their number, the groups, and what is served without scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys import Interactions, ItemFeatures, models
from recsys.errors import BrokenRelease
from recsys.models.collaborative.clusters import elbow, kmeans, nearest, silhouette


@pytest.fixture
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Three tight groups of forty points, far apart."""
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(3), 40)
    return np.array([[0, 0], [8, 0], [0, 8]])[truth] + rng.normal(size=(120, 2)) * 0.3, truth


def test_kmeans_finds_the_groups(blobs):
    points, truth = blobs
    centres, labels, inertia = kmeans(points, 3, 2, seed=1)
    assert sorted(np.bincount(labels).tolist()) == [40, 40, 40]
    assert all(len(np.unique(labels[truth == group])) == 1 for group in range(3))
    assert inertia == pytest.approx(sum(((points[labels == c] - centres[c]) ** 2).sum() for c in range(3)))
    assert np.array_equal(nearest(points, centres), labels), "serving assigns as training did"


def test_curves_peak_and_bend_at_the_true_number(blobs):
    points, _ = blobs
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    runs = [kmeans(points, k, 2, seed=1) for k in range(1, 8)]
    assert elbow([run[2] for run in runs]) == 2
    assert int(np.argmax([silhouette(distances, run[1]) for run in runs])) == 2


def test_a_silhouette_without_two_groups_is_zero(blobs):
    distances = np.linalg.norm(blobs[0][:, None] - blobs[0], axis=2)
    assert silhouette(distances, np.zeros(120, int)) == silhouette(distances, np.arange(120)) == 0.0


def test_nearest_equals_dense_distances(blobs):
    points = np.random.default_rng(3).normal(size=(50, 4))
    naive = ((points[:, None] - points[None, :7]) ** 2).sum(axis=2).argmin(axis=1)
    assert np.array_equal(nearest(points, points[:7]), naive)


@pytest.mark.parametrize("tops", [[["War"]], [["War"], [7.0]], [["War"], "Drama"], [["War"], 3], 5])
def test_groups_without_names_are_not_loaded(tops, tastes, facts, tmp_path):
    """They are part of the reasons."""
    model = models.create("clusters", n_clusters=2).fit(tastes, facts)
    model.report["leaning"] = tops
    model.save_files(tmp_path)
    with pytest.raises(BrokenRelease, match="The files of clusters do not fit together"):
        models.registry.get("clusters").load_files(tmp_path, tastes.items)


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
