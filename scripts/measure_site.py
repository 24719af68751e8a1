"""Measure the static site: accuracy of its reduced weights against the whole model, and equal lists in Node.

For each seed `ease` is fitted on the training part of a split. NDCG of its lists and of those from the site's weights
are compared over the same users. The constants of `recsys/site/weights.py` were chosen with --part valid only.

    RECSYS_DATASET=movietweetings python scripts/measure_site.py --seeds 0,1,2
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys import models
from recsys.catalogue import building
from recsys.data import Interactions
from recsys.data.progress import to_stderr
from recsys.evaluation import lists, protocol, splits
from recsys.models.collaborative.ease import Ease
from recsys.ranking import metrics
from recsys.settings import Settings
from recsys.site import scoring
from recsys.site.export import ITEMS, PER_ITEM
from recsys.site.scoring import InputRule
from recsys.site.weights import SiteWeights, reduce
from recsys.tuning.settings import tuned

SCRIPT = Path(__file__).resolve().parent.parent / "tests" / "site" / "js" / "lists.js"
DEEP, COMPARED = 100, 1000  # length of the lists, and number of histories whose lists are compared with Node's


def main() -> None:
    """Print one line of JSON for each seed, and their mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0", help="seeds of the splits, separated by commas (default 0)")
    parser.add_argument("--split", choices=protocol.SPLITS, default="random", help="kind of split (default random)")
    parser.add_argument("--part", choices=("valid", "test"), default="test", help="part to predict (default test)")
    parser.add_argument("--items", type=int, default=ITEMS, help=f"largest number of items (default {ITEMS})")
    options = parser.parse_args()
    settings = Settings.from_env()
    catalogue = building.ensure(settings, to_stderr)
    chosen = tuned(settings, catalogue.info).settings("ease")
    rows = []
    for seed in map(int, options.seeds.split(",")):
        split = protocol.make_split(options.split, catalogue.interactions(), seed)
        rows.append(measured(split, options.part, chosen, options.items))
        print(json.dumps({"seed": seed, **rows[-1]}), flush=True)
    ratios = {name: float(np.mean([row[name] for row in rows])) for name in rows[0] if name.startswith("ratio")}
    print(json.dumps({"dataset": catalogue.info["dataset"], "split": options.split, "part": options.part, **ratios}))


def measured(split: splits.Split, part: str, chosen: dict, n_items: int) -> dict[str, float | int | bool | None]:
    """NDCG of the model and of the site, their ratio, and whether Node gives the same lists."""
    known, target = (split.fit_data, split.test) if part == "test" else (split.train, split.valid)
    history = split.test_history if part == "test" else split.valid_history
    history, target = lists.asked(history, target)
    model = models.create("ease", **chosen)
    if not isinstance(model, Ease):
        raise TypeError(f"ease is a {type(model).__name__}")
    model.fit(known)
    ids, _ = model.recommend_many(history, DEEP)
    whole = target.items.numbers(ids.ravel().tolist()).reshape(ids.shape)
    order = np.argsort(model.popularity_rank)[:n_items]
    weights, rule = reduce(model, order, PER_ITEM), InputRule.of(model)
    n_rated = int(np.count_nonzero(model.rated[order]))
    asked = histories(history, order)
    found = [scoring.best(scoring.scores(weights, rule, one)[:n_rated], DEEP, one) for one in asked]
    small = np.full((len(found), DEEP), -1)
    for place, numbers in enumerate(found):
        small[place, : len(numbers)] = order[numbers]
    row: dict[str, float | int | bool | None] = {"users": len(found), "weights": len(weights.columns)}
    for k in (10, DEEP):
        values = [metrics.ndcg(metrics.find_hits(top, target.matrix), target.user_counts, k) for top in (whole, small)]
        row |= {
            f"ease ndcg@{k}": round(float(values[0].mean()), 5),
            f"site ndcg@{k}": round(float(values[1].mean()), 5),
        }
        row[f"ratio@{k}"] = round(float(values[1].mean() / values[0].mean()), 4)
    row["same lists in Node"] = same_in_node(weights, rule, n_rated, asked)
    return row


def histories(data: Interactions, order: np.ndarray) -> list[dict[int, float]]:
    """Ratings by number of the site, oldest first, of each user; items that are not on the site are left out."""
    place = {item_id: number for number, item_id in enumerate(data.items.ids[order].tolist())}
    return [
        {place[item]: rating for item, rating in data.history(user).items() if item in place}
        for user in data.users.ids.tolist()
    ]


def same_in_node(
    weights: SiteWeights, rule: InputRule, n_rated: int, asked: list[dict[int, float]], n: int = 10
) -> bool | None:
    """Whether the site's scripts give the same lists and scores for COMPARED histories; None without Node."""
    program = shutil.which("node")
    if program is None:
        return None
    rng = np.random.default_rng(0)
    some = [asked[place] for place in rng.permutation(len(asked))[:COMPARED].tolist() if asked[place]]
    ours = []
    for one in some:
        found = scoring.scores(weights, rule, one)
        ours.append([[number, float(found[number])] for number in scoring.best(found[:n_rated], n, one)])
    with tempfile.TemporaryDirectory() as temporary:
        files = Path(temporary) / "weights", Path(temporary) / "cases"
        files[0].write_bytes(weights.pack())
        cases = {"shape": weights.shape, "rule": rule.to_dict(), "rated": n_rated, "n": n}
        files[1].write_text(json.dumps(cases | {"histories": [list(one.items()) for one in some]}), "utf-8")
        command = [program, str(SCRIPT), *map(str, files)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == ours


if __name__ == "__main__":
    main()
