"""`recsys evaluate`: compare models on held-out ratings."""

from __future__ import annotations

from recsys.cli.arguments import names, positive, whole
from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.settings import Settings


@command(
    "evaluate",
    "Evaluate models on held-out ratings; the best one comes first.",
    "recsys evaluate --split temporal --models popular,ease,hybrid",
    argument(
        "--split",
        choices=("random", "temporal", "strict", "unseen", "ratings"),
        default="random",
        help="how ratings are held out (default random)",
    ),
    argument("--models", type=names, metavar="NAME,NAME", help="models to evaluate (default: all)"),
    argument("--seeds", type=positive, default=1, help="number of splits (default 1)"),
    argument("--first-seed", type=whole, default=0, metavar="SEED", help="seed of the first split (default 0)"),
    argument(
        "--against",
        choices=("baselines", "defaults"),
        help="also evaluate EASE as published and naive user neighbours, or the class defaults of tuned models, "
        "and compare in pairs",
    ),
    argument("--pairs", action="store_true", help="use only pairs of user and item, without ratings and item features"),
)
def evaluate(
    settings: Settings,
    split: str,
    models: list[str] | None,
    seeds: int,
    first_seed: int,
    against: str | None,
    pairs: bool,
) -> Result:
    """Evaluate and render the table."""
    from recsys.catalogue import building
    from recsys.evaluation import baselines, table
    from recsys.training.measure import Measurement, measure

    catalogue = building.ensure(settings, to_stderr)
    wanted = Measurement(split, models, seeds, first_seed, against or "", pairs)
    evaluation = measure(settings, catalogue, wanted, to_stderr)
    result, text = baselines.report(evaluation, against or ""), table.render(evaluation)
    if lines := result.get("paired"):
        text += f"\n\nOn the same users of the same splits [95 % interval over users]:\n{baselines.render(lines)}"
    return Result(result, text)
