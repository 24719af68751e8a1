"""The catalogue: raw data to a SQLite database, title search, wording, posters, TMDb."""
