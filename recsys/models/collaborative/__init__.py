"""Collaborative filtering: neighbours, EASE, ALS, clusters, neural networks."""
