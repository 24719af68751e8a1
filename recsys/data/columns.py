"""Validate and convert the columns of a data frame: ids, numbers, times and tags."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys.errors import BadData


def text_ids(column: pd.Series, name: str) -> list[str]:
    """Ids as text; whole floats are written as whole numbers.

    Raises:
        BadData: an id is missing.
    """
    if column.isna().any():
        raise BadData(f"{name} is empty in row {int(np.flatnonzero(column.isna())[0])}; every row needs one.")
    if pd.api.types.is_float_dtype(column.dtype):
        # pandas turns whole-number ids into floats if a row is empty, and "1.0" would match no other id
        whole = column % 1 == 0
        return [str(int(value)) if ok else str(value) for value, ok in zip(column, whole, strict=True)]
    return [str(value) for value in column]


def id_order(texts: Sequence[str]) -> np.ndarray:
    """Places (n,) int64 that sort ids: as numbers if all are whole numbers, as text otherwise.

    >>> id_order(["10", "9"]).tolist(), id_order(["10", "9", "x"]).tolist()
    ([1, 0], [0, 1, 2])
    """
    whole = all(text.isdecimal() and text.isascii() and (text == "0" or text[0] != "0") for text in texts)
    order = sorted(range(len(texts)), key=(lambda i: int(texts[i])) if whole else (lambda i: texts[i]))
    return np.array(order, dtype=np.int64)


def factorised(column: pd.Series, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Number each row's id: codes (n,) int64, and the distinct ids (k,) as an object array of str, in `id_order`.

    Raises:
        BadData: an id is missing.
    """
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    if (codes < 0).any():
        raise BadData(f"{name} is empty in row {int(np.flatnonzero(codes < 0)[0])}; every row needs one.")
    texts = text_ids(pd.Series(uniques), name)
    if len(set(texts)) < len(texts):  # 1 and "1" in one column
        again, merged = pd.factorize(pd.Series(texts, dtype=object))
        codes, texts = again[codes], list(merged)
    order = id_order(texts)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[codes], np.fromiter(texts, dtype=object, count=len(texts))[order]


def numbers(column: pd.Series, name: str, dtype: type) -> np.ndarray:
    """A column of finite numbers.

    Raises:
        BadData: a value is missing, not finite, or not a number.
    """
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise BadData(f"{name} is {_plain(column.iloc[row])!r} in row {row}; give a number, or leave the column out.")
    return values.astype(dtype)


def times(column: pd.Series) -> np.ndarray:
    """Seconds since 1970 as int64, from numbers or from anything that pandas reads as dates.

    Raises:
        BadData: a value is neither a number nor a date.
    """
    if not pd.api.types.is_numeric_dtype(column.dtype):
        dates = pd.to_datetime(column, errors="coerce", utc=True, format="mixed")
        if not dates.isna().any():
            return dates.to_numpy("datetime64[s]").astype(np.int64)
    return numbers(column, "timestamp", np.int64)


def as_text(cell: object) -> str:
    """A cell as text, "" if it is not text."""
    return cell if isinstance(cell, str) else ""


def as_tags(cell: object) -> list[str]:
    """A cell as a list of tags; text is split at `|`.

    >>> as_tags("Comedy|Drama")
    ['Comedy', 'Drama']
    """
    if isinstance(cell, str):
        return [part.strip() for part in cell.split("|") if part.strip()]
    if isinstance(cell, (list, tuple, np.ndarray, set)):
        return [str(part) for part in cell if str(part).strip()]
    return []


def as_number(value: object) -> float:
    """A value as a float, NaN if it is not a number."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
