"""All patches of Gradio: uses of undocumented names, and replaced methods.

Each patch documents its reason and its gain, and has a test in tests/api/test_gradio_patches.py that fails when a new
version of Gradio makes it unnecessary. No other module may use such names (tests/project/test_structure.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import copy
from functools import partial
from time import monotonic
from typing import Any, cast

import gradio as gr
import uvicorn
from gradio import http_server, queueing
from gradio.context import LocalContext
from gradio.routes import App
from starlette.types import ASGIApp

from recsys.api.endpoints import ENDPOINTS, PROFILE
from recsys.api.guard.gradio_requests import PageCalls
from recsys.api.guard.hosts import CLIENT
from recsys.errors import BadInput
from recsys.serving.client import STRANGER, answering
from recsys.serving.service import Service

LONGEST_WAIT_S = 0.5  # longest pause of the queue; calls end it
# Methods that Gradio calls on every component when a session begins.
SESSION_QUESTIONS = ("get_component_class_id", "api_info", "api_info_as_input", "api_info_as_output", "example_inputs")


@contextmanager
def one_application() -> Iterator[None]:
    """Let pages that are built inside the block create the application of the server only when they are launched.

    Gradio creates it, with some eighty routes, in `Blocks()`, at the end of its `with` block, in `queue` and in
    `launch`, and uses only the last one. Gain: the page is built in a quarter of the
    CPU time (0.17 against 0.69 s; MovieLens latest-small, medians of 4 on a busy machine).
    """
    owner = cast(Any, App)
    plain = owner.create_app
    owner.create_app = staticmethod(lambda *_, **__: None)
    try:
        yield
    finally:
        owner.create_app = staticmethod(plain)


def fill_defaults(page: gr.Blocks) -> None:
    """Let callers of Gradio's own routes, such as `POST /gradio_api/call/NAME`, leave out trailing optional parameters.

    Gradio refuses a list shorter than the function's parameters, with an empty error, before any of our code runs.
    gradio_client fills in defaults, but a caller with curl does not. Gain: such calls work.
    """
    check = page.validate_inputs

    def validate(block_fn: Any, inputs: list[Any]) -> None:
        endpoint = ENDPOINTS.get(block_fn.api_name)
        # An event of the page is not an endpoint and passes all its inputs.
        if endpoint is not None:
            try:
                inputs[:] = endpoint.complete(inputs)
            except BadInput as error:
                raise gr.Error(str(error), print_exception=False) from error
        check(block_fn, inputs)

    page.validate_inputs = validate


def describe_parameters(
    page: gr.Blocks, texts: Mapping[str, Mapping[str, str]], examples: Mapping[str, object]
) -> None:
    """Name and describe the parameters in the API documentation, with an example of each required one.

    `gr.api` labels them "1st", "2nd", and so on, and shows "..." as their example. Gain: the examples can be run.

    Args:
        texts: endpoint -> parameter -> its documentation.
        examples: values of required parameters by name.
    """
    for event in page.fns.values():
        endpoint = ENDPOINTS.get(str(event.api_name))
        if endpoint is None:
            continue
        required = {one.name for one in endpoint.parameters if one.default is one.empty}
        # A call with a key is about a profile, not about a user of the data set.
        known = {**examples, "user_id": PROFILE} if "key" in required else examples
        inputs: list[Any] = list(event.inputs)  # components of `gr.api`
        outputs: list[Any] = list(event.outputs)
        for parameter, component in zip(endpoint.parameters, inputs, strict=True):
            text = texts[endpoint.name].get(parameter.name, "")
            component.label = parameter.name
            component._api_info = {**component._api_info, "additional_description": text}
            if parameter.name in required:
                component.example_inputs = partial(copy, known[parameter.name])
        for component in outputs:
            component.label = "answer"


def settle_components(page: gr.Blocks) -> None:
    """Compute the configuration of each component once instead of once for every session.

    Gradio rebuilds it from all components of the page for every new session, MCP call and call without a session.
    Gain: without it the first view of a visitor takes 1.5 times the CPU time (23.9 against 16.4 ms) and a call of
    Gradio's `POST /gradio_api/api/NAME` 2.2 times (8.9 against 4.0 ms; MovieLens latest-small, medians of 3 runs).
    """
    for block in page.blocks.values():
        # A copy for each session, because each session stores values in it.
        answers = {"get_config": block.get_config()}
        if not block.skip_api:
            answers |= {name: getattr(block, name)() for name in SESSION_QUESTIONS if hasattr(block, name)}
        for name, answer in answers.items():
            setattr(block, name, partial(copy, answer))


def serve_mcp(page: gr.Blocks, service: Service) -> None:
    """Let the endpoints answer on the MCP server of a page that is being launched, with resources and prompts.

    Gradio sends the `repr` of a result, which JSON parsers reject, and reads resources and prompts by a request to
    itself. Gain: clients can parse the answers, and each is attributed to its client.
    """
    found = page.mcp_server_obj
    if found is not None:
        # not at the top, because the package mcp is optional
        from recsys.api.mcp.server import serve

        serve(found.mcp_server, service, found.tool_to_endpoint)


def hide_page_events(page: gr.Blocks) -> None:
    """Keep events of the page out of the API description and of MCP's list of tools.

    Gradio publishes the event that its sign-in button adds. Gain: the lists contain only the endpoints.
    """
    for event in page.fns.values():
        if event.api_name not in ENDPOINTS:
            event.api_visibility = "private"


def attribute_calls(page: gr.Blocks) -> None:
    """Set the current client for the code of events and tools.

    Gradio runs queued events and MCP tools in tasks that were started by an earlier request, so that a context variable
    has the client of that request. Gain: rate limits and permissions apply to the correct client.
    """
    process = page.process_api

    async def processing(*args: Any, **kwargs: Any) -> Any:
        request = kwargs.get("request")
        # gr.Request wraps the request that the guard has seen
        scope = getattr(getattr(request, "request", None) or request, "scope", {})
        with answering(scope.get(CLIENT, STRANGER)):
            return await process(*args, **kwargs)

    page.process_api = processing


class _Waiting(float):
    """A pause of Gradio's queue that ends when there may be something to do.

    Attributes:
        work: set when a call has arrived or ended.
    """

    work: asyncio.Event


class _AsyncioOfQueue:
    """The module asyncio as Gradio's queue sees it, with pauses that end early."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, delay: float, result: Any = None) -> Any:
        """Sleep; a `_Waiting` ends when there is work."""
        if not isinstance(delay, _Waiting):
            return await asyncio.sleep(delay, result)
        with suppress(TimeoutError):
            await asyncio.wait_for(delay.work.wait(), delay)
        delay.work.clear()
        return result


