"""Schema of a release's manifest: the fields, their types and their legal values, checked by pydantic.

A manifest from the Hub is untrusted input. After this check, other code need not check types again.
Fields that are not listed are allowed and must be finite JSON values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from recsys.errors import BrokenRelease
from recsys.evaluation.calibration import Calibration

FORMAT = 1
NAME = "manifest.json"
STAMP = "local.json"  # facts that this machine records about a release; not pushed and not part of the manifest
SUFFIXES = (".safetensors", ".json", ".md", ".sqlite", ".png", ".svg", ".csv")
RESERVED = ("current", "pinned")  # names of files beside the versions
MOST_ITEMS = 50_000_000  # of a calibration, which makes an array of them
LARGEST_SHOWN = 1e12  # of metrics and durations, which are drawn: charts add and divide them
ROUNDING = 1e-6  # how far a mean of shares may be beyond 1
LARGEST = 2**63 - 1  # whole numbers beyond it fit neither SQLite nor NumPy

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*(?<!\.)"
_FILE = re.compile(rf"{_PART}(?:/{_PART}){{0,3}}")
_VERSION = re.compile(rf"(?=.{{1,100}}\Z)(?!.*\.\.)(?!.*\.lock\Z){_PART}")
_SHA256 = r"^[0-9a-f]{64}$"


def legal_version(version: object) -> bool:
    """Whether a version can be a folder name on every system and a git tag, and is not a reserved name."""
    return isinstance(version, str) and _VERSION.fullmatch(version) is not None and version.lower() not in RESERVED


def legal_file(name: str) -> bool:
    """Whether a file of this name may be part of a release: inside the folder, and of a type without code."""
    return (
        len(name) <= 200
        and _FILE.fullmatch(name) is not None
        and name.endswith(SUFFIXES)
        and name.lower() not in (NAME, STAMP)
    )


def _checked_version(version: str) -> str:
    if not legal_version(version):
        raise BrokenRelease(f"The release calls itself {version[:100]!r}, which is not a legal version name.")
    return version


def _checked_time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("the time has no time zone")
    return text


class _Strict(BaseModel):
    """Base class of the parts: values are not converted, numbers are finite, unknown fields are kept."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


Number = Annotated[float, Field(ge=-LARGEST_SHOWN, le=LARGEST_SHOWN)] | None
Duration = Annotated[float, Field(ge=0, le=LARGEST_SHOWN)] | None
Share = Annotated[float, Field(ge=0, le=1 + ROUNDING)]
Interval = Annotated[list[Number], Field(min_length=2, max_length=2)]
Metrics = dict[str, Number | dict[str, Number]]
"""Numbers by metric, or by split and metric."""


class Point(_Strict):
    """One point of a reliability curve."""

    predicted: Share
    observed: Share
    n: int = Field(ge=0)


class Reliability(_Strict):
    """How far a calibration can be relied on."""

    curve: list[Point]
    ece: Share
    n: int = Field(ge=0)


class CalibrationRecord(_Strict):
    """What `Calibration.to_dict` writes; its shapes are checked when it is read."""

    format: int
    of: Literal["likes", "hits"]
    liked_at: Number
    base: Share
    n_items: int = Field(ge=0, le=MOST_ITEMS)
    item_shares: str
    weights: list[float]
    knots: list[list[float]]
    report: Reliability


def _checked_calibration(record: CalibrationRecord) -> CalibrationRecord:
    Calibration.from_dict(record.model_dump())
    return record


class FileRecord(_Strict):
    """Size and SHA-256 of a file."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern=_SHA256)


class ModelRecord(_Strict):
    """One model: its files, how it was trained, and how good it is."""

    files: dict[str, FileRecord]
    title: str = ""
    family: str = ""
    summary: str = ""
    settings: dict[str, Any] = {}
    holds_ratings: bool = False
    fitted_on: str | None = None
    seconds: Duration = None
    metrics: Metrics = {}
    intervals: dict[str, dict[str, Interval]] = {}
    ms_per_user: Duration = None
    ms_single: Duration = None
    calibration: Annotated[CalibrationRecord, AfterValidator(_checked_calibration)] | None = None
    calibration_pending: bool = False
    engine: str | None = None
    learnt_from: dict[str, Any] = {}


class Info(_Strict):
    """Facts about the data."""

    catalogue: str | None = None
    dataset: str | None = None
    title: str | None = None
    licence: str | None = None
    licence_url: str | None = Field(default=None, pattern=r"^(https?://\S+)?$")
    attribution: str | None = None
    redistributable: bool | None = None
    language: str | None = None
    source: str | None = None
    digest: str | None = None
    data_digest: str | None = None
    notes: list[str] | None = None
    n_items: int | None = Field(default=None, ge=0)
    n_users: int | None = Field(default=None, ge=0)
    n_ratings: int | None = Field(default=None, ge=0)
    n_profiles: int | None = Field(default=None, ge=0)


class Manifest(_Strict):
    """The whole manifest."""

    format: int
    version: Annotated[str, AfterValidator(_checked_version)]
    created: Annotated[str, AfterValidator(_checked_time)]
    catalogue: str
    info: Info
    files: dict[str, FileRecord]
    models: dict[str, ModelRecord] = Field(min_length=1)


def check_types(manifest: dict[str, Any]) -> None:
    """Raise `BrokenRelease` with one sentence about the first field that does not match the schema."""
    check_usable(manifest, NAME)
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, BrokenRelease):
            raise cause from None
        where = ".".join(str(part)[:100] for part in first["loc"][:4])
        raise BrokenRelease(
            f"{NAME} is not valid at {where}: {_lower(str(cause or first['msg']))[:200]}. "
            "Train or pull the release again."
        ) from None


def check_usable(values: dict[str, Any], name: str) -> None:
    """Raise `BrokenRelease` about the first value of a JSON file that cannot be stored, displayed or sent."""
    for where, why in _unusable(values):
        raise BrokenRelease(f"{name} is not valid at {where}: {why}. Train or pull the release again.")


def _unusable(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the places of values that are valid JSON but cannot be stored or displayed, each with the reason."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _unusable(part, f"{where}.{name!s:.100}".lstrip(".").encode("utf-8", "replace").decode())
        if isinstance(name, str) and not is_unicode(name):
            yield where, "a name is not valid Unicode"
    if isinstance(value, str) and not is_unicode(value):
        yield where, "the text is not valid Unicode"
    elif isinstance(value, float) and not math.isfinite(value):
        yield where, "the number is not finite"
    elif isinstance(value, int) and abs(value) > LARGEST:
        yield where, "the number has too many digits"


def is_unicode(text: str) -> bool:
    """Whether a text can be stored and sent: JSON can also write half of a character pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
