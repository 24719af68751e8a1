"""Every fault at every request of a start that restores visitors' data from the Hub: said, nothing lost, well again."""

from __future__ import annotations

import shutil

import pytest

from hub.conftest import TOKEN
from hub.faults import FAULTS, ODD, one_sentence
from recsys.settings import Settings
from recsys.visitors.backup_to_hub import create_backup
from recsys.visitors.profiles import Visitors

FEEDBACK = "me/feedback"
MOST_REQUESTS = 20
pytestmark = pytest.mark.usefixtures("no_waiting")


def start(folder, url):
    """The visitors and the backup of a start on an empty disk."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    settings = Settings(data_dir=folder, feedback_repo=FEEDBACK, hf_token=TOKEN, hub_endpoint=url)
    visitors = Visitors.of(settings)
    backup = create_backup(settings)
    assert backup is not None
    return visitors, backup


@pytest.mark.parametrize("kind", FAULTS | ODD)
def test_restore_at_a_start(server, tmp_path, kind):
    visitors, backup = start(tmp_path / "old", server.url)
    backup.restore()
    who, gone = visitors.join({"1": 5.0}), visitors.join({"2": 1.0})
    visitors.delete(*gone)
    backup.save()
    backup.close()
    visitors.close()
    expected = {path: text for path, text in server.repos["dataset", FEEDBACK].files.items()}
    for number in range(MOST_REQUESTS):
        visitors, backup = start(tmp_path / "new", server.url)
        fault = server.fail("", skip=number, **(FAULTS | ODD)[kind])
        succeeded = backup._attempt(backup.restore)
        reached = fault.times == 0
        server.faults.clear()
        assert succeeded or one_sentence(backup.status()["trouble"], TOKEN), backup.status()
        assert not succeeded or visitors.history(who[0]) == {"1": 5.0}
        assert backup._attempt(backup.restore), backup.status()
        assert visitors.history(who[0]) == {"1": 5.0} and not visitors.has_user(gone[0])
        backup.close()
        visitors.close()
        assert server.repos["dataset", FEEDBACK].files == expected
        if not reached:
            assert number > 1
            return
    raise AssertionError("it does not end")
