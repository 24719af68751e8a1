"""Measure “less like this”: how many such films leave the next twenty, and what it costs in accuracy.

A part of the ratings of each person is hidden, and a release is trained on the rest. A person rejects one of their
picks that, by the hidden ratings, they do not like; with --any, one of the first twenty that is no hit. This is
repeated for up to --times such picks of a person, and their figures are averaged. The next twenty picks are then
compared with the first twenty without the rejected film; the 95 % interval is paired, over people.

Such films are, for a rejected film, the forty most similar by content; for a person, their films; for a theme, those
with the keyword. “wanted” is the accuracy if such films, which the person has just declined, no longer count as liked.
Constants were chosen with --part valid only.

    python scripts/measure_less.py --part test
    python scripts/measure_less.py --movielens ml-latest-small --times 3
    python scripts/measure_less.py --movielens ml-100k --times 3 --part both
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.data.progress import quiet
from recsys.runtime.startup import ready
from recsys.serving.filters import Filters
from recsys.serving.less import PERSON, THEME
from recsys.serving.service import Service
from recsys.settings import Settings

BUNDLED = Path(__file__).resolve().parent.parent / "data" / "movietweetings"
HIDDEN, AT_LEAST = 0.2, 15  # share of each person's ratings that is hidden; people with fewer ratings are left out
N, SIMILAR, DEEP = 20, 40, 100
LOW = 0.5  # a hidden rating up to this share of the scale is a film that a person does not like
PARTS = {"valid": (0,), "test": (1,), "both": (0, 1)}


class Table(NamedTuple):
    """The ratings of a data set as lines of person, film, rating and time, and the files that belong to it."""

    name: str
    header: str
    separator: str
    lines: list[str]
    files: dict[str, bytes]


def main() -> None:
    """Print the figures of one part as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--part", choices=PARTS, default="test", help="which half of the people, or both (default test)"
    )
    parser.add_argument("--any", action="store_true", help="reject any pick that is not known to be liked")
    parser.add_argument("--times", type=int, default=1, help="rejections of each person, one at a time (default 1)")
    parser.add_argument("--kinds", default="film,person,theme", help="what is rejected, separated by commas")
    parser.add_argument(
        "--movielens", type=Path, help="folder of latest-small or of 100K, from RecBole (default: MovieTweetings)"
    )
    parser.add_argument("--data", type=Path, help="folder for the release; kept for the next run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.data or Path(temporary)
        hidden = prepare(folder / "ratings", tweeted() if options.movielens is None else movielens(options.movielens))
        service = ready(Settings(dataset=str(folder / "ratings"), data_dir=folder / "data"), quiet)
        try:
            people = [user for user in sorted(hidden, key=int) if int(user) % 2 in PARTS[options.part]]
            for kind in options.kinds.split(","):
                figures = measured(service, hidden, people, kind, options.any, options.times)
                print(json.dumps({"kind": kind, **figures}), flush=True)
        finally:
            service.close()


def tweeted() -> Table:
    """MovieTweetings, which comes with the project."""
    lines = gzip.decompress((BUNDLED / "ratings.dat.gz").read_bytes()).decode().splitlines()
    return Table(
        "ratings.dat", "", "::", lines, {"movies.dat": gzip.decompress((BUNDLED / "movies.dat.gz").read_bytes())}
    )


def movielens(folder: Path) -> Table:
    """MovieLens, with the names of files of GroupLens or of RecBole."""
    is_recbole = (folder / "ml-100k.inter").exists()
    ratings, films = ("ml-100k.inter", "ml-100k.item") if is_recbole else ("ratings.csv", "movies.csv")
    header, *lines = (folder / ratings).read_text(encoding="utf-8").splitlines()
    return Table(ratings, header, "\t" if is_recbole else ",", lines, {films: (folder / films).read_bytes()})


def prepare(folder: Path, table: Table) -> dict[str, dict[str, float]]:
    """Write the training ratings as a data set; return the hidden ratings by person."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, kept, hidden = np.random.default_rng(11), [table.header] if table.header else [], {}
    by_person: dict[str, list[str]] = {}
    for line in table.lines:
        by_person.setdefault(line.split(table.separator)[0], []).append(line)
    for person, own in by_person.items():
        own = [own[place] for place in rng.permutation(len(own))]
        cut = round(HIDDEN * len(own)) if len(own) >= AT_LEAST else 0
        kept += own[cut:]
        if cut:
            rows = [line.split(table.separator) for line in own[:cut]]
            hidden[person] = {row[1].lstrip("0"): float(row[2]) for row in rows}
    (folder / table.name).write_text("\n".join(kept) + "\n", encoding="utf-8")
    for name, content in table.files.items():
        (folder / name).write_bytes(content)
    return hidden


def measured(
    service: Service, hidden: dict[str, dict[str, float]], people: list[str], kind: str, any_pick: bool, times: int
) -> dict[str, float]:
    """Figures before and after rejections of a kind, over people."""
    rng, rows = np.random.default_rng(3), []
    liked_at, (low, high) = service.catalogue.wording.liked_at or 0, service.scale
    disliked = low + LOW * (high - low)
    for person in people:
        liked = {item_id for item_id, rating in hidden[person].items() if rating >= liked_at}
        picks = [line["item_id"] for line in service.recommend(person, DEEP)]
        if any_pick:
            refused = [item_id for item_id in picks[:N] if item_id not in liked]
        else:
            refused = [item_id for item_id in picks if hidden[person].get(item_id, high) <= disliked]
        if not liked or not refused:
            continue
        drawn = rng.choice(refused, min(times, len(refused)), replace=False).tolist()
        if own := [row for one in drawn if (row := after_one(service, person, picks, liked, one, kind, rng))]:
            rows.append(np.mean(own, axis=0))
    return summary(np.array(rows, dtype=float))


def after_one(
    service: Service, person: str, picks: list[str], liked: set[str], item_id: str, kind: str, rng: np.random.Generator
) -> list[float]:
    """Such films and accuracy before and after one rejection; empty if the item has no such fact."""
    text, alike = rejection(service, item_id, kind, rng)
    if not text:
        return []
    before = [one for one in picks if kind != "film" or one != item_id][:N]
    after = [line["item_id"] for line in service.recommend(person, N, filters=Filters(less=(text,)))]
    accuracy = [ndcg(listed[:10], wanted) for wanted in (liked, liked - alike) for listed in (before, after)]
    return [len(alike & set(before)), len(alike & set(after)), *accuracy]


def summary(rows: np.ndarray) -> dict[str, float]:
    """Means and changes of columns: such films, NDCG@10 and NDCG@10 of wanted films, each before and after."""
    such, such_after, accuracy, accuracy_after, wanted, wanted_after = rows.mean(axis=0).tolist()
    error = 100 * 1.96 * (rows[:, 3] - rows[:, 2]).std() / len(rows) ** 0.5 / accuracy
    wanted_error = 100 * 1.96 * (rows[:, 5] - rows[:, 4]).std() / len(rows) ** 0.5 / wanted
    return {
        "people": len(rows),
        "such of 20": round(such, 2),
        "such of 20 after": round(such_after, 2),
        "fall %": round(100 * (1 - such_after / such), 1),
        "ndcg@10": round(accuracy, 4),
        "change %": round(100 * (accuracy_after / accuracy - 1), 1),
        "95 % +-": round(float(error), 1),
        "wanted change %": round(100 * (wanted_after / wanted - 1), 1),
        "wanted 95 % +-": round(float(wanted_error), 1),
    }


def rejection(service: Service, item_id: str, kind: str, rng: np.random.Generator) -> tuple[str, set[str]]:
    """What is said about an item, and the ids of such items; "" if the item has no such fact."""
    item = service.item(f"id:{item_id}")
    if kind == "film":
        return f"id:{item_id}", {line["item_id"] for line in service.similar(f"id:{item_id}", SIMILAR, "content")}
    if kind == "person":
        names = [name for name in (item["director"], *item["cast"]) if name and ", " not in name]
        if not names:
            return "", set()
        name = str(rng.choice(names))
        return PERSON + name, {one["item_id"] for one in service.person(name, 100)["items"]}
    if not item["keywords"]:
        return "", set()
    theme = str(rng.choice(item["keywords"]))
    rows = service.catalogue.items(service.catalogue.ids.ids.tolist())
    return THEME + theme, {row["item_id"] for row in rows if theme in (row.get("keywords") or [])}


def ndcg(picks: list[str], liked: set[str]) -> float:
    """NDCG of a list for a set of liked items."""
    gains = [1 / np.log2(place + 2) for place in range(len(picks))]
    if not liked:
        return 0.0
    best = sum(gains[: len(liked)])
    return float(sum(gain for gain, item_id in zip(gains, picks, strict=True) if item_id in liked) / best)


if __name__ == "__main__":
    main()
