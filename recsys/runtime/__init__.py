"""Operation of a running service: startup, updates from the Hub, background jobs, admin actions, status."""
