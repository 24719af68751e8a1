"""`recsys reproduce`: measure a table of docs/accuracy.md again and compare it with the page."""

from __future__ import annotations

from dataclasses import asdict

from recsys.cli.arguments import whole
from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.settings import Settings


@command(
    "reproduce",
    "Measure a table of docs/accuracy.md again and compare it with the page; list the tables if none is named.",
    "recsys reproduce strict-movietweetings",
    argument("table", nargs="?", metavar="TABLE", help="name of the table (default: list them)"),
    argument(
        "--seed",
        type=whole,
        metavar="SEED",
        help="measure only one split and training, with this seed, instead of those of the table, and compare with the "
        "same figures",
    ),
)
def reproduce(settings: Settings, table: str | None, seed: int | None) -> Result:
    """Measure the table and compare; exit status 1 if a figure lies outside of its published interval."""
    from recsys.evaluation import published, published_text
    from recsys.training.reproduce import reproduce as measure

    if table is None:
        return _list()
    wanted = published.Table.read(table)
    result = measure(settings, wanted, to_stderr, seed)
    checks = published.compare(wanted, result)
    inside = all(check.inside for check in checks)
    lines = [asdict(check) | {"inside": check.inside} for check in checks]
    return Result(
        {"table": wanted.name, "inside": inside, "figures": lines, "result": result},
        published_text.render(wanted, checks),
        failed=not inside,
    )


def _list() -> Result:
    from recsys.evaluation import published

    tables = [published.Table.read(name) for name in published.names()]
    text = "\n".join(f"{one.name}: {one.title} ({one.dataset}, about {one.minutes} min)" for one in tables)
    return Result([{"table": one.name, **one.to_dict()} for one in tables], text)
