"""What the neural recommenders share: choosing a Keras backend, watching training, feeding batches."""
