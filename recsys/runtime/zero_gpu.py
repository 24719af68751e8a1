"""Train neural models on the GPUs of a ZeroGPU Space, which lends one for the duration of a call.

`prepare` imports the package `spaces` and gives it the one function that needs a GPU; a ZeroGPU Space without such a
function counts as not started. The package runs the function in a fork of this process, whose start the Hub allows or
refuses. Elsewhere this module does nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

from recsys.data.progress import Progress
from recsys.settings import Settings, keras_backend
from recsys.training import handover

log = logging.getLogger(__name__)

# GPU-seconds of a training: to start, and for a batch. They are guesses on the safe side, because no ZeroGPU was
# available to measure; one core takes 0.017 s for a batch of `ncf` and 0.12 s for one of `sequential`.
START_S, BATCH_S = 25, 0.02
MOST_S = 120  # longest request: the Hub may count it 1.5 times, and a free account has about 300 seconds a day
NOTE = (
    "Neural models are trained on a GPU that ZeroGPU lends for up to two minutes at a time. The time counts against "
    "the daily GPU quota of whoever starts the training: about 2 minutes without an account, 5 with a free one, 40 "
    "with PRO. If the Hub lends no GPU, the model is trained on the CPU of the Space, which takes longer."
)
Lines = Generator[handover.Line, None, None]
WAIT = re.compile(r"Try again in ([\w:, ]+)")
_lent: list[Callable[[str], Lines]] = []  # the function that runs on a GPU, once it is prepared


def prepare(settings: Settings) -> None:
    """Import `spaces` on a ZeroGPU Space; call this before any library that uses CUDA is imported, and only once."""
    if not settings.zero_gpu or _lent:
        return
    if importlib.util.find_spec("spaces") is None:
        log.warning("This is a ZeroGPU Space, but the package spaces is not installed. Models are trained on the CPU.")
        return
    if importlib.util.find_spec("torch") is not None:
        keras_backend(default="torch")  # JAX starts threads, and has no GPU there
    spaces = importlib.import_module("spaces")
    _lent.append(spaces.GPU(duration=_seconds)(_train))


def available() -> bool:
    """Whether GPUs can be asked for."""
    return bool(_lent)


def seconds_for(n_batches: int) -> int:
    """GPU-seconds to ask for to train on a number of batches; a longer training is continued on the CPU.

    >>> seconds_for(0), seconds_for(2000), seconds_for(10**6)
    (25, 65, 120)
    """
    return round(min(MOST_S, START_S + BATCH_S * n_batches))


def lend(folder: Path, progress: Progress, cancelled: Callable[[], bool]) -> str:
    """Carry out a request of `handover` on a GPU.

    Args:
        folder: the request; the result is written there.
        progress: called after each epoch.
        cancelled: asked after each epoch; True ends the training.

    Returns:
        Why the model was not trained on a GPU, as one sentence; "" if it was.
    """
    if not _lent:
        return "This server has no ZeroGPU."
    try:
        with closing(_lent[0](str(folder))) as lines:
            for line, share in lines:
                progress(line, share)
                if cancelled():
                    return "The training was cancelled."
    except Exception as error:  # of the package, its HTTP client, or the function itself: each has one consequence
        log.warning(
            "ZeroGPU lent no GPU, or took it back: %s: %s", getattr(error, "title", type(error).__name__), error
        )
        return refusal(getattr(error, "title", ""), str(getattr(error, "message", "") or error))
    return ""


def refusal(title: str, message: str) -> str:
    """Say in one sentence why there is no GPU, from the title and message of an error of `spaces`.

    >>> refusal("ZeroGPU quota exceeded", "You have exceeded your free ZeroGPU quota. Try again in 2:30:00.")
    'The daily GPU quota is used up; it is available again in 2:30:00.'
    >>> refusal("ZeroGPU queue timeout", "No GPU was available after 60s. Retry later")
    'No GPU of ZeroGPU is free at the moment.'
    """
    if message.startswith("No GPU"):
        return "No GPU of ZeroGPU is free at the moment."
    if "illegal duration" in title:
        return "The training needs more GPU time at once than ZeroGPU allows this account."
    if "quota" in title or "credits" in title:
        wait = WAIT.search(message)
        return "The daily GPU quota is used up" + (f"; it is available again in {wait[1].strip()}." if wait else ".")
    if "worker" in title:
        return "ZeroGPU ended the training before it was complete."
    return "ZeroGPU could not be reached or refused the request."


def _train(folder: str) -> Lines:
    """Runs in the forked process, with a GPU."""
    yield from handover.carry_out(Path(folder))


def _seconds(folder: str) -> int:
    return handover.seconds_of(Path(folder))
