"""Pull the release and the feedback, train, evaluate, and push if no model is worse; write a report of the decision."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.data.progress import to_stderr
from recsys.errors import BadInput
from recsys.runtime.failures import sentence
from recsys.runtime.startup import one_blas_thread
from recsys.settings import Settings
from recsys.training.comparison import TOLERANCE
from recsys.training.retrain import Plan, markdown, retrain, write_report


def main(arguments: list[str] | None = None) -> int:
    """Retrain; return 0 for any decision, or 1 after one sentence on standard error."""
    parser = argparse.ArgumentParser(
        description="Train on current data and feedback; push only if no model is worse than in the current release.",
        epilog="RECSYS_HUB_REPO, RECSYS_FEEDBACK_REPO, RECSYS_DATASET and HF_TOKEN name the sources and the target.",
    )
    parser.add_argument("repo", metavar="USER/REPO", nargs="?", help="the model repo (default: RECSYS_HUB_REPO)")
    parser.add_argument("--models", metavar="NAME,NAME", help="which models (default: those of the current release)")
    parser.add_argument(
        "--split", choices=("random", "temporal", "strict"), default="random", help="how ratings are held out"
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        metavar="SHARE",
        help="largest relative loss of NDCG@10 that is accepted (default %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="push regardless of the comparison")
    parser.add_argument("--no-push", action="store_true", help="only decide and write the report")
    parser.add_argument("--report", type=Path, default=Path("reports"), metavar="DIR", help="default: reports")
    options = parser.parse_args(arguments)
    try:
        one_blas_thread()
        settings = Settings.from_env()
        repo = options.repo or settings.hub_repo
        if not repo:
            raise BadInput("No model repo is named. Pass USER/REPO, or set RECSYS_HUB_REPO.")
        names = [name.strip() for name in options.models.split(",")] if options.models else None
        plan = Plan(names, options.split, tolerance=options.tolerance, force=options.force, push=not options.no_push)
        report = retrain(settings, repo, plan, to_stderr)
        write_report(report, options.report)
    except Exception as error:
        print(f"retrain: {sentence(error)}", file=sys.stderr)
        return 1
    print(markdown(report), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
