"""The public course catalogue."""
