"""Replicas of one store: all follow the release that the operator chooses on one of them, and each is listed."""

from __future__ import annotations

import shutil
import time

import pytest
from waiting import until

from recsys import release as releases
from recsys.data.progress import quiet
from recsys.errors import StoreUnavailable
from recsys.page.reports.status import replica_list
from recsys.runtime import hub_updates, replicas, shared_release
from recsys.runtime.admin import Admin
from recsys.runtime.jobs import Background, Job, long_work
from recsys.runtime.replicas import Member
from recsys.runtime.startup import ready
from recsys.settings import Settings


@pytest.fixture
def pair(postgres_url, prepared, film_folder, tmp_path):
    """Two replicas with data directories of their own and the same two releases, as admins and members."""
    services = []
    for name in ("first", "second"):
        data = shutil.copytree(prepared, tmp_path / name)
        service = ready(Settings(dataset=str(film_folder), data_dir=data, store_url=postgres_url), quiet)
        old = service.release.version
        if not services:
            new = releases.add(service.release, {}, {"popular": {"metrics": {"random": {"ndcg@10": 0.5}}}}).version
        else:
            root = services[0].settings.releases
            shutil.copytree(root / new, service.settings.releases / new)
            releases.switch(service.settings.releases, new)
        service.use(releases.open_release(service.settings.releases / new))
        services.append(service)
    admins = [Admin(Background(service)) for service in services]
    members = [Member(admin.background, name) for admin, name in zip(admins, ("a", "b"), strict=True)]
    for member in members:
        member.step()
    yield admins, members, old, new
    for service in services:
        service.close()
        service.visitors.close()


def served(admins):
    return [admin.service.release.version for admin in admins]


def test_all_replicas_follow_what_is_chosen_on_one(pair):
    admins, members, old, new = pair
    admins[0].switch(old)
    members[1].step()
    assert served(admins) == [old, old] and [one.pinned for one in admins] == [old, old]
    assert releases.current(admins[1].service.settings.releases).version == old
    admins[1].unpin()
    members[0].step()
    assert [one.pinned for one in admins] == ["", ""] and served(admins) == [old, old]
    shared_release.announce(
        admins[1].service.visitors, releases.open_release(admins[1].service.settings.releases / new), pinned=False
    )
    members[0].step()
    assert served(admins)[0] == new, "a release that was trained on another replica and is on this disk too"


def test_a_replica_that_starts_later_serves_the_pinned_release_and_no_older_unpinned_one(pair):
    admins, members, old, new = pair
    shared_release.announce(
        admins[0].service.visitors, releases.open_release(admins[0].service.settings.releases / old), pinned=False
    )
    Member(admins[1].background, "late").step()
    assert served(admins)[1] == new
    admins[0].roll_back()
    late = Member(admins[1].background, "late")
    late.step()
    assert served(admins) == [old, old]
    admins[1].service.use(releases.open_release(admins[1].service.settings.releases / new))
    late.step()
    assert served(admins)[1] == old, "served again"


def test_a_pinned_release_that_a_replica_cannot_have_is_reported(pair, caplog):
    admins, members, old, new = pair
    shutil.rmtree(admins[1].service.settings.releases / old)
    admins[0].switch(old)
    members[1].step()
    assert served(admins) == [old, new] and f"Release {old} was chosen on another replica" in members[1].trouble
    members[1].report()
    members[0].report()
    found = replica_list(admins[0].replicas(), time.time())
    assert members[1].trouble.split("—")[0][:40] in found and "Replicas serve different releases." in found
    assert caplog.text.count("was chosen on another replica") == 1
    members[1].step()
    assert caplog.text.count("was chosen on another replica") == 1, "not tried again at once"


def test_a_switch_that_the_others_cannot_be_told_of_changes_nothing(pair, monkeypatch):
    admins, _, old, new = pair

    def away(name, value):
        raise StoreUnavailable("The server is away.")

    monkeypatch.setattr(admins[0].service.visitors.shared, "choose", away)
    for action in (lambda: admins[0].switch(old), admins[0].roll_back, admins[0].unpin):
        with pytest.raises(StoreUnavailable):
            action()
    assert served(admins) == [new, new] and admins[0].pinned == ""
    assert releases.current(admins[0].service.settings.releases).version == new


def test_replicas_are_listed_in_plain_words(pair):
    admins, members, _, new = pair
    found = replica_list(admins[1].replicas(), time.time())
    assert found.count(new) == 2 and found.count(">running<") == 2
    later = replica_list(admins[1].replicas(), time.time() + 130)
    assert later.count("not heard from for 2 min") == 2
    members[0].leave()
    assert [one.name for one in admins[1].replicas()] == ["b"]
    assert replica_list([], 0.0) == ""


def test_a_long_job_waits_for_that_of_another_replica_and_can_be_cancelled(pair, monkeypatch):
    admins, _, _, _ = pair
    ran = []
    monkeypatch.setattr(Job, "_run", lambda job: ran.append(job.task) or 0)
    with admins[0].service.visitors.store.exclusive(long_work("films")):
        job = admins[1].train(["popular"])
        until(lambda: job.lines)
        assert list(job.lines) == ["Another replica runs a job now; waiting for it"] and not ran
        admins[1].cancel()
        until(lambda: job.ended is not None)
    assert (job.outcome, ran) == ("cancelled", [])


def test_the_hub_is_followed_again_when_the_release_is_no_longer_pinned(service, monkeypatch):
    asked = []

    def update(service, served):
        asked.append(served)
        service.closed = True
        return "commit"

    monkeypatch.setattr(hub_updates, "PINNED_S", 0.01)
    monkeypatch.setattr(hub_updates, "update", update)
    admin = Admin(Background(service))
    releases.pin(service.settings.releases, service.release.version)
    waits = []

    def waited(service, seconds):
        waits.append(seconds)
        if len(waits) == 3:
            assert not asked
            admin.unpin()
        return not service.closed

    monkeypatch.setattr(hub_updates, "_waited", waited)
    hub_updates._follow(service)
    assert asked == [None] and waits[1:3] == [0.01, 0.01]


def test_a_store_of_one_replica_has_no_members(service):
    assert replicas.take_part(Background(service), "alone") is None
    assert Admin(Background(service)).replicas() == []
