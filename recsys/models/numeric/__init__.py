"""Numerical kernels shared by several recommenders: item-item weights and co-occurrence."""
