"""Add styles, scripts, and the title and link preview of the requested view to the HTML document.

Gradio serves one document for all URLs, with its own title and preview, and loads `head` only after its own scripts.
This middleware inserts the page's own into the document. It also sends the document compressed, which Gradio does
for its other files only, and lets the browser paint the name of the page before anything else has arrived.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import secrets
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode

from anyio import CapacityLimiter, to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.api.guard.headers import POLICY, policy
from recsys.page.assets import ICON
from recsys.page.components.address import Query
from recsys.page.components.parts import early, late
from recsys.page.components.words import NAME, tagline
from recsys.page.previews import Preview, preview
from recsys.page.tabs import TABS
from recsys.serving.cards import label
from recsys.serving.service import Service

# Gradio's previews, which name Gradio and must be removed, because crawlers read the first of each kind.
PREVIEWS = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
# Blocks painting where Gradio puts it, in the head.
STYLESHEET = re.compile(r'<link rel="stylesheet" crossorigin href="\./assets/[^"]*">\s*')
# The tabs in Gradio's description of the page, which is the same for all URLs and opens the first.
OPEN_TAB = re.compile(r'("type":"tabs","props":\{"selected":)"[^"]*"')
TAB_KEYS = frozenset(tab.key for tab in TABS)
LONGEST = 200  # largest number of characters of a description
OPENAPI, SIMILAR = "gradio_api/openapi.json", "gradio_api/run/similar"
RESERVED = "page"  # a parameter of Gradio's own, which answers any value but its own with status 500
_REWRITING = CapacityLimiter(2)
GZIP_LEVEL = 6
PACKED = ((b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding"))
OF_DOCUMENTS = ((b"cache-control", b"no-store"), (b"cross-origin-opener-policy", b"same-origin"))


def rewrite(document: str, shown: Preview, intro: str) -> str:
    """Replace Gradio's previews in the document with the page's head, and add an introduction while scripts load."""
    document = PREVIEWS.sub("", document)
    sheets = "".join(STYLESHEET.findall(document))
    document = STYLESHEET.sub("", document)
    document = document.replace("<head>", f"<head>{_head(shown)}", 1)
    # Gradio's style sheet before ours, which change it.
    document = re.sub(r"<body[^>]*>", lambda found: f"{found[0]}{intro}{sheets}", document, count=1)
    document = document.replace("</head>", f"{early()}</head>", 1)
    return document.replace("</body>", f"{late()}</body>", 1)


def opened_at(document: str, tab: str) -> str:
    """Let Gradio draw the tabs with this one open, instead of opening it after the first answer."""
    return OPEN_TAB.sub(lambda found: found[1] + json.dumps(tab), document, count=1)


def signed(document: str, nonce: str) -> str:
    """Add the nonce to each script of the document; text in it is escaped and contains no tags."""
    return document.replace("<script", f'<script nonce="{nonce}"')


def introduction(text: str, example: str = "") -> str:
    """Placeholder of the header until the scripts have started; the header removes it.

    Args:
        text: description of the page.
        example: title of an item, for the call of the API that visitors without JavaScript are shown.
    """
    call = html.escape(json.dumps({"data": [example]}, ensure_ascii=False))
    return (
        '<div id="rs-start"><div class="rs-header"><p class="rs-brand"><span class="rs-logo"></span>'
        f'<span><b>{NAME}</b><small>{html.escape(text)}</small></span></p></div><p class="rs-start-wait">Loading …</p>'
        "<noscript><style>.rs-start-wait { display: none; }</style>"
        f"<p>{NAME} recommends by taste and says why. This page needs JavaScript; the API gives the same answers "
        f'without it. <a href="{OPENAPI}">Description of the API</a>. An example: POST to</p>'
        f"<pre>/{SIMILAR}\n{call}</pre></noscript></div><script>recsys.keepTheme();</script>"
    )


def _head(shown: Preview) -> str:
    title = f"{shown.title} · {NAME}" if shown.title != NAME else NAME
    description = shown.description if len(shown.description) <= LONGEST else f"{shown.description[:LONGEST]}…"
    tags = [
        ("property", "og:type", "website"),
        ("property", "og:site_name", NAME),
        ("property", "og:title", shown.title),
        ("property", "og:description", description),
        ("property", "og:image", shown.image),
        ("name", "twitter:card", "summary"),
        ("name", "description", description),
    ]
    return (
        f"<title>{html.escape(title)}</title>"
        + "".join(f'<meta {kind}="{name}" content="{html.escape(text)}">' for kind, name, text in tags if text)
        + f'<link rel="icon" href="data:image/svg+xml,{quote(ICON)}">'
    )


class Document:
    """ASGI middleware that rewrites only the page's HTML document."""

    def __init__(self, app: ASGIApp, service: Service, on_space: bool = False):
        self._app, self._service, self._on_space = app, service, on_space

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in ("", "/"):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await self._send(start, bytes(body), scope, send)

        pairs = parse_qsl(scope["query_string"].decode("latin-1"))
        allowed = urlencode([(name, value) for name, value in pairs if name != RESERVED]).encode()
        await self._app({**scope, "query_string": allowed}, receive, collect)

    async def _send(self, start: Message, body: bytes, scope: Scope, send: Send) -> None:
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        if _is_plain_html(headers) and start["status"] == 200:
            nonce = secrets.token_urlsafe(16)
            query = scope["query_string"].decode("latin-1")
            packed = _takes_gzip(scope)
            # In a thread, because the preview may search for the title in the URL.
            body = await to_thread.run_sync(self._rewritten, body.decode(), query, nonce, packed, limiter=_REWRITING)
            allowed = policy(self._service.artwork.origins, self._on_space, nonce)
            headers += [(POLICY, allowed.encode()), *OF_DOCUMENTS, *(PACKED if packed else ())]
        length = (b"content-length", str(len(body)).encode())
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})

    def _rewritten(self, document: str, query: str, nonce: str, packed: bool) -> bytes:
        values = dict(parse_qsl(query))
        asked = Query.read(values)
        shown = preview(self._service, asked, values.get("details", ""))
        example = next((label(item) for item in self._service.landing.examples(1)), "")
        intro = introduction(tagline(self._service), example)
        if asked.tab in TAB_KEYS:  # the URL is untrusted
            document = opened_at(document, asked.tab)
        text = signed(rewrite(document, shown, intro), nonce).encode()
        # The nonce is used only once, so the compressed length of the document does not reveal it.
        return gzip.compress(text, GZIP_LEVEL) if packed else text


def _takes_gzip(scope: Scope) -> bool:
    accepted = [value for name, value in scope["headers"] if name.lower() == b"accept-encoding"]
    codings = [coding.split(b";") for value in accepted for coding in value.split(b",")]
    return any(name.strip() == b"gzip" and b"q=0" not in b"".join(rest).split() for name, *rest in codings)


def _is_plain_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    found = {name.lower(): value.lower() for name, value in headers}
    return found.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in found
