"""A running service: startup, background jobs, admin actions, status."""
