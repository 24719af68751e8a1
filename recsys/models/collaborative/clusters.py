"""Recommend items that are popular in a user's cluster of similar tastes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.config import setting
from recsys.models.numeric.svd import principal_components
from recsys.models.rating_prediction.star_model import pick_vectors
from recsys.models.rating_weights import user_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register

log = logging.getLogger(__name__)

MAP_POINTS = 1500  # users on the map
SILHOUETTE_POINTS = 1500  # users of whom a silhouette is computed; it needs all pairwise distances
SVD_PROFILE = 16  # dimensions of a profile if items have no tags
VARIANCE = 0.9  # share of the profiles' variance that the principal components hold
TRIED_STARTS, FINAL_STARTS = 2, 8  # k-means starts for each candidate k, and for the chosen one
MIN_SPREAD = 0.25  # lower bound of the standard deviation of an axis, as a share of the largest
ARRAYS = ("vectors", "mean_profile", "basis", "centres", "popular")  # saved as they are


@register
class Clusters(Recommender):
    """Popularity in the k-means cluster of the user's profile (Ungar and Foster 1998).

    A profile is the direction of sum over i in h of w_hi v_i, with v_i the shares of an item's genres (its truncated
    SVD vector if no item has a genre) and w from `user_centred`. k is the elbow of the inertia or one of its
    neighbours, whichever has the best silhouette. s(h, j) = (n_cj + damping n_j / n) / (n_c + damping), n_cj the users
    of cluster c who rated j. Trained with scikit-learn, served in NumPy.
    """

    name = "clusters"
    title = "Your taste group (k-means)"
    summary = "Sorts people into groups by taste and shows what is popular in yours."
    family = "collaborative"
    order = 90
    uses_features = True
    report_kind = "groups"
    requires = ("sklearn",)
    reduce = False

    @dataclass(frozen=True)
    class Config:
        n_clusters: int = setting(
            0, "Number of clusters; 0 lets elbow and silhouette choose.", low=0, search=(0, 4, 8, 16, 32)
        )
        max_clusters: int = setting(16, "Most clusters tried.", low=2)
        damping: float = setting(
            10.0, "Users with overall popularity added to every cluster.", low=0.0, search=(2.0, 10.0, 50.0)
        )
        seen_weight: float = setting(
            1.0, "Weight of an item with an average rating in a profile.", low=0.0, search=(0.5, 1.0, 2.0)
        )

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.axes, vectors = _genres(features)
        if not self.axes:
            vectors = pick_vectors(data.matrix, seed)[0][:, :SVD_PROFILE]
            self.axes = [""] * vectors.shape[1]
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        active = data.user_counts > 0
        profiles = self._profiles(data.matrix)[active] if active.any() else np.zeros((1, len(self.axes)))
        variance = self._set_basis(profiles)
        points = (profiles - self.mean_profile) @ self.basis
        curves = self._curves(points, seed)
        self.centres, labels, _ = kmeans(points, curves["chosen"], FINAL_STARTS, seed)
        self._count(data, active, labels)
        about = {**_map(points, labels), **self._describe(labels)}
        self.report = {**curves, "variance": variance.round(4).tolist(), **about}

    def _set_basis(self, profiles: np.ndarray) -> np.ndarray:
        """Centre the profiles and scale each axis to unit spread; return the shares of variance of the components."""
        # without scaling, rare tags would have no effect; the bound avoids inflating almost constant axes
        spread = profiles.std(axis=0)
        spread = np.maximum(spread, MIN_SPREAD * spread.max() + 1e-9)
        self.mean_profile = profiles.mean(axis=0)
        components, variance = principal_components(profiles / spread, VARIANCE if self.reduce else None)
        basis = components.T if self.reduce else np.eye(len(self.axes))
        self.basis = np.ascontiguousarray(basis / spread[:, None])
        return variance

    def _count(self, data: Interactions, active: np.ndarray, labels: np.ndarray) -> None:
        """Popularity (k, n_items) float32 in each cluster."""
        k, users = len(self.centres), np.flatnonzero(active)
        labels = labels[: len(users)]
        member = sparse.csr_array((np.ones(len(users)), (labels, users)), shape=(k, len(data.users)))
        counts, sizes = (member @ data.pattern).toarray(), np.bincount(labels, minlength=k)[:, None]
        overall = counts.sum(axis=0) / max(len(users), 1)
        damping = max(self.config.damping, 1e-9)
        self.popular = ((counts + damping * overall) / (sizes + damping)).astype(np.float32)

    def _curves(self, points: np.ndarray, seed: int) -> dict[str, Any]:
        """Inertia and silhouette by k, and the chosen k."""
        from sklearn.metrics.pairwise import euclidean_distances

        distinct = len(np.unique(points.round(9), axis=0))
        most = max(1, min(self.config.max_clusters, distinct, len(points) // 2))
        log.info("k-means: %d users, 1 to %d clusters.", len(points), most)
        sample = np.unique(np.linspace(0, len(points) - 1, SILHOUETTE_POINTS).astype(int))
        distances = euclidean_distances(points[sample])  # computed once for all k
        ks, inertias, scores = list(range(1, most + 1)), [], []
        for k in ks:
            _, labels, inertia = kmeans(points, k, TRIED_STARTS, seed)
            inertias.append(inertia)
            scores.append(silhouette(distances, labels[sample]))
        bend = elbow(inertias)
        near = [i for i in range(max(bend - 1, 1), min(bend + 2, len(ks)))] or [0]
        chosen = self.config.n_clusters or ks[max(near, key=lambda i: scores[i])]
        return {
            "k": ks,
            "inertia": [round(value, 4) for value in inertias],
            "silhouette": [round(value, 4) for value in scores],
            "elbow": ks[bend],
            "chosen": min(chosen, max(distinct, 1)),
        }

    def _describe(self, labels: np.ndarray) -> dict[str, Any]:
        """Size of each cluster, and up to three axes on which its centre is highest."""
        tops = [[self.axes[i] for i in np.argsort(-row, kind="stable")[:3] if row[i] > 0] for row in self._leaning()]
        return {"sizes": np.bincount(labels, minlength=len(self.centres)).tolist(), "leaning": tops}

    def _leaning(self) -> np.ndarray:
        """Centres (k, d) on the original axes, relative to the mean profile."""
        return self.centres @ np.linalg.pinv(self.basis)

    def _profiles(self, matrix: sparse.csr_array) -> np.ndarray:
        """Profiles (n, d) float64 of length 1, zero if no item of the history has a tag."""
        liked = user_centred(matrix, self.mean, self.scale, self.config.seen_weight)
        profiles = (liked @ self.vectors).astype(np.float64)
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        return profiles / np.where(lengths > 0, lengths, 1)

    def assign(self, histories: Histories) -> np.ndarray:
        """Number (n,) of the cluster of each history."""
        points = (self._profiles(histories.matrix) - self.mean_profile) @ self.basis
        return nearest(points, self.centres)

    def _score(self, histories: Histories) -> np.ndarray:
        return np.where(self.rated, self.popular[self.assign(histories)], np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """How far each item of the history moves its profile towards the cluster, the same for every target item."""
        liked = user_centred(histories.matrix, self.mean, self.scale, self.config.seen_weight)
        moved = liked.data * (self.vectors[liked.indices] @ self._leaning()[self.assign(histories)[0]])
        return np.tile(moved, (len(numbers), 1))

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        leaning = self.report["leaning"][int(self.assign(histories)[0])]
        return [Reason(Kind.GROUP, traits=tuple(("genres", tag) for tag in leaning if tag))] * len(numbers)

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.GROUP_OF_ITEM, self._ids(number))] * len(numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, name) for name in ARRAYS}

    def state(self) -> dict[str, Any]:
        return {"axes": self.axes, "report": self.report}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.axes, self.report = state["axes"], state["report"]
        for name in ARRAYS:
            setattr(self, name, arrays[name])
        if self.vectors.shape != (len(self.items), len(self.axes)) or self.popular.shape[1] != len(self.items):
            raise ValueError(f"vectors of shape {self.vectors.shape}")
        tops = self.report["leaning"]
        if not len(tops) == len(self.centres) == len(self.popular):
            raise ValueError(f"{len(tops)} names of {len(self.centres)} groups and {len(self.popular)} lists")
        if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in tops):
            raise ValueError("names of groups are not lists of texts")


@register
class ClustersPca(Clusters):
    """The model `clusters` on the principal components that explain 90 % of the profiles' variance."""

    name = "clusters_pca"
    title = "Your taste group (PCA, k-means)"
    summary = "The same after reducing tastes to the directions that explain 90 % of their variance."
    order = 91
    reduce = True


