"""The patches of Gradio: what each gains, and whether Gradio still needs it.

A test here whose name starts with `test_gradio_` describes Gradio without the patch: when it fails, the patch can go.
"""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio import http_server, queueing
from gradio.context import LocalContext
from gradio.state_holder import SessionState

from recsys.api import gradio_api, gradio_patches
from recsys.api.guard.hosts import CLIENT
from recsys.serving.client import STRANGER, Client, answering, current


@pytest.fixture
def page(service):
    """A page with the endpoints, without patches."""
    with gr.Blocks() as page:
        gradio_api.register(service)
        gr.Textbox("text", label="one")
    return page


def event(page, name):
    return next(one for one in page.fns.values() if one.api_name == name)


def test_gradio_refuses_a_short_list(page):
    with pytest.raises(ValueError, match="didn't receive enough input values"):
        page.validate_inputs(event(page, "similar"), ["Heat (1995)"])


def test_short_lists_are_completed(page):
    gradio_patches.fill_defaults(page)
    given = ["Heat (1995)"]
    page.validate_inputs(event(page, "similar"), given)
    assert given[:2] == ["Heat (1995)", 10] and len(given) == 4
    with pytest.raises(gr.Error, match="Parameter title of /similar is missing."):
        page.validate_inputs(event(page, "similar"), [])


def documented(page):
    return {name: line["parameters"] for name, line in page.get_api_info()["named_endpoints"].items()}


def test_gradio_labels_parameters_by_their_place(page):
    first = documented(page)["/search"][0]
    assert (first["label"], first["example_input"], first["python_type"]["description"]) == ("1st", "...", "")


def test_parameters_are_named_described_and_have_examples(service):
    with gr.Blocks() as page:
        gradio_api.register(service)
        gradio_api.describe(page, service)
    lines = documented(page)
    for parameters in lines.values():
        for parameter in parameters:
            assert parameter["label"] == parameter["parameter_name"]
            assert parameter["python_type"]["description"]
            assert parameter["example_input"] != "..."
    examples = {line["parameter_name"]: line["example_input"] for line in lines["/rate"]}
    assert examples["user_id"].startswith("guest-") and examples["rating"] == service.scale[1]
    assert service.search(lines["/search"][0]["example_input"])
    assert service.recommend(lines["/recommend"][0]["example_input"], 1)


@pytest.fixture
def counted(page, monkeypatch):
    """The page, and how often a component was asked for its configuration."""
    asked = []
    real = gr.Textbox.get_config
    monkeypatch.setattr(gr.Textbox, "get_config", lambda self, *args: asked.append(self) or real(self, *args))
    return page, asked


def test_gradio_configures_every_component_for_every_session(counted):
    page, asked = counted
    for _ in range(3):
        SessionState(page)
    assert len(asked) >= 3


def test_components_are_configured_once(counted):
    page, asked = counted
    plain = SessionState(page).config_values
    gradio_patches.settle_components(page)
    asked.clear()
    first, second = SessionState(page), SessionState(page)
    assert asked == []
    assert first.config_values == plain
    box = next(number for number, block in page.blocks.items() if isinstance(block, gr.Textbox))
    first._update_value_in_config(box, "changed")
    assert second.config_values == plain, "a session changes no other"


def mcp_texts(page, value):
    server = page.mcp_server_obj
    return [one.text for one in server.postprocess_output_data([value], "http://127.0.0.1:1")]


@pytest.fixture
def with_mcp(page):
    pytest.importorskip("mcp", reason="needs the mcp extra: pip install 'gradio[mcp]'")
    from gradio.mcp import GradioMCPServer

    page.mcp_server_obj = GradioMCPServer(page)
    return page


VALUE = [{"title": "Léon", "year": None}]


def test_gradio_answers_mcp_with_what_no_json_parser_reads(with_mcp):
    (text,) = mcp_texts(with_mcp, VALUE)
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_without_mcp_nothing_is_patched(service):
    gradio_patches.serve_mcp(SimpleNamespace(mcp_server_obj=None), service)


