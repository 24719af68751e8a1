"""Give ratings without a time the median time of their user, as the tables of a catalogue are read."""

from __future__ import annotations

from typing import Any

from recsys.data.tables.cells import MISSING


def sums(usable: Any) -> list[Any]:
    """Aggregates over the ratings of which `judge` decides what happens to those without a time.

    Args:
        usable: condition of a rating that can be used, whether it has a time or not.
    """
    from pyspark.sql import functions as F

    said = F.coalesce("timestamp_said", F.lit(""))
    lost = usable & F.col("timestamp").isNull()
    is_empty = F.lower(F.trim(said)).isin(sorted(MISSING))
    return [
        F.count_if(usable).alias("n_usable"),
        F.count_if(lost).alias("n_lost"),
        F.count_if(lost & is_empty).alias("n_empty"),
        F.min(F.when(lost, said)).alias("said_lost"),
    ]


def judge(found: Any) -> tuple[str, str]:
    """Return why the times cannot be read, and why they are not used; each "" if that is not so.

    Args:
        found: the values of `sums`.
    """
    if 2 * found["n_empty"] > found["n_usable"]:
        return "", f"{found['n_empty']:,} of {found['n_usable']:,} times are empty, so the times are not used"
    if 2 * found["n_lost"] > found["n_usable"]:
        what = f"timestamp is not a time (such as {found['said_lost']!r})"
        return f"{what} in {found['n_lost']:,} of {found['n_usable']:,} rows", ""
    return "", ""


def said(found: Any) -> str:
    """Return the note on the ratings that `filled` gives a time."""
    many = "1 time is" if found["n_lost"] == 1 else f"{found['n_lost']:,} times are"
    return f"{many} missing or not a time; such ratings get the median time of the user, or of all users"


def filled(frame: Any) -> Any:
    """The ratings with a time for each: where missing, the median of the user's other times, or of all."""
    from pyspark.sql import functions as F

    lost = frame.where(F.col("timestamp").isNull()).select("user_id").distinct()
    # An exact median of all times would have to hold all distinct ones in memory; it is for users without a time only.
    overall = frame.agg(F.percentile_approx("timestamp", 0.5).alias("overall"))
    medians = (
        frame.join(lost, "user_id")
        .groupBy("user_id")
        .agg(F.percentile("timestamp", F.lit(0.5)).cast("bigint").alias("median"))
    )
    time = F.coalesce("timestamp", "median", "overall").alias("timestamp")
    joined = frame.join(medians, "user_id", "left").crossJoin(F.broadcast(overall))
    return joined.select(*(time if name == "timestamp" else F.col(name) for name in frame.columns))
