"""Top-n selection and ranking metrics."""
