"""Start a Spark session for a master, and remove all its files when it ends."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from recsys.data.progress import Progress, to_log
from recsys.data.working_folders import scratch_folder
from recsys.errors import BadInput, MissingExtra, SparkFailed
from recsys.training.spark import failures
from recsys.training.spark.progress import reported, step

log = logging.getLogger(__name__)

MASTER = re.compile(r"local(\[(\*|\d+)(,\d+)?\])?|local-cluster\[\d+,\d+,\d+\]|spark://[^\s/]+:\d+|yarn|k8s://\S+")
OLDEST_JAVA = 17
ROWS_OF_A_PARTITION = 500_000
PARTITIONS = "spark.sql.shuffle.partitions"
STOP_S = 30.0


@dataclass(frozen=True)
class Session:
    """An open Spark session.

    Attributes:
        spark: the SparkSession.
        work: URL of a folder for intermediate results that all workers can access; removed at the end.
        progress: called for each step.
    """

    spark: Any
    work: str
    progress: Progress

    def step(self, what: str):
        """Context manager of one step; see `progress.step`."""
        return step(self.spark, what, self.progress)

    @property
    def cores(self) -> int:
        """Number of tasks that run at once."""
        return max(1, self.spark.sparkContext.defaultParallelism)

    def partitions(self, rows: float) -> int:
        """Number of partitions for `rows` rows: enough for all cores, but none too small for a task."""
        return int(min(10_000, max(2 * self.cores, rows / ROWS_OF_A_PARTITION)))

    def divide(self, rows: float) -> None:
        """Set the number of partitions for `rows` rows, unless it was configured."""
        if not self.spark.sparkContext.getConf().contains(PARTITIONS):
            self.spark.conf.set(PARTITIONS, self.partitions(rows))


def check(master: str, work: str | None, conf: Mapping[str, str]) -> None:
    """Check that Spark can start with this configuration.

    Raises:
        BadInput: the master is illegal, or it is a cluster without a folder that all workers can access.
    """
    shown = failures.without_secrets(master)
    if not MASTER.fullmatch(master):
        raise BadInput(
            f"The master is {shown!r}. Use local[*], local[N], local-cluster[WORKERS,CORES,MB], spark://HOST:PORT, "
            "yarn, or k8s://HOST:PORT."
        )
    if not master.startswith("local") and not work:
        raise BadInput(
            f"A cluster such as {shown} needs --work, the address of a folder that all workers reach, such as "
            "hdfs:///tmp/recsys or s3a://bucket/tmp."
        )


@contextmanager
def opened(
    master: str,
    work: str | None = None,
    conf: Mapping[str, str] | None = None,
    progress: Progress = to_log,
) -> Iterator[Session]:
    """Open a Spark session for the duration of a `with` block.

    Local masters listen on loopback only. Spark's own log goes to a file that is removed at the end.

    Args:
        master: in the syntax of Spark.
        work: folder for intermediate results on storage that all workers can access; optional for a local master.
        conf: Spark settings; they override the defaults of this module.

    Raises:
        MissingExtra: PySpark, PyArrow or Java is missing.
        BadInput: the master is illegal, or it is a cluster without `work`.
        SparkFailed: the session could not be started.
    """
    check(master, work, conf or {})
    failures.import_spark()
    # a later process removes the folder if this one is killed
    with scratch_folder() as temporary, _interrupted_by_sigterm(), warnings.catch_warnings():
        # frames are converted through Arrow, so the version of pandas does not matter
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        made = f"{(work or temporary.as_uri()).rstrip('/')}/recsys-{uuid4().hex[:12]}"
        spark = _started(master, conf or {}, temporary, progress)
        try:
            spark.sparkContext.setCheckpointDir(f"{made}/checkpoints")
            yield Session(spark, made, progress)
        finally:
            _stop(spark, made)


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Handle SIGTERM like Ctrl-C, so that the session is cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    root = logging.getLogger()
    root.addFilter(_is_relevant)
    try:
        yield
    finally:
        root.removeFilter(_is_relevant)
        signal.signal(signal.SIGTERM, before)


def _is_relevant(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("KeyboardInterrupt while sending command")  # of py4j, with a traceback


def _started(master: str, conf: Mapping[str, str], temporary: Path, progress: Progress) -> Any:
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    # silence its messages about a JVM that has ended, because the caller gets errors
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    settings = {"spark.master": master, "spark.app.name": "recsys train", **_configuration(master, temporary), **conf}
    configured = SparkConf().setAll(list(settings.items()))
    spark_log = temporary / "spark.log"
    gateway = None
    try:
        with reported(f"Spark with {failures.without_secrets(master)}: starting", progress):
            with spark_log.open("w") as file:  # the JVM writes its messages there until it ends
                gateway = launch_gateway(configured, {"stdout": file, "stderr": file})
            SparkContext(conf=configured, gateway=gateway)
            return SparkSession.builder.getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        _end(gateway)
        raise _start_error(error, spark_log, master) from error
    except BaseException:
        _end(gateway)
        raise


def _configuration(master: str, temporary: Path) -> dict[str, str]:
    settings = {
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.maxResultSize": "0",  # no limit, because the collected result is the model
    }
    if master.startswith("local"):
        # read by the JVMs that are started next, so that they listen only on this machine
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        # `python3` of the search path, Spark's default, may be another Python without NumPy
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        inside = f"-Djava.io.tmpdir={temporary} -XX:-UsePerfData"
        settings |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.local.dir": str(temporary),  # SPARK_LOCAL_DIRS overrides it in Spark
            "spark.driver.extraJavaOptions": inside,
            "spark.executor.extraJavaOptions": inside,
        }
    return settings


def _start_error(error: BaseException, path: Path, master: str) -> Exception:
    spark_log = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    shown = failures.without_secrets(master)
    java = f"Spark needs Java {OLDEST_JAVA} or later"
    install = "install one (Debian: apt-get install default-jre-headless) or point JAVA_HOME to it."
    if "UnsupportedClassVersionError" in spark_log:
        return MissingExtra(f"{java} and found an older version: {install}")
    if "JAVA_HOME is not set" in spark_log or re.search(r"java: (No such file|not found|command not found)", spark_log):
        return MissingExtra(f"{java} and found none: {install}")
    lines = [
        line for line in spark_log.splitlines() if line.strip() and not line.startswith(("WARNING", "Using", "Setting"))
    ]
    if "All masters are unresponsive" in spark_log:
        return SparkFailed(f"No Spark master answers at {shown}.")
    if "JAVA_GATEWAY_EXITED" in str(error) and lines:
        first = failures.without_secrets(lines[0].strip())
        return SparkFailed(f"Spark could not be started: {first[: failures.LONGEST]}")
    return SparkFailed(f"Spark could not be started with {shown}: {failures.first_line(error)}")


def _stop(spark: Any, work: str) -> None:
    """End the session and its JVM, and remove the files it has written."""
    from py4j.protocol import Py4JError

    context = spark.sparkContext
    gateway, application, home = context._gateway, context.applicationId, None
    try:
        context.cancelAllJobs()
        path = gateway.jvm.org.apache.hadoop.fs.Path(work)
        path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, True)
        home = gateway.jvm.System.getenv("SPARK_HOME")
        spark.stop()
    except (
        Py4JError,
        OSError,
        AttributeError,
    ) as error:  # the JVM has ended; its files on this machine are removed below
        log.info("The Spark session had already ended: %s", error)
    _end(gateway)
    if home:  # the workers of local-cluster write the output of their executors here
        shutil.rmtree(Path(home) / "work" / application, ignore_errors=True)


def _end(gateway: Any) -> None:
    """End the JVM, so that the next session starts its own."""
    from pyspark import SparkContext

    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()  # the JVM ends when its input is closed
        try:
            gateway.proc.wait(STOP_S)
        except subprocess.TimeoutExpired:
            gateway.proc.kill()
            gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = None
