"""The lists of a profile: merged by the time of each change, deleted with the profile, in backups and copies."""

from __future__ import annotations

import pytest

from recsys.errors import NotAllowed, UnknownUser
from recsys.visitors.change_log import ChangeLog
from recsys.visitors.list_rows import MOST_ENTRIES, Entry
from recsys.visitors.profiles import Visitors
from recsys.visitors.records import parse, to_line
from recsys.visitors.store.copying import copy
from recsys.visitors.store.sqlite import SqliteStore

WATCH, LESS = Entry("watch", "1", 10.0), Entry("less", "person:Tom Hanks", 11.0)


@pytest.fixture
def profile(visitors):
    user_id, key = visitors.join({"1": 5.0})
    visitors.change_lists(user_id, key, [WATCH, LESS])
    return user_id, key


def test_entries_are_kept_in_the_order_of_their_changes(visitors, replica, profile):
    assert visitors.lists(profile[0]) == [WATCH, LESS]
    assert replica().lists(profile[0]) == [WATCH, LESS]
    assert replica("courses").lists(profile[0]) == []


def test_the_latest_change_of_an_entry_counts_in_any_order(visitors, profile):
    gone = WATCH._replace(time=20.0, gone=True)
    for changed in ([gone], [WATCH._replace(time=15.0)], [WATCH], [gone]):
        visitors.change_lists(*profile, changed)
    assert visitors.lists(profile[0]) == [LESS, gone]
    visitors.change_lists(*profile, [WATCH._replace(time=21.0)])
    assert visitors.lists(profile[0])[-1] == WATCH._replace(time=21.0)


def test_only_the_latest_entries_stay(visitors, profile):
    visitors.change_lists(*profile, [Entry("watch", f"f{n}", 100.0 + n) for n in range(MOST_ENTRIES)])
    kept = [one for one in visitors.lists(profile[0]) if one.list == "watch"]
    assert len(kept) == MOST_ENTRIES and WATCH not in kept and LESS in visitors.lists(profile[0])


def test_a_wrong_key_changes_nothing(visitors, profile):
    with pytest.raises(NotAllowed):
        visitors.change_lists(profile[0], "wrong", [WATCH._replace(item_id="2")])
    with pytest.raises(UnknownUser):
        visitors.change_lists("guest-nobody", profile[1], [WATCH])
    assert visitors.lists(profile[0]) == [WATCH, LESS]


def test_lists_follow_a_renamed_profile_and_go_with_a_deleted_one(visitors, profile):
    visitors.rename(profile[0], "guest-new")
    assert visitors.lists("guest-new") == [WATCH, LESS] and visitors.lists(profile[0]) == []
    visitors.delete("guest-new", profile[1])
    with visitors.store.reading() as tx:
        assert tx.rows("SELECT * FROM entries") == []


def test_a_profile_with_a_new_entry_is_in_use(visitors, profile):
    with visitors.store.writing() as tx:
        tx.execute("UPDATE profiles SET joined = 0")
        tx.execute("UPDATE ratings SET timestamp = 0")
    assert visitors.expire(profiles_before=1000.0, events_before=0.0) == []
    with visitors.store.writing() as tx:
        tx.execute("UPDATE entries SET stored = 0")
    assert visitors.expire(profiles_before=1000.0, events_before=0.0) == [profile[0]]


def test_lists_are_copied_to_another_store(visitors, profile, tmp_path):
    target = SqliteStore(tmp_path / "copy.sqlite")
    assert copy(visitors.store, target)["entries"] == 2
    assert Visitors(target, "films").lists(profile[0]) == [WATCH, LESS]
    target.close()


@pytest.fixture
def disks(tmp_path):
    """Two databases in SQLite, each with its change log."""
    opened = []
    for name in ("here", "there"):
        path = tmp_path / f"{name}.sqlite"
        opened.append((Visitors.open(path, "films"), ChangeLog(path)))
    yield opened
    for visitors, changes in opened:
        changes.close()
        visitors.close()


def sent(changes):
    """The pending changes as they are read back from a file."""
    records, number = changes.pending()
    changes.acknowledge(number)
    return [parse(to_line(record)) for record in records]


def test_a_backup_restores_lists_with_their_removals(disks):
    (here, ours), (there, theirs) = disks
    profile = here.join({"1": 5.0})
    here.change_lists(*profile, [WATCH, LESS])
    first = sent(ours)
    gone = LESS._replace(time=12.0, gone=True)
    here.change_lists(*profile, [gone])
    theirs.replay([*first, *sent(ours)])
    assert there.lists(profile[0]) == [WATCH, gone]
    theirs.replay(first)
    assert there.lists(profile[0]) == [WATCH, gone] and theirs.waiting == 0


def test_a_deletion_removes_lists_from_every_copy(disks):
    (here, ours), (there, theirs) = disks
    profile = here.join({"1": 5.0})
    # a device whose clock is years ahead
    here.change_lists(*profile, [WATCH._replace(time=9e9)])
    first = sent(ours)
    theirs.replay(first)
    here.delete(*profile)
    theirs.replay(sent(ours))
    assert there.lists(profile[0]) == [] and not there.has_user(profile[0])
    theirs.replay(first)
    assert there.lists(profile[0]) == []


def test_lists_of_an_earlier_time_are_backed_up_when_logging_starts(tmp_path):
    path = tmp_path / "visitors.sqlite"
    visitors = Visitors.open(path, "films")
    profile = visitors.join({})
    visitors.change_lists(*profile, [WATCH])
    changes = ChangeLog(path)
    kinds = [(record["kind"], record.get("made")) for record in sent(changes)]
    assert ("watch", 10.0) in kinds
    changes.close()
    visitors.close()
