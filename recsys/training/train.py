"""Training: a catalogue's ratings and features in, a release out; nothing is trained twice."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from recsys import release as releases
from recsys.catalogue.database import Catalogue
from recsys.catalogue.titles import label
from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput, BrokenRelease, MissingExtra, NeedsRatings, UnknownSetting
from recsys.evaluation.calibration import calibrate
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import Release
from recsys.settings import Settings
from recsys.tuning import Tuned, differing, tuned
from recsys.visitors.profiles import Visitors

log = logging.getLogger(__name__)

Maker = Callable[[str], Recommender]
LARGE = 5_000_000  # ratings from which on only models that scale are trained by default
KEPT_RELEASES = 5
QUICK_S = 2.0


def training_data(catalogue: Catalogue, visitors: Visitors | None) -> tuple[Interactions, ItemFeatures]:
    """All ratings, profiles' included, and the features of all items, in the catalogue's order."""
    data = catalogue.interactions()
    profiles = visitors.ratings_frame() if visitors is not None else pd.DataFrame()
    if len(profiles):
        known = profiles[profiles["item_id"].isin(set(data.items.ids.tolist()))]
        if data.times is None:
            known = known.drop(columns="timestamp")
        data = Interactions.from_frame(pd.concat([data.to_frame(), known]), items=data.items.ids)
    return data, catalogue.features()


def first(catalogue: Catalogue) -> tuple[str, ...]:
    """The models that a first start trains before it serves."""
    return registry.where(scales=True) if _is_large(catalogue) else registry.where(first_start=True)


def unasked(catalogue: Catalogue) -> list[str]:
    """The models that are trained without being asked for: all that suit the ratings and their number."""
    return suited(registry.where(scales=True) if _is_large(catalogue) else registry.names(), catalogue)


def _is_large(catalogue: Catalogue) -> bool:
    return catalogue.info["n_ratings"] >= LARGE


def suited(names: Iterable[str], catalogue: Catalogue) -> list[str]:
    """The models that the ratings allow: without any, few; where all are the same, none that predicts them."""
    if not catalogue.info["n_ratings"]:
        return [name for name in names if not registry.get(name).needs_ratings]
    return [name for name in names if catalogue.info["rated"] or not registry.get(name).predicts_ratings]


def train(
    settings: Settings,
    catalogue: Catalogue,
    names: Iterable[str] | None = None,
    progress: Progress = to_log,
    visitors: Visitors | None = None,
    seed: int = 0,
    explicit: Mapping[str, Mapping[str, Any]] | None = None,
    replace: bool = False,
) -> Release:
    """Train the named models and make a release of them and of those already trained on the same items.

    A model that the current release holds with the same data and settings is kept as it is, and so is one that was
    trained elsewhere (see `recsys.spark`), which these ratings may be but a part of. Settings are those tuned
    on this data set where there are any, the class defaults otherwise.

    Args:
        names: registered models (default: those of a first start); one whose optional dependency is missing is named
            and left out, unless it is the only one asked for.
        explicit: settings by model that count more than tuned ones.
        replace: train a named model here even where it was trained elsewhere.

    Raises:
        NeedsRatings: every model asked for needs ratings and there are none.
        MissingExtra: the only model asked for needs an optional dependency.
        UnknownModel, UnknownSetting: a name or explicit setting that does not exist.
    """
    names = [registry.get(name).name for name in (first(catalogue) if names is None else names)]
    if not names:
        raise BadInput("name at least one model to train.")
    started = time.perf_counter()
    left = suited(names, catalogue)
    if not left:
        what = "ratings that differ" if catalogue.info["n_ratings"] else "ratings"
        raise NeedsRatings(
            f"{', '.join(names)} need {what} and {catalogue.info['title']} has none. "
            + " ".join(catalogue.info.get("notes") or [])
        )
    names = left
    data, features = training_data(catalogue, visitors)
    liked_at = catalogue.wording.liked_at
    progress(f"training data: {data.matrix.nnz:,} ratings of {len(data.items):,} items read in {_since(started)}")
    base, retired = _current(settings, data)
    held = base or retired
    elsewhere = _elsewhere(held, names if replace else ())
    if retired is not None:
        # A release holds models of the same data: what it had is trained again with what was asked for.
        names = list(dict.fromkeys([*(name for name in retired.names if name in registry.names()), *names]))
    asked, names = names, [name for name in names if name not in elsewhere]
    make = maker(tuned(settings, catalogue.info), explicit or {})
    models, reports = fit(names, data, features, progress, base, seed, liked_at, make)
    if not models and (base is not None or elsewhere):
        progress(f"nothing to train: release {held.version} holds {', '.join(asked)} for the same data and settings")
        return held
    if base is not None:
        release = releases.add(base, models, reports)
    else:
        # a push that would carry what visitors rated looks at n_profiles
        n_profiles = len(data.users) - catalogue.info["n_users"]
        info = {**catalogue.info, "data_digest": data.digest, "n_profiles": n_profiles}
        titles = [label(item["title"], item.get("year")) for item in catalogue.items(data.items.ids.tolist())]
        release = releases.write(
            settings.releases,
            catalogue=catalogue.info["catalogue"],
            info=info,
            models={**{name: held.model(name) for name in elsewhere}, **models},
            titles=titles,
            reports={**elsewhere, **reports},
        )
    releases.prune(settings.releases, KEPT_RELEASES)
    progress(f"release {release.version} with {len(release.names)} models written; all in {_since(started)}")
    return release


def fit(
    names: Iterable[str],
    data: Interactions,
    features: ItemFeatures,
    progress: Progress = to_log,
    base: Release | None = None,
    seed: int = 0,
    liked_at: float | None = None,
    make: Maker = registry.create,
) -> tuple[dict[str, Recommender], dict[str, dict[str, Any]]]:
    """Fit each model that `base` does not hold already; returns models and reports by name."""
    models: dict[str, Recommender] = {}
    reports: dict[str, dict[str, Any]] = {}
    names, kept = list(names), _reusable(base, data, features, seed, make)
    for name in names:
        if name in kept:
            continue
        model = make(name)
        began = time.perf_counter()
        try:
            model.fit(data, features, seed, ready={**kept, **models})
        except MissingExtra as error:
            if len(names) == 1:
                raise
            progress(f"{name}: left out, {error}")
            continue
        seconds = time.perf_counter() - began
        # calibrating takes a fit of its own; of slow models it waits for their measurement, which has one to lend
        quick = data.matrix.nnz and seconds < QUICK_S
        calibration = calibrate(model, data, features, seed, liked_at) if quick else None
        models[name] = model
        reports[name] = {
            "seconds": round(seconds, 3),
            "fitted_on": _fingerprint(model, data, features, seed),
            "calibration": None if calibration is None else calibration.to_dict(),
        }
        progress(
            f"{name}: trained in {seconds:.1f} s"
            + (f", calibrated in {_since(began + seconds)}" if quick else "")
            + (f", with {changed}" if (changed := differing(model)) else "")
        )
    return models, reports


def loads(release: Release, name: str) -> bool:
    """Whether a model of a release can be served by this version of the program; an older one's may not fit."""
    try:
        release.model(name)
    except (BrokenRelease, UnknownSetting) as error:
        log.warning("%s", error)
        return False
    return True


