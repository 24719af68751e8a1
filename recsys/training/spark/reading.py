"""Read ratings: check and convert the columns, and refuse or skip invalid rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from recsys.data import IdMap
from recsys.errors import BadData, listing
from recsys.training.spark import missing_times, sources
from recsys.training.spark.failures import without_secrets
from recsys.training.spark.session import Session

NEEDED, OPTIONAL = ("user_id", "item_id"), ("rating", "timestamp")
WHOLE = ("tinyint", "smallint", "int", "bigint")
REAL = ("float", "double")
DATES = ("date", "timestamp", "timestamp_ntz")


@dataclass(frozen=True)
class Rows:
    """Ratings as read by Spark, before they are checked.

    Attributes:
        frame: user_id, item_id text; rating double and timestamp bigint if the columns exist; `rating_said` and
            `timestamp_said`, the text of the cells. Null means that the cell is not an id, number or time.
        where: the path they were read from, without secrets.
        rated, timed: whether there are ratings and times.
    """

    frame: Any
    where: str
    rated: bool
    timed: bool


@dataclass(frozen=True)
class Checked:
    """Valid ratings of known items.

    Attributes:
        frame: user_id text, item int (column of `items`), rating double, timestamp bigint.
        items: the columns.
        digest: SHA-256, independent of the order of the rows.
        n_rows: number of rows, repeated ratings included.
    """

    frame: Any
    items: IdMap
    timed: bool
    digest: str
    n_rows: int


def read(session: Session, path: str) -> Rows:
    """Read the columns user_id, item_id[, rating][, timestamp] of files or of a table.

    Args:
        session: an open session.
        path: see `sources.load`.

    Raises:
        BadInput: a JDBC address has no table.
        SourceError: the path does not exist or cannot be read.
        BadData: a column is missing or has the wrong type.
    """
    from pyspark.sql import functions as F

    where, raw = without_secrets(path), sources.load(session, path)
    kinds = dict(raw.dtypes)
    missing = [name for name in NEEDED if name not in kinds]
    if missing:
        raise BadData(
            f"{where} lacks the column {listing(missing)}. There are {listing(raw.columns) or 'none'}. "
            "Needed: user_id, item_id; optional: rating, timestamp."
        )
    columns = [_id(F.col(name), name, kinds[name], where).alias(name) for name in NEEDED]
    for name in OPTIONAL:
        if name in kinds:
            make = _rating if name == "rating" else _timestamp
            columns += [
                make(F.col(name), kinds[name], where).alias(name),
                F.col(name).cast("string").alias(f"{name}_said"),
            ]
    return Rows(raw.select(*columns), where, "rating" in kinds, "timestamp" in kinds)


def with_profiles(session: Session, rows: Rows, profiles: pd.DataFrame, items: IdMap) -> Rows:
    """Add the ratings of visitors' profiles; those of unknown items are left out.

    Args:
        profiles: columns user_id, item_id, rating, timestamp.
        items: the columns of the matrix.
    """
    import pyarrow as pa
    from pyspark.sql import functions as F

    known = profiles[profiles["item_id"].isin(items.ids)]
    if not len(known):
        return rows
    session.progress(f"{len(known):,} ratings of {known['user_id'].nunique():,} profiles are added")
    frame = session.spark.createDataFrame(pa.Table.from_pandas(known, preserve_index=False))
    columns = [F.col(name).cast(kind).alias(name) for name, kind in rows.frame.dtypes if name in frame.columns]
    said = [F.lit(None).cast("string").alias(name) for name in rows.frame.columns if name.endswith("_said")]
    return replace(rows, frame=rows.frame.unionByName(frame.select(*columns, *said)))


def item_ids(session: Session, rows: Rows) -> IdMap:
    """Return the items of the ratings, sorted as numbers if all are whole numbers, as text otherwise."""
    from recsys.data.columns import factorised

    with session.step("items of the ratings"):
        found = rows.frame.select("item_id").where("item_id <> ''").distinct().toArrow()
    return IdMap(factorised(found.column("item_id").to_pandas(), "item_id")[1])


def check(session: Session, rows: Rows, items: IdMap, *, skip_bad: bool = False) -> Checked:
    """Check the rows; return the valid ones, with items as column numbers and a time for each if most have one.

    Args:
        session: an open session.
        rows: from `read`.
        items: the columns.
        skip_bad: skip invalid rows and report their number, instead of refusing the data.

    Raises:
        BadData: there are no rows, or some are invalid; the text says how many and quotes one.
    """
    import pyarrow as pa
    from pyspark.sql import functions as F

    numbers = np.arange(len(items), dtype=np.int32)
    known = session.spark.createDataFrame(
        pa.table({"item_id": pa.array(items.ids.tolist(), pa.string()), "item": numbers})
    )
    frame = rows.frame.join(F.broadcast(known), "item_id", "left")
    tests = _tests(rows)
    hashed = [F.col(name) for name in ("user_id", "item_id", *OPTIONAL) if name in frame.columns]
    sums = [F.count(F.lit(1)).alias("n_rows"), F.sum(F.xxhash64(*hashed).cast("decimal(38,0)")).alias("hash")]
    usable = F.lit(True)
    for place, (_, bad, said) in enumerate(tests):
        sums += [F.count_if(bad).alias(f"bad{place}"), F.min(F.when(bad, said)).alias(f"said{place}")]
        usable = usable & ~bad
    sums += missing_times.sums(usable) if rows.timed else []
    with session.step("checking the ratings"):
        found = frame.agg(*sums).first()
    if not found["n_rows"]:
        raise BadData(f"{rows.where} contains no ratings.")
    problems = [
        f"{what.format(found[f'said{place}'])} in {found[f'bad{place}']:,} of {found['n_rows']:,} rows"
        for place, (what, _, _) in enumerate(tests)
        if found[f"bad{place}"]
    ]
    unreadable, unused = missing_times.judge(found) if rows.timed else ("", "")
    if unreadable:
        problems.append(unreadable)
    if problems and not skip_bad:
        raise BadData(f"{rows.where}: {'; '.join(problems)}. Correct them, or skip such rows with --skip-bad.")
    for problem in problems:
        session.progress(f"skipped: {problem}")
    timed = rows.timed and not unused
    if unused:
        session.progress(unused)
    rating = F.col("rating") if rows.rated else F.lit(1.0)
    time = F.col("timestamp") if timed else F.lit(0).cast("bigint")
    plain = frame.where(usable).select("user_id", "item", rating.alias("rating"), time.alias("timestamp"))
    if unreadable:
        plain = plain.where(time.isNotNull())
    elif timed and found["n_lost"]:
        session.progress(missing_times.said(found))
        plain = missing_times.filled(plain)
    text = f"{found['n_rows']} {found['hash']} {items.digest}"
    return Checked(plain, items, timed, hashlib.sha256(text.encode()).hexdigest(), found["n_rows"])


def _tests(rows: Rows) -> list[tuple[str, Any, Any]]:
    """Checks of a row: a sentence, the condition of the error (the first that applies), and the cell to quote."""
    from pyspark.sql import functions as F

    def absent(name: str) -> Any:
        return F.col(name).isNull() | (F.col(name) == "")

    tests = [(f"{name} is empty", absent(name), F.lit("")) for name in NEEDED]
    if rows.rated:
        no_number = F.col("rating").isNull() | F.isnan("rating") | (F.abs("rating") == float("inf"))
        tests.append(("rating is not a number (such as {!r})", no_number, F.coalesce("rating_said", F.lit(""))))
    tests.append(("the item is not in the catalogue (such as {!r})", F.col("item").isNull(), F.col("item_id")))
    exclusive, before = [], F.lit(False)
    for what, bad, said in tests:
        exclusive.append((what, bad & ~before, said))
        before = before | bad
    return exclusive


def _id(column: Any, name: str, kind: str, where: str) -> Any:
    from pyspark.sql import functions as F

    if kind in ("string", *WHOLE) or kind.startswith("varchar") or _whole_decimal(kind):
        return column.cast("string")
    if kind in REAL:  # whole-number ids become floats if a cell was empty, and "1.0" would match no other id
        whole = column == F.floor(column)
        return (
            F.when(F.isnan(column), None)
            .when(whole, column.try_cast("bigint").cast("string"))
            .otherwise(column.cast("string"))
        )
    raise BadData(f"{where}: {name} has the type {kind}. Use text or whole numbers.")


def _rating(column: Any, kind: str, where: str) -> Any:
    if kind == "string" or kind in (*WHOLE, *REAL) or kind.startswith("decimal"):
        return column.try_cast("float").cast("double")  # single precision, as models store ratings
    raise BadData(f"{where}: rating has the type {kind}. Use numbers, or omit the column.")


def _timestamp(column: Any, kind: str, where: str) -> Any:
    from pyspark.sql import functions as F

    if kind in (*WHOLE, *REAL) or kind.startswith("decimal"):
        return column.try_cast("bigint")
    if kind in DATES:
        return F.unix_timestamp(column.cast("timestamp"))
    if kind == "string":
        return F.coalesce(column.try_cast("double").try_cast("bigint"), F.unix_timestamp(F.try_to_timestamp(column)))
    raise BadData(f"{where}: timestamp has the type {kind}. Use seconds since 1970 or dates.")


def _whole_decimal(kind: str) -> bool:
    return kind.startswith("decimal(") and kind.endswith(",0)")
