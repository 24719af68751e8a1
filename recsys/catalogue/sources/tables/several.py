"""Say how cells with several values were split, and which were not."""

from __future__ import annotations

from recsys.catalogue.sources.tables.report import Report, shown
from recsys.data.tables.cells import Values

_NAMES = {",": "commas", "/": "slashes"}


def say_split(found: Values, name: str, shown_as: str, file: str, report: Report, says_unsplit: bool = True) -> None:
    """Note how the cells of a column were split, and a cell that may hold several values but was not split.

    Args:
        name: the owner's name of the column.
        shown_as: its standard name, if it has one.
        says_unsplit: whether cells that were not split are noted; those of titles have commas and slashes.
    """
    if found.note:
        report.note(file, shown_as, found.note)
    if found.separator.strip() and found.separator != "|":
        report.set_option("values", name, value=found.separator)
    if not (says_unsplit and found.unsplit):
        return
    remedy = f"write {found.separator.strip() or '|'} between their values"
    if report.described and not found.separator:
        remedy = f'add "values": {{"{name}": "{found.mark}"}}'
    what = f"cells with {_NAMES[found.mark]} are one value each ({shown(found.unsplit)}); {remedy} to split them"
    report.note(file, shown_as, what)
