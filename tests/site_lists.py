"""Run the site's scorer in Node on many histories and compare its lists with those of the Python reference."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from recsys.site import scoring
from recsys.site.scoring import InputRule
from recsys.site.weights import SiteWeights

SCRIPT = Path(__file__).parent / "site" / "js" / "lists.js"


def node() -> str:
    """Path of Node; without it the test is skipped, or fails where RECSYS_REQUIRE_BROWSER is 1."""
    found = shutil.which("node")
    if found is None and os.environ.get("RECSYS_REQUIRE_BROWSER") == "1":
        pytest.fail("RECSYS_REQUIRE_BROWSER is 1 and Node is not installed", pytrace=False)
    return found or pytest.skip("Node is not installed")


def in_browser(
    folder: Path, weights: SiteWeights, rule: InputRule, rated: int, histories: Sequence[Mapping[int, float]], n: int
) -> list[list[tuple[int, float]]]:
    """(number, score) of the first n items for each history, by the site's JavaScript."""
    program = node()
    (folder / "weights").write_bytes(weights.pack())
    cases = {
        "shape": weights.shape,
        "rule": rule.to_dict(),
        "rated": rated,
        "n": n,
        "histories": [list(history.items()) for history in histories],
    }
    (folder / "cases.json").write_text(json.dumps(cases), "utf-8")
    command = [program, str(SCRIPT), str(folder / "weights"), str(folder / "cases.json")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [[(number, score) for number, score in lines] for lines in json.loads(run.stdout)]


def in_python(
    weights: SiteWeights, rule: InputRule, rated: int, histories: Sequence[Mapping[int, float]], n: int
) -> list[list[tuple[int, float]]]:
    """The same by the reference."""
    lists = []
    for history in histories:
        found = scoring.scores(weights, rule, history)
        lists.append([(number, float(found[number])) for number in scoring.best(found[:rated], n, history)])
    return lists
