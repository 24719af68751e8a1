"""After the warm-up, first answers build no index; its own lists are not recorded, and a new release is warmed up too."""

from __future__ import annotations

import gc

from waiting import until

from recsys import release as releases
from recsys.catalogue.database import Catalogue
from recsys.runtime import warm_up
from recsys.runtime.garbage import objects_that_stay
from recsys.serving.activity import Limits


def test_first_answers_read_no_features_after_it(service, monkeypatch):
    warm_up.build(service)
    read = []
    monkeypatch.setattr(Catalogue, "features", lambda self, only=None: read.append(only))
    title = service.landing.examples(3)[2]["title"]
    user = service.landing.example_users[1]
    service.search(title[:1]), service.search(f"{title}zz"), service.understood(f"{title} of the 90s")
    assert (
        service.similar(title) and service.recommend(user) and service.hybrid(user) and service.recommend_for([title])
    )
    assert service.wishes.wanted(f"like {title} but newer")
    service.explain(user, title)
    assert read == []


def test_its_lists_are_not_recorded(service):
    warm_up.build(service)
    service.recommend(service.landing.example_users[0], n=3)
    service.events.close()  # stores what waits
    (line,) = service.activity.lines(Limits(), 1000)
    assert line["kind"] == "list"


def test_a_question_that_fails_does_not_stop_the_others(service, monkeypatch, caplog):
    def fails(*given):
        raise RuntimeError("no such index")

    monkeypatch.setattr(type(service), "filter_choices", fails)
    recommended = []
    monkeypatch.setattr(type(service), "recommend", lambda self, user: recommended.append(user))
    warm_up.build(service)
    assert recommended == list(service.landing.example_users[:1])
    assert "An index could not be built ahead: RuntimeError: no such index" in caplog.text


def test_a_release_that_follows_is_warmed_up_too(service, monkeypatch):
    built = []
    monkeypatch.setattr(warm_up, "PAUSE_S", 0.01)
    monkeypatch.setattr(warm_up, "build", lambda service, pause_s: built.append(service.release))
    first = service.release
    thread = warm_up.follow(service)
    until(lambda: built == [first])
    again = releases.open_release(first.path)
    service.use(again)
    until(lambda: len(built) == 2)
    assert built[1] is again
    service.close()
    until(lambda: not thread.is_alive())
    gc.unfreeze()


def test_objects_of_the_start_are_left_out_of_collections():
    gc.unfreeze()
    with objects_that_stay():
        assert not gc.isenabled()
        kept = [[] for _ in range(100)]
    assert gc.isenabled() and gc.get_freeze_count() >= len(kept)
    gc.unfreeze()
