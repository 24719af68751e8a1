"""What `python -m recsys evaluate` does: a catalogue measured, and the table of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recsys.catalogue import Catalogue
from recsys.errors import NeedsRatings
from recsys.evaluation import table
from recsys.evaluation.protocol import evaluate
from recsys.evaluation.ratings import evaluate_ratings
from recsys.evaluation.results import Evaluation
from recsys.models import registry
from recsys.settings import Settings


def run(
    _settings: Settings,
    catalogue: Catalogue,
    split: str = "random",
    names: Sequence[str] | None = None,
    seeds: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Measure models on a catalogue's ratings.

    Args:
        catalogue: with ratings.
        split: random, temporal, strict, unseen, or ratings (five-fold RMSE and MAE).
        names: models (default: all; of `ratings` those that predict any).
        seeds: how many splits are drawn, with seeds 0, 1, …; by time, ties are drawn where there are several.
        progress: called with one line before every fit.

    Raises:
        NeedsRatings: the catalogue has none.
        BadInput, BadData, UnknownModel: as for `evaluate`.
    """
    if not catalogue.info["n_ratings"]:
        raise NeedsRatings(
            f"{catalogue.info['title']} has no ratings to measure with; build it from a data set that has."
        )
    data, features = catalogue.interactions(), catalogue.features()
    steps = None if progress is None else lambda share, text: progress(f"{share:4.0%} {text}")
    if split == "ratings":
        chosen = names or [name for name in registry.names() if registry.get(name).predicts_ratings]
        return evaluate_ratings(chosen, data, features, range(seeds), progress=steps)
    ties = "random" if seeds > 1 else "item"
    return evaluate(names or registry.names(), data, features, split, range(seeds), ties=ties, progress=steps)


def text(evaluation: Evaluation) -> str:
    """The table as it is printed: best first."""
    return table.render(evaluation)
