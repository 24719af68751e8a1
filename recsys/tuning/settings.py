"""Settings that were tuned for one data set, and models made with them.

A file for each data set holds, for each model, the settings found, the command that found them, and every try.
Those of public data sets come with the program; what `tune` finds here is kept in the data directory and counts more.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys.data.files import read_json
from recsys.errors import BrokenRelease, UnknownSetting
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.settings import Settings

log = logging.getLogger(__name__)
SHIPPED = Path(__file__).resolve().parent / "shipped"


class Tuned:
    """What is known of tuning on one data set.

    Attributes:
        dataset: its name.
        records: by model: `settings` of those searched, `used` and `note`, `means` and `defaults` (scores on each part
            of `judged_on`), `metric`, `command`, `seed`, `budget_s`, `date`, and `trials` by falling score.
    """

    def __init__(self, dataset: str, records: Mapping[str, dict[str, Any]] | None = None):
        self.dataset, self.records = dataset, dict(records or {})

    def settings(self, name: str) -> dict[str, Any]:
        """The tuned settings of a model; empty where the class defaults stay."""
        record = self.records.get(name)
        return dict(record["settings"]) if record and record["used"] else {}

    def create(self, name: str, **explicit: Any) -> Recommender:
        """A new, unfitted recommender; explicit settings count more than tuned ones, those more than the defaults.

        Raises:
            UnknownModel: no such name.
            UnknownSetting: no such explicit setting, or an illegal value.
        """
        registry.create(name, **explicit)
        try:
            return registry.create(name, **{**self.settings(name), **explicit})
        except UnknownSetting as error:
            log.warning("Settings tuned by another version are left out: %s", error)
            return registry.create(name, **explicit)


def differing(model: Recommender) -> str:
    """The settings of a model that are not the class defaults, as `reg 1.6, memory 12`."""
    defaults = registry.create(model.name).settings
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in model.settings.items()
        if value != defaults[name]
    )


def tuned(settings: Settings, info: Mapping[str, Any]) -> Tuned:
    """What was tuned on the data set a catalogue was built from.

    Args:
        info: `Catalogue.info`.
    """
    records: dict[str, dict[str, Any]] = {}
    for folder in (SHIPPED, found_here(settings)):
        records |= read(folder / file_name(info), info)
    return Tuned(info["dataset"], {name: record for name, record in records.items() if name in registry.names()})


def found_here(settings: Settings) -> Path:
    """The folder that `tune` writes to."""
    return settings.data_dir / "tuned"


def file_name(info: Mapping[str, Any]) -> str:
    """Name of the file of a data set, such as films-ml-100k.json."""
    return re.sub(r"[^\w.-]+", "-", f"{info['catalogue']}-{info['dataset']}") + ".json"


def read(path: Path, info: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The records of a file by model; none where there is no file, or it is of other data or cannot be used."""
    if not path.is_file():
        return {}
    try:
        content = read_json(path)
        if (content["catalogue"], content["dataset"]) != (info["catalogue"], info["dataset"]):
            return {}
        records = content["models"]
        for record in records.values():
            dict(record["settings"]), bool(record["used"]), list(record["trials"])
        return dict(records)
    except (BrokenRelease, KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("%s holds no tuned settings that can be used (%r); the defaults stay.", path, error)
        return {}
