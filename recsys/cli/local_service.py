"""Start the service for commands, without a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsys.data.progress import to_stderr
from recsys.settings import Settings

if TYPE_CHECKING:
    from recsys.serving.service import Service


def local_service(settings: Settings) -> Service:
    """Start the service and return it; it records no events, because the user of a command is not a visitor."""
    from recsys.runtime.startup import ready

    return ready(settings, to_stderr, record_lists=False)
