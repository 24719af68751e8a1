"""The table of endpoints, without a server: contract, documentation, errors."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from api_contract import PARAMETERS, REQUIRED
from starlette.requests import Request

from recsys.api import plain_post
from recsys.api.calls import EndpointFailed, call
from recsys.api.contract import Endpoint
from recsys.api.endpoints import ENDPOINTS, vocabulary
from recsys.errors import BadInput, BrokenRelease, UnknownItem


def test_the_endpoints_are_those_of_the_readme():
    found = {
        name: [(one.name, REQUIRED if one.default is one.empty else one.default) for one in endpoint.parameters]
        for name, endpoint in ENDPOINTS.items()
    }
    assert found == PARAMETERS
    assert [name for name, endpoint in ENDPOINTS.items() if endpoint.writes] == ["join", "rate", "feedback", "forget"]


def test_every_parameter_has_a_type_and_a_text(service):
    words = vocabulary(service)
    for name, endpoint in ENDPOINTS.items():
        text = endpoint.text(words)
        assert "{" not in text and text[0].isupper(), name
        for parameter in endpoint.parameters:
            assert f"{parameter.name}: " in text, name
            assert not isinstance(parameter.annotation, str), name


def test_omitted_parameters_get_their_defaults_and_no_two_calls_share_one():
    endpoint = ENDPOINTS["recommend_for"]
    first, second = endpoint.complete([["Heat"]]), endpoint.complete([["Heat"]])
    assert first == [["Heat"], [], 10, "hybrid", {}, {}]
    first[1].append("Casino")
    first[5]["only"] = ["1"]
    assert second[1] == [] and second[5] == {}
    with pytest.raises(BadInput, match="Parameter liked of /recommend_for is missing."):
        endpoint.complete([])


def test_a_wish_is_answered_with_a_note_on_what_was_understood(service):
    lines = call(service, ENDPOINTS["similar"], ["like Heat but funnier, not French, blorp", 3])
    note = "Understood as: like Heat (1995), funnier, not French. Not understood: “blorp”."
    assert lines[0]["note"] == note and len(lines) == 3 and not any("note" in line for line in lines[1:])
    assert "note" not in call(service, ENDPOINTS["similar"], ["Beauty and the Beast", 3])[0], "an exact title"
    assert "Understood as" not in call(service, ENDPOINTS["item"], ["Heat"]).get("note", "")
    with pytest.raises(UnknownItem, match="No film is called 'quux'; name films that are here"):
        call(service, ENDPOINTS["similar"], ["like quux", 3])


def broken(error: Exception) -> Endpoint:
    def fail(service):
        raise error

    return Endpoint("about", fail, ENDPOINTS["about"].signature, False)


def answered(service, endpoint: Endpoint) -> tuple[int, dict]:
    """Status and body of a plain POST without parameters."""

    async def receive():
        return {"type": "http.request", "body": b'{"data": []}'}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}

    async def ask():
        return await plain_post.handler(service, endpoint)(Request(scope, receive))

    # a thread of its own: after a browser test, Playwright's event loop still runs in this one
    with ThreadPoolExecutor(1) as pool:
        response = pool.submit(lambda: asyncio.run(ask())).result()
    return response.status_code, json.loads(response.body)


@pytest.mark.parametrize("error", [BadInput("No."), UnknownItem("No.")])
def test_a_mistake_of_the_caller_is_422_and_is_not_logged(service, caplog, error):
    assert answered(service, broken(error)) == (422, {"error": "No."})
    assert not caplog.records


@pytest.mark.parametrize("error", [ZeroDivisionError("secret detail"), BrokenRelease("secret detail")])
def test_a_failure_of_ours_is_500_without_details_and_is_logged(service, caplog, error):
    with caplog.at_level(logging.ERROR):
        status, body = answered(service, broken(error))
    assert status == 500 and "secret" not in body["error"] and "/about failed" in body["error"]
    assert "secret detail" in caplog.text
    with pytest.raises(EndpointFailed):
        call(service, broken(error), [])
    (line,) = service.latencies.lines()
    assert (line["failed"], line["refused"]) == (2, 0)
