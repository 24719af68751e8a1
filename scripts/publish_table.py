"""Write the figures of a table of docs/accuracy.md, in the page and in the file that `recsys reproduce` reads.

A new table begins as a file in recsys/evaluation/tables with its title, data set and options and no figures, and two
marks on the page, `<!-- table NAME -->` and `<!-- end of table -->`:

    python scripts/publish_table.py strict-movietweetings
    python scripts/publish_table.py ranking-100k --result result.json   # printed by `recsys evaluate --json`
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from recsys.data.progress import to_stderr  # noqa: E402
from recsys.errors import BadInput, RecsysError  # noqa: E402
from recsys.evaluation import published, published_text  # noqa: E402
from recsys.settings import Settings  # noqa: E402
from recsys.training.reproduce import reproduce  # noqa: E402

PAGE = ROOT / "docs" / "accuracy.md"
END = "<!-- end of table -->"


def main(arguments: list[str] | None = None) -> int:
    """Measure the table, or take a result, and write it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="name of the table")
    parser.add_argument("--result", type=Path, help="JSON output of `recsys evaluate` with the options of the table")
    parser.add_argument(
        "--commit", default="", help="commit at which the result was measured (default: the current one)"
    )
    options = parser.parse_args(arguments)
    try:
        publish(published.Table.read(options.table), options.result, options.commit)
    except RecsysError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def publish(table: published.Table, file: Path | None, commit: str = "") -> None:
    """Write the figures of a result, measured now unless a file is given.

    Raises:
        BadInput: the result was measured in another way, or the page has no marks for the table.
    """
    started = time.monotonic()
    result = json.loads(file.read_text("utf-8")) if file else reproduce(Settings.from_env(), table, to_stderr)
    check(table, result)
    minutes = table.minutes if file else max(1, round((time.monotonic() - started) / 60))
    table = replace(table, figures=list(published.figures(result)), measured=_measured(commit), minutes=minutes)
    page = on_page(PAGE.read_text("utf-8"), table)
    (published.FOLDER / f"{table.name}.json").write_text(as_json(table), "utf-8")
    PAGE.write_text(page, "utf-8")


def check(table: published.Table, result: dict[str, Any]) -> None:
    """Raise BadInput if a result was not measured with the options of a table."""
    options = table.options
    seeds = list(range(options.first_seed, options.first_seed + options.seeds))
    if (result["split"], result["seeds"]) != (options.split, seeds) or ("paired" in result) != bool(options.against):
        raise BadInput(
            f"The result has the split {result['split']} and the seeds {result['seeds']}; "
            f"{table.name} is measured with {options}."
        )


def as_json(table: published.Table) -> str:
    """The file of a table, with one line for each figure."""
    values = table.to_dict()
    lines = ",\n".join(f"  {json.dumps(figure)}" for figure in values.pop("figures"))
    head = json.dumps(values, indent=1).removesuffix("\n}")
    return f'{head},\n "figures": [\n{lines}\n ]\n}}\n'


def on_page(page: str, table: published.Table) -> str:
    """The page with the table between its marks.

    Raises:
        BadInput: the marks are missing.
    """
    start = f"<!-- table {table.name} -->"
    if start not in page or END not in page.partition(start)[2]:
        raise BadInput(f"{PAGE.name} has no lines {start!r} and {END!r}. Add them where the table belongs.")
    before, _, rest = page.partition(start)
    after = rest.partition(END)[2]
    note = f"*`recsys reproduce {table.name}`: {table.measured}.*"
    return f"{before}{start}\n{published_text.markdown(table)}\n\n{note}\n{END}{after}"


def _measured(commit: str) -> str:
    if not commit:
        command = ["git", "rev-parse", "--short", "HEAD"]
        commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    return f"{date.today()}, commit {commit}, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
