"""Metrics for Prometheus: what they say, and that they are closed without a key."""

from __future__ import annotations

import re

import pytest
from services import with_settings
from starlette.applications import Starlette
from starlette.testclient import TestClient

from recsys.api import metrics as api_metrics
from recsys.api.calls import call
from recsys.api.endpoints import ENDPOINTS
from recsys.api.guard.direct import Direct
from recsys.api.guard.hosts import Hosts
from recsys.errors import BadInput, StoreUnavailable
from recsys.runtime import access, metrics, prometheus
from recsys.runtime.jobs import Background, Job
from recsys.serving.latency import BOUNDS, Latencies

LINE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+)\})? (\S+)$')


def parsed(text: str) -> dict[str, float]:
    """The value of each sample by its name and labels; checks every line of the format."""
    found, families = {}, []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            families.append(line.split(" ")[2])
        elif line.startswith("# TYPE "):
            assert line.split(" ")[2] == families[-1] and line.split(" ")[3] in ("counter", "gauge", "histogram")
        else:
            name, labels, value = LINE.match(line).groups()
            assert re.sub("_(bucket|sum|count)$", "", name) == families[-1] or name == families[-1]
            found[f"{name}{{{labels}}}" if labels else name] = float(value)
    assert len(set(families)) == len(families)
    return found


def test_a_histogram_counts_every_call_and_stays_small():
    latencies = Latencies(latest=10)
    for seconds in (0.001, 0.0011, 0.3, 99.0) * 100:
        latencies.record("similar", seconds)
    found = latencies.histograms()["similar"]
    assert (found.counts[0], found.counts[1], found.counts[-1], sum(found.counts)) == (100, 100, 100, 400)
    assert found.total == pytest.approx(100 * (0.0021 + 99.3)) and len(found.counts) == len(BOUNDS) + 1


def test_metrics_of_a_service(service):
    background = Background(service)
    for _ in range(2):
        call(service, ENDPOINTS["similar"], ["Heat (1995)", 3])
    with pytest.raises(BadInput):
        call(service, ENDPOINTS["search"], [""])
    background.jobs.append(job := Job("train", {"models": ["popular"]}))
    found = parsed(metrics.text(background))
    assert found['recsys_requests_total{endpoint="similar",outcome="ok"}'] == 2
    assert found['recsys_requests_total{endpoint="search",outcome="refused"}'] == 1
    assert found['recsys_request_seconds_count{endpoint="similar"}'] == 2
    assert found['recsys_request_seconds_bucket{endpoint="similar",le="+Inf"}'] == 2
    assert found['recsys_request_seconds_sum{endpoint="similar"}'] > 0
    assert found['recsys_cache_lookups_total{cache="lists",result="hit"}'] == 1
    assert found['recsys_cache_lookups_total{cache="lists",result="miss"}'] == 1
    assert found['recsys_cache_bytes{cache="lists"}'] > 0
    assert found["recsys_store_up"] == 1 and found["recsys_store_check_seconds"] > 0
    assert found['recsys_job_running{task="train"}'] == 1
    assert any(f'release="{service.release.version}"' in name for name in found)
    assert found["recsys_memory_bytes"] > 1e6 and found["recsys_lists_dropped_total"] == 0
    job.ended, job.status = 2.0, 0
    found = parsed(metrics.text(background))
    assert found["recsys_job_running"] == 0
    assert found['recsys_jobs_total{task="train",outcome="done"}'] == 1


def test_a_store_that_is_away_is_a_metric(service, monkeypatch):
    def away():
        raise StoreUnavailable("The server is away.")

    monkeypatch.setattr(service.visitors.store, "check", away)
    found = parsed(metrics.text(Background(service)))
    assert found["recsys_store_up"] == 0 and "recsys_store_check_seconds" not in found


def client_of(service) -> TestClient:
    def allow(key: str) -> None:
        access.check_metrics(service.settings, key, service.limits)

    background = Background(service)
    direct = api_metrics.handlers(lambda: metrics.text(background), allow, prometheus.CONTENT_TYPE)
    return TestClient(Hosts(Direct(Starlette(), direct), service.settings), "http://localhost")


def test_metrics_are_closed_without_a_key(service):
    closed = client_of(service).get("/metrics", headers={"Authorization": "Bearer "})
    assert closed.status_code == 401 and "neither RECSYS_METRICS_KEY nor RECSYS_ADMIN_KEY" in closed.json()["error"]
    keyed = client_of(with_settings(service, metrics_key="reader", admin_key="operator"))
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic reader"}):
        refused = keyed.get("/metrics", headers=given)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
        assert "recsys_" not in refused.text
    for key in ("reader", "operator"):
        answer = keyed.get("/metrics", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200 and answer.headers["content-type"] == prometheus.CONTENT_TYPE
        assert parsed(answer.text)["recsys_store_up"] == 1
    assert keyed.post("/metrics").status_code == 405


def test_keys_cannot_be_tried_without_end(service):
    keyed = client_of(with_settings(service, metrics_key="reader"))
    statuses = [keyed.get("/metrics", headers={"Authorization": "Bearer no"}).status_code for _ in range(60)]
    assert statuses[0] == 401 and statuses[-1] == 429
