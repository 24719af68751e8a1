"""Honest measurement: splits, metrics, one protocol for all models, paired comparison, calibration."""
