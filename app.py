"""Entry for Spaces and laptops: settings -> ready service -> page."""

from __future__ import annotations

import logging
import sys
import time

from recsys.background import Background
from recsys.errors import RecsysError
from recsys.prepare import follow_hub, one_blas_thread, ready
from recsys.settings import Settings


def main() -> int:
    """Prepare what is missing, then serve until interrupted; returns the exit status."""
    started = time.perf_counter()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    one_blas_thread()

    def say(line: str) -> None:
        print(f"[{time.perf_counter() - started:5.1f} s] {line}", flush=True)

    try:
        settings = Settings.from_env()
        service = ready(settings, say)
        from recsys.page.serve import serve

        follow_hub(service)
        if settings.background:
            Background(service).start()
        serve(service, settings, say)
    except RecsysError as error:
        print(f"recsys: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
