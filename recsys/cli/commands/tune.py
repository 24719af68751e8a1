"""`recsys tune`: search the settings of models for the current data set."""

from __future__ import annotations

from pathlib import Path

from recsys.cli.arguments import names, seconds, whole
from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.settings import Settings


@command(
    "tune",
    "Search the settings of models for this data set; train and evaluate then use the best ones.",
    "recsys tune --models ease,item_knn --budget 120",
    argument(
        "--models",
        type=names,
        metavar="NAME,NAME",
        help="models to tune (default: those of a first start that ratings can evaluate)",
    ),
    argument("--budget", type=seconds, default=120.0, metavar="SECONDS", help="time for each model (default 120)"),
    argument("--seed", type=whole, default=0, help="seed of the search and of its split (default 0)"),
    argument("--out", metavar="DIR", help="folder for the result (default: tuned/ in RECSYS_DATA_DIR)"),
)
def tune(settings: Settings, models: list[str] | None, budget: float, seed: int, out: str | None) -> Result:
    """Search and save the settings."""
    from recsys.catalogue import building
    from recsys.tuning import search

    catalogue = building.ensure(settings, to_stderr)
    folder = Path(out).expanduser() if out else None
    found = search(settings, catalogue, models or _tunable(), budget, seed, folder, to_stderr)
    lines = []
    for name, record in found["models"].items():
        values = ", ".join(f"{key} {value}" for key, value in record["settings"].items())
        lines.append(f"{name}: {record['note']}; {values}")
    return Result(found, "\n".join([*lines, f"saved to {found['path']}; train uses these settings from now on"]))


def _tunable() -> list[str]:
    """Models of a first start with settings to search, except content-based ones: they also answer requests without
    ratings, which the search cannot evaluate.
    """
    from recsys.models import registry
    from recsys.models.config import search_space

    kinds = {name: registry.get(name) for name in registry.where(first_start=True)}
    return [name for name, kind in kinds.items() if search_space(kind.Config) and kind.family != "content-based"]
