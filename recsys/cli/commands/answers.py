"""`recsys similar` and `recsys recommend`: list results of the models of the current release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recsys.cli.arguments import positive, typed
from recsys.cli.command import Result, argument, command
from recsys.cli.filters import FILTERS, filters_from
from recsys.cli.local_service import local_service
from recsys.cli.output import remark_on
from recsys.settings import Settings

if TYPE_CHECKING:
    from recsys.serving.replies import Shown

N = argument("-n", type=positive, default=10, help="number of results, 1 to 100 (default 10)")


@command(
    "similar",
    'List items similar to one item, or to a wish such as "like Alien and Her".',
    'recsys similar "like Heat but funnier" -n 5',
    argument(
        "title",
        type=typed,
        metavar="TITLE",
        help='a title, with or without its year, an item id, or a wish: "like A and B", "like A but newer"',
    ),
    N,
    argument("--model", default="", help="the model that compares (default: the best one)"),
    *FILTERS,
)
def similar(settings: Settings, title: str, n: int, model: str, **limits: Any) -> Result:
    """Similar items with reasons."""
    from recsys.serving.remarks import taken_for
    from recsys.serving.wishes.wish import sentence

    filters = filters_from(limits)
    service = local_service(settings)
    lines = service.similar(title, n, model, filters)
    wish = service.wishes.wanted(title)
    if remark := sentence(wish) if wish else taken_for(service, title):
        remark_on(remark)
    return shown(lines, f"No {service.words.items} match these filters.")


@command(
    "recommend",
    "Recommend items to a user.",
    "recsys recommend 1 -n 5 --model ease",
    argument("user_id", type=typed, metavar="USER_ID", help="a user of the data set, or a profile"),
    N,
    argument("--model", default="", help="the model that recommends (default: the best collaborative one)"),
    *FILTERS,
)
def recommend(settings: Settings, user_id: str, n: int, model: str, **limits: Any) -> Result:
    """Recommendations with reasons."""
    from recsys.serving.remarks import nothing_left

    filters = filters_from(limits)
    service = local_service(settings)
    lines = service.recommend(user_id, n, model, filters)
    return shown(lines, nothing_left(service, user_id) or f"No new {service.words.items} match these filters.")


def shown(lines: Sequence[Shown], empty: str) -> Result:
    """Convert a list of recommendations to a result; `empty` is the text of an empty list."""
    from recsys.serving.cards import label, recommendation_fields

    text = "\n".join(f"{line['rank']:>3}  {label(line)}  –  {line['reason']}" for line in lines)
    return Result([recommendation_fields(line) for line in lines], text or empty, remark="" if text else empty)
