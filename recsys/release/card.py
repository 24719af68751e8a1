"""The model card: metadata the Hub reads, then what a person wants to know before using the models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recsys.release.metrics import flatten

# Licence names of the Hub that a data set's own licence text may be given as; any other becomes "other".
HUB_LICENCES = frozenset(
    (
        "apache-2.0",
        "mit",
        "unlicense",
        "cc0-1.0",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-4.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-4.0",
        "odbl",
        "pddl",
    )
)
MOVIELENS_CITATION = (
    "F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. "
    "ACM Transactions on Interactive Intelligent Systems 5, 4, Article 19. https://doi.org/10.1145/2827872"
)
MOVIELENS_LICENCE = "https://files.grouplens.org/datasets/movielens/{name}-README.html"
MAX_COLUMNS = 8
PLOTTED, BAR = "ndcg@10", 40
IMAGES = (".png", ".svg")


def render(manifest: Mapping[str, Any], repo_id: str | None = None) -> str:
    """The README.md of a release.

    Args:
        manifest: the release's manifest; metrics may be missing.
        repo_id: the repo it goes to, for the lines that load it.
    """
    from huggingface_hub.repocard_data import ModelCardData

    info, models = manifest["info"], manifest["models"]
    data = dict(
        library_name="recsys",
        tags=["recommender-system", "recommendation", "collaborative-filtering", _line(manifest["catalogue"])],
        datasets=[_line(info["dataset"])] if info.get("dataset") else None,
        language=info.get("language", "en"),
        **_licence(info),
    )
    metadata = {key: value for key, value in ModelCardData(**data).to_dict().items() if value is not None}
    index = _model_index(manifest)
    if index:
        metadata["model-index"] = index
    sections = [
        _heading(manifest),
        _models_table(models),
        _metrics_table(models),
        _images(manifest),
        _loading(manifest, repo_id),
        _training(manifest),
        _data(info, "catalogue.sqlite" in manifest["files"]),
        _use(info),
        _personal(models),
    ]
    return f"---\n{_yaml(metadata)}---\n\n" + "\n\n".join(section for section in sections if section) + "\n"


def _yaml(metadata: dict) -> str:
    import yaml

    return yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True, width=1000)


def _licence(info: Mapping[str, Any]) -> dict[str, str]:
    name = str(info.get("licence") or "").strip()
    if name.lower() in HUB_LICENCES:
        return {"license": name.lower()}
    if _is_movielens(info):
        link = info.get("licence_url") or MOVIELENS_LICENCE.format(name=info["dataset"])
        return {"license": "other", "license_name": "movielens", "license_link": _line(link)}
    if not name:
        return {"license": "unknown"}
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
    link = info.get("licence_url")
    return {"license": "other", "license_name": slug, **({"license_link": _line(link)} if link else {})}


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
    """Metrics by split; those of no split under None."""
    found: dict[str | None, dict[str, float]] = {}
    for name, value in metrics.items() if isinstance(metrics, Mapping) else ():
        if isinstance(value, Mapping):
            found[_line(name)] = flatten(value)
        else:
            found.setdefault(None, {}).update(flatten({name: value}))
    return found


def _heading(manifest: Mapping[str, Any]) -> str:
    info, models = manifest["info"], manifest["models"]
    counts = [
        f"{info[key]:,} {label}"
        for key, label in (("n_users", "users"), ("n_items", "items"), ("n_ratings", "ratings"))
        if isinstance(info.get(key), int)
    ]
    source = _text(info.get("title") or info.get("dataset") or "an own catalogue")
    return (
        f"# Recommenders for {_text(manifest['catalogue'])}, {_text(manifest['version'])}\n\n"
        f"{len(models)} recommender{'s' if len(models) > 1 else ''} trained with recsys on {source}"
        f"{' (' + ', '.join(counts) + ')' if counts else ''}. "
        "Each scores a history, the items a person has rated, so that newcomers need no retraining. "
        "Weights are safetensors, everything else is JSON; nothing here is a pickle."
    )


def _models_table(models: Mapping[str, Any]) -> str:
    rows = [
        [f"`{_cell(name)}`", _cell(record.get("family", "")), _cell(record.get("summary", "")), _seconds(record)]
        for name, record in models.items()
    ]
    return "## Models\n\n" + _table(["model", "family", "what it does", "training, s"], rows)


def _metrics_table(models: Mapping[str, Any]) -> str:
    flattened = {name: flatten(record.get("metrics")) for name, record in models.items()}
    columns = list(dict.fromkeys(metric for metrics in flattened.values() for metric in metrics))[:MAX_COLUMNS]
    if not columns:
        return "## Evaluation\n\nThis release was not evaluated."
    rows = [
        [f"`{_cell(name)}`", *(f"{metrics[column]:.4g}" if column in metrics else "" for column in columns)]
        for name, metrics in flattened.items()
        if metrics
    ]
    parts = [_table(["model", *columns], rows), _plot(models), "All figures are in `manifest.json`."]
    return "## Evaluation\n\n" + "\n\n".join(part for part in parts if part)


def _plot(models: Mapping[str, Any]) -> str:
    """NDCG@10 as bars of text, best first, with 95 % intervals over users: shown wherever the card is."""
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
    return "```text\n" + "\n".join(bars).replace("```", "") + "```" if bars else ""


def _images(manifest: Mapping[str, Any]) -> str:
    names = sorted(name for name in manifest["files"] if name.endswith(IMAGES))
    return "\n\n".join(f"![{name.rsplit('/', 1)[-1].rsplit('.', 1)[0].replace('_', ' ')}]({name})" for name in names)


def _loading(manifest: Mapping[str, Any], repo_id: str | None) -> str:
    model = next(iter(manifest["models"]), "MODEL")
    return (
        "## How to load it\n\n```python\nfrom recsys import hub\n"
        f'release = hub.pull("{repo_id or "USER/REPO"}", "releases")\n'
        f'release.model("{model}").recommend(["ITEM_ID", "ANOTHER_ITEM_ID"], n=10)\n```\n\n'
        f"`revision=` pins a tag or commit; `release.items.ids` and `release.titles` list the items. "
        "On the command line: "
        f"`python -m recsys pull {repo_id or 'USER/REPO'}`. Sizes, SHA-256, types and shapes are checked before use."
    )


def _training(manifest: Mapping[str, Any]) -> str:
    rows = [
        [f"`{_cell(name)}`", _cell(", ".join(f"{key}={value}" for key, value in record.get("settings", {}).items()))]
        for name, record in manifest["models"].items()
    ]
    digest = manifest["info"].get("data_digest") or manifest["info"].get("digest")
    return (
        f"## How it was trained\n\nOn {_text(manifest['created'][:10])}, from the ratings alone or with what is known "
        "of the items, as each model's family says"
        + (f"; the training data has the SHA-256 digest `{_text(digest)}`" if digest else "")
        + ".\n\n"
        + _table(["model", "settings"], rows)
        + "".join(_elsewhere(name, record) for name, record in manifest["models"].items() if record.get("engine"))
    )


def _elsewhere(name: str, record: Mapping[str, Any]) -> str:
    data = record.get("learnt_from") or {}
    counts = [f"{data[key]:,} {key}" for key in ("ratings", "users") if isinstance(data.get(key), int)]
    return (
        f"\n\n`{_text(name)}` was trained by {_text(record['engine']).capitalize()}"
        + (f" on {' of '.join(counts)}" if counts else "")
        + (f", SHA-256 digest `{_text(data['digest'])}`" if data.get("digest") else "")
        + ", which may be more than the others were trained on."
    )


def _data(info: Mapping[str, Any], carried: bool) -> str:
    name = _text(info.get("title") or info.get("dataset") or "an own catalogue")
    licence = _text(info.get("licence") or "not stated")
    lines = [f"## Data and licence\n\nTrained on {name}. Licence of the data: {licence}."]
    if info.get("redistributable") is False:
        lines.append("The licence forbids passing the data on: the ratings are not part of this repo.")
    elif carried:
        lines.append("`catalogue.sqlite` holds the items and the ratings, passed on under the same terms.")
    else:
        lines.append("The ratings are not part of this repo.")
    if _is_movielens(info):
        lines.append(
            "MovieLens is provided by GroupLens, University of Minnesota, which endorses neither this work nor its "
            f"results. Please cite: {MOVIELENS_CITATION}"
        )
    if info.get("attribution"):
        lines.append(_text(info["attribution"]))
    return "\n\n".join(lines)


def _use(info: Mapping[str, Any]) -> str:
    licence = " The licence of MovieLens asks for permission before any commercial use." if _is_movielens(info) else ""
    return (
        "## Intended use and limits\n\nSuggesting items of this catalogue to people, and studying recommenders. "
        "Suggestions follow the tastes of the people in the data: what few of them rated is suggested less, what came "
        "later is unknown, and popular items are favoured. Not meant for decisions about people." + licence
    )


def _personal(models: Mapping[str, Any]) -> str:
    holding = [f"`{name}`" for name, record in models.items() if record.get("holds_ratings")]
    if holding:
        verb = "contains" if len(holding) == 1 else "contain"
        return (
            f"## Personal data\n\n{', '.join(holding)} {verb} the ratings it was trained on (users are numbered, "
            "without names), because it compares people with each other. The other models contain none."
        )
    return "## Personal data\n\nNo model here contains any user's ratings."


def _seconds(record: Mapping[str, Any]) -> str:
    seconds = record.get("seconds")
    return f"{seconds:.1f}" if isinstance(seconds, (int, float)) else ""


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [[_cell(name) for name in header], ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _text(value: Any) -> str:
    """A value as one line of Markdown in which nothing is markup."""
    line = _line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|#!])", r"\\\1", line)


_cell = _text
