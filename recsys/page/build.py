"""The page: header, tabs and dialog around one service, driven by the address."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import gradio as gr

from recsys.api import gradio_api, gradio_patches
from recsys.errors import RecsysError
from recsys.page.components import account, header, sign_in
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.card_list import failed
from recsys.page.components.details import dialog
from recsys.page.components.parts import head, part
from recsys.page.components.view import View
from recsys.page.components.visitor import EMPTY, clean
from recsys.page.tabs import activity, blend, data, for_you, models, newcomer, similar
from recsys.page.theme import theme
from recsys.runtime.jobs import Background
from recsys.serving.service import Service
from recsys.settings import Settings
from recsys.visitors.recorder import calling

NAME = "recsys"
# Gradio obfuscates what it keeps in the browser with this; it protects nothing, but a fixed one keeps it readable.
BROWSER_SECRET = "recsys"
UNRANKED = ("shelf", "starters", "search")
PRIVATE: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}


def build(service: Service, settings: Settings, background: Background | None = None) -> gr.Blocks:
    """The page as Gradio Blocks, with the public endpoints registered."""
    words = service.words
    tagline = f"{words.items.capitalize()} you will like, and why"
    with gr.Blocks(
        title=f"{NAME}: {tagline}", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)
    ) as page:
        # First, so that no event of the page takes the name of an endpoint.
        gradio_api.register(service)
        kept = gr.BrowserState(EMPTY, storage_key="recsys.visitor", secret=BROWSER_SECRET)
        kept_filters = gr.BrowserState(header.DEFAULTS, storage_key="recsys.serving.filters", secret=BROWSER_SECRET)
        shell = header.shell(service, NAME, tagline)
        router = part("router", {}, events=["go"], elem_id="rs-router")

        def verdict(given: dict[str, Any]) -> dict[str, Any]:
            session = clean(given)["session"]
            with calling("page", session):
                return account.stored(service, given)

        visitor = part("visitor", EMPTY, events=["marked"], server=[verdict], elem_id="rs-visitor")
        views: list[View] = []
        with gr.Tabs(selected="similar", elem_id="rs-tabs") as tabs:
            with gr.Tab(f"Similar {words.items}", id="similar") as tab:
                views.append(similar.build(service))
            _opened(tab, "similar")
            with gr.Tab("For you", id="foryou") as tab:
                views.append(for_you.build(service))
            _opened(tab, "foryou")
            with gr.Tab("Blend", id="blend") as tab:
                views.append(blend.build(service))
            _opened(tab, "blend")
            with gr.Tab("New here?", id="newcomer") as tab:
                view, mine, picks = newcomer.build(service)
                views.append(view)
            _opened(tab, "newcomer")
            with gr.Tab("Models", id="models") as tab:
                views.append(models.build(service, background or Background(service)))
            _opened(tab, "models")
            with gr.Tab("Data", id="data") as tab:
                views.append(data.build(service))
            _opened(tab, "data")
            with gr.Tab("Activity", id="activity") as tab:
                views.append(activity.build(service))
            _opened(tab, "activity")
        if sign_in.offered(settings):
            sign_in.add(service, page, visitor, kept)
        dialog(service)
        part("footer", about(service), elem_id="rs-footer")

        def navigate(query: dict[str, Any], filters: dict[str, Any], person: dict[str, Any]) -> list[Any]:
            query, person = Query.read(query), clean(person)
            with calling(f"page {query.tab}", person["session"]), service.latencies.timing(f"page {query.tab}"):
                values = answer(views, query, filters, person)
                record(service, values)
                return values

        def arrive(person: dict[str, Any], filters: dict[str, Any], request: gr.Request) -> list[Any]:
            query, person = dict(request.query_params), clean(person)
            person["session"] = person["session"] or uuid4().hex
            filters = {**header.DEFAULTS, **filters} if isinstance(filters, dict) else header.DEFAULTS
            return [query, filters, person, person, *navigate(query, filters, person)]

        def refilter(query: dict[str, Any], filters: dict[str, Any], person: dict[str, Any]) -> list[Any]:
            return [filters, *navigate(query, filters, person)]

        def mark(filters: dict[str, Any], person: dict[str, Any]) -> list[Any]:
            person = clean(person)
            try:
                with calling("page newcomer", person["session"]):
                    return [person, newcomer.picked(service, person, *header.read(filters))]
            except RecsysError as error:
                return [person, failed(error)]

        def changed(answered: account.Answer, filters: dict[str, Any]) -> list[Any]:
            person, said = answered
            return [person, said, *mark(filters, person)]

        def join(filters: dict[str, Any], person: dict[str, Any]) -> list[Any]:
            return changed(account.keep(service, clean(person)), filters)

        def enter(filters: dict[str, Any], person: dict[str, Any], event: gr.EventData) -> list[Any]:
            return changed(account.enter(service, clean(person), sent(event, "user_id"), sent(event, "key")), filters)

        def leave(filters: dict[str, Any], person: dict[str, Any]) -> list[Any]:
            return changed(account.leave(service, clean(person)), filters)

        shown = [tabs, *(output for view in views for output in view.outputs)]
        asked = [router, shell, visitor]
        idle = {"fn": None, "js": "() => { recsys.busy(false); }", "api_visibility": "private"}
        last = {**PRIVATE, "trigger_mode": "always_last"}
        page.load(arrive, [kept, kept_filters], [router, shell, visitor, kept, *shown], **PRIVATE)
        router.go(navigate, asked, shown, **last).then(**idle)
        shell.filters(refilter, asked, [kept_filters, *shown], **last).then(**idle)
        visitor.marked(mark, [shell, visitor], [kept, picks], **last)
        mine.join(join, [shell, visitor], [visitor, mine, kept, picks], **PRIVATE)
        mine.enter(enter, [shell, visitor], [visitor, mine, kept, picks], **PRIVATE)
        mine.leave(leave, [shell, visitor], [visitor, mine, kept, picks], **PRIVATE)
    gradio_patches.fill_defaults(page)
    gradio_patches.settle_components(page)
    page.queue(default_concurrency_limit=64)
    return page


def sent(event: gr.EventData, name: str) -> str:
    """A text that a browser sent with an event, "" if it sent none."""
    try:
        value = getattr(event, name, "")
    except (TypeError, KeyError):  # the browser sent something other than an object
        return ""
    return value[:LONGEST] if isinstance(value, str) else ""


def answer(views: list[View], query: Query, filters: Any, visitor: dict[str, Any]) -> list[Any]:
    """Values of the tabs and of every view's outputs: the asked-for view's own, and no change for the others."""
    keys = [view.key for view in views]
    tab = query.tab if query.tab in keys else keys[0]
    values: list[Any] = [gr.Tabs(selected=tab)]
    for view in views:
        if view.key != tab:
            values += [gr.skip()] * len(view.outputs)
            continue
        try:
            n, limits = header.read(filters)
            values += view.show(query, n, limits, visitor)
        except RecsysError as error:
            # Contradicting filters: said once, in the tab's list, which each view has as its first card list.
            values += [failed(error) if output.elem_id == f"rs-{tab}" else gr.skip() for output in view.outputs]
    return values


def record(service: Service, values: list[Any]) -> None:
    """Tell the events of lists that no model made; a model's are told by the service."""
    for value in values:
        if isinstance(value, dict) and value.get("source") in UNRANKED:
            service.events.shown([item["item_id"] for item in value["items"]], source=value["source"])


def about(service: Service) -> dict[str, Any]:
    """The footer: what is served and under which terms."""
    about = service.about()
    counts = about["counts"]
    words = service.words
    return {
        "text": f"{about['title']}: {counts['items']:,} {words.items}"
        + (
            f", {counts['ratings']:,} {words.ratings} by {counts['users']:,} {words.people}"
            if counts["ratings"]
            else ""
        )
        + f". Models {about['release']['version']}.",
        "notes": about["notes"],
        "licence": ". ".join(text for text in (about["licence"], about["match"]) if text),
        "tmdb": about["services"]["tmdb"],
    }


def launch_options(settings: Settings) -> dict[str, Any]:
    """Arguments of `Blocks.launch`: our looks, and Gradio's defaults that send, store or publish turned off."""
    return {
        "theme": theme(),
        "head": head(),
        "show_error": False,
        "footer_links": ["api", "settings"],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "share": False,
        "quiet": True,
        "allowed_paths": [],
    }


def _opened(tab: gr.Tab, key: str) -> None:
    tab.select(None, None, None, js=f"() => {{ recsys.opened({key!r}); }}", api_visibility="private")
