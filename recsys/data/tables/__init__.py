"""Read tables as people have them: encoding, layout, and the form of numbers, dates, ids and lists of values."""
