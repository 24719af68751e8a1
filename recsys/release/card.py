"""Render the model card of a release: metadata for the Hub, and text from card_template.md.jinja."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from recsys.data.plain_text import UNSEEN
from recsys.release.metrics import flatten

if TYPE_CHECKING:
    import jinja2
    from huggingface_hub import ModelCardData

TEMPLATE = Path(__file__).with_name("card_template.md.jinja")
# Licence names of the Hub that are recognized in the licence text of a data set; any other becomes "other".
HUB_LICENCES = frozenset(
    "apache-2.0 mit unlicense cc0-1.0 cc-by-3.0 cc-by-4.0 cc-by-sa-4.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 odbl pddl".split()
)
MOVIELENS_LICENCE = "https://files.grouplens.org/datasets/movielens/{name}-README.html"
MAX_COLUMNS = 8
PLOTTED, BAR = "ndcg@10", 40
IMAGES = (".png", ".svg")


def render(manifest: Mapping[str, Any], repo_id: str | None = None) -> str:
    """Render the README.md of a release.

    Args:
        manifest: the release's manifest; metrics may be missing.
        repo_id: the repository of the release, for the example of how to load it.
    """
    info, models = manifest["info"], manifest["models"]
    metrics = {name: flatten(record.get("metrics")) for name, record in models.items()}
    columns = list(dict.fromkeys(metric for found in metrics.values() for metric in found))[:MAX_COLUMNS]
    return _template().render(
        card_data=_metadata(manifest).to_yaml(),
        catalogue=_text(manifest["catalogue"]),
        version=_text(manifest["version"]),
        created=_text(manifest["created"][:10]),
        data=_text(info.get("title") or info.get("dataset") or "an own catalogue"),
        counts=[
            f"{info[key]:,} {label}"
            for key, label in (("n_users", "users"), ("n_items", "items"), ("n_ratings", "ratings"))
            if isinstance(info.get(key), int)
        ],
        digest=_text(info.get("data_digest") or info.get("digest") or ""),
        models=[_model(name, record, metrics[name], columns) for name, record in models.items()],
        columns=[_text(column) for column in columns],
        plot=_plot(models),
        images=[
            {"name": name, "title": name.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("_", " ")}
            for name in sorted(manifest["files"])
            if name.endswith(IMAGES)
        ],
        repo=repo_id or "USER/REPO",
        first_model=next(iter(models), "MODEL"),
        licence=_text(info.get("licence") or "not stated"),
        redistributable=info.get("redistributable"),
        carried="catalogue.sqlite" in manifest["files"],
        movielens=_is_movielens(info),
        attribution=_text(info.get("attribution") or ""),
        holding=[f"`{_text(name)}`" for name, record in models.items() if record.get("holds_ratings")],
    )


@cache
def _template() -> jinja2.Template:
    """The template of the card, compiled once."""
    import jinja2

    # not ModelCard.from_template, which parses the metadata again and merges the results of all models into one
    environment = jinja2.Environment(keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def _metadata(manifest: Mapping[str, Any]) -> ModelCardData:
    from huggingface_hub import ModelCardData

    info = manifest["info"]
    data = ModelCardData(
        library_name="recsys",
        tags=["recommender-system", "recommendation", "collaborative-filtering", _line(manifest["catalogue"])],
        datasets=[_line(info["dataset"])] if info.get("dataset") else None,
        language=info.get("language") or "en",
        **_licence(info),
    )
    if index := _model_index(manifest):
        data["model-index"] = index
    return data


class _Licence(TypedDict, total=False):
    """The licence fields of a model card."""

    license: str
    license_name: str
    license_link: str


def _licence(info: Mapping[str, Any]) -> _Licence:
    name, link = str(info.get("licence") or "").strip(), info.get("licence_url")
    if name.lower() in HUB_LICENCES:
        return {"license": name.lower()}
    if _is_movielens(info):
        link = link or MOVIELENS_LICENCE.format(name=info["dataset"])
        return {"license": "other", "license_name": "movielens", "license_link": _line(link)}
    if not name:
        return {"license": "unknown"}
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
    found: _Licence = {"license": "other", "license_name": slug}
    return found | {"license_link": _line(link)} if link else found


def _is_movielens(info: Mapping[str, Any]) -> bool:
    return str(info.get("dataset") or "").startswith("ml-")


def _model_index(manifest: Mapping[str, Any]) -> list[dict]:
    from huggingface_hub import EvalResult
    from huggingface_hub.repocard_data import eval_results_to_model_index

    dataset, index = _line(manifest["info"].get("dataset") or manifest["catalogue"]), []
    for name, record in manifest["models"].items():
        results = [
            EvalResult(
                task_type="recommendation",
                task_name="Recommendation",
                dataset_type=dataset,
                dataset_name=f"{dataset}, {split} split" if split else dataset,
                dataset_split=split,
                metric_type=re.sub(r"[^a-z0-9]+", "_", metric.lower().replace("@", "_at_")),
                metric_name=metric,
                metric_value=value,
            )
            for split, metrics in _by_split(record.get("metrics")).items()
            for metric, value in metrics.items()
        ]
        if results:
            index += eval_results_to_model_index(name, results)
    return index


def _by_split(metrics: Any) -> dict[str | None, dict[str, float]]:
    """Metrics by split; metrics without a split are under None."""
    found: dict[str | None, dict[str, float]] = {}
    for name, value in metrics.items() if isinstance(metrics, Mapping) else ():
        if isinstance(value, Mapping):
            found[_line(name)] = flatten(value)
        else:
            found.setdefault(None, {}).update(flatten({name: value}))
    return found


def _model(name: str, record: Mapping[str, Any], metrics: Mapping[str, float], columns: list[str]) -> dict[str, Any]:
    """The values of one model that the template shows."""
    seconds, learnt_from = record.get("seconds"), record.get("learnt_from") or {}
    counts = [f"{learnt_from[key]:,} {key}" for key in ("ratings", "users") if isinstance(learnt_from.get(key), int)]
    return {
        "name": _text(name),
        "family": _text(record.get("family", "")),
        "summary": _text(record.get("summary", "")),
        "seconds": f"{seconds:.1f}" if isinstance(seconds, (int, float)) else "",
        "metrics": [f"{metrics[column]:.4g}" if column in metrics else "" for column in columns] if metrics else [],
        "settings": _text(", ".join(f"{key}={value}" for key, value in record.get("settings", {}).items())),
        "engine": _text(record.get("engine") or "").capitalize(),
        "learnt_from": " by ".join(counts),
        "digest": _text(learnt_from.get("digest") or ""),
    }


def _plot(models: Mapping[str, Any]) -> str:
    """NDCG@10 as bars of text, best first, with 95 % intervals over users; text is readable on every site."""
    bars = []
    for split in dict.fromkeys(split for record in models.values() for split in _by_split(record.get("metrics"))):
        measured = {
            name: _by_split(record.get("metrics")).get(split, {}).get(PLOTTED) for name, record in models.items()
        }
        known = {name: value for name, value in measured.items() if value is not None and value > 0}
        if len(known) < 2:
            continue
        best = max(known.values())
        bars += [f"{PLOTTED}{f', {split} split' if split else ''}", ""]
        for name in sorted(known, key=lambda name: -known[name]):
            interval = (models[name].get("intervals") or {}).get(split, {}).get(PLOTTED) or [None]
            shown = f"  ({interval[0]:.4f} to {interval[1]:.4f})" if None not in interval else ""
            bar = "█" * round(BAR * known[name] / best)
            bars.append(f"{_line(name)[:24]:<24} {bar:<{BAR}} {known[name]:.4f}{shown}")
        bars.append("")
    return "\n".join(bars).strip("\n").replace("```", "")


def _line(value: Any) -> str:
    return " ".join(UNSEEN.sub("", str(value)).split())


def _text(value: Any) -> str:
    """A value as one line of Markdown with all markup escaped."""
    line = _line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|#!])", r"\\\1", line)
