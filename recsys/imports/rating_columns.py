"""Read what the name of a column says about the scale of its ratings: `Score (out of 10)`, `Note /20`, thumbs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from recsys.imports import names

_SCALE = r"(?:/|(?:out )?of |von |sur |su |de |из |z |av |(?<=[ (\[])[01](?: ?[-–] ?| to | bis | à | a | ))"
_STATED = re.compile(rf"(.+?) ?[(\[]? ?{_SCALE} ?([1-9]\d{{0,2}})(?: \w+)? ?[)\]]?")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_THUMBS = {"1": "1/5", "2": "4/5", "3": "5/5"}
"""Netflix's numbers for a thumb down, a thumb up and two thumbs up."""


def with_scales(
    rows: Sequence[Mapping[str, str]], columns: Collection[str], ratings: Collection[str]
) -> tuple[Sequence[Mapping[str, str]], set[str]]:
    """Return rows and columns with such ratings under their plain names, and each number with its scale.

    Args:
        ratings: the plain names.

    >>> with_scales([{"score (out of 10)": "7"}], ["score (out of 10)"], ["score"])[0][0]["score"]
    '7/10'
    """
    scales = {}
    for column in columns:
        found = _STATED.fullmatch(column)
        if found and found[1] in ratings and found[1] not in columns:
            scales[column] = (found[1], found[2])
    has_thumbs = names.THUMBS in columns
    if not scales and not has_thumbs:
        return _with_verdicts(rows, set(columns), ratings)
    made = []
    for row in rows:
        more = {plain: _of(row.get(column, ""), best) for column, (plain, best) in scales.items()}
        if has_thumbs and not row.get(names.STARS):
            more[names.STARS] = _THUMBS.get(row.get(names.THUMBS, "").strip(), "")
        made.append({**row, **more})
    return made, {*columns, *(plain for plain, _ in scales.values()), *([names.STARS] if has_thumbs else [])}


def _of(cell: str, best: str) -> str:
    return f"{cell.strip()}/{best}" if _NUMBER.fullmatch(cell.strip()) else cell


def _with_verdicts(
    rows: Sequence[Mapping[str, str]], columns: set[str], ratings: Collection[str]
) -> tuple[Sequence[Mapping[str, str]], set[str]]:
    """Rows with the cells of a column such as `liked` as ratings, if all are verdicts and there are no ratings."""
    column = next((one for one in names.VERDICTS if one in columns), "")
    cells = {(row.get(column) or "").strip().casefold() for row in rows} - {""}
    if not cells or not columns.isdisjoint(ratings) or not cells <= names.LIKED | names.DISLIKED:
        return rows, columns
    said = {cell: _THUMBS["2" if cell in names.LIKED else "1"] for cell in cells} | {"": ""}
    made = [{**row, names.STARS: said[(row.get(column) or "").strip().casefold()]} for row in rows]
    return made, columns | {names.STARS}
