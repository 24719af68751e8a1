"""GET /lists/USER/TOKEN/json: the watch-list of a profile for other programs, at the address of `/feed_address`.

The layout is that of MDBList, which Radarr reads as a custom list and Jellyfin with its plugin Collection Import; the
plugin appends `/json` to the address that it is given.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from recsys.api.feed import HEADERS, LONGEST
from recsys.api.guard.direct import Handlers
from recsys.api.threads import in_thread
from recsys.serving.feeds import LISTS_PATH
from recsys.serving.service import Service

MEDIA_TYPE = "application/json"
PARTS = 3  # user, token, "json"


def watch_lists(service: Service) -> dict[str, Handlers]:
    """Return the handler by path and method."""

    async def handle(request: Request) -> Response:
        parts = request.url.path.removeprefix(LISTS_PATH).rstrip("/").split("/")
        user_id, token, end = parts if len(parts) == PARTS else ("", "", "")
        text = await in_thread(written, service, user_id[:LONGEST], token[:LONGEST]) if end == "json" else None
        if text is None:
            return PlainTextResponse(
                "There is no such list. Its profile was deleted, or the address is incomplete.", 404
            )
        return Response(text, headers=HEADERS, media_type=MEDIA_TYPE)

    return {LISTS_PATH: {"GET": handle, "HEAD": handle}}


def written(service: Service, user_id: str, token: str) -> str | None:
    """The text of a list; None if there is no such address."""
    with service.call("list"):
        watched = service.feeds.watch_list(user_id, token)
        if not watched:
            return None if watched is None else "[]"
        return service.exports.file(titles=[f"id:{item_id}" for item_id in watched], format="jellyfin")["text"]
