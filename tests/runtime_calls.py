"""Plain POST calls to an app of any address."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from waiting import PATIENCE_S


def ask(address: str, name: str, *given) -> tuple[int, dict]:
    """Status and answer of a plain POST."""
    body = json.dumps({"data": given}).encode()
    request = urllib.request.Request(
        f"{address}/gradio_api/run/{name}", body, {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, json.load(answer)["data"][0]
    except urllib.error.HTTPError as error:
        is_json = error.headers.get_content_type() == "application/json"  # a proxy sends HTML
        return error.code, json.load(error) if is_json else {}
