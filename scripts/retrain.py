"""Pull release and feedback, train, measure, and push where no model is worse; a report says what happened and why."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.data.progress import to_stderr
from recsys.errors import BadInput, RecsysError
from recsys.runtime.startup import one_blas_thread
from recsys.settings import Settings
from recsys.training.comparison import TOLERANCE
from recsys.training.retrain import markdown, retrain, write_report


def main(arguments: list[str] | None = None) -> int:
    """Retrain; returns 0 whatever was decided, or 1 with one sentence on stderr where it could not be done."""
    parser = argparse.ArgumentParser(
        description="Train on data and feedback as they are now; push only what is not worse than the release in use.",
        epilog="RECSYS_HUB_REPO, RECSYS_FEEDBACK_REPO, RECSYS_DATASET and HF_TOKEN say where from and where to.",
    )
    parser.add_argument("repo", metavar="USER/REPO", nargs="?", help="the model repo (default: RECSYS_HUB_REPO)")
    parser.add_argument("--models", metavar="NAME,NAME", help="which (default: those of the release in use)")
    parser.add_argument("--split", choices=("random", "temporal", "strict"), default="random", help="what is held out")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        metavar="SHARE",
        help="by how much of its NDCG@10 a model may fall (default %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="push whatever the comparison says")
    parser.add_argument("--no-push", action="store_true", help="decide and write the report only")
    parser.add_argument("--report", type=Path, default=Path("reports"), metavar="DIR", help="default: reports")
    options = parser.parse_args(arguments)
    try:
        one_blas_thread()
        settings = Settings.from_env()
        repo = options.repo or settings.hub_repo
        if not repo:
            raise BadInput("name the model repo: USER/REPO, or RECSYS_HUB_REPO.")
        names = [name.strip() for name in options.models.split(",")] if options.models else None
        report = retrain(
            settings,
            repo,
            names=names,
            split=options.split,
            tolerance=options.tolerance,
            force=options.force,
            push=not options.no_push,
            progress=to_stderr,
        )
        write_report(report, options.report)
    except RecsysError as error:
        print(f"retrain: {error}", file=sys.stderr)
        return 1
    print(markdown(report), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
