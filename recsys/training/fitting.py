"""Fit models on the ratings and features of a catalogue, and compute a fingerprint of the inputs of each."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recsys.catalogue.database import Catalogue
from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, partial_progress, to_log
from recsys.errors import MissingExtra
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import Release
from recsys.tuning import Tuned, differing
from recsys.visitors.profiles import Visitors

Maker = Callable[[str], Recommender]


@dataclass(frozen=True, eq=False)
class Inputs:
    """Inputs of fitting.

    Attributes:
        data, features: ratings and item features, items in the catalogue's order.
        liked_at: lowest rating of a liked item; None if the catalogue does not define it.
        seed: of every random choice.
    """

    data: Interactions
    features: ItemFeatures
    liked_at: float | None = None
    seed: int = 0

    @classmethod
    def read(cls, catalogue: Catalogue, visitors: Visitors | None, seed: int = 0) -> Inputs:
        """Read the inputs from a catalogue and its visitors' data."""
        return cls(*training_data(catalogue, visitors), catalogue.wording.liked_at, seed)

    def fingerprint(self, model: Recommender) -> str:
        """SHA-256 of everything that determines the fitted model, as hexadecimal text.

        Features are included only for a model that uses them, so that a changed text does not retrain other models.
        """
        settings = json.dumps(model.settings, sort_keys=True, default=str)
        features = self.features.digest if model.uses_features else ""
        parts = [model.name, settings, self.data.digest, features, str(self.seed)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass
class Fitted:
    """Fitted models, and the report of each for the release's manifest, by name."""

    models: dict[str, Recommender] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)


def training_data(catalogue: Catalogue, visitors: Visitors | None) -> tuple[Interactions, ItemFeatures]:
    """Read all ratings, including those of profiles, and the features of all items, in the catalogue's order."""
    data = catalogue.interactions()
    if visitors is not None:
        profiles = visitors.ratings_frame()
        data = data.extended(profiles[data.items.numbers(profiles["item_id"].tolist()) >= 0])
    return data, catalogue.features()


def maker(found: Tuned, explicit: Mapping[str, Mapping[str, object]]) -> Maker:
    """Return a function that creates a model by name with its tuned settings, overridden by explicit ones.

    Raises:
        UnknownModel, UnknownSetting: a model or setting in `explicit` does not exist.
    """
    for name, settings in explicit.items():
        registry.create(name, **settings)
    return lambda name: found.create(name, **explicit.get(name, {}))


def reusable(base: Release, names: Iterable[str], inputs: Inputs, make: Maker) -> dict[str, Recommender]:
    """The models of a release that were fitted on these inputs with the same settings as today."""
    records = base.manifest["models"]
    return {
        name: base.model(name) for name in names if records[name].get("fitted_on") == inputs.fingerprint(make(name))
    }


def fit(
    names: Iterable[str],
    inputs: Inputs,
    make: Maker = registry.create,
    held: Mapping[str, Recommender] | None = None,
    progress: Progress = to_log,
    checkpoints: Path | None = None,
) -> Fitted:
    """Fit the models that are not in `held`.

    Args:
        names: names of models; one with a missing optional dependency is reported and skipped, unless it is alone.
        inputs: the data to fit them on.
        make: creates a model by name.
        held: models that were fitted on the same inputs before.
        progress: called for each model, and for each epoch of models that train in epochs.
        checkpoints: folder in which the latter save their state, so that a cancelled training resumes; None: not saved.

    Raises:
        MissingExtra: the only model needs an optional dependency.
    """
    names, held, fitted = list(names), held or {}, Fitted()
    for done, name in enumerate(names, start=1):
        if name in held:
            continue
        model = make(name)
        model.progress = partial_progress(progress, (done - 1) / len(names), done / len(names))
        model.checkpoint = None if checkpoints is None else checkpoints / f"{name}.safetensors"
        try:
            outcome = _fit_one(model, inputs, held, fitted)
        except MissingExtra as error:
            if len(names) == 1:
                raise
            outcome = f"left out, {error}"
        progress(f"{name}: {outcome}", done / len(names))
    return fitted


def _fit_one(model: Recommender, inputs: Inputs, held: Mapping[str, Recommender], fitted: Fitted) -> str:
    """Fit one model; return the text for the progress report."""
    began = time.perf_counter()
    model.fit(inputs.data, inputs.features, inputs.seed, ready={**held, **fitted.models})
    seconds = time.perf_counter() - began
    fitted.models[model.name] = model
    fitted.reports[model.name] = {
        "seconds": round(seconds, 3),
        "fitted_on": inputs.fingerprint(model),
        "calibration": None,
    }
    return f"trained in {seconds:.1f} s" + (f", with {changed}" if (changed := differing(model)) else "")


def since(started: float) -> str:
    """Format the seconds since a time of `time.perf_counter`, for a report."""
    return f"{time.perf_counter() - started:.1f} s"
