"""Numerical kernels shared by several recommenders: item-item weights, co-occurrence, truncated SVD."""
