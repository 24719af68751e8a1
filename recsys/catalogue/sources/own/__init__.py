"""Source of users' own catalogues: a folder with a table of items and a table of ratings."""
