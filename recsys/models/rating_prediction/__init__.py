"""Recommenders that predict ratings: Bayesian SVD++ and its blend with neighbours."""
