"""Event recorder: feedback is stored before the reply, lists in the background, both attributed to their caller."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from film_app import PROJECT

from recsys.visitors import event_log
from recsys.visitors.profiles import Visitors
from recsys.visitors.recorder import EventRecorder, calling


@pytest.fixture
def events(visitors):
    made = EventRecorder(visitors)
    yield made
    made.close()


def stored(visitors, **wanted):
    return [event | {"items": event_log.positions(event["items"])} for event in visitors.events(**wanted)]


def test_a_list_is_stored_with_all_that_is_known_of_it(events, visitors):
    before = time.time()
    with calling("recommend", "s1"):
        events.shown(["50", "10"], model="ease", version="v1", user_id="7", source="61")
    assert events.flush()
    (event,) = stored(visitors)
    assert before <= event.pop("time") <= time.time()
    assert event == {
        "number": 1,
        "kind": "list",
        "user_id": "7",
        "session": "s1",
        "model": "ease",
        "version": "v1",
        "source": "61",
        "endpoint": "recommend",
        "verdict": "",
        "items": [{"item_id": "50", "position": 1}, {"item_id": "10", "position": 2}],
    }


def test_a_verdict_is_stored_when_the_call_returns(events, visitors):
    with calling("page/verdict", "s2"):
        events.verdict("like", "50", model="ease", source="foryou")
    (event,) = stored(visitors)
    assert event["kind"] == "verdict" and event["items"] == [{"item_id": "50", "position": None}]
    assert (event["verdict"], event["session"], event["user_id"]) == ("like", "s2", "")


def test_lists_can_be_left_out_and_empty_ones_are(events, visitors):
    events.shown([])
    silent = EventRecorder(visitors, enabled=False)
    silent.shown(["50"])
    assert events.flush() and silent.flush() and not stored(visitors)
    silent.close()


def test_service_and_verdicts_are_recorded(service):
    lines = service.recommend("3", 4)
    service.similar("Heat (1995)", 3)
    service.hybrid("3", "Heat (1995)", 3)
    service.recommend_for(["Heat (1995)"], n=2, model="content")
    service.feedback("like", "Heat (1995)", "3", "content")
    assert service.events.flush()
    lists = stored(service.visitors, kind="list")
    assert [item["item_id"] for item in lists[0]["items"]] == [line["item_id"] for line in lines]
    assert [(one["model"], one["user_id"], one["source"]) for one in lists] == [
        (service.defaults.user, "3", ""),
        ("likeness", "", "6"),
        ("hybrid", "3", "6"),
        ("content", "", ""),
    ]
    assert {one["version"] for one in stored(service.visitors)} == {service.release.version}


def test_the_api_says_which_endpoint(service):
    from recsys.api.calls import call
    from recsys.api.endpoints import ENDPOINTS

    call(service, ENDPOINTS["similar"], ["Heat (1995)", 3])
    service.events.flush()
    (event,) = stored(service.visitors)
    assert (event["endpoint"], event["session"]) == ("similar", "")


def test_a_deleted_profile_leaves_no_name_even_in_what_was_still_waiting(visitors):
    user, key = visitors.join({"50": 5})
    waiting = {"time": 1.0, "kind": "list", "items": ["10"], "user_id": user}
    visitors.delete(user, key)
    visitors.add_events([waiting, waiting | {"user_id": "7"}])
    assert [event["user_id"] for event in stored(visitors)] == ["", "7"]


def test_batches_are_one_transaction(visitors, monkeypatch):
    batches = []
    write = visitors.add_events
    monkeypatch.setattr(visitors, "add_events", lambda some: batches.append(len(some)) or write(some))
    events = EventRecorder(visitors)
    for place in range(300):
        events.shown([str(place)])
    events.close()
    assert sum(batches) == 300 and len(batches) < 10
    assert [event["items"][0]["item_id"] for event in stored(visitors)] == [str(place) for place in range(300)]


@pytest.mark.slow
def test_what_waits_is_written_at_exit(tmp_path):
    code = (
        "from pathlib import Path; from recsys.visitors.recorder import EventRecorder; from recsys.visitors.profiles import Visitors\n"
        f"visitors = Visitors.open(Path({str(tmp_path)!r}) / 'v.sqlite', 'films')\n"
        "events = EventRecorder(visitors)\n"
        "for item in range(40): events.shown([str(item)])"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
    assert len(stored(Visitors.open(tmp_path / "v.sqlite", "films"))) == 40
