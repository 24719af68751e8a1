"""Analytics and export of the event log, over events whose counts are known."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time

import pytest

from recsys.errors import BadInput, StoreUnavailable
from recsys.visitors import analytics, event_export
from recsys.visitors.analytics import Analytics, Limits
from recsys.visitors.event_counts import EventCounts
from recsys.visitors.profiles import Visitors

DAY = 86_400
START = 20_000 * DAY  # 2024-10-04


def shown(time, items, model="ease", session="", user_id=""):
    return {
        "time": START + time,
        "kind": "list",
        "items": items,
        "model": model,
        "session": session,
        "user_id": user_id,
    }


def said(time, verdict, item, model="", session="", user_id="", position=None):
    return {
        "time": START + time,
        "kind": "verdict",
        "items": [{"item_id": item, "position": position}],
        "verdict": verdict,
        "model": model,
        "session": session,
        "user_id": user_id,
    }


@pytest.fixture
def told(visitors):
    profile, _ = visitors.join({})
    visitors.add_events(
        [
            said(6, "like", "50", session="s1"),  # stored before the list it answers
            shown(5, ["10", "50", "61"], session="s1"),
            shown(7, ["50", "10"], "content", session="s2", user_id=profile),
            said(8, "dislike", "10", user_id=profile),
            said(DAY, "seen", "99", session="s1"),
            shown(3 * DAY, ["50"], session="s9"),
        ]
    )
    return Analytics(visitors.store, visitors.catalogue)


def test_sums_are_exact(told):
    found = told.summary()
    assert found["totals"] == {"lists": 3, "shown": 6, "like": 1, "dislike": 1, "seen": 1}
    assert found["most_recommended"] == [("50", 3), ("10", 2), ("61", 1)]
    assert found["most_liked"] == [("50", 1)]
    days = found["by_day"]
    assert [line["day"] for line in days] == [f"2024-10-{day:02}" for day in range(1, 8)], (
        "a week at least, without gaps"
    )
    assert [line["lists"] for line in days] == [0, 0, 0, 2, 0, 0, 1]
    assert [line["seen"] for line in days] == [0, 0, 0, 0, 1, 0, 0]


def test_a_verdict_finds_its_list(told):
    lines = {line["model"]: line for line in told.summary()["by_model"]}
    assert (lines["ease"]["shown"], lines["ease"]["like"], lines["ease"]["rate"]) == (4, 1, 0.25)
    assert (lines["content"]["dislike"], lines["content"]["rate"]) == (1, 0.5)
    assert (lines[""]["seen"], lines[""]["rate"]) == (1, None), "an item nobody showed has no rate"
    places = told.summary()["by_position"]
    assert [(line["shown"], line["like"], line["dislike"]) for line in places] == [(3, 0, 0), (2, 1, 1), (1, 0, 0)]


def test_limits_narrow_everything(told):
    assert told.summary(Limits(model="content"))["totals"]["shown"] == 2
    assert told.summary(Limits(first="2024-10-05"))["totals"] == {
        "lists": 1,
        "shown": 1,
        "like": 0,
        "dislike": 0,
        "seen": 1,
    }
    only = told.summary(Limits(last="2024-10-04", verdict="dislike"))
    assert only["totals"] == {"lists": 2, "shown": 5, "like": 0, "dislike": 1, "seen": 0}
    assert only["most_liked"] == [("10", 1)]
    assert told.summary(Limits(model="nope"))["by_day"] == []
    with pytest.raises(BadInput, match="The day is '24.11.2026'. Write it as 2026-11-24"):
        Limits(first="24.11.2026")
    with pytest.raises(BadInput, match="verdict is 'love'"):
        Limits(verdict="love")


def test_each_event_is_counted_once_by_any_replica(told, visitors, replica):
    other = replica()
    once = told.summary()
    assert Analytics(other.store, other.catalogue).summary() == once
    visitors.add_events([said(9, "like", "50", "ease", position=4)])
    found = Analytics(other.store, other.catalogue).summary()
    assert found["totals"]["like"] == 2 and told.summary() == found
    books = replica("books")
    assert Analytics(books.store, books.catalogue).summary()["totals"]["lists"] == 0


def test_a_verdict_finds_its_list_in_an_earlier_batch_that_another_replica_has_counted(visitors, replica):
    other = replica()
    visitors.add_events([shown(5, ["10", "50"], "ease", session="s1")])
    assert Analytics(other.store, other.catalogue).summary()["totals"]["lists"] == 1
    visitors.add_events([said(6, "like", "50", session="s1")])
    line = Analytics(visitors.store, visitors.catalogue).summary()["by_model"][0]
    assert (line["model"], line["like"], line["lists"]) == ("ease", 1, 1)


def test_batches_add_up_and_a_failed_one_is_counted_again(visitors, monkeypatch):
    visitors.add_events([shown(number, ["10", "50"], session="s") for number in range(7)])
    counts, tries = EventCounts(visitors.store, visitors.catalogue), []
    whole = EventCounts._add

    def failing(self, tx, found):
        whole(self, tx, found)
        tries.append(found)
        if len(tries) < 3:
            raise StoreUnavailable("The server is away.")

    monkeypatch.setattr(EventCounts, "_add", failing)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            counts.advance(3)
    assert counts.advance(3) and counts.advance(3) and not counts.advance(3) and not counts.advance(3)
    found = Analytics(visitors.store, visitors.catalogue).summary()
    assert found["totals"]["lists"] == 7 and found["most_recommended"] == [("10", 7), ("50", 7)]


def test_lists_that_are_stored_after_the_verdict_are_waited_for_in_the_background(visitors):
    counts = Analytics(visitors.store, visitors.catalogue)
    now = time.time() - START
    visitors.add_events([said(now, "like", "50", session="s1")])
    assert not counts.advance()
    visitors.add_events([shown(now - 0.5, ["10", "50"], session="s1")])
    (line,) = counts.summary()["by_model"]
    assert (line["model"], line["like"]) == ("ease", 1)


def test_counts_of_expired_days_go_with_their_events(told, visitors):
    told.summary()
    visitors.expire(0.0, START + DAY)
    found = told.summary()
    assert found["totals"]["lists"] == 1 and found["most_recommended"][0] == ("50", 3)
    visitors.expire(0.0, START + 9 * DAY)
    visitors.add_events([shown(9 * DAY, ["10"])])
    assert told.summary()["totals"]["lists"] == 1


def test_items_of_some_days_are_ranked_by_their_latest_events(told, monkeypatch):
    assert told.summary(Limits(last="2024-10-04"))["ranked"] is None
    monkeypatch.setattr(analytics, "WINDOW", 2)
    found = told.summary(Limits(last="2024-10-04"))
    assert found["ranked"] == 2 and found["most_recommended"] == [("10", 1), ("50", 1)]
    assert found["totals"]["lists"] == 2, "counts of days are of all events"


def test_the_log_gives_nobody_away(visitors, told):
    visitors.add_events([shown(4 * DAY, ["10"], user_id="7", session="s3")])
    lines = list(event_export.log_lines(visitors.events(newest=True), {"7"}.__contains__, visitors.short_name))
    assert lines[0] == {
        "time": "2024-10-08T00:00:00+00:00",
        "kind": "list",
        "verdict": "",
        "model": "ease",
        "version": "",
        "endpoint": "",
        "source": "",
        "who": "user 7",
        "item_ids": ["10"],
    }
    text = json.dumps(lines)
    assert "guest-" not in text and '"s1"' not in text and '"s9"' not in text
    assert lines[3]["who"].startswith("profile ") and lines[5]["who"].startswith("visitor ")
    some = list(visitors.events(model="content", kind="list", **Limits(first="2024-10-04", last="2024-10-04").times))
    assert [event["items"] for event in some] == ['["50", "10"]']


def test_exports_read_back_and_spreadsheets_calculate_nothing(visitors, told):
    visitors.add_events([shown(4 * DAY, ["=1+1", "10"], model="@evil")])
    lines = list(event_export.log_lines(visitors.events(newest=True), lambda user: False, visitors.short_name))
    rows = list(csv.DictReader(io.StringIO(event_export.as_csv(lines))))
    assert len(rows) == 7 and rows[0]["item_ids"] == "'=1+1 10" and rows[0]["model"] == "'@evil"
    assert json.loads(event_export.as_json(lines))[0]["item_ids"] == ["=1+1", "10"]


def test_nothing_yet_is_no_error(visitors):
    found = Analytics(visitors.store, visitors.catalogue).summary()
    assert found["totals"]["lists"] == 0 and found["by_day"] == found["by_position"] == found["most_liked"] == []


def test_the_short_name_of_a_visitor_cannot_be_computed_from_the_id(tmp_path):
    one, other = (Visitors.open(tmp_path / f"{name}.sqlite", "films") for name in ("one", "other"))
    name = event_export.who("guest-alice", "", lambda user: False, one.short_name)
    assert name == event_export.who("guest-alice", "other", lambda user: False, one.short_name)
    assert name != event_export.who("guest-bob", "", lambda user: False, one.short_name)
    assert name != event_export.who("guest-alice", "", lambda user: False, other.short_name), "a secret of the database"
    for algorithm in ("sha256", "blake2b", "sha1", "md5"):
        assert hashlib.new(algorithm, b"guest-alice").hexdigest()[:6] not in name
    one.close()
    again = Visitors.open(tmp_path / "one.sqlite", "films")
    assert event_export.who("guest-alice", "", lambda user: False, again.short_name) == name, "the same after a restart"


def test_a_verdict_on_nothing_is_not_counted(visitors):
    visitors.add_events([said(1, "like", "50") | {"items": []}])
    assert Analytics(visitors.store, visitors.catalogue).summary()["totals"]["like"] == 0
