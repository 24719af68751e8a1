"""GET /feed: new picks for a profile as an Atom feed (RFC 4287), at the address that `/feed_address` returns."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from xml.etree import ElementTree

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from recsys.api.guard.direct import Handlers
from recsys.serving.cards import label
from recsys.serving.feeds import PATH, Feed, moment
from recsys.serving.replies import Shown
from recsys.serving.service import Service

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml; charset=utf-8"
# Readers ask again after an hour at the earliest; no shared cache may store the picks, and no search engine lists them.
HEADERS = {"Cache-Control": "private, max-age=3600", "X-Robots-Tag": "noindex"}
LONGEST = 100  # largest number of characters of a user id or token
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_READING = CapacityLimiter(2)


def feed(service: Service) -> dict[str, Handlers]:
    """Return the handler by path and method."""

    async def handle(request: Request) -> Response:
        user_id, token = (request.query_params.get(name, "")[:LONGEST] for name in ("user", "token"))
        text = await to_thread.run_sync(written, service, user_id, token, str(request.base_url), limiter=_READING)
        if text is None:
            return PlainTextResponse(
                "There is no such feed. Its profile was deleted, or the address is incomplete.", 404
            )
        return Response(text, headers=HEADERS, media_type=MEDIA_TYPE)

    return {PATH: {"GET": handle, "HEAD": handle}}


def written(service: Service, user_id: str, token: str, base: str) -> bytes | None:
    """The text of a feed; None if there is no such address.

    Args:
        base: address of this server, for links.
    """
    with service.call("feed"), service.activity.unrecorded():
        found = service.feeds.read(user_id, token)
    return None if found is None else _atom(found, service.words.items, base)


def _atom(found: Feed, items: str, base: str) -> bytes:
    root = ElementTree.Element("feed", xmlns=ATOM)
    updated = moment(found.rated)
    _add(root, "id", f"{base}?{urlencode({'user': found.user_id})}")
    _add(root, "title", f"New {items} for you")
    _add(root, "updated", updated)
    _add(_add(root, "author"), "name", "recsys")
    ElementTree.SubElement(root, "link", href=base, rel="alternate", type="text/html")
    for pick in found.picks:
        _entry(root, pick, updated, base)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _entry(root: ElementTree.Element, pick: Shown, updated: str, base: str) -> None:
    # The id does not depend on the time, so that a reader shows each pick once.
    address = f"{base}?{urlencode({'film': pick['item_id']})}"
    entry = ElementTree.SubElement(root, "entry")
    _add(entry, "id", address)
    _add(entry, "title", label(pick))
    _add(entry, "updated", updated)
    ElementTree.SubElement(entry, "link", href=address, rel="alternate", type="text/html")
    match = f" ({pick['match']} % match)" if pick["match"] is not None else ""
    _add(entry, "summary", f"{pick['reason']}{match}")
    for genre in pick["genres"]:
        ElementTree.SubElement(entry, "category", term=_NOT_XML.sub("", genre))


def _add(parent: ElementTree.Element, name: str, text: str = "") -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = _NOT_XML.sub("", text) or None
    return child
