"""Train models on Spark and write them into a release with the existing models."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

from recsys import release as releases
from recsys.catalogue import building
from recsys.catalogue.database import Catalogue
from recsys.catalogue.titles import label
from recsys.data import IdMap
from recsys.data.progress import Progress, to_log
from recsys.errors import BadData, BadInput, BrokenRelease, listing
from recsys.models.base import Recommender
from recsys.release import Release
from recsys.settings import Settings
from recsys.training.fitting import maker
from recsys.training.spark import als, ease, holdout, hybrid, measuring, neighbours, popular, ratings, reading, session
from recsys.training.spark.model import OnSpark
from recsys.training.train import KEPT_RELEASES
from recsys.tuning import Tuned, tuned
from recsys.visitors.profiles import Visitors

log = logging.getLogger(__name__)

ENGINE = "spark"
MODELS: dict[str, type[OnSpark]] = {
    model.name: model
    for model in (popular.SparkPopular, neighbours.SparkItemKnn, ease.SparkEase, als.SparkAls, hybrid.SparkHybrid)
}


def train(
    settings: Settings,
    path: str,
    master: str,
    names: Iterable[str] = tuple(MODELS),
    progress: Progress = to_log,
    *,
    work: str | None = None,
    conf: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    explicit: Mapping[str, Mapping[str, Any]] | None = None,
    evaluated: bool = True,
    visitors: Visitors | None = None,
    seed: int = 0,
) -> Release:
    """Train models on Spark and write a release with them and with the current release's models of the same catalogue.

    If there is a catalogue database, its items are the columns and the app can serve the release; otherwise the items
    are those of the ratings.

    Args:
        settings: locations of the database and the releases.
        path: ratings as Parquet or CSV, on any file system that Spark supports.
        master, work, conf: see `session.opened`.
        names: names of MODELS.
        progress: called for each step.
        skip_bad: skip invalid rows instead of refusing the data.
        explicit: settings by model that override tuned ones.
        evaluated: whether to fit each model once more without a part of the ratings, for its metrics and `match`.
        visitors: profiles with ratings to train on too, if there is a catalogue database.
        seed: seed of the random start and of the split.

    Raises:
        BadInput: Spark does not train one of the models, or the master is illegal.
        MissingExtra, SparkFailed: Spark is missing, could not be started or failed.
        SourceError, BadData: the ratings cannot be read or used.
        UnknownModel, UnknownSetting: a model or setting in `explicit` does not exist.
    """
    names = list(dict.fromkeys(names))
    if not names or set(names) - set(MODELS):
        raise BadInput(
            f"Spark trains {listing(MODELS)}, not {listing(n for n in names if n not in MODELS) or 'nothing'}."
        )
    began = time.perf_counter()
    session.check(master, work, conf or {})
    catalogue = building.ensure(settings, progress) if settings.database.exists() else None
    make = maker(Tuned("") if catalogue is None else tuned(settings, catalogue.info), explicit or {})

    def unfitted(name: str) -> OnSpark:
        return _unfitted(name, make(name).settings, (explicit or {}).get(name, {}))

    for name in names:
        unfitted(name)  # so that a wrong setting is an error before Spark starts
    models, reports = {}, {}
    with session.opened(master, work, conf, progress) as spark:
        rows = reading.read(spark, path)
        items = reading.item_ids(spark, rows) if catalogue is None else catalogue.ids
        n_profiles = 0
        if catalogue is not None and visitors is not None:
            profiles = visitors.ratings_frame()
            n_profiles = profiles["user_id"].nunique()
            rows = reading.with_profiles(spark, rows, profiles, items)
        data = ratings.numbered(spark, reading.check(spark, rows, items, skip_bad=skip_bad))
        held = _held_out(data, seed) if evaluated else None
        features, liked_at = (None, None) if catalogue is None else (catalogue.features(), catalogue.wording.liked_at)
        for name in names:
            started = time.perf_counter()
            models[name] = unfitted(name).fit(data, features, seed)
            reports[name] = _report(data, time.perf_counter() - started)
            if held is not None:
                reports[name] |= measuring.measured(unfitted(name), held, features, liked_at, seed)
    release = _write(settings, catalogue, data, models, reports, n_profiles)
    releases.prune(settings.releases, KEPT_RELEASES)
    progress(
        f"release {release.version} with {len(release.names)} models written; "
        f"all in {time.perf_counter() - began:.1f} s"
    )
    if catalogue is None:
        progress("the app cannot serve it without a catalogue of the same items; build the catalogue, then train again")
    return release


def _unfitted(name: str, settings: Mapping[str, Any], explicit: Mapping[str, Any]) -> OnSpark:
    # settings with another meaning on Spark are neither the local defaults nor the ones tuned locally
    kind = MODELS[name]
    return kind(**{**settings, **kind.spark_defaults, **{k: explicit[k] for k in kind.spark_defaults if k in explicit}})


def _held_out(data: ratings.Ratings, seed: int) -> holdout.Holdout | None:
    try:
        return holdout.split(data, seed)
    except BadData as error:
        data.session.progress(str(error))
        return None


def _report(data: ratings.Ratings, seconds: float) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 3),
        "engine": ENGINE,
        "learnt_from": {"ratings": data.n_ratings, "users": len(data.users), "digest": data.digest},
    }


def _write(
    settings: Settings,
    catalogue: Catalogue | None,
    data: ratings.Ratings,
    models: Mapping[str, Recommender],
    reports: Mapping[str, dict],
    n_profiles: int,
) -> Release:
    base = _current(settings, catalogue, data.items)
    if base is not None:
        return releases.add(base, models, reports)
    counts = {"n_items": len(data.items), "n_users": len(data.users), "n_ratings": data.n_ratings}
    info: dict[str, Any] = {"title": "own ratings", "redistributable": False, "digest": data.digest}
    name, titles = settings.catalogue_name, data.items.ids.tolist()
    if catalogue is not None:
        info, name = catalogue.info, catalogue.info["catalogue"]
        titles = [label(item["title"], item.get("year")) for item in catalogue.items(titles)]
    return releases.write(
        settings.releases,
        catalogue=name,
        info={**info, **counts, "data_digest": data.digest, "n_profiles": n_profiles},
        models=models,
        titles=titles,
        reports=reports,
    )


def _current(settings: Settings, catalogue: Catalogue | None, items: IdMap) -> Release | None:
    """The current release if it belongs to this catalogue, otherwise None."""
    try:
        current = releases.current(settings.releases)
    except BrokenRelease as error:
        log.warning("%s A new release is written.", error)
        return None
    if current is None or catalogue is None or current.items != items:
        return None
    return current if current.info.get("digest") == catalogue.info["digest"] else None
