"""Metrics of a running service for Prometheus: counts, durations and sizes, without any visitor's data."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from recsys import __version__
from recsys.runtime import prometheus
from recsys.runtime.jobs import Background
from recsys.runtime.prometheus import Family
from recsys.runtime.status import memory_mb
from recsys.serving.latency import BOUNDS, Latencies
from recsys.serving.service import Service
from recsys.visitors.store.base import FAILURES, Store


def text(background: Background) -> str:
    """All metrics in the text format of Prometheus. Asks the store, so it may take seconds while that is away."""
    service = background.service
    return prometheus.text(
        [
            *_requests(service.latencies),
            *_caches(service),
            *_store(service.visitors.store),
            *_queues(service, background),
            *_process(service),
        ]
    )


def _requests(latencies: Latencies) -> Iterable[Family]:
    durations = Family("recsys_request_seconds", "Duration of calls by endpoint.", "histogram")
    outcomes = Family("recsys_requests_total", "Calls by endpoint and outcome.", "counter")
    for endpoint, found in latencies.histograms().items():
        durations.add_histogram(BOUNDS, found.counts, found.total, endpoint=endpoint)
        for outcome, count in found.outcomes.items():
            outcomes.add(count, endpoint=endpoint, outcome=outcome)
    return outcomes, durations


def _caches(service: Service) -> Iterable[Family]:
    lookups = Family("recsys_cache_lookups_total", "Lookups in the caches of answers of this release.", "counter")
    size = Family("recsys_cache_bytes", "Size of the cached answers.")
    for name, cache in service.caches.items():
        lookups.add(cache.hits, cache=name, result="hit").add(cache.misses, cache=name, result="miss")
        size.add(cache.size, cache=name)
    return lookups, size


def _store(store: Store) -> Iterable[Family]:
    up = Family("recsys_store_up", "Whether the store of visitors' data answers.")
    seconds = Family("recsys_store_check_seconds", "Duration of one query to the store.")
    connections = Family(
        "recsys_store_connections", "Connections to the store by state, and callers that wait for one."
    )
    started = time.perf_counter()
    try:
        store.check()
    except FAILURES:
        up.add(0)
    else:
        up.add(1)
        seconds.add(time.perf_counter() - started)
    for state, count in store.connections().items():
        connections.add(count, state=state)
    return up, seconds, connections


def _queues(service: Service, background: Background) -> Iterable[Family]:
    waiting = Family("recsys_lists_waiting", "Shown lists that are not stored yet.").add(service.events.waiting)
    dropped = Family("recsys_lists_dropped_total", "Shown lists that were not stored.", "counter")
    running = Family("recsys_job_running", "Whether a job runs or waits on this replica.")
    ended = Family("recsys_jobs_total", "Ended jobs by task and outcome.", "counter")
    job = background.running
    running.add(0) if job is None else running.add(1, task=job.task)
    for (task, outcome), count in Counter((one.task, one.outcome) for one in background.jobs if one.ended).items():
        ended.add(count, task=task, outcome=outcome)
    return waiting, dropped.add(service.events.dropped), running, ended


def _process(service: Service) -> Iterable[Family]:
    release = service.release
    return [
        Family("recsys_info", "Version of recsys and the release in use.").add(
            1, version=__version__, release=release.version, dataset=str(service.catalogue.info["dataset"])
        ),
        Family("recsys_memory_bytes", "Resident memory of this process.").add(round(1e6 * memory_mb())),
        Family("recsys_cpu_seconds_total", "CPU time of this process.", "counter").add(time.process_time()),
        Family("recsys_start_time_seconds", "Start in seconds since 1970.").add(service.latencies.started),
    ]
