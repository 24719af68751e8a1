"""Read ratings that somebody exported from another site or app, and match them to the catalogue.

`read` recognises the format by the content of the file. It knows the exports of Letterboxd, IMDb, Trakt, Simkl,
TV Time, MovieLens and recsys, and plain CSV with a title and, if there are any, a year and a rating.
"""

from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.reading import read

__all__ = ["Entry", "Imported", "Skipped", "read"]
