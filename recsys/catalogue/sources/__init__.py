"""Raw files to plain rows: every source answers with one `Raw`."""
