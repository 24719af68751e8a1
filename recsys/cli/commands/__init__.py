"""The commands, in the order of `recsys --help`; importing this package declares them."""

from recsys.cli.commands import (  # isort: skip
    build,
    enrich,
    train,
    tune,
    evaluate,
    answers,
    imports,
    hub,
    releases,
    info,
    serve,
)

__all__ = ["answers", "build", "enrich", "evaluate", "hub", "imports", "info", "releases", "serve", "train", "tune"]
