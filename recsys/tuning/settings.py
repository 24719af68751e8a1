"""Read the settings that were tuned for a data set, and create models with them.

There is one JSON file for each data set. For each model it contains the settings found, the command that found them and
all trials. The files of public data sets are part of the package; files that `tune` writes into the data directory
override them.
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
    """Results of tuning on one data set.

    Attributes:
        dataset: name of the data set.
        records: by model: `settings` (those with a search range), `used` (whether they beat the defaults), `note`,
            `means` and `defaults` (scores on each part of `judged_on`), `metric`, `command`, `seed`, `budget_s`,
            `date`, and `trials`, the best first.
    """

    def __init__(self, dataset: str, records: Mapping[str, dict[str, Any]] | None = None):
        self.dataset, self.records = dataset, dict(records or {})

    def settings(self, name: str) -> dict[str, Any]:
        """The tuned settings of a model; empty if the defaults are used."""
        record = self.records.get(name)
        return dict(record["settings"]) if record and record["used"] else {}

    def create(self, name: str, **explicit: object) -> Recommender:
        """A new, unfitted recommender; explicit settings override tuned ones, and those override the defaults.

        Raises:
            UnknownModel: there is no such model.
            UnknownSetting: an explicit setting does not exist or has an illegal value.
        """
        registry.create(name, **explicit)
        try:
            return registry.create(name, **{**self.settings(name), **explicit})
        except UnknownSetting as error:
            log.warning("Ignored settings that were tuned by another version: %s", error)
            return registry.create(name, **explicit)


def differing(model: Recommender) -> str:
    """The settings of a model that differ from the defaults, as `reg 1.6, dropout 0.2`."""
    defaults = registry.create(model.name).settings
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in model.settings.items()
        if value != defaults[name]
    )


def tuned(settings: Settings, info: Mapping[str, Any]) -> Tuned:
    """The results of tuning on the data set that a catalogue was built from.

    Args:
        info: `Catalogue.info`.
    """
    records: dict[str, dict[str, Any]] = {}
    for folder in (SHIPPED, folder_of(settings)):
        records |= read(folder / file_name(info), info)
    return Tuned(info["dataset"], {name: record for name, record in records.items() if name in registry.names()})


def folder_of(settings: Settings) -> Path:
    """The folder in the data directory that `tune` writes to."""
    return settings.data_dir / "tuned"


def file_name(info: Mapping[str, Any]) -> str:
    """Name of the file of a data set, such as `films-ml-100k.json`."""
    return re.sub(r"[^\w.-]+", "-", f"{info['catalogue']}-{info['dataset']}") + ".json"


def read(path: Path, info: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The records of a file by model; empty if the file is missing, unusable, or belongs to another data set."""
    if not path.is_file():
        return {}
    try:
        content = read_json(path)
        if (content["catalogue"], content["dataset"]) != (info["catalogue"], info["dataset"]):
            return {}
        records = content["models"]
        for record in records.values():
            _ = dict(record["settings"]), bool(record["used"]), list(record["trials"])
        return dict(records)
    except (BrokenRelease, KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("%s holds no usable settings (%r), so the defaults are used. Run recsys tune again.", path, error)
        return {}
