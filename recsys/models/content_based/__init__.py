"""Recommenders that compare what items are: TF-IDF, tags, sentence embeddings."""
