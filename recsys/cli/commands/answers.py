"""`recsys similar` and `recsys recommend`: ask the models of the current release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recsys.cli.arguments import positive
from recsys.cli.command import Result, argument, command
from recsys.cli.filters import FILTERS, filters_from
from recsys.cli.local_service import local_service
from recsys.settings import Settings

if TYPE_CHECKING:
    from recsys.serving.replies import Shown

N = argument("-n", type=positive, default=10, help="number of results, 1 to 100 (default 10)")


@command(
    "similar",
    "List items similar to one item.",
    'recsys similar "Toy Story (1995)" -n 5',
    argument("title", metavar="TITLE", help="an item id, a title with its year, or an approximate title"),
    N,
    argument("--model", default="", help="the model that compares (default: the best one)"),
    *FILTERS,
)
def similar(settings: Settings, title: str, n: int, model: str, **limits: Any) -> Result:
    """Similar items with reasons."""
    filters = filters_from(limits)
    return shown(local_service(settings).similar(title, n, model, filters))


@command(
    "recommend",
    "Recommend items to a user.",
    "recsys recommend 1 -n 5 --model ease",
    argument("user_id", metavar="USER_ID", help="a user of the data set, or a profile"),
    N,
    argument("--model", default="", help="the model that recommends (default: the best collaborative one)"),
    *FILTERS,
)
def recommend(settings: Settings, user_id: str, n: int, model: str, **limits: Any) -> Result:
    """Recommendations with reasons."""
    filters = filters_from(limits)
    return shown(local_service(settings).recommend(user_id, n, model, filters))


def shown(lines: Sequence[Shown]) -> Result:
    """A list of recommendations as a result."""
    from recsys.serving.cards import label, recommendation_fields

    text = "\n".join(f"{line['rank']:>3}  {label(line)}  –  {line['reason']}" for line in lines)
    return Result([recommendation_fields(line) for line in lines], text)
