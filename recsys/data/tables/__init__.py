"""Read tables in any common form: detect encoding, layout, and the format of numbers, dates, ids and lists."""
