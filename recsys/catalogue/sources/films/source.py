"""Source of films: the data set that the settings name, or the first available of three, with the film notes added."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from recsys.catalogue.sources.films import downloads, movielens, notes
from recsys.catalogue.sources.films.movielens import MovieLensFiles
from recsys.catalogue.sources.source import Raw, Source
from recsys.catalogue.wording import Wording
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, SourceError

log = logging.getLogger(__name__)

WORDING = Wording("films", "film", "films", seen="Seen it", picture="poster", liked_at=4.0, images="tmdb")
# Order in which `auto` takes data sets of the data directory; data sets of other names come first.
PREFERENCE = ("ml-latest-small", "ml-1m", "ml-100k", "ml-32m")
FIRST_DOWNLOAD = "ml-latest-small"
Way = Callable[[], MovieLensFiles]


class Films(Source):
    """Source of films from MovieLens, MovieTweetings, or files in the same layouts."""

    name = "films"

    def wording(self, rated: bool) -> Wording:
        """The words for films; they do not depend on `rated`."""
        return WORDING

    def read(self, progress: Progress = quiet, *, skip_bad: bool = False) -> Raw:
        """Read the films and add the film notes; see `Source.read`."""
        settings = self.settings
        if settings.dataset == "auto":
            return self._auto(progress, skip_bad)
        if settings.dataset in settings.dataset_names:
            return _with_notes(self._named(settings.dataset, progress), progress, skip_bad)
        return _with_notes(self.find(Path(settings.dataset).expanduser()), progress, skip_bad)

    def find(self, path: Path) -> MovieLensFiles:
        """Find files of films and ratings in a folder or zip file; see `Source.find`."""
        return movielens.find(path)

    def local(self) -> MovieLensFiles | None:
        """The data set in the data directory that `auto` reads, or None."""
        folder, found = self.settings.data_dir, []
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if (path.is_dir() or path.suffix.lower() == ".zip") and path.resolve() != downloads.BUNDLED_FOLDER:
                try:
                    found.append(self.find(path))
                except (SourceError, OSError) as error:
                    log.info("%s is not read: %s", path.name, error)
        order = {name: place for place, name in enumerate(PREFERENCE)}
        return min(found, key=lambda one: order.get(one.name, -1), default=None)

    def changed(self, info: Mapping[str, Any]) -> str | None:
        """See `Source.changed`; a data set that the settings name counts as unchanged wherever it was obtained."""
        wanted = self.settings.dataset
        if wanted in self.settings.dataset_names:
            return None if info["dataset"] == wanted else f"the database holds {info['title']}, not {wanted}"
        return super().changed(info)

    def _auto(self, progress: Progress, skip_bad: bool) -> Raw:
        """Read the first data set that can be found and used; `Raw.notes` says what failed before it."""
        failed: list[str] = []
        for what, way in (
            ("the data directory", self._local),
            (
                "MovieLens latest-small from GroupLens",
                lambda: downloads.grouplens(FIRST_DOWNLOAD, self.settings, progress),
            ),
            ("MovieTweetings 100K from the project", downloads.project),
        ):
            try:
                raw = _with_notes(way(), progress, skip_bad)
                # Read it now, so that a data set with a bad row or a damaged zip file is skipped too.
                raw.ratings = list(raw.ratings)
            except (SourceError, BadData) as error:
                failed.append(f"{what}: {error}")
                progress(failed[-1])
            else:
                raw.notes[:0] = failed
                raw.source = raw.source if way == self._local else what
                return raw
        raise SourceError(
            f"Found no films: {' '.join(failed)} Connect to the internet and build again, or put a MovieLens zip or "
            f"folder into {self.settings.data_dir} (or set RECSYS_DATASET to its path)."
        )

    def _named(self, name: str, progress: Progress) -> MovieLensFiles:
        """Find the project's own files or a copy in the data directory, else download from GroupLens or a mirror."""
        settings = self.settings
        if name == movielens.BUNDLED:
            return downloads.project()
        copies = [settings.data_dir / name, settings.data_dir / f"{name}.zip"]
        ways: list[Way] = [lambda copy=copy: movielens.find(copy) for copy in copies if copy.exists()]
        ways.append(lambda: downloads.grouplens(name, settings, progress))
        if name == "ml-100k":
            ways.append(lambda: downloads.recbole(settings, progress))
        if name == "ml-1m":
            ways.append(lambda: downloads.mirror(name, settings, progress))
        reasons = []
        for way in ways:
            try:
                return way()
            except SourceError as error:
                reasons.append(str(error))
                progress(reasons[-1])
        raise SourceError(
            f"Could not get {name}: {' '.join(reasons)} Connect to the internet and try again, or download {name}.zip "
            f"elsewhere and put it into {settings.data_dir} (or set RECSYS_DATASET to its path, or to auto)."
        )

    def _local(self) -> MovieLensFiles:
        found = self.local()
        if found is None:
            raise SourceError(f"{self.settings.data_dir} holds no MovieLens folder or zip.")
        return found


def _with_notes(found: MovieLensFiles, progress: Progress, skip_bad: bool) -> Raw:
    raw = movielens.read(found, progress, skip_bad=skip_bad)
    count = notes.enrich(raw.items, found.note_ids)
    progress(f"films: {len(raw.items):,} from {raw.title}, {count:,} of them with notes")
    return raw
