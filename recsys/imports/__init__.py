"""Read ratings exported from other sites and apps, and match them to the items of the catalogue.

`read` recognises the format by the content of the file. It supports exports of Letterboxd, IMDb, Trakt, Simkl,
TV Time, MovieLens and recsys, and plain CSV with a title and optionally a year and a rating.
"""

from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.reading import read

__all__ = ["Entry", "Imported", "Skipped", "read"]
