"""Open ratings as a Spark frame: Parquet or CSV files, or a table of a database over JDBC."""

from __future__ import annotations

import re
from typing import Any

from recsys.errors import BadInput, SourceError
from recsys.training.spark.failures import first_line, without_secrets
from recsys.training.spark.session import Session

CSV = re.compile(r"\.csv(\.gz)?/?$", re.IGNORECASE)
JDBC = re.compile(r"jdbc:\w+:\S+", re.IGNORECASE)
DRIVER, USER, PASSWORD = (f"spark.recsys.jdbc.{option}" for option in ("driver", "user", "password"))
DRIVERS = {"postgresql": "org.postgresql.Driver"}  # the class by database, for those that need not be configured
ROWS_AT_ONCE = 10_000  # rows that are requested from a database at once


def load(session: Session, path: str) -> Any:
    """Open the ratings; Spark reads them when they are used.

    Args:
        session: an open session.
        path: a file or folder on any file system that Spark supports, CSV with a header if it ends in .csv or .csv.gz;
            or `jdbc:postgresql://HOST/DATABASE#TABLE`, a table or view of any database with a JDBC driver.

    Raises:
        BadInput: a JDBC address has no table.
        SourceError: the path does not exist or cannot be read.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import AnalysisException, PySparkException

    where, kind = without_secrets(path), _kind(path)
    try:
        if kind == "JDBC":
            return _table(session, path)
        return session.spark.read.csv(path, header=True) if kind == "CSV" else session.spark.read.parquet(path)
    except AnalysisException as error:
        condition = error.getCondition() or ""
        if "PATH_NOT_FOUND" in condition:
            raise SourceError(
                f"There is no {where}. --ratings takes a Parquet file, a folder of them, a CSV file, or "
                "jdbc:postgresql://HOST/DATABASE#TABLE."
            ) from error
        if "UNABLE_TO_INFER_SCHEMA" in condition:
            raise SourceError(f"{where} contains no Parquet files.") from error
        if "FAILED_JDBC.CONNECTION" in condition:
            raise SourceError(
                f"{where} cannot be read: the database does not answer, or refuses the connection. Check the address, "
                f"{USER} and {PASSWORD}."
            ) from error
        raise SourceError(f"{where} cannot be read: {first_line(error)}") from error
    except (PySparkException, Py4JError) as error:
        raise _unreadable(where, kind, first_line(error)) from error


def _kind(path: str) -> str:
    if path.lower().startswith("jdbc:"):
        return "JDBC"
    return "CSV" if CSV.search(path) else "Parquet"


def _table(session: Session, path: str) -> Any:
    """A table over JDBC, read by one connection: to divide it, Spark would need the bounds of a column of numbers."""
    address, _, table = path.partition("#")
    if not table or not JDBC.fullmatch(address):
        raise BadInput(
            f"{without_secrets(path)} names no table. Write jdbc:postgresql://HOST:PORT/DATABASE#TABLE, and put user "
            f"and password as {USER} and {PASSWORD} into conf/spark-defaults.conf."
        )
    options = {"url": address, "dbtable": table, "fetchsize": str(ROWS_AT_ONCE)}
    given = {"driver": DRIVERS.get(address.split(":")[1].lower())}
    for key in (DRIVER, USER, PASSWORD):
        option = key.rpartition(".")[2]
        options |= {option: value} if (value := session.spark.conf.get(key, given.get(option))) else {}
    return session.spark.read.format("jdbc").options(**options).load()


def _unreadable(where: str, kind: str, said: str) -> SourceError:
    """The error of what Spark could not open."""
    if re.search(r"Class \S*FileSystem not found|No FileSystem for scheme", said):
        return SourceError(
            f"Spark cannot read {where}. Add the package of that file system, such as "
            "--conf spark.jars.packages=org.apache.hadoop:hadoop-aws:VERSION, in the Hadoop version of Spark."
        )
    if kind == "JDBC" and re.search(r"No suitable driver|ClassNotFoundException|\w\.Driver$", said):
        return SourceError(
            f"Spark has no driver for {where}. Add it, such as --conf spark.jars=/usr/share/java/postgresql.jar or "
            "--conf spark.jars.packages=org.postgresql:postgresql:VERSION, and for other databases its class as "
            f"{DRIVER}."
        )
    return SourceError(f"{where} cannot be read as {kind}: {said}")
