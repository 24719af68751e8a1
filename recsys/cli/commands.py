"""The command line: each command a thin call into the package; results on stdout, progress on stderr."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recsys.cli.options import parser
from recsys.data.progress import to_stderr
from recsys.errors import BadData, BadInput, BadSetting, RecsysError
from recsys.settings import CATALOGUES, Settings

if TYPE_CHECKING:
    from recsys.release import Release

OK, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 (failed, one sentence on stderr) or 2 (usage)."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    options = parser(RUNS).parse_args(arguments)
    try:
        from recsys.runtime.startup import one_blas_thread

        one_blas_thread()
        options.run(Settings.from_env(), options)
    except RecsysError as error:
        print(f"recsys {options.command}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
    except KeyboardInterrupt:
        print(f"recsys {options.command}: interrupted; nothing half-written is kept.", file=sys.stderr)
        return FAILED
    return OK


# -- commands -----------------------------------------------------------------------------------


def _build(settings: Settings, options: argparse.Namespace) -> None:
    from pathlib import Path

    from recsys.catalogue import building

    if options.check is not None:
        return _check(options)
    settings = _changed(settings, dataset=options.dataset, catalogue=options.catalogue)
    if options.skip_bad and settings.catalogue in CATALOGUES:
        raise BadInput(
            f"--skip-bad is for tables of your own: name their folder with --catalogue, not {settings.catalogue}."
        )
    catalogue = building.build(
        settings, to_stderr, db=Path(options.db) if options.db else None, skip_bad=options.skip_bad
    )
    info = catalogue.info
    _show(
        options,
        info,
        f"{info['title']}: {info['n_items']:,} items, {info['n_users']:,} users, {info['n_ratings']:,} ratings "
        f"in {catalogue.path}",
    )


def _check(options: argparse.Namespace) -> None:
    from pathlib import Path

    from recsys.catalogue.sources import tables

    report = tables.check(Path(options.check).expanduser(), to_stderr)
    if not report.ok:
        if options.json:
            print(json.dumps(report.to_dict(), ensure_ascii=False, indent=1))
        raise BadData(report.text())
    _show(options, report.to_dict(), report.text())


def _enrich(settings: Settings, options: argparse.Namespace) -> None:
    from recsys.catalogue import building
    from recsys.catalogue.tmdb import Tmdb

    with closing(Tmdb(settings)) as tmdb:
        if tmdb.problem:
            raise BadSetting(tmdb.problem)
        catalogue = building.ensure(settings, to_stderr)
        if catalogue.wording.images != "tmdb":
            raise BadInput(f"TMDb knows films only and has nothing about {catalogue.info['title']}.")
        items = catalogue.popular(options.n)
        counts = tmdb.enrich(items, to_stderr)
    _show(
        options,
        {"asked": len(items), **counts},
        f"TMDb knows {counts['found']:,} of {len(items):,} {catalogue.wording.items}",
    )


def _train(settings: Settings, options: argparse.Namespace) -> None:
    from recsys import models
    from recsys.catalogue import building
    from recsys.training.train import train
    from recsys.visitors.profiles import Visitors

    explicit = _explicit(options.set)
    if options.engine == "spark":
        release = _train_on_spark(settings, options, explicit)
    else:
        _only_with_spark(options)
        names = options.models and (models.names() if options.models == "all" else _names(options.models))
        catalogue = building.ensure(settings, to_stderr)
        visitors = Visitors.open(settings.visitors_database, settings.catalogue_name)
        replace = options.engine == "local"
        release = train(settings, catalogue, names, to_stderr, visitors, explicit=explicit, replace=replace)
    _show(
        options,
        {"version": release.version, "models": list(release.names), "path": str(release.path)},
        f"release {release.version}: {', '.join(release.names)}",
    )


def _train_on_spark(settings: Settings, options: argparse.Namespace, explicit: dict[str, dict[str, Any]]) -> Release:
    from recsys.training import spark

    for name, value in (("--master", options.master), ("--ratings", options.ratings)):
        if not value:
            raise BadInput(f"--engine spark needs {name}, such as --master 'local[*]' --ratings ratings.parquet.")
    conf = {}
    for pair in options.conf:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise BadInput("--conf without a value: write KEY=VALUE, such as spark.driver.memory=8g.")
        conf[key.strip()] = value
    names = tuple(spark.MODELS) if options.models in (None, "all") else _names(options.models)
    return spark.train(
        settings,
        options.ratings,
        options.master,
        names,
        to_stderr,
        work=options.work,
        conf=conf,
        skip_bad=options.skip_bad,
        explicit=explicit,
    )


def _only_with_spark(options: argparse.Namespace) -> None:
    for name in ("master", "ratings", "work", "conf", "skip_bad"):
        if getattr(options, name):
            raise BadInput(f"--{name.replace('_', '-')} is for --engine spark.")


def _tune(settings: Settings, options: argparse.Namespace) -> None:
    from pathlib import Path

    from recsys.catalogue import building
    from recsys.models import registry
    from recsys.models.config import search_space
    from recsys.tuning import search

    kinds = {name: registry.get(name) for name in registry.where(first_start=True)}
    # what content weighs answers Similar as well, which no ratings judge
    able = [name for name, kind in kinds.items() if search_space(kind.Config) and kind.family != "content-based"]
    names = _names(options.models) or able
    catalogue = building.ensure(settings, to_stderr)
    folder = Path(options.out).expanduser() if options.out else None
    found = search(settings, catalogue, names, options.budget, options.seed, folder, to_stderr)
    lines = [f"{name}: {record['note']}; {_listed(record['settings'])}" for name, record in found["models"].items()]
    _show(options, found, "\n".join([*lines, f"kept in {found['path']}; train uses it from now on"]))


def _evaluate(settings: Settings, options: argparse.Namespace) -> None:
    from recsys.catalogue import building
    from recsys.evaluation import baselines, table
    from recsys.training.measure import measure

    catalogue = building.ensure(settings, to_stderr)
    evaluation = measure(
        settings,
        catalogue,
        options.split,
        _names(options.models),
        options.seeds,
        to_stderr,
        options.first_seed,
        options.against or "",
        options.pairs,
    )
    result, text = evaluation.to_dict(), table.render(evaluation)
    if options.against and options.split != "ratings":
        result["paired"] = lines = baselines.paired(evaluation)
        text += f"\n\nOn the same users of the same splits [95 % interval over users]:\n{baselines.render(lines)}"
    _show(options, result, text)


def _similar(settings: Settings, options: argparse.Namespace) -> None:
    from recsys.models.content_based.content import Content

    service = _service(settings)
    _show_list(options, service.similar(options.title, options.n, options.model or Content.name))


def _recommend(settings: Settings, options: argparse.Namespace) -> None:
    service = _service(settings)
    _show_list(options, service.recommend(options.user_id, options.n, options.model))


def _push(settings: Settings, options: argparse.Namespace) -> None:
    from recsys import hub, release
    from recsys.catalogue import building

    current = release.current(settings.releases)
    if current is None:
        raise BadInput("there is no release to push yet: train one with python -m recsys train.")
    database = None
    if options.with_data:
        database = building.ensure(settings, to_stderr).path
    result = hub.push(
        current,
        options.repo,
        token=settings.hf_token,
        endpoint=settings.hub_endpoint,
        private=options.private,
        tag=options.tag,
        database=database,
        include_ratings=options.with_ratings,
        progress=to_stderr,
    )
    _show(
        options,
        result,
        f"pushed {current.version} to {result['url']} as commit {result['commit']}, tag {result['tag']}",
    )


def _pull(settings: Settings, options: argparse.Namespace) -> None:
    from recsys import hub
    from recsys import release as releases

    release = hub.pull(
        options.repo,
        settings.releases,
        revision=options.revision,
        token=settings.hf_token,
        endpoint=settings.hub_endpoint,
        progress=to_stderr,
    )
    releases.unpin(settings.releases)  # who asks for another release wants it at the next start as well
    _show(
        options,
        {
            "version": release.version,
            "models": list(release.names),
            "path": str(release.path),
            "revision": release.revision,
        },
        f"pulled {release.version} with {', '.join(release.names)}; it is served from the next start on",
    )


def _releases(settings: Settings, options: argparse.Namespace) -> None:
    from recsys import release
    from recsys.cli import releases as history

    root = settings.releases
    if options.compare:
        rows = history.compared(settings, *options.compare, repo=options.hub)
        _show(options, rows, history.text_of_changes(rows))
        return
    if options.hub:
        if options.switch or options.pin or options.unpin or options.roll_back:
            raise BadInput("only what is here can be switched to: pull it first, or pin it with RECSYS_HUB_REVISION.")
        tags = history.on_hub(settings, options.hub)
        text = "\n".join(f"{tag['tag']}  {(tag['date'] or '')[:16].replace('T', ' ')}  {tag['commit']}" for tag in tags)
        _show(options, tags, text or f"{options.hub} has no tagged release")
        return
    if options.switch:
        release.switch(root, options.switch)
    elif options.pin:
        release.pin(root, options.pin)
    elif options.roll_back:
        history.roll_back(settings)
    elif options.unpin:
        release.unpin(root)
    lines = history.here(settings)
    _show(options, lines, history.text_of_versions(lines))


def _info(settings: Settings, options: argparse.Namespace) -> None:
    about = _service(settings).about()
    counts, release = about["counts"], about["release"]
    kept = settings.feedback_dir or settings.feedback_repo
    lines = [
        f"{about['title']} ({about['dataset']}): {counts['items']:,} items, {counts['users']:,} users, "
        f"{counts['ratings']:,} ratings, from {about['source']}",
        f"licence: {about['licence']}",
        f"release {release['version']}: {', '.join(release['models'])}",
        "configured: "
        + (", ".join(name for name, on in about["services"].items() if on) or "nothing beyond this machine"),
        f"profiles and feedback are kept in {kept}, every {settings.feedback_minutes:g} minutes"
        if kept
        else f"profiles and feedback are kept in {settings.visitors_database}",
        *about["notes"],
    ]
    _show(options, about, "\n".join(lines))


# -- pieces -------------------------------------------------------------------------------------


def _service(settings: Settings):
    from recsys.runtime.startup import ready

    service = ready(settings, to_stderr)
    service.events.enabled = False  # who asks here runs the service; activity is about its visitors
    return service


def _changed(settings: Settings, **changes: str | None) -> Settings:
    settings = replace(settings, **{name: value for name, value in changes.items() if value is not None})
    settings.check()
    return settings


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def _explicit(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Settings by model from texts such as ease.reg=1.5."""
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        model, dot, name = key.strip().partition(".")
        if not (equals and dot and model and name):
            raise BadInput(f"--set {text}: write MODEL.SETTING=VALUE, such as ease.reg=1.5.")
        try:
            found.setdefault(model, {})[name] = json.loads(value)
        except json.JSONDecodeError:
            found.setdefault(model, {})[name] = value
    return found


def _listed(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _show(options: argparse.Namespace, result: Any, text: str) -> None:
    print(json.dumps(result, ensure_ascii=False, indent=1, default=str) if options.json else text)


def _show_list(options: argparse.Namespace, lines: list[dict[str, Any]]) -> None:
    from recsys.serving.cards import RECOMMENDATION, label, only

    text = "\n".join(f"{line['rank']:>3}  {label(line)}  –  {line['reason']}" for line in lines)
    _show(options, [only(line, RECOMMENDATION) for line in lines], text)


RUNS = {
    "build": _build,
    "enrich": _enrich,
    "train": _train,
    "tune": _tune,
    "evaluate": _evaluate,
    "similar": _similar,
    "recommend": _recommend,
    "push": _push,
    "pull": _pull,
    "releases": _releases,
    "info": _info,
}
