"""What an operator wants to see of a running service: age, memory, latency, errors, counts, freshness of the data."""

from __future__ import annotations

import resource
import sys
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

from recsys import __version__
from recsys.serving.service import Service

STATM = Path("/proc/self/statm")


def memory_mb() -> float:
    """Resident memory of this process in MB; its peak where the system tells no more."""
    if STATM.is_file():
        return int(STATM.read_text().split()[1]) * resource.getpagesize() / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def figures(service: Service) -> dict[str, Any]:
    """Everything about the service as it is now.

    Returns:
        version of recsys; `uptime_s`, `memory_mb`; `release` with version, revision (of the Hub, or None), created,
        models; `counts` of items, users, ratings; `newer_ratings` given by visitors since the models were trained;
        `latencies` by endpoint; `errors` (failed answers) and `refused` in all; `lists_dropped`.
    """
    release, info = service.release, service.catalogue.info
    latencies = service.latencies.lines()
    return {
        "version": __version__,
        "uptime_s": round(time() - service.latencies.started, 1),
        "memory_mb": round(memory_mb(), 1),
        "release": {
            "version": release.version,
            "revision": release.revision,
            "created": release.manifest["created"],
            "models": list(release.names),
        },
        "counts": {"items": info["n_items"], "users": info["n_users"], "ratings": info["n_ratings"]},
        "newer_ratings": newer_ratings(service),
        "latencies": latencies,
        "errors": sum(line["failed"] for line in latencies),
        "refused": sum(line["refused"] for line in latencies),
        "lists_dropped": service.events.dropped,
    }


def newer_ratings(service: Service) -> int:
    """Ratings by visitors that are newer than the release in service."""
    return service.visitors.ratings_since(datetime.fromisoformat(service.release.manifest["created"]).timestamp())
