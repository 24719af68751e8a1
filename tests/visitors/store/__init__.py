"""Stores of visitors' data."""
