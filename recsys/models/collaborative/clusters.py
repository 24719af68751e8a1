"""Groups of people with like taste, and what is popular in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.collaborative.kmeans import elbow, kmeans, principal_components, silhouette, squared_distances
from recsys.models.config import setting
from recsys.models.rating_prediction.star_model import pick_vectors
from recsys.models.rating_weights import user_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register

MAP_POINTS = 1500
SVD_PROFILE = 16  # dimensions of a profile where items have no tags


@register
class Clusters(Recommender):
    """Popularity in the k-means cluster of the user's profile (Ungar and Foster 1998).

    A profile is the direction of sum over i in h of w_hi v_i, with v_i the shares of an item's genres (its truncated
    SVD vector where no item has any) and w from `user_centred`. k lies within one of the elbow of the inertia, at
    the best silhouette. s(h, j) = (n_cj + damping n_j / n) / (n_c + damping), n_cj the users of cluster c who rated j.
    """

    name = "clusters"
    title = "People of your kind"
    summary = "Sorts people into groups by taste and shows what is popular in yours."
    family = "collaborative"
    order = 90
    uses_features = True
    report = "groups"
    reduce = False

    @dataclass(frozen=True)
    class Config:
        n_clusters: int = setting(
            0, "Number of clusters; 0 lets elbow and silhouette choose.", low=0, search=(0, 4, 8, 16, 32)
        )
        max_clusters: int = setting(16, "Most clusters tried.", low=2)
        damping: float = setting(
            10.0, "Users of the whole that every cluster is mixed with.", low=0.0, search=(2.0, 10.0, 50.0)
        )
        seen_weight: float = setting(
            1.0, "What an item rated just average adds to a profile.", low=0.0, search=(0.5, 1.0, 2.0)
        )

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.axes, vectors = _genres(features)
        if not self.axes:
            vectors = pick_vectors(data.matrix, seed)[0][:, :SVD_PROFILE]
            self.axes = [""] * vectors.shape[1]
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        active = np.diff(data.matrix.indptr) > 0
        profiles = self._profiles(data.matrix)[active] if active.any() else np.zeros((1, len(self.axes)))
        # each axis at unit spread, or rare tags would count for nothing; near-constant ones are not blown up
        spread = profiles.std(axis=0)
        spread = np.maximum(spread, 0.25 * spread.max() + 1e-9)
        _, basis, shares = principal_components(profiles / spread, 0.9 if self.reduce else 1.0)
        self.mean_profile = profiles.mean(axis=0)
        basis = basis if self.reduce else np.eye(len(self.axes))
        self.basis = np.ascontiguousarray(basis / spread[:, None])
        points = (profiles - self.mean_profile) @ self.basis
        curves = self._curves(points, rng)
        self.centres, labels, _ = kmeans(points, curves["chosen"], rng, starts=8)
        self._count(data, active, labels)
        about = {**self._map(points, labels), **self._describe(labels)}
        self.report = {**curves, "variance": shares.round(4).tolist(), **about}

    def _count(self, data: Interactions, active: np.ndarray, labels: np.ndarray) -> None:
        k, users = len(self.centres), np.flatnonzero(active)
        member = sparse.csr_array((np.ones(len(users)), (labels[: len(users)], users)), shape=(k, len(data.users)))
        pattern = sparse.csr_array(
            (np.ones(data.matrix.nnz), data.matrix.indices, data.matrix.indptr), shape=data.matrix.shape
        )
        counts, sizes = (member @ pattern).toarray(), np.bincount(labels[: len(users)], minlength=k)[:, None]
        overall = counts.sum(axis=0) / max(len(users), 1)
        damping = max(self.config.damping, 1e-9)
        self.popular = ((counts + damping * overall) / (sizes + damping)).astype(np.float32)

    def _curves(self, points: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
        """Inertia and silhouette by k, and the k chosen."""
        distinct = len(np.unique(points.round(9), axis=0))
        ks = list(range(1, max(1, min(self.config.max_clusters, distinct, len(points) // 2)) + 1))
        runs = [kmeans(points, k, rng, starts=2) for k in ks]
        inertias = [run[2] for run in runs]
        scores = [silhouette(points, run[1]) for run in runs]
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

    def _map(self, points: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
        """The users on their first two principal components, without ids."""
        step = np.unique(np.linspace(0, len(points) - 1, MAP_POINTS).astype(int))
        mean, components, shares = principal_components(points, 1.0)
        flat = (points[step] - mean) @ components[:, :2]
        flat = np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
        return {
            "map": {
                "x": flat[:, 0].round(3).tolist(),
                "y": flat[:, 1].round(3).tolist(),
                "cluster": labels[step].tolist(),
                "variance": shares[:2].round(4).tolist(),
            }
        }

    def _describe(self, labels: np.ndarray) -> dict[str, Any]:
        """Size of each cluster and the axes its centre leans to most."""
        lean = self.centres @ np.linalg.pinv(self.basis)
        tops = [[self.axes[i] for i in np.argsort(-row, kind="stable")[:3] if row[i] > 0] for row in lean]
        return {"sizes": np.bincount(labels, minlength=len(self.centres)).tolist(), "leaning": tops}

    def _profiles(self, matrix: sparse.csr_array) -> np.ndarray:
        """Profiles (n, d) float64 of length 1, zero for a history of nothing known."""
        liked = user_centred(matrix, self.mean, self.scale, self.config.seen_weight)
        profiles = (liked @ self.vectors).astype(np.float64)
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        return profiles / np.where(lengths > 0, lengths, 1)

    def assign(self, histories: Histories) -> np.ndarray:
        """Cluster (n,) of each history."""
        points = (self._profiles(histories.matrix) - self.mean_profile) @ self.basis
        return squared_distances(points, self.centres).argmin(axis=1)

    def _score(self, histories: Histories) -> np.ndarray:
        return np.where(self.rated, self.popular[self.assign(histories)], np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """How far each item of the history draws its profile towards the cluster, the same for every recommendation."""
        liked = user_centred(histories.matrix, self.mean, self.scale, self.config.seen_weight)
        lean = (self.centres @ np.linalg.pinv(self.basis))[self.assign(histories)[0]]
        drawn = liked.data * (self.vectors[liked.indices] @ lean)
        return np.tile(drawn, (len(numbers), 1))

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        leaning = self.report["leaning"][int(self.assign(histories)[0])]
        return [Reason(Kind.GROUP, traits=tuple(("genres", tag) for tag in leaning if tag))] * len(numbers)

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.GROUP_OF_ITEM, self._ids(number))] * len(numbers)

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            "vectors": self.vectors,
            "mean_profile": self.mean_profile,
            "basis": self.basis,
            "centres": self.centres,
            "popular": self.popular,
        }

    def _state(self) -> dict[str, Any]:
        return {"axes": self.axes, "report": self.report}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.axes, self.report = state["axes"], state["report"]
        self.vectors, self.mean_profile, self.basis, self.centres, self.popular = (
            arrays[name] for name in ("vectors", "mean_profile", "basis", "centres", "popular")
        )
        if self.vectors.shape != (len(self.items), len(self.axes)) or self.popular.shape[1] != len(self.items):
            raise ValueError(f"vectors of shape {self.vectors.shape}")


@register
class ClustersPca(Clusters):
    """As `clusters`, on the principal components that hold 90 % of the profiles' variance."""

    name = "clusters_pca"
    title = "People of your kind (PCA)"
    summary = "The same after reducing tastes to the directions that hold 90 % of their variance."
    order = 91
    reduce = True


def _genres(features: ItemFeatures | None) -> tuple[list[str], np.ndarray]:
    """Names (d) and shares (n_items, d) of the genres, or of the first facet where there are none; d may be 0."""
    facets = {} if features is None else features.tags
    lists = facets.get("genres") or next((facets[name] for name in sorted(facets)), [])
    names = sorted({tag for tags in lists for tag in tags})
    column = {tag: i for i, tag in enumerate(names)}
    shares = np.zeros((len(lists), len(names)), np.float32)
    for row, tags in enumerate(lists):
        for tag in tags:
            shares[row, column[tag]] = 1.0 / len(tags)
    return names, shares
