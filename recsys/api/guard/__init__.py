"""Middleware in front of all routes: allowed hosts and origins, size and rate limits, security headers."""
