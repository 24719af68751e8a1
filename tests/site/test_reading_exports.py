"""The site reads exports in JavaScript as `recsys.imports` does in Python."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from exports import IMDB_LIST, IMDB_RATINGS, LETTERBOXD, PLAIN
from odd_exports import PRINTED, READ, REFUSED
from site_lists import node

from recsys.errors import BadInput
from recsys.imports import read

TEXTS = [*READ, PLAIN, IMDB_RATINGS, IMDB_LIST, LETTERBOXD["ratings.csv"], "title,rating\nHeat,7\nAlien,11\nHer,8\n"]


@pytest.fixture(scope="module")
def by_text(tmp_path_factory):
    """What the site reads from each text."""
    path = tmp_path_factory.mktemp("exports") / "cases.json"
    texts = [*TEXTS, *REFUSED, *PRINTED]
    path.write_text(json.dumps(texts), encoding="utf-8")
    command = [node(), str(Path(__file__).parent / "js" / "exports.js"), str(path)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return dict(zip(texts, found, strict=True))


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_both_readers_find_the_same(by_text, text):
    ours, site = read(text.encode()), by_text[text]
    entries = [entry for entry in site["entries"] if not entry.get("why")]
    last = {
        (one["title"], one["year"]): (one["rating"], one["ids"], one["date"]) for one in entries
    }  # the later rating
    expected = {(one.title, one.year): (one.rating, one.ids, one.date) for one in [*ours.ratings, *ours.watched]}
    expected |= {(one.title, one.year): (one.rating, one.ids, one.date) for one in ours.watchlist}
    assert last.keys() == expected.keys()
    for title, (rating, ids, date) in expected.items():
        assert last[title] == (rating if rating is None else pytest.approx(rating), ids, date)
    assert [(one["title"], one["why"]) for one in site["entries"] if one.get("why")] == [
        (one.title, one.why) for one in ours.skipped
    ]
    unseen = {(one["title"], one["year"]) for one in site["entries"] if one.get("isUnseen") and one["rating"] is None}
    assert unseen >= {(one.title, one.year) for one in ours.watchlist}
    assert unseen.isdisjoint((one.title, one.year) for one in ours.watched)
    assert site["notes"] == ours.notes()


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_both_refuse_the_same(by_text, text):
    assert by_text[text]["error"].startswith(f"The file has no header, and {REFUSED[text]}. Add a first line")


@pytest.mark.parametrize("text", PRINTED)
def test_both_refuse_a_print_of_a_table(by_text, text):
    with pytest.raises(BadInput) as error:
        read(text.encode())
    assert by_text[text]["error"] == str(error.value)