def _elsewhere(held: Release | None, replaced: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Records of the models in a release that another engine has trained and that are not to be replaced."""
    if held is None:
        return {}
    records = held.manifest["models"]
    return {
        name: records[name]
        for name in held.names
        if records[name].get("engine") and name not in replaced and name in registry.names() and loads(held, name)
    }


def maker(found: Tuned, explicit: Mapping[str, Mapping[str, Any]]) -> Maker:
    """What makes a model by name, with tuned settings under explicit ones.

    Raises:
        UnknownModel, UnknownSetting: explicit settings of no model, or that it does not have.
    """
    for name, settings in explicit.items():
        registry.create(name, **settings)
    return lambda name: found.create(name, **explicit.get(name, {}))


def _reusable(
    base: Release | None, data: Interactions, features: ItemFeatures, seed: int, make: Maker
) -> dict[str, Recommender]:
    """Models of a release that were fitted on this very data with the settings they would have today."""
    if base is None:
        return {}
    records = base.manifest["models"]
    return {
        name: base.model(name)
        for name in base.names
        if name in registry.names()
        and records[name].get("fitted_on") == _fingerprint(make(name), data, features, seed)
        and loads(base, name)
    }


def _fingerprint(model: Recommender, data: Interactions, features: ItemFeatures, seed: int) -> str:
    settings = json.dumps(model.settings, sort_keys=True, default=str)
    known = features.digest if model.uses_features else ""
    return hashlib.sha256("\n".join([model.name, settings, data.digest, known, str(seed)]).encode()).hexdigest()


def _current(settings: Settings, data: Interactions) -> tuple[Release | None, Release | None]:
    """The current release where it was trained on this very data; as the second where only its columns are the same."""
    try:
        current = releases.current(settings.releases)
    except BrokenRelease as error:
        log.warning("%s A new release is trained.", error)
        return None, None
    if current is None or current.items != data.items:
        return None, None
    return (current, None) if current.info.get("data_digest") == data.digest else (None, current)


def _since(started: float) -> str:
    return f"{time.perf_counter() - started:.1f} s"
