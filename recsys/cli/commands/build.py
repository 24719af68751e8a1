"""`recsys build`: read the raw data and write the catalogue database, or check the tables of a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.settings import Settings


@command(
    "build",
    "Read the raw data and build the catalogue database.",
    "recsys build --dataset ml-latest-small\nrecsys build --check my-catalogue",
    argument("--dataset", metavar="NAME|DIR", help="name of a data set, or a folder or zip with its files"),
    argument(
        "--catalogue",
        metavar="films|courses|DIR",
        help="the catalogue, or a folder of tables (default: RECSYS_CATALOGUE)",
    ),
    argument("--check", metavar="DIR", help="report errors in the tables of a folder; build nothing"),
    argument("--skip-bad", action="store_true", help="skip invalid rows of your own tables"),
    argument("--db", metavar="PATH", help="file of the database (default: in RECSYS_DATA_DIR)"),
)
def build(
    settings: Settings, dataset: str | None, catalogue: str | None, check: str | None, skip_bad: bool, db: str | None
) -> Result:
    """Build the database, or only check the tables of the folder `check`."""
    from recsys.catalogue import building

    if check is not None:
        return _check(Path(check).expanduser())
    settings = replace(
        settings,
        dataset=settings.dataset if dataset is None else dataset,
        catalogue=settings.catalogue if catalogue is None else catalogue,
    )
    settings.check()
    built = building.build(settings, to_stderr, db=Path(db).expanduser() if db else None, skip_bad=skip_bad)
    info = built.info
    return Result(
        info,
        f"{info['title']}: {info['n_items']:,} items, {info['n_users']:,} users, {info['n_ratings']:,} ratings "
        f"in {built.path}",
    )


def _check(folder: Path) -> Result:
    from recsys.catalogue.sources.own.source import check as check_tables

    report = check_tables(folder, to_stderr)
    return Result(report.to_dict(), report.text(), failed=not report.ok)
