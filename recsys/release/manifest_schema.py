"""Schema of a release's manifest: the fields, their types and their legal values, checked by pydantic.

A manifest from the Hub is untrusted input. After this check, other code need not check types again.
Fields that are not listed are allowed and must be finite JSON values.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from recsys.errors import BrokenRelease
from recsys.evaluation.calibration import Calibration

FORMAT = 1
NAME = "manifest.json"
STAMP = "local.json"  # facts that this machine records about a release; not pushed and not part of the manifest
SUFFIXES = (".safetensors", ".json", ".md", ".sqlite", ".png", ".svg", ".csv")
RESERVED = ("current", "pinned")  # names of files beside the versions

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


def _checked_calibration(values: dict[str, Any]) -> dict[str, Any]:
    found = Calibration.from_dict(values)
    numbers = [found.signals.base, found.signals.liked_at or 0.0, *found.weights, *found.knots.ravel()]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a number of the calibration is not finite")
    return values


class _Strict(BaseModel):
    """Base class of the parts: values are not converted, numbers are finite, unknown fields are kept."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class FileRecord(_Strict):
    """Size and SHA-256 of a file."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern=_SHA256)


Number = float | None
Metrics = dict[str, Number | dict[str, Number]]
"""Numbers by metric, or by split and metric."""


class ModelRecord(_Strict):
    """One model: its files, how it was trained, and how good it is."""

    files: dict[str, FileRecord]
    title: str = ""
    family: str = ""
    summary: str = ""
    settings: dict[str, Any] = {}
    holds_ratings: bool = False
    fitted_on: str | None = None
    seconds: Number = None
    metrics: Metrics = {}
    intervals: dict[str, dict[str, list[Number]]] = {}
    ms_per_user: Number = None
    ms_single: Number = None
    calibration: Annotated[dict[str, Any], AfterValidator(_checked_calibration)] | None = None
    engine: str | None = None
    learnt_from: dict[str, Any] = {}


class Info(_Strict):
    """Facts about the data."""

    catalogue: str | None = None
    dataset: str | None = None
    title: str | None = None
    licence: str | None = None
    licence_url: str | None = None
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
    if not _finite(manifest):
        raise BrokenRelease(f"{NAME} has a number that is not finite. Train or pull the release again.")


def _finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
