"""The lists of another library are measured like those of the models here, and it never sees the test part."""

from __future__ import annotations

import sys

import measure_rectools
import numpy as np
import pandas as pd
import pytest
from measure_rectools import SASREC, add_lists, compared, frame, numbered, sasrec_lists

from recsys.data import Interactions
from recsys.errors import BadData, BadInput
from recsys.evaluation import evaluate, lists
from recsys.evaluation.protocol import make_split
from recsys.models import create

# Stands in for `rectools_lists.py`: lists the items in the order of their ids, and keeps a copy of what it was given.
WORKER = """
import pathlib, shutil, sys
import pandas as pd

folder, copy = map(pathlib.Path, sys.argv[1:3])
shutil.copytree(folder, copy)
read = lambda name: pd.read_csv(folder / name, dtype={"user_id": str, "item_id": str})
asked, items = read("asked.csv"), sorted(read("fit.csv")["item_id"].unique())
rows = []
for user, seen in asked.groupby("user_id")["item_id"]:
    unseen = [item for item in items if item not in set(seen)][:100]
    rows += [(user, item, rank) for rank, item in enumerate(unseen, start=1)]
pd.DataFrame(rows, columns=["user_id", "item_id", "rank"]).to_csv(folder / "lists.csv", index=False)
"""


@pytest.fixture
def split(tastes):
    return make_split("temporal", tastes)


@pytest.fixture
def worker(tmp_path, monkeypatch):
    file = tmp_path / "worker.py"
    file.write_text(WORKER)
    monkeypatch.setattr(measure_rectools, "WORKER", file)
    return tmp_path / "given"


def pairs(data: Interactions) -> set[tuple[str, str]]:
    return set(frame(data)[["user_id", "item_id"]].itertuples(index=False, name=None))


def test_the_other_program_gets_the_training_parts_and_histories_and_never_the_test_part(split, worker):
    sasrec_lists(sys.executable, split, worker.with_name("exchange"), [str(worker)])
    history, _ = lists.asked(split.test_history, split.test)
    parts = {"train": split.train, "valid": split.valid, "fit": split.fit_data, "asked": history}
    assert {file.stem for file in worker.iterdir()} == set(parts)
    for name, data in parts.items():
        given = pd.read_csv(worker / f"{name}.csv", dtype={"user_id": str, "item_id": str})
        found = set(given[["user_id", "item_id"]].itertuples(index=False, name=None))
        assert found == pairs(data) and not found & pairs(split.test)
        assert given["datetime"].tolist() == data.times.tolist()


def test_its_lists_are_measured_by_the_same_protocol(tastes, facts, split, worker):
    top = sasrec_lists(sys.executable, split, worker.with_name("exchange"), [str(worker)])
    found = evaluate(["popular"], tastes, facts, "temporal", [0])
    model = create("popular").fit(split.fit_data, facts, seed=0)
    own = lists.rank(model, split.test_history, split.test)
    assert len(top) == len(own.users)
    add_lists(found, split, own.top, facts)  # the lists of a model of this project have its figures
    ours, theirs = found.row("popular").metrics, found.row(SASREC).metrics
    assert ours == theirs and ours["ndcg@10"]["mean"] > 0
    found.rows.pop()
    add_lists(found, split, top, facts)
    by_model, other, pair = compared(found)
    assert (by_model["model"], other["model"]) == ("popular", SASREC) and other["ndcg@10"] != by_model["ndcg@10"]
    assert pair["against"] == SASREC and pair["p_holm"] == pytest.approx(found.compare("popular", SASREC).p)


def test_a_user_without_a_list_is_an_error(split):
    history, _ = lists.asked(split.test_history, split.test)
    first, item = history.users.ids[0], history.items.ids[0]
    found = pd.DataFrame({"user_id": [first], "item_id": [item], "rank": [1]})
    with pytest.raises(BadData, match=f"no list for {len(history.users) - 1} users"):
        numbered(found, history)
    assert numbered(found, history.of_users(np.arange(len(history.users)) == 0))[0].tolist() == [0] + [-1] * 99


def test_a_python_without_rectools_is_named(split, tmp_path):
    with pytest.raises(BadInput, match="RecTools did not run with --python no-python"):
        sasrec_lists("no-python", split, tmp_path, [])


def test_lists_in_the_folder_are_used_again_but_not_those_of_another_split(tastes, split, worker):
    folder = worker.with_name("exchange")
    first = sasrec_lists(sys.executable, split, folder, [str(worker)])
    again = sasrec_lists("no-python", split, folder, [])
    np.testing.assert_array_equal(first, again)
    with pytest.raises(BadInput, match="lists of another split"):
        sasrec_lists("no-python", make_split("leave-one-out", tastes), folder, [])


def test_a_missing_file_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path))
    assert measure_rectools.main(["--python", "python", "--file", str(tmp_path / "Beauty.txt")]) == 1
    assert "is not a file" in capsys.readouterr().err
