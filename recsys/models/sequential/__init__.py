"""Models of the order in which items were chosen."""
