"""The command line: each command a thin call into the package; results on stdout, progress on stderr."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from recsys.errors import BadData, BadInput, RecsysError
from recsys.settings import CATALOGUES, Settings

OK, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 (failed, one sentence on stderr) or 2 (usage)."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        from recsys.prepare import one_blas_thread

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


def say(line: str) -> None:
    """One line of progress on stderr."""
    print(line, file=sys.stderr, flush=True)


# -- commands -----------------------------------------------------------------------------------


def _build(settings: Settings, options: argparse.Namespace) -> None:
    from pathlib import Path

    from recsys import build

    if options.check is not None:
        return _check(options)
    settings = _changed(settings, dataset=options.dataset, catalogue=options.catalogue)
    if options.skip_bad and settings.catalogue in CATALOGUES:
        raise BadInput(
            f"--skip-bad is for tables of your own: name their folder with --catalogue, not {settings.catalogue}."
        )
    catalogue = build.build(settings, say, db=Path(options.db) if options.db else None, skip_bad=options.skip_bad)
    info = catalogue.info
    _show(
        options, info,
        f"{info['title']}: {info['n_items']:,} items, {info['n_users']:,} users, {info['n_ratings']:,} ratings "
        f"in {catalogue.path}",
    )  # fmt: skip


def _check(options: argparse.Namespace) -> None:
    from pathlib import Path

    from recsys.sources import tables

    report = tables.check(Path(options.check).expanduser(), say)
    if not report.ok:
        if options.json:
            print(json.dumps(report.to_dict(), ensure_ascii=False, indent=1))
        raise BadData(report.text())
    _show(options, report.to_dict(), report.text())


def _enrich(settings: Settings, options: argparse.Namespace) -> None:
    from recsys import build
    from recsys.tmdb import Tmdb

    if not settings.tmdb_api_key:
        raise BadInput("TMDB_API_KEY is not set: put a v3 key or a v4 read token into the environment or .env.")
    catalogue = build.ensure(settings, say)
    items = catalogue.popular(options.n)
    found = Tmdb(settings).enrich(items, say)
    _show(options, {"asked": len(items), "found": found}, f"TMDb knows {found:,} of {len(items):,} items")


def _train(settings: Settings, options: argparse.Namespace) -> None:
    from recsys import build, models
    from recsys.train import FIRST, train
    from recsys.visitors import Visitors

    names = FIRST if options.models is None else models.names() if options.models == "all" else _names(options.models)
    catalogue = build.ensure(settings, say)
    visitors = Visitors.open(settings.visitors_database, settings.catalogue_name)
    release = train(settings, catalogue, names, say, visitors)
    _show(
        options, {"version": release.version, "models": list(release.names), "path": str(release.path)},
        f"release {release.version}: {', '.join(release.names)}",
    )  # fmt: skip


def _tune(settings: Settings, options: argparse.Namespace) -> None:
    from pathlib import Path

    from recsys import build
    from recsys.models import registry
    from recsys.models.config import search_space
    from recsys.train import FIRST
    from recsys.tuned import search

    names = _names(options.models) or [name for name in FIRST if search_space(registry.get(name).Config)]
    catalogue = build.ensure(settings, say)
    folder = Path(options.out).expanduser() if options.out else None
    found = search(settings, catalogue, names, options.budget, options.seed, folder, say)
    lines = [f"{name}: {record['note']}; {_listed(record['settings'])}" for name, record in found["models"].items()]
    _show(options, found, "\n".join([*lines, f"kept in {found['path']}; train uses it from now on"]))


def _evaluate(settings: Settings, options: argparse.Namespace) -> None:
    from recsys import build
    from recsys.evaluation import table
    from recsys.measure import measure

    catalogue = build.ensure(settings, say)
    evaluation = measure(settings, catalogue, options.split, _names(options.models), options.seeds, say)
    _show(options, evaluation.to_dict(), table.render(evaluation))


def _similar(settings: Settings, options: argparse.Namespace) -> None:
    service = _service(settings)
    _show_list(options, service.similar(options.title, options.n, options.model))


def _recommend(settings: Settings, options: argparse.Namespace) -> None:
    service = _service(settings)
    _show_list(options, service.recommend(options.user_id, options.n, options.model))


def _push(settings: Settings, options: argparse.Namespace) -> None:
    from recsys import build, hub, release

    current = release.current(settings.releases)
    if current is None:
        raise BadInput("there is no release to push yet: train one with python -m recsys train.")
    database = None
    if options.with_data:
        database = build.ensure(settings, say).path
    result = hub.push(
        current, options.repo, token=settings.hf_token, endpoint=settings.hub_endpoint, private=options.private,
        tag=options.tag, database=database, include_ratings=options.with_ratings, progress=say,
    )  # fmt: skip
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
        progress=say,
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
    from recsys import history, release

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
    from recsys.prepare import ready

    service = ready(settings, say)
    service.events.enabled = False  # who asks here runs the service; activity is about its visitors
    return service


def _changed(settings: Settings, **changes: str | None) -> Settings:
    settings = replace(settings, **{name: value for name, value in changes.items() if value is not None})
    settings.check()
    return settings


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def _listed(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _show(options: argparse.Namespace, result: Any, text: str) -> None:
    print(json.dumps(result, ensure_ascii=False, indent=1, default=str) if options.json else text)


def _show_list(options: argparse.Namespace, lines: list[dict[str, Any]]) -> None:
    from recsys.cards import RECOMMENDATION, label, only

    text = "\n".join(f"{line['rank']:>3}  {label(line)}  –  {line['reason']}" for line in lines)
    _show(options, [only(line, RECOMMENDATION) for line in lines], text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recsys", description="Recommenders from raw ratings to a hosted page.",
        epilog="Settings come from the environment and .env; see the README.",
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable, summary: str, example: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=summary, description=summary, epilog=f"example:\n{textwrap.indent(example, '  ')}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        command.add_argument("--json", action="store_true", help="print the result as JSON")
        command.set_defaults(run=run)
        return command

    build = add(
        "build", _build, "Read the raw data and build the database anew.",
        "python -m recsys build --dataset ml-latest-small\npython -m recsys build --check my-catalogue",
    )  # fmt: skip
    build.add_argument("--dataset", metavar="NAME|DIR", help="a data set's name, or a folder or zip holding its files")
    build.add_argument("--catalogue", metavar="films|courses|DIR",
                       help="which catalogue, or a folder of tables (default: RECSYS_CATALOGUE)")  # fmt: skip
    build.add_argument("--check", metavar="DIR", help="say what is wrong with the tables of a folder; build nothing")
    build.add_argument("--skip-bad", action="store_true", help="leave out rows of own tables that cannot be used")
    build.add_argument("--db", metavar="PATH", help="where to write it (default: in RECSYS_DATA_DIR)")

    enrich = add(
        "enrich", _enrich, "Fetch posters, overviews and trailers from TMDb into the cache.",
        "TMDB_API_KEY=… python -m recsys enrich -n 500",
    )  # fmt: skip
    enrich.add_argument("-n", type=_positive, default=1000, help="how many of the most rated items (default 1000)")

    train = add(
        "train", _train, "Train models into a new release; what is trained already is kept.",
        "python -m recsys train --models ease,hybrid",
    )  # fmt: skip
    train.add_argument("--models", metavar="NAME,NAME|all", help="which (default: those that the page answers with)")

    tune = add(
        "tune", _tune, "Search the settings of models for this data set; train and evaluate use what is found.",
        "python -m recsys tune --models ease,item_knn --budget 120",
    )  # fmt: skip
    tune.add_argument("--models", metavar="NAME,NAME", help="which (default: those that the page answers with)")
    tune.add_argument("--budget", type=_seconds, default=120.0, metavar="SECONDS", help="for each model (default 120)")
    tune.add_argument("--seed", type=_whole, default=0, help="of the search and of the parts judged on (default 0)")
    tune.add_argument("--out", metavar="DIR", help="where to keep it (default: tuned/ in RECSYS_DATA_DIR)")

    evaluate = add(
        "evaluate", _evaluate, "Measure models on held-out ratings; best first.",
        "python -m recsys evaluate --split temporal --models popular,ease,hybrid",
    )  # fmt: skip
    evaluate.add_argument("--split", choices=("random", "temporal", "strict", "unseen", "ratings"),
                          default="random", help="how ratings are held out")  # fmt: skip
    evaluate.add_argument("--models", metavar="NAME,NAME", help="which (default: all)")
    evaluate.add_argument("--seeds", type=_positive, default=1, help="how many splits are drawn (default 1)")

    similar = add("similar", _similar, "Items similar to one item.", 'python -m recsys similar "Toy Story (1995)" -n 5')
    similar.add_argument("title", metavar="TITLE", help="an item id, a title with its year, or an approximate title")
    similar.add_argument("-n", type=_positive, default=10, help="how many (default 10)")
    similar.add_argument("--model", default="content", help="which recommender compares (default content)")

    recommend = add(
        "recommend",
        _recommend,
        "Personal recommendations for a user.",
        "python -m recsys recommend 1 -n 5 --model ease",
    )
    recommend.add_argument("user_id", metavar="USER_ID", help="a user of the data set, or a profile")
    recommend.add_argument("-n", type=_positive, default=10, help="how many (default 10)")
    recommend.add_argument("--model", help="which recommender (default: the best collaborative one)")

    push = add(
        "push", _push, "Push the current release to a Hugging Face model repository, as one commit.",
        "HF_TOKEN=… python -m recsys push me/my-recommender --private",
    )  # fmt: skip
    push.add_argument("repo", metavar="USER/REPO")
    push.add_argument("--private", action="store_true", help="make the repository private where it is new")
    push.add_argument("--tag", help="tag of the commit (default: the release's version)")
    push.add_argument("--with-data", action="store_true", help="add the catalogue database, where its licence allows")
    push.add_argument(
        "--with-ratings", action="store_true", help="include models that hold users' ratings, such as user_knn"
    )

    pull = add(
        "pull", _pull, "Pull a release from a Hugging Face model repository, verify it, and switch to it.",
        "python -m recsys pull me/my-recommender --revision v2026.11.24-183000",
    )  # fmt: skip
    pull.add_argument("repo", metavar="USER/REPO")
    pull.add_argument("--revision", default="main", metavar="REV", help="tag, branch or commit (default main)")

    releases = add(
        "releases", _releases, "List, compare, pin and roll back releases, here or on the Hub.",
        "python -m recsys releases --compare v2026.11.23-181500 v2026.11.24-183000\n"
        "python -m recsys releases --roll-back",
    )  # fmt: skip
    releases.add_argument("--hub", metavar="USER/REPO", help="those of a model repository instead of those here")
    what = releases.add_mutually_exclusive_group()
    what.add_argument("--compare", nargs=2, metavar=("OLD", "NEW"), help="metrics of two releases side by side")
    what.add_argument("--switch", metavar="VERSION", help="serve this one from the next start on")
    what.add_argument("--pin", metavar="VERSION", help="the same, and do not follow the Hub until --unpin")
    what.add_argument("--unpin", action="store_true", help="follow the Hub again")
    what.add_argument("--roll-back", action="store_true", help="pin the release before the current one")

    add("info", _info, "What is served, from which data, with which release.", "python -m recsys info --json")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds
