"""Add security headers to all answers."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.settings import Settings

SPACES = "https://huggingface.co"
ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"strict-origin-when-cross-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
POLICY = b"content-security-policy"


def policy(image_hosts: Iterable[str] = (), on_space: bool = False, nonce: str = "") -> str:
    """Return the Content-Security-Policy of an answer.

    Args:
        image_hosts: origins of pictures of items, besides this server.
        on_space: whether huggingface.co shows the page in a frame.
        nonce: allows the inline scripts of this document; "" allows no inline scripts.
    """
    # Gradio compiles the script of each component and event with `new Function`, hence 'unsafe-eval'.
    scripts = f"'self' 'unsafe-eval' 'nonce-{nonce}'" if nonce else "'self'"
    rules = {
        "default-src": "'self'",
        "script-src": scripts,
        # Gradio and the charts set style attributes and add style elements while the page runs.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": " ".join(["'self'", "data:", "blob:", *sorted(image_hosts)]),
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "media-src": "'self'",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": f"'self' {SPACES}" if on_space else "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class SecurityHeaders:
    """ASGI middleware that adds the security headers; headers that an answer already has stay."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self._app = app
        self._added = {**ALWAYS, POLICY: policy(on_space=settings.on_space).encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", []))
                names = {name.lower() for name, _ in own}
                own += [pair for pair in self._added.items() if pair[0] not in names]
                message = {**message, "headers": own}
            await send(message)

        await self._app(scope, receive, sending)
