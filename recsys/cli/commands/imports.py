"""`recsys import`: recommend items from ratings exported from another site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recsys.cli.arguments import positive
from recsys.cli.command import Result, argument, command
from recsys.cli.filters import FILTERS, filters_from
from recsys.cli.local_service import local_service
from recsys.errors import BadInput
from recsys.settings import Settings

if TYPE_CHECKING:
    from recsys.serving.replies import Unmatched

MOST_NAMED = 10  # largest number of unmatched titles in the text


@command(
    "import",
    "Recommend from ratings exported by another site, or from a CSV file; store nothing.",
    "recsys import letterboxd-export.zip -n 20\nrecsys import ratings.csv watched.csv --json",
    argument("files", metavar="FILE", nargs="+", help="exported files: CSV, JSON, or ZIP"),
    argument("-n", type=positive, default=20, help="number of recommendations, 1 to 100 (default 20)"),
    *FILTERS,
)
def import_ratings(settings: Settings, files: list[str], n: int, **limits: Any) -> Result:
    """Recommendations, the matched titles, and those that could not be matched."""
    from recsys.imports import read
    from recsys.imports.reading import merge
    from recsys.serving.cards import recommendation_fields
    from recsys.serving.remarks import by_id

    filters = filters_from(limits)
    imported = merge([read(path) for path in files])
    service = local_service(settings)
    matched = service.imports.matched(imported)
    rated = {item_id: rating for item_id, rating in matched.ratings.items() if rating is not None}
    seen = [item_id for item_id in matched.ratings if item_id not in rated and item_id not in matched.liked]
    if not rated and not matched.liked:
        none = f"None of the {len(imported):,} titles is rated and in {service.title}. Import a file with ratings."
        raise BadInput(" ".join([*matched.notes, none]))
    liked, watched = ([by_id(service, item_id) for item_id in ids] for ids in (matched.liked, seen))
    ratings = {by_id(service, item_id): rating for item_id, rating in rated.items()}
    lines = service.recommend_for(liked, n=n, filters=filters, seen=watched, ratings=ratings)
    found, missing = len(rated) + len(matched.liked), len(matched.unmatched)
    report = [f"{imported.format}: {found:,} rated or liked and {len(seen):,} watched titles found, {missing:,} not"]
    report += [f"  {_named(one)}: {one['why']}" for one in matched.unmatched[:MOST_NAMED]]
    report += matched.notes
    report += [f"{line['rank']:>3}  {line['title']} ({line['year']})  –  {line['reason']}" for line in lines]
    data = {
        "format": matched.format,
        "matched": len(matched.ratings),
        "unmatched": matched.unmatched,
        "notes": matched.notes,
        "recommendations": [recommendation_fields(line) for line in lines],
    }
    return Result(data, "\n".join(report))


def _named(one: Unmatched) -> str:
    return f"{one['title']} ({one['year']})" if one["year"] else str(one["title"])
