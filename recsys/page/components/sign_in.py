"""Sign in with a Hugging Face account, on a Space with OAuth: a profile without a key to keep."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, Protocol

import gradio as gr

from recsys.page.components.parts import PRIVATE
from recsys.page.components.visitor import clean
from recsys.serving.service import Service
from recsys.settings import Settings


def offered(settings: Settings) -> bool:
    """Whether an OAuth application is configured and the packages that Gradio needs for it are installed."""
    return bool(settings.oauth_client_id and settings.oauth_client_secret) and all(
        importlib.util.find_spec(module) for module in ("authlib", "itsdangerous")
    )


def button() -> gr.LoginButton:
    """The button that signs in and out."""
    return gr.LoginButton("Sign in with Hugging Face", elem_id="rs-login", size="sm")


class Loaded(Protocol):
    """An event of Gradio that another one may follow."""

    @property
    def then(self) -> Callable[..., object]: ...


def follow(service: Service, loaded: Loaded, visitor: gr.HTML) -> None:
    """Once the page is loaded, give the visitor the profile of the account that is signed in."""

    def arrive(person: dict[str, Any], profile: gr.OAuthProfile | None) -> Any:
        return gr.skip() if profile is None else with_profile(service, person, profile.username)

    loaded.then(arrive, visitor, visitor, **PRIVATE)


def with_profile(service: Service, person: object, account: str) -> dict[str, Any]:
    """The visitor with the profile of an account; marks made before signing in stay."""
    return clean(person) | service.profiles.sign_in(account)
