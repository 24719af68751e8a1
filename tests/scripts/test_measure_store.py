"""Rows of scripts/measure_store.py: what COPY reads, whole and for the profiles that are asked about."""

from __future__ import annotations

import json

import pytest
from measure_store import ASKED, HISTORY, LENGTH, rows


@pytest.mark.parametrize(("profiles", "events"), [(0, 0), (30, 200)])
def test_the_rows_are_as_many_as_wanted_and_fit_their_columns(profiles, events):
    found = {}
    for table, columns, lines in rows(n_items=1_000, profiles=profiles, each=2, events=events):
        found[table] = [line.rstrip("\n").split("\t") for line in lines]
        assert all(len(row) == len(columns.split(", ")) for row in found[table])
    assert len(found["profiles"]) == len({row[1] for row in found["profiles"]}) == ASKED + profiles
    pairs = [tuple(row[1:3]) for row in found["ratings"]]
    assert len(pairs) == len(set(pairs)) == ASKED * HISTORY + 2 * profiles
    assert {who for who, _ in pairs} == {row[1] for row in found["profiles"]}
    assert len(found["events"]) == events
    assert all(len(json.loads(row[-1])) == LENGTH for row in found["events"])
    assert all(0 <= int(item) < 1_000 for _, item in pairs)
