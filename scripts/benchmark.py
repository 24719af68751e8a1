"""Measure latency, startup, memory, load and training time; compare with an empty Gradio app and other libraries."""

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
from recsys.runtime.failures import sentence
from recsys.settings import PROJECT, Settings


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the report; return 0, or 1 after one sentence on standard error."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(
        description="Compare the program with an empty Gradio app and with other libraries; write the report.",
        epilog="RECSYS_DATASET names the real data; larger sizes are expanded from it. "
        "Example: python scripts/benchmark.py --sizes 0.1,1 --only latency,start",
    )
    parser.add_argument(
        "--sizes",
        default="0.1",
        metavar="N,N",
        help="millions of ratings: 0.1 (the real data), 1, 10, 32 (default %(default)s)",
    )
    parser.add_argument(
        "--only", default=",".join(SECTIONS), metavar="NAME,NAME", help="sections (default %(default)s)"
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="folder for data, environments and results (default: benchmark/ in the data directory)",
    )
    parser.add_argument(
        "--hold",
        type=float,
        default=50,
        metavar="N",
        help="requests per second of the steady load (default %(default)s)",
    )
    parser.add_argument(
        "--seconds", type=float, default=60, metavar="S", help="duration of the steady load (default %(default)s)"
    )
    parser.add_argument(
        "--models", default="", metavar="NAME,NAME", help="models to compare with other libraries (default: all)"
    )
    parser.add_argument("--resume", action="store_true", help="skip sections that an earlier run has measured")
    parser.add_argument("--report-only", action="store_true", help="only write the report again")
    parser.add_argument(
        "--report",
        type=Path,
        default=PROJECT / "docs" / "performance.md",
        metavar="FILE",
        help="page whose measured part is replaced (default docs/performance.md)",
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args(arguments)
    # leave through `finally`, so that started processes end
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
    except Exception as error:
        print(f"benchmark: {sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmark: Interrupted. Continue with --resume.", file=sys.stderr)
        return 130
    return 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _shown(arguments: list[str]) -> list[str]:
    """The arguments without paths of this machine."""
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
