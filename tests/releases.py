"""Releases of models fitted on the shared test data."""

from __future__ import annotations

from recsys import models, release
from recsys.catalogue import writing
from recsys.catalogue.building import BUILD
from recsys.catalogue.wording import Wording
from recsys.data.progress import quiet
from recsys.errors import MissingExtra

INFO = {
    "dataset": "ml-latest-small",
    "title": "MovieLens latest-small",
    "licence": "MovieLens research licence",
    "redistributable": True,
    "n_users": 40,
    "asked": "/home/somebody/data",
}
HISTORIES = ({"i100": 5.0, "i103": 4.0, "i101": 1.0}, {"i107": 3.0}, {})


def fit(data, facts, names):
    """Fitted models by name; those whose optional dependency is missing are left out."""
    fitted = {}
    for name in names:
        try:
            fitted[name] = models.create(name).fit(data, facts)
        except MissingExtra:
            continue
    return fitted


def write(root, tastes, facts, names=("popular", "content"), info=INFO, label="Film", **more):
    fitted = fit(tastes, facts, names)
    reports = {name: {"seconds": 0.5, "metrics": {"random": {"ndcg@10": 0.25}}} for name in fitted}
    titles = [f"{label} {item}" for item in tastes.items.ids]
    info = {"digest": tastes.digest, **info}
    return release.write(root, catalogue="films", info=info, models=fitted, titles=titles, reports=reports, **more)


def write_database(path, tastes):
    """The catalogue database of the test data, as `recsys build` writes one."""
    items = [{"item_id": item, "title": f"Film {item}", "year": 1999, "genres": ["Drama"]} for item in tastes.items.ids]
    facts = {
        "catalogue": "films",
        "dataset": INFO["dataset"],
        "title": INFO["title"],
        "licence": INFO["licence"],
        "licence_url": "",
        "redistributable": True,
        "source": INFO["dataset"],
        "notes": [],
        "asked": INFO["asked"],
        "fingerprint": "0",
        "build": BUILD,
        "description": Wording("films", item="film", items="films").to_dict(),
    }
    writing.write(path, items, tastes, facts, quiet)
    return path


def answers(served):
    """Everything a release answers for a few histories."""
    return {
        name: [model.recommend(history, 8) for history in HISTORIES] + [model.similar("i100", 5)]
        for name, model in served.models().items()
    }
