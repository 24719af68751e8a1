"""Visitors' data: profiles, ratings, feedback, the event log, and their backup."""
