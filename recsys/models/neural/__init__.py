"""Shared code of the neural recommenders: choice of a Keras backend, training loop, checkpoints."""
