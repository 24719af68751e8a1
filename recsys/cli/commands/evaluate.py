"""`recsys evaluate`: compare models on held-out ratings."""

from __future__ import annotations

from pathlib import Path

from recsys.cli.arguments import moment, names, positive, whole
from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.errors import BadInput
from recsys.settings import Settings


@command(
    "evaluate",
    "Evaluate models on held-out ratings; the best one comes first.",
    "recsys evaluate --split temporal --models popular,ease,hybrid",
    argument(
        "--split",
        choices=("random", "temporal", "leave-one-out", "strict", "global", "unseen", "ratings"),
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
    argument("--at", type=moment, metavar="DATE", help="moment of --split global: train before it, ask from it on"),
    argument(
        "--slices",
        action="store_true",
        help="also by length of the history, by taste, and by how often the hidden items are rated",
    ),
    argument(
        "--qrels",
        type=Path,
        metavar="FOLDER",
        help="compare with judged relevance instead: qrels.txt with lines QUERY 0 ITEM GRADE, where a query is a user, "
        "or a line QUERY ITEM ITEM … of queries.txt",
    ),
    argument("--per-user", metavar="FILE", help="write all metrics by user to this .parquet or .csv file"),
)
def evaluate(
    settings: Settings,
    split: str,
    models: list[str] | None,
    seeds: int,
    first_seed: int,
    against: str | None,
    pairs: bool,
    at: float | None,
    slices: bool,
    qrels: Path | None,
    per_user: str | None,
) -> Result:
    """Evaluate and render the table."""
    from recsys.catalogue import building
    from recsys.evaluation import baselines, table
    from recsys.evaluation import slices as groups
    from recsys.evaluation.qrels import render
    from recsys.training.measure import Measurement, measure, measure_judged

    if qrels is not None and (slices or per_user or at is not None or split != "random" or seeds > 1):
        raise BadInput("--qrels replaces the split. Leave out --split, --seeds, --at, --slices and --per-user.")
    if per_user is not None:
        groups.check_file(Path(per_user))  # before minutes of training

    catalogue = building.ensure(settings, to_stderr)
    wanted = Measurement(split, models, seeds, first_seed, against or "", pairs, at)
    if qrels is not None:
        judged = measure_judged(settings, catalogue, qrels, wanted, to_stderr)
        return Result(judged, render(judged))
    evaluation = measure(settings, catalogue, wanted, to_stderr)
    result, text = baselines.report(evaluation, against or ""), table.render(evaluation)
    if lines := result.get("paired"):
        text += f"\n\nOn the same users of the same splits [95 % interval over users]:\n{baselines.render(lines)}"
    if slices:
        result["slices"] = groups.by_group(evaluation)
        text += f"\n\n{groups.render(result['slices'], evaluation.sorted_by)}"
    if per_user is not None:
        result["per_user"] = per_user
        text += f"\n\n{groups.write_users(evaluation, Path(per_user)):,} rows written to {per_user}."
    return Result(result, text)
