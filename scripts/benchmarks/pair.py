"""Run the app and an empty Gradio app that returns the same answers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.calls import Caller
from benchmarks.empty_app import key
from benchmarks.endpoints import CHANGING, PARAMETERS, questions
from benchmarks.place import Place
from benchmarks.processes import BenchmarkError, answered
from recsys.data.progress import Progress

START_S = 300.0  # timeout of the first answer


@dataclass(frozen=True)
class Pair:
    """Two servers that return the same answers.

    Attributes:
        addresses, pids: of the app and of the empty app.
        asked: lists of arguments by endpoint.
        first: seconds of the first answer to each question, by endpoint.
        size: mean bytes of an answer, by endpoint.
    """

    addresses: tuple[str, str]
    pids: tuple[int, int]
    asked: dict[str, list[list[Any]]]
    first: dict[str, list[float]]
    size: dict[str, float]

    def callers(self, which: int, n: int) -> list[Caller]:
        """Create n callers of the app (0) or of the empty app (1)."""
        return [Caller(self.addresses[which], empty=which == 1) for _ in range(n)]

    def rows(self, endpoints: tuple[str, ...]) -> list[tuple[str, list[Any]]]:
        """Questions to these endpoints, alternating."""
        most = max(len(self.asked[name]) for name in endpoints)
        return [
            (name, self.asked[name][number % len(self.asked[name])]) for number in range(most) for name in endpoints
        ]


@contextmanager
def pair(place: Place, say: Progress, endpoints: Sequence[str] = tuple(PARAMETERS), n: int = 40) -> Iterator[Pair]:
    """Start both; ask the app every question once and give its answers to the empty app.

    Args:
        endpoints: which to ask.
        n: number of questions to each.

    Raises:
        BenchmarkError: a server did not start, or the answers differ.
    """
    with place.app() as (process, address):
        call = Caller(address)
        answered(process, lambda: call("about", []), place.log("app"), START_S)
        asked = questions(place.catalogue, default_model(call), call("join", [[]]), n)
        asked = {name: rows for name, rows in asked.items() if name in endpoints}
        first, answers = _answers(call, asked)
        file = place.folder / "answers.json"
        file.write_text(json.dumps(_prepared(asked, answers)), encoding="utf-8")
        with place.empty(file) as (other, other_address):
            other_call = Caller(other_address, empty=True)
            name, (row, *_) = next(iter(asked.items()))
            answered(other, lambda: other_call(name, row), place.log("empty"), START_S)
            _compare(call, other_call, asked)
            size = {name: sum(len(json.dumps(one)) for one in found) / len(found) for name, found in answers.items()}
            say(f"{place.size} M: both apps are running, with {sum(map(len, asked.values()))} questions")
            yield Pair((address, other_address), (process.pid, other.pid), asked, first, size)


def write_one(place: Place, file: Path, endpoint: str, arguments: list[Any], answer: Any) -> None:
    """Write the answers file of an empty app with one answer."""
    file.write_text(json.dumps({endpoint: {key(arguments): answer}}), encoding="utf-8")


def default_model(call: Caller) -> str:
    """The app's best collaborative model, the default of /recommend; /models lists the best first."""
    return next(line["name"] for line in call("models", []) if line["family"] == "collaborative")


def _answers(call: Caller, asked: dict[str, list]) -> tuple[dict[str, list[float]], dict[str, list]]:
    first: dict[str, list[float]] = {name: [] for name in asked}
    answers: dict[str, list] = {name: [] for name in asked}
    for name, rows in asked.items():
        for arguments in rows:
            started = time.perf_counter()
            answers[name].append(call(name, arguments))
            first[name].append(time.perf_counter() - started)
    return first, answers


def _prepared(asked: dict[str, list], answers: dict[str, list]) -> dict[str, dict[str, Any]]:
    return {
        name: {key(row): answer for row, answer in zip(asked[name], found, strict=True)}
        for name, found in answers.items()
    }


def _compare(ours: Caller, other: Caller, asked: dict[str, list]) -> None:
    for name in sorted(set(asked) - set(CHANGING)):
        for arguments in asked[name][:5]:
            if ours(name, arguments) != other(name, arguments):
                raise BenchmarkError(f"/{name} with {arguments} has different answers from the app and the empty app.")
