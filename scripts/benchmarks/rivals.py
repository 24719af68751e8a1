"""Compare training and top-20 time of our models with other libraries, each in its own virtual environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.figures import ratio
from benchmarks.place import SIZES, Place
from benchmarks.processes import run, running, tail
from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress
from recsys.models import registry
from recsys.settings import PROJECT

LIBRARIES: dict[str, tuple[str, ...]] = {
    "implicit": ("implicit==0.7.3",),
    "scikit-learn": ("scikit-learn==1.9.1",),
    "surprise": ("scikit-surprise==1.1.5", "pandas>=2.2,<4"),
    "lenskit": ("lenskit==2025.8.1",),
    "irspack": ("irspack==0.5.2",),
    "kindling": ("kindling-rec==1.0.4",),
}
INSTALL_S = 1200
PEOPLE = 2000  # maximum number of users or items, drawn at random
ANSWER_S = 4.0  # maximum time for answers of each kind
MOST_MB = 12_000.0
MOST_S = 600.0


@dataclass(frozen=True)
class Rival:
    """The model of another library that corresponds to one of ours.

    Attributes:
        model: name of our model.
        library, kind: the library, and the name of its model in `worker`.
        title: name in the report.
        settings: settings that differ from the defaults of the library.
    """

    model: str
    library: str
    kind: str
    title: str
    settings: dict[str, Any] = field(default_factory=dict)


RIVALS = (
    Rival("popular", "lenskit", "popular", "LensKit PopScorer"),
    Rival("content", "scikit-learn", "content", "scikit-learn TfidfVectorizer, NearestNeighbors"),
    Rival("item_knn", "implicit", "bm25", "implicit BM25Recommender, K = 100", {"K": 100}),
    Rival(
        "item_knn",
        "lenskit",
        "item_knn",
        "LensKit ItemKNNScorer, 100 neighbours",
        {"max_nbrs": 100, "feedback": "implicit"},
    ),
    Rival("item_knn", "irspack", "p3", "irspack P3alphaRecommender, 100 neighbours", {"top_k": 100}),
    Rival("user_knn", "scikit-learn", "neighbours", "scikit-learn NearestNeighbors, cosine, 100", {"n_neighbors": 100}),
    Rival(
        "user_knn",
        "lenskit",
        "user_knn",
        "LensKit UserKNNScorer, 100 neighbours",
        {"max_nbrs": 100, "feedback": "implicit"},
    ),
    Rival("ease", "lenskit", "ease", "LensKit EASEScorer"),
    Rival("ease", "irspack", "ease", "irspack DenseSLIMRecommender (EASE)"),
    Rival("ease", "irspack", "slim", "irspack SLIMRecommender"),
    Rival("als", "implicit", "als_fold_in", "implicit AlternatingLeastSquares, 64 factors, folded in", {"factors": 64}),
    Rival("als", "implicit", "als", "implicit AlternatingLeastSquares, 64 factors, looked up", {"factors": 64}),
    Rival("als", "lenskit", "als", "LensKit ImplicitMFScorer, 64 factors", {"embedding_size": 64}),
    Rival("svd", "surprise", "svd", "Surprise SVD"),
    Rival("clusters", "scikit-learn", "clusters", "scikit-learn KMeans, k by elbow up to 16", {"most": 16}),
    Rival("hybrid", "kindling", "engine", "kindling Engine"),
)


def environment(library: str, work: Path, say: Progress) -> Path | str:
    """Python of the environment of a library, which is created if missing; or the reason why that failed."""
    folder = work / "rivals" / library
    wanted = "\n".join(LIBRARIES[library])
    mark, python = folder / ".ready", folder / "bin" / "python"
    if mark.exists() and mark.read_text() == wanted and python.exists():
        return python
    say(f"installing {', '.join(LIBRARIES[library])} for comparison")
    shutil.rmtree(folder, ignore_errors=True)
    log = work / "rivals" / f"{library}.log"
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--only-binary", ":all:"]
    for command in ([sys.executable, "-m", "venv", str(folder)], [*pip, *LIBRARIES[library]]):
        with running(command, log, PROJECT, Place("", work, "").env()) as process:
            try:
                status = process.wait(INSTALL_S)
            except subprocess.TimeoutExpired:
                return f"not installed within {INSTALL_S} s"
        if status != 0:
            lines = [line for line in log.read_text(errors="replace").splitlines() if "ERROR" in line]
            return (lines[-1] if lines else tail(log))[:300]
    mark.write_text(wanted)
    return python


def measure(
    place: Place, work: Path, say: Progress, kept: Mapping[str, Any] | None = None, only: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Measure our models and the others; save each result at once.

    Args:
        kept: results of an earlier run, which are not measured again.
        only: names of our models (default: all with a counterpart).

    Returns:
        `ours` by model and `rivals` by title, each with `fit_s`, `bulk_ms`, `single_ms`, `peak_mb`, or with
        `missing`: the reason why there is no result. A rival also has its `model` and the ratios of its times to ours.
    """
    names = tuple(dict.fromkeys(rival.model for rival in RIVALS))
    names = tuple(name for name in names if not only or name in only)
    found: dict[str, Any] = {"ours": dict((kept or {}).get("ours", {})), "rivals": dict((kept or {}).get("rivals", {}))}
    data, features = place.catalogue.interactions(), place.catalogue.features()
    files = _hand_over(place, data, features)
    shape = len(data.users), len(data.items)
    del data, features
    for name in names:
        rows = _rows(shape[0 if _asks(name) == "people" else 1])
        if name not in found["ours"]:
            found["ours"][name] = _too_much(place, "ours", name) or _ours(place, name, rows)
            say(f"{place.size} M: {name}: {_summary(found['ours'][name])}")
        for rival in (one for one in RIVALS if one.model == name):
            if rival.title not in found["rivals"]:
                title = rival.title
                found["rivals"][title] = _too_much(place, "rivals", title) or _theirs(
                    place, rival, work, files, rows, say
                )
                say(f"{place.size} M: {rival.title}: {_summary(found['rivals'][rival.title])}")
            mine, theirs = found["ours"][name], found["rivals"][rival.title]
            theirs["model"] = name
            theirs["ratios"] = {
                what: ratio(theirs.get(what), mine.get(what)) for what in ("fit_s", "bulk_ms", "single_ms")
            }
            place.keep(rivals=found)
    place.keep(rivals=found)
    return found


