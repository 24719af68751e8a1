"""The site's calibrated lists are those of the service."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from site_lists import node

from recsys.data import ItemFeatures
from recsys.serving.calibrated_lists import ListCalibration, rule
from recsys.site import contents

SCRIPT = Path(__file__).parent / "js" / "calibrated.js"
GENRES = ("Action", "Comedy", "Crime", "Drama", "Horror", "War")


@pytest.mark.parametrize("seed", [0, 1])
def test_lists_are_equal(seed, tmp_path):
    rng = np.random.default_rng(seed)
    genres = [rng.choice(GENRES, rng.integers(0, 4), replace=False).tolist() for _ in range(260)]
    years = [int(year) if year > 1945 else None for year in rng.integers(1940, 2020, 260)]
    rows = [
        {"item_id": str(number), "title": f"Film {number}", "genres": genres[number], "year": years[number]}
        for number in range(260)
    ]
    candidates, history = rng.permutation(250), rng.integers(250, 260, 6)
    expected = ListCalibration(ItemFeatures.from_frame(pd.DataFrame(rows))).ordered(candidates, history, 220)
    case = {"columns": contents.columns(rows), "rule": rule(), "n": 220}
    case |= {"candidates": candidates.tolist(), "history": history.tolist()}
    (tmp_path / "case.json").write_text(json.dumps(case), "utf-8")
    command = [node(), str(SCRIPT), str(tmp_path / "case.json")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == expected.tolist()
