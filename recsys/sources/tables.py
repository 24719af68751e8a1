"""A catalogue of one's own: a folder with a table of items and a table of ratings."""
