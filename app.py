"""Entry for Spaces and laptops: settings -> ready service -> page."""

from __future__ import annotations

import logging
import signal
import sys
import time

from recsys.data.progress import one_line
from recsys.errors import RecsysError
from recsys.runtime.jobs import Background
from recsys.runtime.startup import follow_hub, keep_feedback, one_blas_thread, ready
from recsys.settings import Settings

RESTORE_S = 2.0  # serving waits for visitors' data no longer than this


def main() -> int:
    """Prepare what is missing, then serve until interrupted; returns the exit status."""
    started = time.perf_counter()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    one_blas_thread()

    service = None

    def say(line: str, share: float | None = None, /) -> None:
        print(f"[{time.perf_counter() - started:5.1f} s] {one_line(line, share)}", flush=True)

    try:
        settings = Settings.from_env()
        # A container is ended by this signal: what visitors told last must be kept first.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        service = ready(settings, say)
        keep_feedback(service)
        from recsys.page.serve import serve

        follow_hub(service)
        background = Background(service)
        if settings.background:
            background.start()
        if service.keeper is not None and not service.keeper.wait_restored(RESTORE_S):
            say(f"profiles and feedback in {service.keeper.place} are not here yet; they are fetched in the background")
        serve(service, settings, say, background)
    except RecsysError as error:
        print(f"recsys: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        if service is not None:
            service.events.close()
            if service.keeper is not None:
                service.keeper.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
