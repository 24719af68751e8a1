"""`recsys enrich`: fetch posters, overviews and trailers of the most rated items from TMDb."""

from __future__ import annotations

from contextlib import closing

from recsys.cli.arguments import positive
from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.errors import BadInput, BadSetting
from recsys.settings import Settings


@command(
    "enrich",
    "Fetch posters, overviews and trailers from TMDb into the cache.",
    "TMDB_API_KEY=… recsys enrich -n 500",
    argument("-n", type=positive, default=1000, help="number of items, the most rated ones (default 1000)"),
)
def enrich(settings: Settings, n: int) -> Result:
    """Fill the TMDb cache."""
    from recsys.catalogue import building
    from recsys.catalogue.tmdb import Tmdb

    with closing(Tmdb(settings)) as tmdb:
        if tmdb.problem:
            raise BadSetting(tmdb.problem)
        catalogue = building.ensure(settings, to_stderr)
        if catalogue.wording.images != "tmdb":
            raise BadInput(f"TMDb has only films, not {catalogue.info['title']}. Set RECSYS_CATALOGUE to films.")
        items = catalogue.popular(n)
        counts = tmdb.enrich(items, to_stderr)
    return Result(
        {"asked": len(items), **counts},
        f"TMDb knows {counts['found']:,} of {len(items):,} {catalogue.wording.items}",
    )