def _genres(features: ItemFeatures | None) -> tuple[list[str], np.ndarray]:
    """Names (d) and shares (n_items, d) of the genres, or of the first facet if there are no genres; d may be 0."""
    facets = {} if features is None else features.tags
    lists = facets.get("genres") or next((facets[name] for name in sorted(facets)), [])
    names = sorted({tag for tags in lists for tag in tags})
    column = {tag: i for i, tag in enumerate(names)}
    shares = np.zeros((len(lists), len(names)), np.float32)
    for row, tags in enumerate(lists):
        for tag in tags:
            shares[row, column[tag]] = 1.0 / len(tags)
    return names, shares


def kmeans(points: np.ndarray, k: int, starts: int, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Centres (k, d), cluster of each point (n,), and inertia (summed squared distance), the best of some starts."""
    from sklearn.cluster import KMeans

    found = KMeans(k, n_init=starts, random_state=seed).fit(points)
    return found.cluster_centers_, found.labels_, float(found.inertia_)


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Number (n,) of the centre nearest to each point."""
    return ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)


def silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    """Mean silhouette (Rousseeuw 1987); 0.0 if it is undefined: all points in one cluster, or each in its own.

    Args:
        distances: (n, n) of each pair of points.
        labels: (n,) cluster of each point.
    """
    from sklearn.metrics import silhouette_score

    if not 1 < len(np.unique(labels)) < len(labels):
        return 0.0
    return float(silhouette_score(distances, labels, metric="precomputed"))


def elbow(inertias: list[float]) -> int:
    """Index of the point farthest below the line from the first to the last point of a falling curve.

    >>> elbow([100.0, 40.0, 35.0, 31.0, 28.0])
    1
    """
    curve = np.asarray(inertias, dtype=np.float64)
    if len(curve) < 3 or curve[0] <= curve[-1]:
        return 0
    line = np.linspace(curve[0], curve[-1], len(curve))
    return int(np.argmax(line - curve))


def _map(points: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Up to MAP_POINTS users on their first two principal components, without ids."""
    step = np.unique(np.linspace(0, len(points) - 1, MAP_POINTS).astype(int))
    components, shares = principal_components(points, None)
    flat = (points[step] - points.mean(axis=0)) @ components[:2].T
    flat = np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
    return {
        "map": {
            "x": flat[:, 0].round(3).tolist(),
            "y": flat[:, 1].round(3).tolist(),
            "cluster": labels[step].tolist(),
            "variance": shares[:2].round(4).tolist(),
        }
    }
