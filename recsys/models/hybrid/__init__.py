"""The hybrid recommender: several models propose candidates and a small neural network orders them."""
