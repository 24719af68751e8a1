"""Recommenders that ignore the user: popularity."""
