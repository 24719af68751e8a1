"""The options of every command."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Mapping


def parser(runs: Mapping[str, Callable]) -> argparse.ArgumentParser:
    """The commands and their options.

    Args:
        runs: what carries out each command, called with the settings and the options.
    """
    whole = argparse.ArgumentParser(
        prog="python -m recsys",
        description="Recommenders from raw ratings to a hosted page.",
        epilog="Settings come from the environment and .env; see the README.",
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, summary: str, example: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=f"example:\n{textwrap.indent(example, '  ')}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument("--json", action="store_true", help="print the result as JSON")
        command.set_defaults(run=runs[name])
        return command

    build = add(
        "build",
        "Read the raw data and build the database anew.",
        "python -m recsys build --dataset ml-latest-small\npython -m recsys build --check my-catalogue",
    )
    build.add_argument("--dataset", metavar="NAME|DIR", help="a data set's name, or a folder or zip holding its files")
    build.add_argument(
        "--catalogue",
        metavar="films|courses|DIR",
        help="which catalogue, or a folder of tables (default: RECSYS_CATALOGUE)",
    )
    build.add_argument("--check", metavar="DIR", help="say what is wrong with the tables of a folder; build nothing")
    build.add_argument("--skip-bad", action="store_true", help="leave out rows of own tables that cannot be used")
    build.add_argument("--db", metavar="PATH", help="where to write it (default: in RECSYS_DATA_DIR)")

    enrich = add(
        "enrich",
        "Fetch posters, overviews and trailers from TMDb into the cache.",
        "TMDB_API_KEY=… python -m recsys enrich -n 500",
    )
    enrich.add_argument("-n", type=_positive, default=1000, help="how many of the most rated items (default 1000)")

    train = add(
        "train",
        "Train models into a new release; what is trained already is kept.",
        "python -m recsys train --models ease,hybrid\n"
        "python -m recsys train --engine spark --master 'local[*]' --ratings ratings.parquet",
    )
    train.add_argument("--models", metavar="NAME,NAME|all", help="which (default: those that the page answers with)")

    train.add_argument(
        "--set",
        action="append",
        metavar="MODEL.SETTING=VALUE",
        default=[],
        help="a setting that counts more than what was tuned; may be repeated",
    )
    train.add_argument(
        "--engine",
        choices=("local", "spark"),
        help="default local, which keeps what Spark has trained unless it is named here",
    )
    spark = train.add_argument_group("with --engine spark, for als and item_knn")
    spark.add_argument("--master", help="local[*], local-cluster[2,1,1024], spark://HOST:PORT, yarn, k8s://HOST:PORT")
    spark.add_argument(
        "--ratings", metavar="PATH", help="Parquet with user_id, item_id[, rating][, timestamp], wherever Spark reads"
    )
    spark.add_argument("--work", metavar="PATH", help="folder for intermediate results that all workers reach")
    spark.add_argument(
        "--conf",
        action="append",
        metavar="KEY=VALUE",
        default=[],
        help="a setting of Spark, such as spark.driver.memory=8g; may be repeated",
    )
    spark.add_argument("--skip-bad", action="store_true", help="leave out ratings that cannot be used")

    tune = add(
        "tune",
        "Search the settings of models for this data set; train and evaluate use what is found.",
        "python -m recsys tune --models ease,item_knn --budget 120",
    )
    tune.add_argument("--models", metavar="NAME,NAME", help="which (default: those that the page answers with)")
    tune.add_argument("--budget", type=_seconds, default=120.0, metavar="SECONDS", help="for each model (default 120)")
    tune.add_argument("--seed", type=_whole, default=0, help="of the search and of the parts judged on (default 0)")
    tune.add_argument("--out", metavar="DIR", help="where to keep it (default: tuned/ in RECSYS_DATA_DIR)")

    evaluate = add(
        "evaluate",
        "Measure models on held-out ratings; best first.",
        "python -m recsys evaluate --split temporal --models popular,ease,hybrid",
    )
    evaluate.add_argument(
        "--split",
        choices=("random", "temporal", "strict", "unseen", "ratings"),
        default="random",
        help="how ratings are held out",
    )
    evaluate.add_argument("--models", metavar="NAME,NAME", help="which (default: all)")
    evaluate.add_argument("--seeds", type=_positive, default=1, help="how many splits are drawn (default 1)")
    evaluate.add_argument("--first-seed", type=_whole, default=0, metavar="SEED", help="seed of the first (default 0)")
    evaluate.add_argument(
        "--against",
        choices=("baselines", "defaults"),
        help="measure beside EASE as published and naive user neighbours, or tuned settings beside "
        "the class defaults, and compare in pairs",
    )
    evaluate.add_argument("--pairs", action="store_true", help="forget ratings and features: who rated what alone")

    similar = add("similar", "Items similar to one item.", 'python -m recsys similar "Toy Story (1995)" -n 5')
    similar.add_argument("title", metavar="TITLE", help="an item id, a title with its year, or an approximate title")
    similar.add_argument("-n", type=_positive, default=10, help="how many (default 10)")
    similar.add_argument("--model", help="which recommender compares (default: the one that compares content)")

    recommend = add(
        "recommend",
        "Personal recommendations for a user.",
        "python -m recsys recommend 1 -n 5 --model ease",
    )
    recommend.add_argument("user_id", metavar="USER_ID", help="a user of the data set, or a profile")
    recommend.add_argument("-n", type=_positive, default=10, help="how many (default 10)")
    recommend.add_argument("--model", help="which recommender (default: the best collaborative one)")

    push = add(
        "push",
        "Push the current release to a Hugging Face model repository, as one commit.",
        "HF_TOKEN=… python -m recsys push me/my-recommender --private",
    )
    push.add_argument("repo", metavar="USER/REPO")
    push.add_argument("--private", action="store_true", help="make the repository private where it is new")
    push.add_argument("--tag", help="tag of the commit (default: the release's version)")
    push.add_argument("--with-data", action="store_true", help="add the catalogue database, where its licence allows")
    push.add_argument(
        "--with-ratings", action="store_true", help="include models that hold users' ratings, such as user_knn"
    )

    pull = add(
        "pull",
        "Pull a release from a Hugging Face model repository, verify it, and switch to it.",
        "python -m recsys pull me/my-recommender --revision v2026.11.24-183000",
    )
    pull.add_argument("repo", metavar="USER/REPO")
    pull.add_argument("--revision", default="main", metavar="REV", help="tag, branch or commit (default main)")

    releases = add(
        "releases",
        "List, compare, pin and roll back releases, here or on the Hub.",
        "python -m recsys releases --compare v2026.11.23-181500 v2026.11.24-183000\n"
        "python -m recsys releases --roll-back",
    )
    releases.add_argument("--hub", metavar="USER/REPO", help="those of a model repository instead of those here")
    what = releases.add_mutually_exclusive_group()
    what.add_argument("--compare", nargs=2, metavar=("OLD", "NEW"), help="metrics of two releases side by side")
    what.add_argument("--switch", metavar="VERSION", help="serve this one from the next start on")
    what.add_argument("--pin", metavar="VERSION", help="the same, and do not follow the Hub until --unpin")
    what.add_argument("--unpin", action="store_true", help="follow the Hub again")
    what.add_argument("--roll-back", action="store_true", help="pin the release before the current one")

    add("info", "What is served, from which data, with which release.", "python -m recsys info --json")
    return whole


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
