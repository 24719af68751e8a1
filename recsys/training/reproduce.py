"""Measure a published table again, in a folder of its own, so that local releases and tuned settings do not matter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from recsys.catalogue import building
from recsys.catalogue.database import Catalogue
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput
from recsys.evaluation import baselines
from recsys.evaluation.published import Table
from recsys.settings import Settings
from recsys.training import next_item_files
from recsys.training.measure import Measurement, measure

FOLDER = "reproduce"  # in the data directory


def reproduce(settings: Settings, table: Table, progress: Progress = to_log, seed: int | None = None) -> dict[str, Any]:
    """Get or find the data set of a table and measure the table with its options.

    Args:
        settings: the data set is looked for in the data directory before it is downloaded; if `dataset` is a path, the
            data set is read from there. Files of next items are not downloaded.
        table: what to measure.
        progress: called with a line for each step.
        seed: of one split and training instead of those of the table.

    Returns:
        The JSON result of `recsys evaluate` with these options.

    Raises:
        SourceError, BadData: the data cannot be found, downloaded or used.
        BadInput: the path holds another data set.
    """
    own = replace(settings, data_dir=settings.data_dir / FOLDER)
    read = _next_items if table.sha256 else _films
    catalogue = read(settings, table, own.data_dir, progress)
    try:
        options = table.options
        wanted = Measurement(
            options.split,
            options.models or None,
            options.seeds if seed is None else 1,
            options.first_seed if seed is None else seed,
            options.against,
            options.pairs,
            ties="random" if options.seeds > 1 else "item",
        )
        return baselines.report(measure(own, catalogue, wanted, progress), options.against)
    finally:
        catalogue.close()


def _next_items(settings: Settings, table: Table, folder: Path, progress: Progress) -> Catalogue:
    file = next_item_files.find(settings, table.dataset, table.sha256)
    tables = next_item_files.as_tables(file, folder / f"{table.dataset.lower()}-tables")
    return building.build(replace(settings, catalogue=str(tables)), progress, db=folder / f"{table.dataset}.sqlite")


def _films(settings: Settings, table: Table, folder: Path, progress: Progress) -> Catalogue:
    named = settings.dataset in ("auto", *settings.dataset_names)
    source = replace(settings, catalogue="films", dataset=table.dataset if named else settings.dataset)
    catalogue = building.build(source, progress, db=folder / f"{table.dataset}.sqlite")
    if (found := catalogue.info["dataset"]) != table.dataset:
        catalogue.close()
        raise BadInput(
            f"RECSYS_DATASET is {settings.dataset!r}, which holds {found}, but the table was measured on "
            f"{table.dataset}. Set RECSYS_DATASET to {table.dataset}, or to a folder that holds it."
        )
    return catalogue
