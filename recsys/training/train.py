"""Train models on a catalogue's ratings and features, reuse models that are up to date, and write a release."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recsys import release as releases
from recsys.catalogue.database import Catalogue
from recsys.catalogue.titles import label
from recsys.data import Interactions
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput, BrokenRelease, NeedsRatings, listing
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import Release
from recsys.settings import Settings
from recsys.training import calibrating
from recsys.training.choice import estimated_seconds, in_words, startup_models, suitable_models
from recsys.training.fitting import Fitted, Inputs, Maker, fit, maker, reusable, since
from recsys.tuning import tuned
from recsys.visitors.profiles import Visitors

log = logging.getLogger(__name__)

KEPT_RELEASES = 5


def train(
    settings: Settings,
    catalogue: Catalogue,
    names: Iterable[str] | None = None,
    progress: Progress = to_log,
    visitors: Visitors | None = None,
    *,
    seed: int = 0,
    explicit: Mapping[str, Mapping[str, Any]] | None = None,
    replace: bool = False,
    only: bool = False,
    calibrate_later: bool = False,
) -> Release:
    """Train models and write a release with them and with the models already trained on the same items.

    A model of the current release with the same data and settings is reused, and so is a model that was trained on
    Spark, perhaps on more ratings. Settings are those tuned on this data set, else the defaults.

    Args:
        settings: locations of releases and tuned settings.
        catalogue: the ratings and features.
        names: registered models (default: those of a first start); a model with a missing optional dependency is
            reported and skipped, unless it is the only one.
        progress: called for each step.
        visitors: profiles with ratings to train on too.
        seed: seed of all random choices.
        explicit: settings by model that override tuned ones.
        replace: train a named model here even if Spark has trained it.
        only: train the named models and no other. If there are newer ratings, the others stay as they were trained
            before; by default they are trained again, because a release is of one data set.
        calibrate_later: mark the models to calibrate as pending, because a page waits for the release.

    Raises:
        NeedsRatings: all named models need ratings, and there are none.
        MissingExtra: the only named model needs a missing optional dependency.
        UnknownModel, UnknownSetting: a name or explicit setting does not exist.
    """
    started = time.perf_counter()
    names = _checked(startup_models(catalogue) if names is None else names, catalogue)
    inputs = Inputs.read(catalogue, visitors, seed)
    data = inputs.data
    progress(f"training data: {data.matrix.nnz:,} ratings of {len(data.items):,} items read in {since(started)}")
    current = _Current.read(settings, data, names if replace else ())
    if current.unusable:
        progress(f"release {current.version} has models that cannot be used: {listing(current.unusable)}")
    again = [name for name in current.again if not only or name in current.unusable]
    requested = list(dict.fromkeys([*again, *names]))
    make = maker(tuned(settings, catalogue.info), explicit or {})
    held = current.reusable(inputs, make)
    for name in requested:
        if name not in held and (seconds := estimated_seconds(name, catalogue)) is not None:
            progress(f"{name}: training takes {in_words(seconds)}")
    missing = [name for name in requested if name not in current.elsewhere]
    fitted = fit(missing, inputs, make, held, progress, settings.data_dir / "checkpoints")
    staying = current.records_beside(fitted) if only else {}
    calibrating.complete(fitted, inputs, progress, staying, later=calibrate_later)
    release = current.release
    if release is not None and not fitted.models and not current.unusable and (current.same_data or current.elsewhere):
        progress(
            f"nothing to train: release {release.version} has {', '.join(requested)} for the same data and settings"
        )
        return release if calibrate_later else calibrating.calibrate_pending(release, inputs, progress)
    if release is not None and current.same_data and not current.unusable:
        release = releases.add(release, fitted.models, fitted.reports)
    else:
        release = _write(settings, catalogue, data, current, fitted, only)
    if not calibrate_later:
        release = calibrating.calibrate_pending(release, inputs, progress)
    releases.prune(settings.releases, KEPT_RELEASES)
    progress(f"release {release.version} with {len(release.names)} models written; {since(started)} in all")
    return release


def _checked(names: Iterable[str], catalogue: Catalogue) -> list[str]:
    """The named models that can learn from the ratings.

    Raises:
        BadInput, UnknownModel, NeedsRatings: there are no names, a name is unknown, or no model suits the data.
    """
    names = [registry.get(name).name for name in names]
    if not names:
        raise BadInput("Name at least one model to train.")
    suitable = suitable_models(names, catalogue)
    if not suitable:
        what = "ratings that differ" if catalogue.info["n_ratings"] else "ratings"
        message = f"{', '.join(names)} cannot be trained: {catalogue.info['title']} has no {what}."
        raise NeedsRatings(" ".join([message, *(catalogue.info.get("notes") or [])]))
    return suitable


@dataclass(frozen=True)
class _Current:
    """The current release and facts about it that training needs.

    Attributes:
        release: the release; None if it has other items.
        same_data: whether it was trained on exactly the same ratings.
        unusable: its models that cannot answer in this version of the program.
        elsewhere: reports of its models that were trained on Spark and stay.
    """

    release: Release | None = None
    same_data: bool = False
    unusable: tuple[str, ...] = ()
    elsewhere: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: Settings, data: Interactions, replaced: Iterable[str]) -> _Current:
        """Read the current release.

        Args:
            settings: location of the release.
            data: the ratings to train on.
            replaced: models that are trained here even if they were trained on Spark.
        """
        try:
            release = releases.current(settings.releases)
        except BrokenRelease as error:
            log.warning("%s A new release is trained.", error)
            return cls()
        if release is None or release.items != data.items:
            return cls()
        unusable, records = tuple(releases.unusable_models(release)), release.manifest["models"]
        elsewhere = {
            name: records[name]
            for name in release.names
            if records[name].get("engine") and name not in (*replaced, *unusable)
        }
        return cls(release, release.info.get("data_digest") == data.digest, unusable, elsewhere)

    @property
    def version(self) -> str:
        """The version of the release, for reports."""
        return self.release.version if self.release is not None else ""

    @property
    def again(self) -> list[str]:
        """The models to train again: all if the ratings have changed, because a release belongs to one data set."""
        if self.release is None:
            return []
        names = self.unusable if self.same_data else self.release.names
        return [name for name in names if name in registry.names()]

    def reusable(self, inputs: Inputs, make: Maker) -> dict[str, Recommender]:
        """Models of the release that need not be trained again."""
        if self.release is None or not self.same_data:
            return {}
        return reusable(self.release, self._usable, inputs, make)

    def staying(self, older: bool) -> dict[str, Recommender]:
        """Its models that a new release takes over, if they are not trained again.

        Args:
            older: whether also those that were trained on other ratings of the same items.
        """
        if self.release is None:
            return {}
        names = self._usable if self.same_data or older else self.elsewhere
        return {name: self.release.model(name) for name in names}

    def records_beside(self, fitted: Fitted) -> dict[str, dict[str, Any]]:
        """Records of its models that are not fitted again."""
        records = {} if self.release is None else self.release.manifest["models"]
        return {name: record for name, record in records.items() if name not in fitted.models}

    @property
    def _usable(self) -> list[str]:
        return [] if self.release is None else [name for name in self.release.names if name not in self.unusable]


def _write(
    settings: Settings, catalogue: Catalogue, data: Interactions, current: _Current, fitted: Fitted, only: bool
) -> Release:
    staying = current.staying(only)
    older = {} if current.same_data else {name: model for name, model in staying.items() if name not in fitted.models}
    before = current.release.info if current.release is not None and only and older else {}
    # A push must not send models with visitors' ratings; n_profiles shows whether there are any.
    n_profiles = max(len(data.users) - catalogue.info["n_users"], before.get("n_profiles", 0))
    # A release that still has models of older ratings keeps their digest, so that the next training updates all.
    digest = before.get("data_digest", data.digest)
    records = current.release.manifest["models"] if current.release is not None else {}
    return releases.write(
        settings.releases,
        catalogue=catalogue.info["catalogue"],
        info={**catalogue.info, "data_digest": digest, "n_profiles": n_profiles},
        models={**staying, **fitted.models},
        titles=[label(item["title"], item.get("year")) for item in catalogue.items(data.items.ids.tolist())],
        reports={**{name: records[name] for name in staying}, **fitted.reports},
    )