def _too_much(place: Place, who: str, name: str) -> dict[str, Any] | None:
    """Skip a model that exceeded a limit at a smaller size."""
    for size in SIZES[: SIZES.index(place.size)]:
        smaller = replace(place, size=size, folder=place.folder.parent / size).results()
        found = smaller.get("rivals", {}).get(who, {}).get(name, {})
        if found.get("over"):
            return {"missing": f"not tried: {found['missing']} at {size} M", "over": found["over"]}
    return None


def _asks(model: str) -> str:
    return "items" if model == "content" else "people"


def _rows(n: int) -> list[int]:
    return np.random.default_rng(0).permutation(n)[:PEOPLE].tolist()


def _ours(place: Place, name: str, rows: list[int]) -> dict[str, Any]:
    job = {
        "database": str(place.settings.database),
        "model": name,
        "ask": _asks(name),
        "rows": rows,
        "budget_s": ANSWER_S,
    }
    return _done(place, name, [sys.executable, "-m", "benchmarks.our_worker"], job, place.env())


def _theirs(
    place: Place, rival: Rival, work: Path, files: dict[str, str], rows: list[int], say: Progress
) -> dict[str, Any]:
    python = environment(rival.library, work, say)
    if isinstance(python, str):
        return {"missing": f"cannot be installed here: {python}"}
    script = Path(__file__).with_name("worker.py")
    job = {
        "library": rival.library,
        "model": rival.kind,
        "settings": rival.settings,
        "rows": rows,
        "budget_s": ANSWER_S,
        **files,
    }
    env = place.env()
    env.pop("PYTHONPATH")
    return _done(place, f"{rival.library}-{rival.kind}", [str(python), "-P", str(script)], job, env)


def _done(place: Place, name: str, command: list[str], job: dict[str, Any], env: dict[str, str]) -> dict[str, Any]:
    folder = place.folder / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    job_file, result = folder / f"{name}.json", folder / f"{name}-result.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    result.unlink(missing_ok=True)
    log = place.log(f"job-{name}")
    ran = run([*command, str(job_file), str(result)], log, place.folder, env, most_s=MOST_S, most_mb=MOST_MB)
    if ran.over == "time":
        return {"missing": f"not done after {ran.seconds:.0f} s", "over": ran.over}
    if ran.over == "memory":
        return {"missing": f"needs more than {MOST_MB / 1000:.0f} GB", "over": ran.over}
    if ran.status != 0 or not result.exists():
        last = tail(log).split(" / ")[-1]
        return {"missing": f"failed: {last[:200]}"}
    return json.loads(result.read_text(encoding="utf-8")) | {"peak_mb": ran.peak_mb}


def _hand_over(place: Place, data: Interactions, features: ItemFeatures) -> dict[str, str]:
    """Write the data as files that can be read without this package."""
    arrays, documents = place.folder / "ratings.npz", place.folder / "documents.json"
    genres = _genres(features)
    np.savez(
        arrays,
        indptr=data.matrix.indptr,
        indices=data.matrix.indices,
        ratings=data.matrix.data,
        times=np.empty(0, np.int64) if data.times is None else data.times,
        shape=np.array(data.matrix.shape),
        genres=genres,
    )
    texts = []
    for row, (title, text) in enumerate(zip(features.titles, features.texts, strict=True)):
        tags = [word for lists in features.tags.values() for word in lists[row]]
        texts.append(" ".join([title, text, *tags]))
    documents.write_text(json.dumps(texts), encoding="utf-8")
    return {"arrays": str(arrays), "documents": str(documents)}


def _genres(features: ItemFeatures) -> np.ndarray:
    lists = features.tags.get("genres") or [[] for _ in features.titles]
    names = sorted({name for one in lists for name in one}) or [""]
    column = {name: place for place, name in enumerate(names)}
    rows = [row for row, one in enumerate(lists) for _ in one]
    columns = [column[name] for one in lists for name in one]
    return sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(lists), len(names))).toarray()


def _summary(found: Mapping[str, Any]) -> str:
    if "missing" in found:
        return found["missing"]
    parts = [f"fitted in {found['fit_s']:.2f} s"]
    parts += [f"{found['bulk_ms']:.3f} ms per user"] if "bulk_ms" in found else []
    parts += [f"{found['single_ms']:.2f} ms for one"] if "single_ms" in found else []
    return ", ".join(parts)


def check(names: tuple[str, ...]) -> None:
    """Raise `UnknownModel` if a model is not registered."""
    for name in names:
        registry.get(name)
