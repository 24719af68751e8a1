"""Every endpoint of the running app, through gradio_client and as plain POST."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request

import pytest
from api_contract import PARAMETERS, REQUIRED
from gradio_client import Client
from gradio_client.exceptions import AppError
from waiting import PATIENCE_S

ITEM = {"item_id", "title", "year", "genres", "poster", "url"}
RECOMMENDATION = ITEM | {"rank", "score", "match", "reason"}


@pytest.fixture(scope="module")
def client(app_address):
    return Client(app_address, verbose=False)


@pytest.fixture(scope="module")
def post(app_address):
    def call(name, *data):
        """The answer, or the body and status of a refusal."""
        body = json.dumps({"data": list(data)}).encode()
        request = urllib.request.Request(
            f"{app_address}/gradio_api/run/{name}", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)["data"][0]
        except urllib.error.HTTPError as error:
            return json.load(error) | {"status": error.code}

    return call


def test_exactly_the_documented_endpoints_with_their_parameters(client):
    found = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(found) == {f"/{name}" for name in PARAMETERS}
    for name, wanted in PARAMETERS.items():
        got = found[f"/{name}"]["parameters"]
        assert [parameter["parameter_name"] for parameter in got] == [parameter for parameter, _ in wanted], name
        for parameter, (_, default) in zip(got, wanted, strict=True):
            assert parameter["parameter_has_default"] is (default is not REQUIRED)
            if default is not REQUIRED:
                assert parameter["parameter_default"] == default


def test_both_ways_give_the_same_with_exact_fields(client, post):
    similar = client.predict("Toy Story (1995)", 4, api_name="/similar")
    assert similar == post("similar", "Toy Story (1995)", 4, "") == post("similar", "Toy Story (1995)", 4)
    assert all(set(line) == RECOMMENDATION for line in similar)
    search = client.predict("toy stroy", api_name="/search")
    assert all(set(line) == ITEM for line in search)
    for name, data in (
        ("recommend", ["1", 3]),
        ("hybrid", ["1", "", 3, 0.7]),
        ("recommend_for", [["Heat (1995)"], ["Toy Story (1995)"], 3, "hybrid"]),
    ):
        lines = client.predict(*data, api_name=f"/{name}")
        assert len(lines) == 3
        assert lines == post(name, *data)
        assert all(set(line) == RECOMMENDATION for line in lines)


def test_keyword_calls_use_the_defaults(client):
    assert len(client.predict(title="Heat (1995)", api_name="/hybrid")) == 10
    assert len(client.predict(liked=["Heat (1995)"], api_name="/recommend_for")) == 10
    assert client.predict(title="Heat (1995)", api_name="/item")["title"] == "Heat"
    assert client.predict(user_id="2", api_name="/user")["n_ratings"] >= 8
    why = client.predict(user_id="2", title="Heat (1995)", api_name="/explain")
    assert {"history", "shared", "reason"} <= set(why)


def test_a_profile_from_join_to_changed_picks(client, post):
    profile = client.predict(["Toy Story (1995)"], api_name="/join")
    before = client.predict(profile["user_id"], 5, api_name="/recommend")
    stored = post("rate", profile["user_id"], profile["key"], "Heat (1995)", 4.5)
    assert stored["stored"] is True
    after = client.predict(profile["user_id"], 5, api_name="/recommend")
    assert [line["item_id"] for line in after] != [line["item_id"] for line in before]
    assert post("feedback", "like", "Heat (1995)")["stored"] is True


def test_models_and_about(client):
    models = client.predict(api_name="/models")
    assert {"name", "family", "metrics", "training_seconds", "version"} <= set(models[0])
    about = client.predict(api_name="/about")
    assert {"catalogue", "dataset", "licence", "counts", "release", "services"} <= set(about)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("recommend", ["999"], "Unknown user '999'; "),
        ("similar", ["Heat", 0], "Parameter n is 0; use a whole number from 1 to 100."),
        ("similar", ["Heat", 5, "nope"], "There is no model 'nope'; there are popular, "),
        ("similar", ["qqqqzzzz"], "qqqqzzzz"),
        ("similar", [], "Parameter title of /similar is missing."),
        ("item", ["Heat", 5], "Too many parameters for /item: 2 given, it takes title."),
        ("about", ["x"], "Too many parameters for /about: 1 given, it takes no parameters."),
        ("rate", ["1", "k", "Heat", 4], "read-only"),
        ("recommend_for", ["Heat"], "Parameter liked is 'Heat'; use a list of titles or item ids."),
        ("hybrid", [], "Parameters user_id and title are both empty; give one of them, or both."),
        ("hybrid", ["1", "", 5, "half"], "Parameter balance is 'half'; use a number from 0 to 1."),
    ],
)
def test_errors_are_one_clear_sentence(post, name, data, sentence):
    answer = post(name, *data)
    assert sentence in answer["error"]
    assert "Traceback" not in answer["error"]
    assert answer["status"] == 422


def test_the_client_raises_the_sentence(client):
    with pytest.raises(AppError, match="Unknown user 'nobody'"):
        client.predict("nobody", api_name="/recommend")


def test_health_is_a_plain_route(app_address):
    with urllib.request.urlopen(f"{app_address}/health", timeout=PATIENCE_S) as answer:
        assert json.load(answer)["ok"] is True


def test_calls_do_not_wait_for_one_another(post):
    results = []
    threads = [threading.Thread(target=lambda: results.append(post("similar", "Heat (1995)", 5))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_S)
    assert len(results) == 16
    assert all(result == results[0] for result in results)


def test_plain_post_answers_what_gradio_itself_would(app_address):
    def answer(way):
        body = json.dumps({"data": ["Heat (1995)", 3], "session_hash": None}).encode()
        request = urllib.request.Request(f"{app_address}/gradio_api/{way}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return reply.headers.get_content_type(), json.load(reply)

    kind, ours = answer("run/similar")
    gradio_kind, gradios = answer("api/similar")
    assert kind == gradio_kind and set(ours) == {"data", "duration"} <= set(gradios)
    assert ours["data"] == gradios["data"]
    assert 0 < ours["duration"] < 20


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("application/json", b"{nonsense", "The body is not JSON"),
        ("application/json", b"\xff", "The body is not JSON"),
        ("application/json", b"[" * 200_000, "nested more than 32 levels deep"),
        ("application/json", b'["Heat"]', "The body has no list"),
        ("application/json", b'{"data": "Heat"}', "The body has no list"),
        # what a form on another site can send
        ("text/plain", b'{"data": ["Heat"]}', "Content-Type is 'text/plain'"),
        ("application/x-www-form-urlencoded", b'{"data": ["Heat"]}', "Send {"),
    ],
)
def test_a_body_that_is_no_question_is_refused(app_address, kind, body, sentence):
    request = urllib.request.Request(f"{app_address}/gradio_api/run/similar", body, {"Content-Type": kind})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=PATIENCE_S)
    assert refused.value.code == 422
    assert sentence in json.load(refused.value)["error"]
