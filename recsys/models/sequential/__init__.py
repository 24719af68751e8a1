"""Recommenders that learn from the order in which items were chosen."""
