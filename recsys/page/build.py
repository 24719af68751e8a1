"""Build the page over one service: header, tabs and dialog, with the state in the URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import gradio as gr

from recsys.api import gradio_api, gradio_patches
from recsys.errors import RecsysError
from recsys.page.components import account, filters, header, profile_lists, rows, sign_in, sync, words
from recsys.page.components.address import Query
from recsys.page.components.card_list import failed
from recsys.page.components.details import dialog
from recsys.page.components.parts import PRIVATE, part
from recsys.page.components.view import Context, View
from recsys.page.components.visitor import EMPTY, clean
from recsys.page.tabs import TABS
from recsys.page.theme import theme
from recsys.runtime.jobs import Background
from recsys.serving.service import Service
from recsys.settings import Settings

MOST_THREADS = 8  # largest number of threads for events of the page
MOST_WAITING = 1000  # largest number of waiting events; on a ZeroGPU Space, Gradio's default is a single one
MOST_SESSIONS = 100  # largest number of Gradio sessions, about 100 kB each
UNRANKED = ("landing", "starters", "search", rows.SOURCE)  # lists that the service does not record itself


def build(service: Service, settings: Settings, background: Background | None = None) -> gr.Blocks:
    """Build the page as Gradio Blocks, and register the public endpoints."""
    with gradio_patches.one_application():
        return _built(service, settings, background)


def _built(service: Service, settings: Settings, background: Background | None) -> gr.Blocks:
    title = f"{words.NAME}: {words.tagline(service)}"
    titles = {tab.key: tab.title.format(items=service.words.items) for tab in TABS}
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)) as page:
        # Register first, so that no event of the page takes the name of an endpoint.
        gradio_api.register(service)
        gradio_api.describe(page, service)
        shell = header.shell(service, titles)
        router = part("router", {}, events=["go"], elem_id="rs-router")
        visitor = part(
            "visitor", EMPTY, events=["marked"], server=[verdict_of(service), lists_of(service)], elem_id="rs-visitor"
        )
        context = Context(service, background or Background(service), shell, visitor, titles)
        views: dict[str, View] = {}
        with gr.Tabs(selected=TABS[0].key, elem_id="rs-tabs") as tabs:
            for entry in TABS:
                with gr.Tab(titles[entry.key], id=entry.key):
                    views[entry.key] = entry.build(context)
        if sign_in.offered(settings):
            sign_in.button()
        dialog(service)
        footer = part("footer", about(service), elem_id="rs-footer")

        def navigate(query: object, limits: object, person: object) -> list[object]:
            visitor = clean(person)
            found = Query.read(query if isinstance(query, dict) else None)
            # the URL is untrusted, and calls are counted by tab
            found = found if found.tab in views else replace(found, tab=TABS[0].key)
            with service.call(f"page {found.tab}", visitor["session"]):
                values = answer(service, views, found, limits, visitor)
                record(service, values)
                return [about(service), *values]

        def arrive(query: object, limits: object, person: object) -> list[object]:
            visitor = clean(person)
            visitor["session"] = visitor["session"] or uuid4().hex
            visitor = sync.arrived(service, visitor)
            return [visitor, *navigate(query, limits, visitor)]

        shown = [footer, tabs, *(output for view in views.values() for output in view.outputs)]
        inputs = [router, shell, visitor]
        first = page.load(arrive, inputs, [visitor, *shown], js="() => recsys.arrive()", **PRIVATE)
        later = router.go(navigate, inputs, shown, trigger_mode="always_last", **PRIVATE)
        for event in (first, later):
            event.success(None, js="() => { recsys.answered(); }", api_visibility="private")
            event.failure(None, js="() => { recsys.unanswered(); }", api_visibility="private")
        if sign_in.offered(settings):
            sign_in.follow(service, first, visitor)
    gradio_patches.fill_defaults(page)
    gradio_patches.settle_components(page)
    gradio_patches.hide_page_events(page)
    gradio_patches.hide_space_header(page)
    gradio_patches.attribute_calls(page)
    page.queue(default_concurrency_limit=64, max_size=MOST_WAITING)
    gradio_patches.wait_for_calls(page)
    return page


def verdict_of(service: Service) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return the function that stores a visitor's verdict on an item, for the scripts."""

    def verdict(given: dict[str, Any]) -> dict[str, Any]:
        with service.call("page", clean(given)["session"]):
            return account.stored(service, given)

    return verdict


def lists_of(service: Service) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return the function that stores a visitor's watch-list and “Less of” in a profile, for the scripts."""

    def lists(given: dict[str, Any]) -> dict[str, Any]:
        with service.call("page", clean(given)["session"]):
            return profile_lists.changed(service, given)

    return lists


def answer(
    service: Service, views: dict[str, View], query: Query, limits: object, visitor: dict[str, Any]
) -> list[object]:
    """Values of the tabs and of the outputs of all views: new ones for the requested view, no change for the others."""
    values: list[object] = [gr.Tabs(selected=query.tab)]
    for key, view in views.items():
        if key != query.tab:
            values += [gr.skip()] * len(view.outputs)
            continue
        try:
            n, chosen = filters.asked(service, limits, visitor)
            values += view.show(query, n, chosen, visitor)
        except RecsysError as error:
            # contradictory filters are reported once, in the first card list of the tab
            values += [failed(error) if output.elem_id == f"rs-{key}" else gr.skip() for output in view.outputs]
    return values


def record(service: Service, values: list[object]) -> None:
    """Record shown lists that were not made by a model; the service records the others."""
    for value in values:
        if isinstance(value, dict) and value.get("source") in UNRANKED:
            service.record_shown([item["item_id"] for item in value["items"]], value["source"])


def about(service: Service) -> dict[str, Any]:
    """Content of the footer: data set, counts and licence; and what a match means in the release that is now in use."""
    about, words = service.about(), service.words
    counts = about["counts"]
    text = f"{about['title']}: {counts['items']:,} {words.items}"
    if counts["ratings"]:
        text += f", {counts['ratings']:,} {words.ratings} by {counts['users']:,} {words.people}"
    lines = [" ".join([f"{text}.", *about["notes"]]), about["match"], about["licence"], service.artwork.credit]
    return {"lines": [line for line in lines if line], "match": about["match"]}


def launch_options(settings: Settings) -> dict[str, Any]:
    """Arguments of `Blocks.launch`: the theme, and settings that turn off Gradio's telemetry, storage and sharing."""
    return {
        "theme": theme(),
        "show_error": False,
        "footer_links": ["api"],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "share": False,
        "quiet": True,
        "allowed_paths": [],
        "max_threads": MOST_THREADS,
        # A session contains no data that the browser does not send again.
        "state_session_capacity": MOST_SESSIONS,
    }
