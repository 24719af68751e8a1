"""The meaning of tables: which column is what, items and ratings from rows, and a report of all that was decided."""
