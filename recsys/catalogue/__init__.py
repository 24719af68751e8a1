"""The catalogue: raw files to a SQLite database, title search, posters, TMDb."""
