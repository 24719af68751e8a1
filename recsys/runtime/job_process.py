"""Run a background job in a separate process: train, calibrate, evaluate, push or pull.

Run as `python -m recsys.runtime.job_process TASK JSON [gpu]`, where JSON contains the arguments of the task. Each line
on standard output is a JSON object: `{"line", "share"}` reports progress (share from 0 to 1, or null),
`{"line", "warning"}` what the log of the service should say too, `{"error"}` why the task failed. With `gpu`,
`{"gpu"}` asks the service for one; see `recsys.runtime.gpu_borrower`. The task `train_at_start` waits for
GO. The process ends when the service, which holds the other end of its standard input, has ended. The exit status is 0
or 1.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from recsys import hub
from recsys import release as releases
from recsys.catalogue import building
from recsys.data.progress import Progress
from recsys.errors import BadInput
from recsys.models import registry
from recsys.models.neural.recommender import NeuralRecommender
from recsys.runtime import logs
from recsys.runtime.failures import sentence, without_secrets
from recsys.runtime.gpu_borrower import Borrower
from recsys.runtime.helper_training import GO
from recsys.runtime.startup import one_blas_thread
from recsys.settings import Settings
from recsys.visitors.profiles import Visitors

DONE, FAILED = 0, 1
ADVICE = "Run the same command with --debug in a terminal and report the traceback."


def train(settings: Settings, progress: Progress, models: list[str]) -> None:
    """Train only these models into a new release; models that are up to date are reused."""
    from recsys.training.train import train as train_models

    visitors = Visitors.of(settings)
    train_models(settings, building.ensure(settings, progress), models, progress, visitors, only=True)


def train_at_start(settings: Settings, progress: Progress) -> None:
    """Train the models that a page waits for, once the service has built the database; see `helper_training`."""
    from recsys.training.choice import before_serving
    from recsys.training.train import train as train_models

    for package in {name for cls in map(registry.get, registry.where(first_start=True)) for name in cls.requires}:
        if isinstance(package, str) and importlib.util.find_spec(package) is not None:
            importlib.import_module(package)
    if sys.stdin.readline() != GO:
        return  # the service has ended or has a release
    end_with_service()
    catalogue = building.ensure(settings, progress)
    names = before_serving(catalogue)
    train_models(settings, catalogue, names, progress, Visitors.of(settings), calibrate_later=True)


def calibrate(settings: Settings, progress: Progress) -> None:
    """Calibrate the models of the current release that are served before they are calibrated."""
    from recsys.training import calibrating
    from recsys.training.fitting import Inputs

    current = releases.current(settings.releases)
    if current is not None and calibrating.pending(current):
        inputs = Inputs.read(building.ensure(settings, progress), Visitors.of(settings))
        calibrating.calibrate_pending(current, inputs, progress)


def evaluate(settings: Settings, progress: Progress, models: list[str], split: str) -> None:
    """Evaluate models and store the result with the release."""
    from recsys.training.measure import Measurement, measure

    measure(settings, building.ensure(settings, progress), Measurement(split, models), progress)


def push(settings: Settings, progress: Progress, repo: str, private: bool) -> None:
    """Push the current release to a model repository on the Hub."""
    current = releases.current(settings.releases)
    if current is None:
        raise BadInput("There is no release to push yet. Train one first.")
    pushed = hub.push(
        current, repo, token=settings.hf_token, endpoint=settings.hub_endpoint, private=private, progress=progress
    )
    progress(f"Pushed {current.version} to {pushed['url']} as commit {pushed['commit']}, tag {pushed['tag']}")


def pull(settings: Settings, progress: Progress, repo: str, revision: str) -> None:
    """Pull a release and make it the current one."""
    release = hub.pull(
        repo,
        settings.releases,
        revision=revision,
        token=settings.hf_token,
        endpoint=settings.hub_endpoint,
        progress=progress,
    )
    releases.unpin(settings.releases)  # a pinned release would hide this one at the next start
    progress(f"Pulled {release.version} with {', '.join(release.names)}")


TASKS: dict[str, Callable[..., None]] = {
    task.__name__: task for task in (train, train_at_start, calibrate, evaluate, push, pull)
}


def main(arguments: Sequence[str]) -> int:
    """Run one task; return the exit status."""
    logs.configure()
    task, values = TASKS[arguments[0]], json.loads(arguments[1])
    one_blas_thread()
    # only training: an evaluation would spend the day's GPU time on models that nobody is served
    if task is train and arguments[2:] == ["gpu"]:
        NeuralRecommender.trainer = Borrower(lambda folder: _write(gpu=folder), sys.stdin, warn)
    settings = None
    try:
        settings = Settings.from_env()
        task(settings, report, **values)
    except Exception as error:  # whatever fails, the operator reads one sentence
        _write(error=without_secrets(sentence(error, ADVICE), settings))
        return FAILED
    return DONE


def report(line: str, share: float | None = None, /) -> None:
    """Report progress to the process that started this one."""
    _write(line=line, share=share)


def warn(line: str) -> None:
    """Report a line that belongs in the log of the process that started this one as well."""
    _write(line=line, warning=True)


def end_with_service() -> None:
    """End this process as soon as the other end of its standard input is closed."""
    threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    # not through sys.stdin, whose lock the interpreter needs in order to end
    while os.read(sys.stdin.fileno(), 1):
        continue
    os._exit(FAILED)


def _write(**message: Any) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    if sys.argv[1] != train_at_start.__name__ and sys.argv[3:] != ["gpu"]:  # these read their standard input
        end_with_service()
    sys.exit(main(sys.argv[1:]))
