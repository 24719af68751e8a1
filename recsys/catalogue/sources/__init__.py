"""Registry of catalogue sources, and the choice of one by the settings.

To add a source, write a subclass of `Source`, add it to SOURCES, and add its name to `settings.CATALOGUES`.
"""

from __future__ import annotations

from recsys.catalogue.sources.courses.source import Courses
from recsys.catalogue.sources.films.source import Films
from recsys.catalogue.sources.own.source import OwnTables
from recsys.catalogue.sources.source import Found, Raw, Source
from recsys.settings import Settings

__all__ = ["SOURCES", "Found", "OwnTables", "Raw", "Source", "source_of"]

SOURCES: dict[str, type[Source]] = {source.name: source for source in (Films, Courses)}


def source_of(settings: Settings) -> Source:
    """Return the source that RECSYS_CATALOGUE names; any other value is a folder with tables."""
    return SOURCES.get(settings.catalogue, OwnTables)(settings)