def run(coroutine):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(coroutine)).result()


@pytest.fixture
def with_button(page):
    """The page with an event as Gradio's sign-in button attaches it."""
    with page:
        gr.Markdown().attach_load_event(lambda: "signed in", None)
    return page


def test_gradio_publishes_the_event_of_its_sign_in_button(with_button):
    assert set(with_button.get_api_info()["named_endpoints"]) > {f"/{name}" for name in gradio_patches.ENDPOINTS}


def test_only_endpoints_are_published(with_button):
    gradio_patches.hide_page_events(with_button)
    assert set(with_button.get_api_info()["named_endpoints"]) == {f"/{name}" for name in gradio_patches.ENDPOINTS}


async def asking(page, request):
    """The client that the code behind an event sees, if a task of another client runs it."""
    seen = []
    with page:
        event = gr.Textbox().change(lambda text: seen.append(current()), gr.Textbox())
    with answering(Client("192.0.2.1", is_local=True)):
        await page.process_api(page.fns[event["id"]], ["x"], request=request, state=SessionState(page))
    return seen[0]


def test_gradio_runs_an_event_in_the_context_of_whatever_task_runs_it(page):
    request = SimpleNamespace(scope={CLIENT: Client("192.0.2.9", is_local=False)})
    assert run(asking(page, request)).address == "192.0.2.1"


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_event_belongs_to_the_client_of_its_own_request(page, wrapped):
    gradio_patches.attribute_calls(page)
    request = SimpleNamespace(scope={CLIENT: Client("192.0.2.9", is_local=False)})
    given = gr.Request(request) if wrapped else request
    assert run(asking(page, given)) == Client("192.0.2.9", is_local=False)
    assert run(asking(page, None)) == STRANGER


class Queue:
    """What `UnreadResults` uses of Gradio's queue."""

    def __init__(self):
        self.pending_messages_per_session = {}
        self.pending_event_ids_session = {}
        self.event_ids_to_events = {}

    def join(self, session, call):
        self.pending_messages_per_session[session] = object()
        self.pending_event_ids_session.setdefault(session, set()).add(call)


def test_gradio_keeps_unread_results_of_many_sessions(page):
    queue = page._queue
    assert queue.pending_messages_per_session.max_size >= 1000
    assert queue.pending_event_ids_session == queue.event_ids_to_events == {}


def test_results_that_nobody_fetches_are_dropped_after_a_while():
    now, queue = [0.0], Queue()
    results = gradio_patches.UnreadResults(SimpleNamespace(_queue=queue), wait_s=60, clock=lambda: now[0])
    queue.join("old", "call 1")
    queue.join("read", "call 2")
    results.drop()
    assert all(results.is_waiting(name) for name in ("old", "call 1", "read", "call 2"))
    assert not results.is_waiting("other")
    now[0] = 50
    queue.join("new", "call 3")
    results.drop()
    now[0] = 61
    with results.reading("call 2"):
        results.drop()
    assert set(queue.pending_messages_per_session) == set(queue.pending_event_ids_session) == {"read", "new"}
    now[0] = 200
    results.drop()
    assert queue.pending_messages_per_session == queue.pending_event_ids_session == {}


def test_a_client_that_reads_its_results_loses_none_however_long_it_lives():
    now, queue = [0.0], Queue()
    results = gradio_patches.UnreadResults(SimpleNamespace(_queue=queue), wait_s=60, clock=lambda: now[0])
    for number in range(20):
        queue.join("client", f"call {number}")
        results.drop()
        assert results.is_waiting(f"call {number}"), "dropped before it could be read"
        now[0] += 10
        # it was read: Gradio forgets the call, and the session if no other call is left
        queue.pending_event_ids_session["client"].discard(f"call {number}")
        if number % 3:
            del queue.pending_event_ids_session["client"]


