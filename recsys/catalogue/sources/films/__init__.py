"""Films: MovieLens in its layouts, ways to get it, and the project's film notes."""
