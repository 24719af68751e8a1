"""Interpret tables: detect the meaning of columns, make items and ratings of rows, and report what was detected."""