@pytest.fixture
def applications(monkeypatch):
    """The pages for which Gradio has created an application."""
    pages = []
    real = gr.routes.App.create_app
    monkeypatch.setattr(
        gr.routes.App, "create_app", staticmethod(lambda page, **options: pages.append(page) or real(page, **options))
    )
    return pages


def test_gradio_creates_applications_that_no_launch_uses(applications):
    with gr.Blocks() as page:
        gr.Textbox("text", label="one")
    page.queue()
    assert applications == [page] * 3


def test_a_page_gets_its_application_when_it_is_launched(applications):
    with gradio_patches.one_application():
        with gr.Blocks() as page:
            gr.Textbox("text", label="one")
        page.queue()
    assert applications == []
    app, _, _ = page.launch(prevent_thread_lock=True, quiet=True)
    try:
        assert applications == [page] and app.get_blocks() is page
    finally:
        page.close()


def test_gradio_puts_its_own_middleware_outside(page):
    app = gr.routes.App.create_app(page, app_kwargs={"middleware": []})
    assert "CORS" in str(app.user_middleware)


def test_a_page_is_served_behind_the_wrapper_with_options_of_uvicorn(monkeypatch):
    monkeypatch.setattr(http_server.Server, "run_in_thread", lambda self: None)
    with gradio_patches.served_by(lambda app: ("wrapped", app), timeout_keep_alive=77):
        server = http_server.start_server("app", "127.0.0.1")[3]
    assert server.config.app == ("wrapped", "app") and server.config.timeout_keep_alive == 77
    assert not any(logging.getLogger(name).handlers for name in ("uvicorn", "uvicorn.error"))
    assert logging.getLogger("uvicorn.error").propagate and logging.getLogger("uvicorn").propagate
    assert http_server.start_server("app", "127.0.0.1")[3].config.app == "app"


def test_gradio_names_the_space_to_its_script(monkeypatch):
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "me/films")
    with gr.Blocks() as page:
        pass
    assert page.get_config_file()["space_id"] == "me/films"
    gradio_patches.hide_space_header(page)
    assert page.get_config_file()["space_id"] is None


def test_what_the_page_may_call_is_known(service):
    from recsys.page.build import build

    page = build(service, service.settings)
    calls = gradio_patches.page_calls(page)
    assert set(calls.endpoints.values()) == set(gradio_patches.ENDPOINTS)
    assert set(calls.inputs) > set(calls.endpoints)
    assert {"verdict", "operate", "export", "activity", "details", "search"} <= frozenset().union(
        *calls.servers.values()
    )


def test_gradio_names_the_page_only_in_handlers_of_events(page):
    def named():
        assert LocalContext.blocks.get(None) is None
        gradio_patches.name_current_page(page)
        return LocalContext.blocks.get(None)

    assert copy_context().run(named) is page


async def looks(page, patched):
    """How often the queue of an idle page looks for calls in a while, and after a call has arrived."""
    queue, counted = page._queue, []

    class Counting(type(queue)):
        def __len__(self):
            counted.append(None)
            return 0

    async def push():
        return True

    queue.__class__, queue.push = Counting, push
    if patched:
        gradio_patches.wait_for_calls(page)
    queue.active_jobs = [None]
    task = asyncio.create_task(queue.start_processing())
    for _ in range(100):
        await asyncio.sleep(0.002)
    idle = len(counted)
    assert await queue.push()
    await asyncio.sleep(0)
    while len(counted) == idle:
        await asyncio.sleep(0.002)
    queue.stopped = True
    task.cancel()
    return idle


@pytest.fixture
def plain_asyncio(monkeypatch):
    monkeypatch.setattr(queueing, "asyncio", asyncio)


def test_gradio_looks_for_calls_all_the_time(page, plain_asyncio):
    assert run(looks(page, patched=False)) > 20


def test_the_queue_waits_until_a_call_arrives(page, plain_asyncio, monkeypatch):
    monkeypatch.setattr(gradio_patches, "LONGEST_WAIT_S", 3600.0)
    assert run(looks(page, patched=True)) == 1
