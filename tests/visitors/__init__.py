"""Visitors' data: what is stored, in which store, and where it is backed up."""
