"""Filter options of the command line become filters."""

from __future__ import annotations

import argparse

import pytest

from recsys.cli.filters import FILTERS, filters_from
from recsys.errors import BadInput
from recsys.serving.filters import FILTER_KEYS, Filters


def parsed(*given):
    parser = argparse.ArgumentParser()
    for option in FILTERS:
        parser.add_argument(*option.names, **option.settings)
    return filters_from(vars(parser.parse_args(given)))


def test_every_filter_has_an_option(tmp_path):
    ids = tmp_path / "ids.txt"
    ids.write_text("1\n\n 2 \n")
    options = ["--genre=Drama", "--not-genre=War", "--from=1990", "--to=1999", "--language=en", "--person=Al Pacino"]
    options += ["--runtime-to=120", "--certificate=PG", "--certificate=R", "--popularity=-1", "--diversity=0.5"]
    options += ["--recency=0", "--less=person:Al Pacino", f"--only-file={ids}", f"--hide-file={ids}"]
    found = parsed(*options)
    assert (found.only, found.hide, found.certificates, found.runtime_to) == (("1", "2"), ("1", "2"), ("PG", "R"), 120)
    assert all(getattr(found, name) != getattr(Filters(), name) for name in FILTER_KEYS)


def test_files_of_ids_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        parsed(f"--only-file={tmp_path / 'none'}")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--from=1e9", "'1e9' is not a year such as 1995"),
        ("--to=99999", "'99999' is not a year such as 1995"),
        ("--from=١٩٩٥", "'١٩٩٥' is not a year such as 1995"),
        ("--runtime-to=-1", "'-1' is not a whole number from 1 to 999999999"),
        ("--popularity=inf", "'inf' is not a number from -1 to 1"),
        ("--diversity=-0.1", "'-0.1' is not a number from 0 to 1"),
        ("--recency=nan", "'nan' is not a number from 0 to 1"),
    ],
)
def test_a_wrong_number_is_refused_with_what_is_legal(option, sentence, capsys):
    with pytest.raises(SystemExit):
        parsed(option)
    assert sentence in capsys.readouterr().err
