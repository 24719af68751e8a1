"""Sign-in with a Hugging Face account on a Space with OAuth, which replaces the key of a profile."""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import gradio as gr
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from recsys.api.guard.hosts import CLIENT
from recsys.page.components import sync
from recsys.page.components.keys import SIGNED_IN
from recsys.page.components.parts import PRIVATE
from recsys.page.components.visitor import clean
from recsys.serving import client
from recsys.serving.service import Service
from recsys.settings import Settings

log = logging.getLogger(__name__)
SIGN_IN_PATHS = "/login/"
SEE_OTHER = 303
AFTER_FAILURE = "/?tab=newcomer&sign_in=failed"  # the page's scripts say that the sign-in failed


def offered(settings: Settings) -> bool:
    """Whether sign-in is available: on a Space with an OAuth application and the packages for it.

    Elsewhere Gradio would sign in every visitor as the owner of the machine's token.
    """
    configured = bool(settings.oauth_client_id and settings.oauth_client_secret)
    installed = all(importlib.util.find_spec(module) for module in ("authlib", "itsdangerous"))
    on_space = gr.utils.get_space() is not None  # pyright: ignore[reportAttributeAccessIssue]  Gradio loads it
    return configured and installed and on_space


def button() -> gr.LoginButton:
    """Create the button that signs in and out."""
    # without an icon, because Gradio would serve it by a route that is closed
    return gr.LoginButton("Sign in with Hugging Face", icon=None, elem_id="rs-login", size="sm")


class Loaded(Protocol):
    """An event of Gradio that another one may follow."""

    @property
    def then(self) -> Callable[..., object]: ...


def follow(service: Service, loaded: Loaded, visitor: gr.HTML) -> None:
    """After the page is loaded, set the visitor to the profile of the signed-in account."""

    def arrive(person: object) -> Any:
        return with_account(service, person, client.current().account)

    loaded.then(arrive, visitor, visitor, **PRIVATE)


def with_account(service: Service, person: object, account: str) -> dict[str, Any]:
    """Set the visitor to the profile of an account, and add the marks made before signing in to it.

    The key stays on the server. Without an account, a visitor who was signed in before has no profile.
    """
    visitor = clean(person)
    if account:
        user_id = service.profiles.sign_in(account)["user_id"]
        return sync.arrived(service, visitor | {"user_id": user_id, "key": SIGNED_IN})
    return visitor | {"user_id": "", "key": ""} if visitor["key"] == SIGNED_IN else visitor


class Accounts:
    """ASGI middleware that sets the account from the signed session cookie on the current client.

    It runs inside Gradio's session middleware, which has verified the cookie.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        account = account_of(scope.get("session")) if scope["type"] == "http" else ""
        if not account:
            await self._app(scope, receive, send)
            return
        signed_in = replace(scope.get(CLIENT, client.STRANGER), account=account)
        with client.answering(signed_in):
            await self._app({**scope, CLIENT: signed_in}, receive, send)


class FailedSignIns:
    """ASGI middleware that sends a visitor whose sign-in failed back to the page, which says so."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(SIGN_IN_PATHS):
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            # Authlib raises what a caller or Hugging Face has sent, such as a refusal or an old code, and what the
            # connection raised. The texts may contain the code or what a stranger wrote, so only the class is logged.
            log.warning("A sign-in failed: %s.", type(error).__name__)
            await RedirectResponse(AFTER_FAILURE, SEE_OTHER)(scope, receive, send)


def account_of(session: object) -> str:
    """The account in a session that Gradio created at sign-in; "" if it is missing or expired."""
    found = session.get("oauth_info") if isinstance(session, dict) else None
    if not isinstance(found, dict) or (found.get("expires_at") or 0) < time.time():
        return ""
    user = found.get("userinfo")
    name = user.get("preferred_username") if isinstance(user, dict) else None
    return name if isinstance(name, str) else ""
