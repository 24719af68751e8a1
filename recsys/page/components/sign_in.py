"""Signing in with a Hugging Face account, on a Space whose OAuth is on: a profile without a key to keep."""

from __future__ import annotations

import importlib.util
from typing import Any

import gradio as gr

from recsys.page.components.parts import PRIVATE
from recsys.page.components.visitor import clean
from recsys.serving.service import Service
from recsys.settings import Settings


def offered(settings: Settings) -> bool:
    """Whether there is an OAuth application to sign in with, and what Gradio needs for it is installed."""
    return bool(settings.oauth_client_id and settings.oauth_client_secret) and all(
        importlib.util.find_spec(module) for module in ("authlib", "itsdangerous")
    )


def add(service: Service, page: gr.Blocks, visitor: gr.HTML) -> None:
    """The button, and on load the profile of whoever is signed in, as the page's visitor."""
    gr.LoginButton("Sign in with Hugging Face", elem_id="rs-login", size="sm")

    def arrive(person: dict[str, Any], profile: gr.OAuthProfile | None) -> Any:
        return gr.skip() if profile is None else taken_up(service, person, profile.username)

    page.load(arrive, visitor, visitor, js="() => recsys.state.visitor", **PRIVATE)


def taken_up(service: Service, person: object, account: str) -> dict[str, Any]:
    """The visitor with the profile of an account; what was marked before signing in stays marked."""
    return clean(person) | service.profiles.sign_in(account)
