"""Progress reports: one type, on standard error or in the log."""

from __future__ import annotations

import logging
import re

from film_app import PROJECT

from recsys.data.progress import quiet, to_log, to_stderr


def test_a_report_goes_to_standard_error_with_its_share_in_front(capsys):
    to_stderr("fitting ease", 0.5)
    to_stderr("done")
    quiet("nothing", 1.0)
    out, err = capsys.readouterr()
    assert (out, err) == ("", " 50% fitting ease\ndone\n")


def test_a_report_with_a_percent_sign_is_logged_as_it_is(caplog):
    with caplog.at_level(logging.INFO):
        to_log("100%s sure", 0.25)
    assert [record.getMessage() for record in caplog.records] == [" 25% 100%s sure"]


def test_no_other_module_declares_a_type_of_its_own():
    for path in [*(PROJECT / "recsys").rglob("*.py"), *(PROJECT / "scripts").rglob("*.py")]:
        if path.name != "progress.py" or path.parent.name != "data":
            assert not re.search(r"(progress|say|Progress)\s*[:=]\s*Callable", path.read_text(encoding="utf-8")), path
