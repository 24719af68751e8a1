"""Pushing, pulling and following releases against a Hub on this machine."""
