"""A site exported from the small film data set, and Python's own web server to serve it from a folder."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from recsys.data.progress import quiet
from recsys.runtime.startup import ready
from recsys.settings import Settings
from recsys.site.export import Site, build
from recsys.site.writing import write


def export(data_dir: Path, dataset: Path, folder: Path | None = None) -> Site:
    """Build a site from a prepared data directory, and write it if a folder is given."""
    service = ready(Settings(dataset=str(dataset), data_dir=data_dir), quiet, record_lists=False)
    try:
        site = build(service)
    finally:
        service.close()
    if folder is not None:
        write(site.files, folder)
    return site


class _Listing(SimpleHTTPRequestHandler):
    """Notes the requested paths, and prints nothing."""

    def __init__(self, *args: Any, paths: list[str], **options: Any):
        self._paths = paths
        super().__init__(*args, **options)

    def log_message(self, *_: object) -> None:
        self._paths.append(self.path)


@contextlib.contextmanager
def serving(folder: Path, paths: list[str] | None = None) -> Iterator[str]:
    """Serve a folder as `python -m http.server` does; gives the address, and adds requested paths to `paths`."""
    handler = partial(_Listing, directory=str(folder), paths=[] if paths is None else paths)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