def wait_for_calls(page: gr.Blocks) -> None:
    """Let the queue of a page wait for calls instead of looking for them.

    Gradio looks 1,000 times a second for calls and 100 times for progress, of which this page reports none. Gain:
    without it an idle app takes 19 times the CPU time (67 against 3.5 ms a second, mean of 20 s).
    """
    queue = page._queue
    pause = _Waiting(LONGEST_WAIT_S)
    pause.work = asyncio.Event()
    queue.sleep_when_free, queue.progress_update_sleep_when_free = pause, LONGEST_WAIT_S
    for name in ("push", "process_events"):
        setattr(queue, name, _then(getattr(queue, name), pause.work.set))
    cast(Any, queueing).asyncio = _AsyncioOfQueue()


def _then(method: Callable[..., Awaitable[Any]], act: Callable[[], None]) -> Callable[..., Awaitable[Any]]:
    """An async method that calls `act` at its end."""

    async def calling(*args: Any, **kwargs: Any) -> Any:
        try:
            return await method(*args, **kwargs)
        finally:
            act()

    return calling


def page_calls(page: gr.Blocks) -> PageCalls:
    """The allowed calls of the page and Gradio's clients: events on the server, and server functions of components."""
    events = {number: event for number, event in page.fns.items() if event.fn is not None}
    servers = {
        number: frozenset(name for name, one in vars(block).items() if getattr(one, "_is_server_fn", False))
        for number, block in page.blocks.items()
    }
    return PageCalls(
        inputs={number: len(event.inputs) for number, event in events.items()},
        endpoints={number: event.api_name for number, event in events.items() if event.api_name in ENDPOINTS},
        servers={number: names for number, names in servers.items() if names},
        results=UnreadResults(page),
    )


