"""Content-based recommenders, which compare the features of items: TF-IDF, tags, sentence embeddings."""
