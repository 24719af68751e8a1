"""Export the current release and its catalogue as a static site: files by name, written to a folder."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.catalogue.posters import HUES, INK, LAYOUTS, LIGHTS, NO_GENRE, PATTERNS, SHADE, drawings
from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput
from recsys.models.collaborative.ease import Ease
from recsys.page.components import words
from recsys.serving import calibrated_lists
from recsys.serving.likeness import Likeness
from recsys.serving.released_models import ReleasedModels
from recsys.serving.service import Service
from recsys.serving.taste import is_genre
from recsys.serving.verdicts import VERDICTS
from recsys.site import contents, licence, page
from recsys.site.scoring import InputRule
from recsys.site.weights import MOST_ITEMS, reduce

ITEMS = 10_000  # default number of items
PER_ITEM = 130  # mean number of weights per item
SIMILAR = 24  # length of the exported lists of similar items
FIRST, FIRST_STARTERS = 24, 12  # items of the first lists, which are shown before the catalogue has arrived
POPULAR, STARTERS, EXAMPLES = 200, 120, 5
TABS = {
    "similar": "Similar {items}",
    "newcomer": "Start here",
    "foryou": "For you",
    "together": "Together",
    "about": "About this site",
}
LEVEL = 9  # of gzip


@dataclass(frozen=True)
class Site:
    """An exported site.

    Attributes:
        files: content by name.
        model, items, weights: name of the model, number of items and of weights.
        data: what the site contains and under which terms, in sentences.
        redistributable: whether the terms of the data set allow passing it on.
    """

    files: Mapping[str, bytes]
    model: str
    items: int
    weights: int
    data: list[str]
    redistributable: bool

    @property
    def wire_bytes(self) -> int:
        """Number of bytes that a visitor loads in all, compressed."""
        return sum(map(_on_the_wire, self._loaded.values()))

    @property
    def first_bytes(self) -> int:
        """Number of bytes that a visitor loads before the first list, compressed."""
        return sum(_on_the_wire(data) for name, data in self._loaded.items() if not name.startswith("data/"))

    @property
    def _loaded(self) -> dict[str, bytes]:
        return {name: data for name, data in self.files.items() if name not in licence.FILES}


def build(
    service: Service,
    model: str = Ease.name,
    n_items: int = ITEMS,
    progress: Progress = quiet,
    *,
    as_text: bool = False,
) -> Site:
    """Build the files of a site from the current release.

    Args:
        service: the service with release and catalogue.
        model: name of the model; it must be EASE, whose scores a browser can compute.
        n_items: largest number of items, the most rated ones.
        progress: called for each step.
        as_text: whether to write the data as base64 text, for hosts that store binary files elsewhere and answer
            with a redirect to another host, which the site's policy forbids.

    Raises:
        BadInput: the model cannot be exported, or `n_items` is out of range.
        UnknownModel, NeedsRatings: the release does not have the model.
    """
    if not 1 <= n_items <= MOST_ITEMS:
        raise BadInput(f"The number of items is {n_items:,}; use 1 to {MOST_ITEMS:,}.")
    models = ReleasedModels(service.catalogue, service.release)
    found = models.model(model)
    if not isinstance(found, Ease):
        raise BadInput(f"Model {model} cannot be exported, because a browser cannot compute it. Use --model ease.")
    numbers = np.argsort(found.popularity_rank)[:n_items]
    items = service.catalogue.items(found.items.ids[numbers].tolist())
    progress(f"Reducing the weights of {len(items):,} {service.words.items}")
    weights = reduce(found, numbers, PER_ITEM)
    progress("Spelling the themes as the descriptions do")
    data = {
        "items": _packed(contents.columns(items, service.catalogue.names())),
        "weights": _zipped(weights.pack()),
        "facts": _packed(contents.facts(items, models.formatter.spell)),
        "similar": _zipped(_similar(models, numbers, progress)),
        "texts": _packed(contents.texts(items)),
    }
    stored = _text if as_text else _binary
    files = dict(stored(f"data/{name}", content) for name, content in data.items())
    start = _start(service, found, numbers) | {
        "files": dict(zip(data, files, strict=True)),
        "shape": weights.shape,
        "rated": int(np.count_nonzero(found.rated[numbers])),
        "rule": InputRule.of(found).to_dict(),
    }
    progress("Writing the page")
    return Site(
        files=_with_page(files, start, stored) | licence.files(service.catalogue.info, len(items)),
        model=found.name,
        items=len(items),
        weights=len(weights.columns),
        data=licence.contents(service.catalogue.info, service.words, len(items)),
        redistributable=bool(service.catalogue.info.get("redistributable")),
    )


def _start(service: Service, model: Ease, numbers: np.ndarray) -> dict[str, Any]:
    """What the first view needs: words, filters, drawings and the first lists."""
    catalogue, wording, landing = service.catalogue, service.words, service.landing
    place = {item_id: number for number, item_id in enumerate(model.items.ids[numbers].tolist())}
    popular = [item_id for item_id in landing.popular_items(POPULAR) if item_id in place]
    starters = [item_id for item_id in landing.starters(STARTERS, (), 0) if item_id in place]
    # Running times and certificates come from TMDb, whose data may not be published again.
    choices = words.choices(service) | {"runtimes": False, "certificates": [], "people": False, "names": False}
    about = service.about()
    spoken = words.spoken(service)
    return {
        "name": words.NAME,
        "tagline": words.tagline(service),
        "words": spoken | {"liked": wording.liked, "others": wording.others, "question": wording.question},
        "tabs": {key: title.format(items=wording.items) for key, title in TABS.items()},
        "model": model.name,
        "scale": about["scale"],
        "calibration": calibrated_lists.rule(),
        "verdicts": {verdict: service.profiles.rating_of(verdict) for verdict in VERDICTS},
        "choices": choices,
        "row_genres": list(filter(is_genre, choices["genres"])),
        "drawings": poster_drawings(),
        "page": "More about it",
        "examples": [[item["item_id"], item["title"]] for item in landing.examples(EXAMPLES)],
        "popular": [place[item_id] for item_id in popular],
        "starters": [place[item_id] for item_id in starters],
        "first": contents.columns(catalogue.items(popular[:FIRST])),
        "starters_first": contents.columns(catalogue.items(starters[:FIRST_STARTERS])),
        "footer": [licence.DEVICE, *licence.contents(catalogue.info, wording, len(numbers))],
        "about": {"sections": licence.sections(catalogue.info, wording, len(numbers))},
    }


def poster_drawings() -> dict[str, Any]:
    """The drawings of posters and the numbers that vary them, for `js/drawn.js`."""
    drawn = drawings()
    return {
        "drawings": {
            "genres": {genre: look._asdict() for genre, look in drawn.genres.items()},
            "others": [look._asdict() for look in drawn.others],
            "neutral": drawn.neutral._asdict(),
        },
        "lights": LIGHTS,
        "hues": HUES,
        "layouts": LAYOUTS,
        "patterns": PATTERNS,
        "shade": SHADE,
        "ink": INK,
        "not_drawn": sorted(NO_GENRE),
    }


def _similar(models: ReleasedModels, numbers: np.ndarray, progress: Progress) -> bytes:
    """The lists of similar items that the service gives, among the exported items."""
    compared, items = Likeness(models), models.release.items
    place = np.full(len(items), -1)
    place[numbers] = np.arange(len(numbers))
    among = place >= 0
    lists = []
    for done, number in enumerate(numbers.tolist()):
        if done % 1000 == 0:
            progress(f"Comparing {models.catalogue.wording.items}", done / len(numbers))
        found = compared.with_all(str(items.ids[number])).ranked(SIMILAR, among)
        lists.append(place[found.numbers].tolist() if found.fallback is None else [])
    return contents.packed_lists(lists, SIMILAR)


def _with_page(
    files: dict[str, bytes], start: dict[str, Any], stored: Callable[[str, bytes], tuple[str, bytes]]
) -> dict[str, bytes]:
    """The files with scripts, styles, first file, document, manifest and service worker."""
    found = dict(files)

    def add(name: str, data: bytes) -> str:
        found[name] = data
        return name

    names = {
        "script_file": add(*_named("site.js", page.script().encode())),
        "style_file": add(*_named("site.css", page.style().encode())),
        "start_file": add(*stored("start", _packed(start))),
    }
    found["site.webmanifest"] = page.manifest(start["name"], start["tagline"]).encode()
    texts = {"title": start["name"], "tagline": start["tagline"], **names}
    whole = page.document(**texts, version="") + page.service_worker("", found)
    version = hashlib.sha256(whole.encode() + found["site.webmanifest"]).hexdigest()[:12]
    document = page.document(**texts, version=version).encode()
    worker = page.service_worker(version, found).encode()
    # GitHub Pages leaves files alone if there is one of this name.
    return found | {"index.html": document, "sw.js": worker, ".nojekyll": b""}


def _named(name: str, data: bytes) -> tuple[str, bytes]:
    """Name and content of a file; a part of the name changes with the content, so that no cache mixes two versions."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(data).hexdigest()[:10]}{dot}{ending}", data


def _binary(name: str, data: bytes) -> tuple[str, bytes]:
    return _named(f"{name}.bin", data)


def _text(name: str, data: bytes) -> tuple[str, bytes]:
    return _named(f"{name}.txt", base64.b64encode(data))


def _packed(value: object) -> bytes:
    return _zipped(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _zipped(data: bytes) -> bytes:
    return gzip.compress(data, LEVEL, mtime=0)


def _on_the_wire(data: bytes) -> int:
    return len(data) if data[:2] == b"\x1f\x8b" else len(gzip.compress(data, LEVEL))
