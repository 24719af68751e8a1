"""Select and judge ranked lists: top-n selection and ranking metrics."""
