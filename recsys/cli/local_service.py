"""The service behind commands that answer questions, made ready without a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsys.data.progress import to_stderr
from recsys.settings import Settings

if TYPE_CHECKING:
    from recsys.serving.service import Service


def local_service(settings: Settings) -> Service:
    """Prepare what is missing and return the service; it records no events, because the caller is no visitor."""
    from recsys.runtime.startup import ready

    return ready(settings, to_stderr, record_lists=False)
