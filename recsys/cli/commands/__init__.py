"""The commands, in the order of `recsys --help`; importing this package declares them."""

from recsys.cli.commands import (  # isort: skip
    build,
    enrich,
    train,
    tune,
    evaluate,
    reproduce,
    answers,
    imports,
    export_site,
    hub,
    releases,
    info,
    store,
    serve,
)

__all__ = [
    "answers",
    "build",
    "enrich",
    "evaluate",
    "export_site",
    "hub",
    "imports",
    "info",
    "releases",
    "reproduce",
    "serve",
    "store",
    "train",
    "tune",
]
