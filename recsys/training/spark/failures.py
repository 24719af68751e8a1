"""Convert errors of Spark and the JVM to one sentence without secrets."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from recsys.errors import MissingExtra, SparkFailed

INSTALL = 'pip install "pyspark>=4,<5" pyarrow'
WORKERS = "Install requirements-spark.txt on each worker, for the version of Python that this command runs on."
LONGEST = 300
_RAISED = re.compile(r"(?P<name>(?:\w+\.)*\w*(?:Error|Exception)): (?P<what>.+)")
_CODE = re.compile(r"^\[[A-Z_]+\] ")
_USERINFO = re.compile(r"//[^@\s]*@")
_SECRET = re.compile(
    r"(?i)\b([\w.-]*(?:secret|token|password|passwd|credential|access\.?_?key|sig(?:nature)?)[\w.-]*)"
    r"(\s*[=:]\s*)[^\s,;&)\]}]+"
)


def import_spark() -> None:
    """Check that PySpark and PyArrow can be imported.

    Raises:
        MissingExtra: PySpark or PyArrow is not installed.
    """
    for name in ("pyspark", "pyarrow"):
        try:
            importlib.import_module(name)
        except ImportError:
            raise MissingExtra(f"Training on Spark needs {name}, which is not installed: {INSTALL}") from None


def without_secrets(text: str) -> str:
    """Remove the credentials that URLs and options may contain from a text or path.

    >>> without_secrets("s3a://AKIA:abc@bucket/ratings?sig=xyz")
    's3a://…@bucket/ratings?sig=…'
    """
    return _SECRET.sub(r"\1\2…", _USERINFO.sub("//…@", text))


def first_line(error: BaseException) -> str:
    """Return the first line of an error message of Spark, the JVM or a worker's Python, without secrets."""
    java_error = getattr(error, "java_exception", None)
    text = str(error) if java_error is None else str(java_error.getMessage() or java_error.toString())
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = without_secrets(_raised_by_worker(lines) or (lines[0] if lines else type(error).__name__))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _raised_by_worker(lines: list[str]) -> str:
    """What the Python of a worker raised, or an empty text; its traceback ends with the name of the exception."""
    found = [match for line in lines if (match := _RAISED.match(line))]
    if not found or not lines[0].startswith("An exception was thrown from the Python worker"):
        return ""
    what, name = found[-1]["what"], found[-1]["name"].rpartition(".")[2]
    if name in ("ModuleNotFoundError", "ImportError") or "PYTHON_VERSION_MISMATCH" in what:
        what = f"{_CODE.sub('', what).rstrip('.')}. {WORKERS}"
        return f"the workers cannot run it: {what}"
    return f"{name}: {what}"


@contextmanager
def spark_errors(doing: str) -> Iterator[None]:
    """Turn errors of Spark inside the block into `SparkFailed`, which names the step."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise SparkFailed(f"Spark failed at {doing}: {first_line(error)}") from error
