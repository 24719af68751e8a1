"""Source of films: layouts of MovieLens and similar data sets, downloads, and the project's film notes."""
