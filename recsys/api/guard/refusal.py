"""Send an error as one sentence in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from starlette.types import Send

Header = tuple[bytes, bytes]


async def refuse(send: Send, status: int, sentence: str, headers: Iterable[Header] = ()) -> None:
    """Send `{"error": sentence}` with a status code."""
    body = json.dumps({"error": sentence}).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
