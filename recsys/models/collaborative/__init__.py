"""Recommenders that compare who chose what: neighbours, EASE, ALS, clusters, neural networks."""
