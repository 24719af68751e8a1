"""The hybrid recommender: candidates of several models, ordered by a small neural network."""
