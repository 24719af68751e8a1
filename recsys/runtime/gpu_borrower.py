"""Train neural models of a job on a GPU that the service borrows for it, or here on the CPU if there is none.

The job writes a request into a folder and names it in a message on standard output; the service answers with lines on
standard input: `{"line", "share"}` for progress, at last `{"refused"}`, which says why there was no GPU or is empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from recsys.data import Interactions
from recsys.data.progress import Progress
from recsys.data.working_folders import scratch_folder
from recsys.errors import BrokenRelease
from recsys.models.neural.recommender import NeuralRecommender
from recsys.runtime import zero_gpu
from recsys.training import handover

FALLBACK = "The models of this job are trained on the CPU, which takes longer."


class Borrower:
    """A `NeuralRecommender.trainer` that asks the service for a GPU until it is refused once.

    Args:
        ask: sends the name of a folder to the service.
        answers: the service's answers, line by line.
        warn: called with the reason when a GPU is refused.
    """

    def __init__(self, ask: Callable[[str], None], answers: Iterable[str], warn: Callable[[str], None]):
        self.ask, self.answers, self.warn = ask, iter(answers), warn
        self.refused = False

    def __call__(self, model: NeuralRecommender, data: Interactions, seed: int) -> bool:
        """Train the model on a GPU; return False if there is none.

        Raises:
            BadInput: the training failed.
        """
        if self.refused or model.missing_modules():
            return False
        with scratch_folder() as folder:
            handover.write(folder, model, data, seed, zero_gpu.seconds_for(model.training_steps(data)))
            why = self._borrow(folder, model.progress)
            try:
                if not why:
                    handover.read(folder, model)
                    return True
            except BrokenRelease as error:
                why = str(error)
        self.refused = True
        self.warn(f"{model.name}: {why} {FALLBACK}")
        return False

    def _borrow(self, folder: Path, progress: Progress) -> str:
        """Ask for a GPU, pass on the progress of the training, and return why there was none."""
        self.ask(str(folder))
        for text in self.answers:
            answer = json.loads(text)
            if "refused" in answer:
                return answer["refused"]
            progress(answer["line"], answer["share"])
        return "The service has stopped."
