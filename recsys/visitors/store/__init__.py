"""Storage of visitors' data: one interface, SQLite in the data directory or PostgreSQL shared by many replicas."""