class UnreadResults:
    """Bounded store of the unread results of queued calls.

    Gradio keeps the unread results of 2,000 sessions and the numbers of all calls without a time limit. Gain: unread
    results are dropped after `wait_s`, or earlier if there are more than `most`, so that they cannot fill the memory.
    """

    def __init__(self, page: gr.Blocks, wait_s: float = 60.0, most: int = 300, clock: Callable[[], float] = monotonic):
        self._page, self._wait_s, self._most, self._clock = page, wait_s, most, clock
        self._since: dict[str, float] = {}  # by call, oldest first: a session may last for hours
        self._reading: Counter[str] = Counter()

    def is_waiting(self, name: str) -> bool:
        """Whether a session or a call has unread results."""
        queue = self._page._queue
        if name in queue.pending_messages_per_session or name in queue.event_ids_to_events:
            return True
        return any(name in calls for calls in queue.pending_event_ids_session.values())

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Keep the results of a session or call while a client reads them."""
        session = self._session_of(name)
        self._reading[session] += 1
        try:
            yield
        finally:
            self._reading -= Counter({session: 1})

    def drop(self) -> None:
        """Drop the results of sessions with a call that is unread for too long; called at every new call."""
        queue, now = self._page._queue, self._clock()
        sessions = {call: session for session, calls in queue.pending_event_ids_session.items() for call in calls}
        self._since = {call: since for call, since in self._since.items() if call in sessions}
        for call in sessions:
            self._since.setdefault(call, now)
        for call, since in list(self._since.items()):
            if now - since < self._wait_s and len(queue.pending_event_ids_session) <= self._most:
                break
            del self._since[call]
            if sessions[call] in self._reading:
                self._since[call] = now
                continue
            queue.pending_messages_per_session.pop(sessions[call], None)
            queue.pending_event_ids_session.pop(sessions[call], None)

    def _session_of(self, name: str) -> str:
        pending = self._page._queue.pending_event_ids_session
        return next((session for session, calls in pending.items() if name in calls), name)


@contextmanager
def served_by(wrap: Callable[[ASGIApp], ASGIApp], **options: Any) -> Iterator[None]:
    """Serve pages that are launched inside the block behind `wrap`, with these options of uvicorn.

    Gradio adds its middleware outside of any that `launch` accepts, and options of uvicorn cannot be passed. Gain: the
    guard receives every request first, and refused requests never reach Gradio's code.
    """
    plain = http_server.Server

    class Guarded(plain):
        def __init__(self, config: uvicorn.Config, *args: Any, **kwargs: Any):
            super().__init__(config, *args, **kwargs)
            config.app = wrap(cast(ASGIApp, config.app))  # Gradio passes the app itself, never its name
            for name in ("uvicorn", "uvicorn.error"):  # its own handler writes no JSON and has no limits
                logging.getLogger(name).handlers.clear()
                logging.getLogger(name).propagate = True
            for name, value in options.items():
                setattr(config, name, value)

    http_server.Server = Guarded
    try:
        yield
    finally:
        http_server.Server = plain


def name_current_page(page: gr.Blocks) -> None:
    """Let copies of the current context know the page, as in a handler of its events.

    The package `spaces` looks there for the server's port, whose connections a process with a GPU must not hold open.
    """
    LocalContext.blocks.set(page)


def hide_space_header(page: gr.Blocks) -> None:
    """Prevent requests of the page to other hosts when it runs as a Space.

    On a Space, Gradio's script loads a header from huggingface.co with fonts from Google. Gain: the page makes no
    request to other hosts; the Hub shows its own header around the frame.
    """
    page.space_id = None
