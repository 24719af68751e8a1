"""`recsys train`: train models into a new release, on this machine or on Spark."""

from __future__ import annotations

import json
from typing import Any

from recsys.cli.arguments import names
from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.errors import BadInput, StoreUnavailable
from recsys.settings import Settings

WITH_SPARK = "with --engine spark, for popular, item_knn, ease, als and hybrid"


@command(
    "train",
    "Train models into a new release; models that are up to date are reused.",
    "recsys train --models ease,hybrid\nrecsys train --engine spark --master 'local[*]' --ratings ratings.parquet",
    argument("--models", type=names, metavar="NAME,NAME|all", help="models to train (default: those of a first start)"),
    argument(
        "--set",
        action="append",
        metavar="MODEL.SETTING=VALUE",
        default=[],
        dest="changes",
        help="a setting that overrides the tuned one; may be repeated",
    ),
    argument(
        "--engine",
        choices=("local", "spark"),
        help="default: local, which reuses models trained on Spark; --engine local trains them again",
    ),
    argument(
        "--master",
        group=WITH_SPARK,
        help="local[*], local-cluster[2,1,1024], spark://HOST:PORT, yarn, k8s://HOST:PORT",
    ),
    argument(
        "--ratings",
        metavar="PATH",
        group=WITH_SPARK,
        help="Parquet or CSV with user_id, item_id[, rating][, timestamp], on any file system that Spark reads",
    ),
    argument(
        "--work",
        metavar="PATH",
        group=WITH_SPARK,
        help="folder for intermediate results that all workers can access",
    ),
    argument(
        "--conf",
        action="append",
        metavar="KEY=VALUE",
        default=[],
        group=WITH_SPARK,
        help="a setting of Spark, such as spark.driver.memory=8g; may be repeated",
    ),
    argument("--skip-bad", action="store_true", group=WITH_SPARK, help="skip invalid ratings"),
    argument(
        "--no-metrics",
        action="store_true",
        group=WITH_SPARK,
        help="train only, in half the time; the models then have no metrics and no match",
    ),
)
def train(
    settings: Settings,
    models: list[str] | None,
    changes: list[str],
    engine: str | None,
    master: str | None,
    ratings: str | None,
    work: str | None,
    conf: list[str],
    skip_bad: bool,
    no_metrics: bool,
) -> Result:
    """Train on this machine, or on Spark with --engine spark; tell the replicas of a shared store."""
    from recsys import release as releases
    from recsys.cli import release_list

    explicit = explicit_settings(changes)
    if engine == "spark":
        if not master or not ratings:
            missing = "--ratings" if master else "--master"
            raise BadInput(f"--engine spark needs {missing}, such as --master 'local[*]' --ratings ratings.parquet.")
        from recsys.training import spark
        from recsys.visitors.profiles import Visitors

        release = spark.train(
            settings,
            ratings,
            master,
            tuple(spark.MODELS) if models in (None, ["all"]) else models,
            to_stderr,
            work=work,
            conf=_spark_settings(conf),
            skip_bad=skip_bad,
            explicit=explicit,
            evaluated=not no_metrics,
            visitors=Visitors.of(settings),
        )
    else:
        only_spark = {"master": master, "ratings": ratings, "work": work, "conf": conf, "skip-bad": skip_bad}
        only_spark["no-metrics"] = no_metrics
        for name, value in only_spark.items():
            if value:
                raise BadInput(f"--{name} needs --engine spark.")
        release = _train_here(settings, models, explicit, replace=engine == "local")
    try:
        release_list.tell(settings, release, pinned=releases.pinned(settings.releases) is not None)
    except StoreUnavailable as error:
        to_stderr(f"{error.details} The other replicas do not know of release {release.version}.")
    return Result(
        {"version": release.version, "models": list(release.names), "path": str(release.path)},
        f"release {release.version}: {', '.join(release.names)}",
    )


def explicit_settings(texts: list[str]) -> dict[str, dict[str, Any]]:
    """Settings by model from texts of the form MODEL.SETTING=VALUE; a value is JSON, else text.

    >>> explicit_settings(["ease.reg=1.5", "als.loss=log"])
    {'ease': {'reg': 1.5}, 'als': {'loss': 'log'}}
    """
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        model, dot, name = key.strip().partition(".")
        if not (equals and dot and model and name):
            raise BadInput(f"--set {text} is not valid. Write MODEL.SETTING=VALUE, such as ease.reg=1.5.")
        try:
            found.setdefault(model, {})[name] = json.loads(value)
        except (ValueError, RecursionError):
            found.setdefault(model, {})[name] = value
    return found


def _train_here(
    settings: Settings, wanted: list[str] | None, explicit: dict[str, dict[str, Any]], replace: bool
) -> Any:
    from recsys import models
    from recsys.catalogue import building
    from recsys.training.train import train
    from recsys.visitors.profiles import Visitors

    catalogue = building.ensure(settings, to_stderr)
    visitors = Visitors.of(settings)
    chosen = models.names() if wanted == ["all"] else wanted
    return train(settings, catalogue, chosen, to_stderr, visitors, explicit=explicit, replace=replace)


def _spark_settings(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            # the text may hold a secret, so it is not repeated
            raise BadInput("--conf has no value. Write KEY=VALUE, such as spark.driver.memory=8g.")
        found[key.strip()] = value
    return found
