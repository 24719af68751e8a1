"""Measure latency, start, memory, load and training beside an empty Gradio app and the libraries of the field."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.session import SECTIONS, Plan, measure, redraw, results

from recsys.data.progress import one_line, to_stderr
from recsys.errors import RecsysError
from recsys.settings import PROJECT, Settings


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the report; returns 0, or 1 with one sentence on stderr where something could not be run."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(
        description="Measure the program beside an empty Gradio app and the libraries of the field; write the report.",
        epilog="RECSYS_DATASET says what the real data is; larger sizes are expanded from it. "
        "Example: python scripts/benchmark.py --sizes 0.1,1 --only latency,start",
    )
    parser.add_argument(
        "--sizes",
        default="0.1",
        metavar="N,N",
        help="millions of ratings: 0.1 is the real data, and 1, 10, 32 (default %(default)s)",
    )
    parser.add_argument(
        "--only", default=",".join(SECTIONS), metavar="NAME,NAME", help="sections (default %(default)s)"
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="data, environments, figures (default: below the data directory)"
    )
    parser.add_argument(
        "--hold", type=float, default=50, metavar="N", help="requests a second held (default %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="for how long (default %(default)s)")
    parser.add_argument("--models", default="", metavar="NAME,NAME", help="compare these with libraries (default: all)")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run has measured")
    parser.add_argument("--report-only", action="store_true", help="measure nothing, write the report again")
    parser.add_argument(
        "--report",
        type=Path,
        default=PROJECT / "docs" / "performance.md",
        metavar="FILE",
        help="whose measured part is written (default docs/performance.md)",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    # so that what was started is ended as after an interrupt
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.perf_counter()

    def say(line: str, share: float | None = None, /) -> None:
        to_stderr(f"[{time.perf_counter() - started:6.1f} s] {one_line(line, share)}")

    try:
        settings = Settings.from_env()
        work = options.work or settings.data_dir / "benchmark"
        if not options.report_only:
            plan = Plan(
                sizes=_names(options.sizes),
                sections=_names(options.only),
                work=work,
                per_second=options.hold,
                seconds=options.seconds,
                models=_names(options.models),
                resume=options.resume,
                command=" ".join(["python scripts/benchmark.py", *_shown(arguments)]),
            )
            measure(plan, settings, say)
        say(f"report: {redraw(work, options.report)}")
        if options.json:
            print(json.dumps(results(work), indent=1, sort_keys=True))
    except RecsysError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmark: interrupted; --resume goes on from here", file=sys.stderr)
        return 130
    return 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _shown(arguments: list[str]) -> list[str]:
    """The arguments without folders of this machine."""
    hidden = ("--work", "--report")
    shown = [
        one
        for place, one in enumerate(arguments)
        if one not in hidden
        and not one.startswith(tuple(f"{name}=" for name in hidden))
        and (place == 0 or arguments[place - 1] not in hidden)
    ]
    return [shlex.quote(one) for one in shown]


if __name__ == "__main__":
    sys.exit(main())
