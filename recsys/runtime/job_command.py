"""Command of the processes of background jobs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

WORKER = "recsys.runtime.job_process"


def job_command(task: str, arguments: Mapping[str, Any], *more: str) -> list[str]:
    """Command of a job, see `recsys.runtime.job_process`; run it with `recsys.settings.process_environment`.

    >>> job_command("train", {"models": ["popular"]})[1:]
    ['-m', 'recsys.runtime.job_process', 'train', '{"models": ["popular"]}']
    """
    return [sys.executable, "-m", WORKER, task, json.dumps(arguments), *more]
