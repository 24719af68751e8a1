"""Hardware of a Space: ZeroGPU for a free account, other hardware for a paying one, and what is said of a refusal."""

from __future__ import annotations

import pytest
from fake_hub import FakeHub

from recsys.errors import BadInput, HubError, NotAllowed
from recsys.hub import client, space
from recsys.settings import Settings

SPACE, TOKEN = "me/films", "hf_writer"
NO_SERVER = (
    "Deploy a static site with --static, or run the container on your own machine (docs/hosting.md); both need no plan."
)
TWO = "A free account may have two ZeroGPU Spaces if its e-mail address is verified and it is older than 30 days."


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """No pauses between attempts."""
    monkeypatch.setattr(client, "sleep", lambda seconds: None)


@pytest.fixture
def server():
    with FakeHub() as running:
        yield running


def deploy(server, space_id=SPACE, token=TOKEN, **more):
    return space.deploy(space.Plan(space_id, **more), Settings(hub_endpoint=server.url, hf_token=token))


def refused(kind, *given, **more) -> str:
    with pytest.raises(kind) as error:
        deploy(*given, **more)
    return str(error.value)


def test_a_free_account_gets_zero_gpu(server):
    done = deploy(server)
    made = server.repos["space", SPACE]
    assert (done["created"], done["hardware"], done["moved"]) == (True, "zero-a10g", False)
    assert (made.sdk, made.hardware) == ("gradio", "zero-a10g")
    server.requests.clear()
    assert not deploy(server)["files_sent"] and server.count("^(POST|PUT)") == 0


def test_a_third_space_is_refused_with_what_may_be_done(server):
    deploy(server)
    deploy(server, "me/second")
    text = refused(HubError, server, "me/third")
    assert text == (
        "Deploying to me/third failed: the token has no permission for this, or the account may have no other Space on "
        f"zero-a10g (HTTP 403). The Hub says: You have reached your limit of ZeroGPU Spaces. {TWO} {NO_SERVER}"
    )
    assert ("space", "me/third") not in server.repos


def test_other_hardware_is_for_paying_accounts(server):
    text = refused(NotAllowed, server, hardware="cpu-basic")
    assert text == (
        "me has a free account, which cannot create a Gradio Space on cpu-basic. Leave out --hardware to use ZeroGPU. "
        f"{TWO} {NO_SERVER}"
    )
    assert "me has no payment method, and t4-small is billed by the hour" in refused(
        NotAllowed, server, hardware="t4-small"
    )
    assert server.count("POST /api/repos/create") == 0
    server.paying.add("me")
    done = deploy(server, hardware="cpu-basic")
    files = server.repos["space", SPACE].files
    assert done["hardware"] == server.repos["space", SPACE].hardware == "cpu-basic"
    assert b"gradio==" in files["requirements.txt"] and b"suggested_hardware: cpu-basic" in files["README.md"]


def test_a_refusal_that_the_account_does_not_foretell_is_explained(server):
    server.accounts["hf_team"] = ("team", True)  # whoever the Hub names is not the owner: an organization
    server.fail("GET /api/whoami-v2", answer={"type": "user", "name": "somebody", "isPro": False})
    text = refused(HubError, server, "team/films", "hf_team", hardware="cpu-basic")
    assert text.startswith("Deploying to team/films failed: the Hub asks for a paid plan to use cpu-basic (HTTP 402).")
    assert "The Hub says: Subscribe to PRO to create Gradio and Docker Spaces. Leave out --hardware" in text


def test_a_space_stays_on_its_hardware_unless_other_hardware_is_named(server):
    server.paying.add("me")
    deploy(server, hardware="cpu-basic")
    again = deploy(server)
    assert (again["hardware"], again["moved"], again["files_sent"]) == ("cpu-basic", False, [])
    moved = deploy(server, hardware="zero-a10g")
    assert moved["moved"] and server.repos["space", SPACE].hardware == "zero-a10g"
    assert moved["files_sent"] == ["requirements.txt", "README.md"]
    server.paying.clear()
    text = refused(HubError, server, hardware="cpu-basic")
    assert "the Hub asks for a paid plan to use cpu-basic (HTTP 402)" in text
    assert server.repos["space", SPACE].hardware == "zero-a10g"


def test_a_static_space_is_not_overwritten(server):
    made = server.create(SPACE, "space")
    made.sdk = "static"
    assert refused(BadInput, server) == (
        "me/films is a static Space, and this one is for gradio. Use another name, or delete it first."
    )
    assert len(made.commits) == 1


def test_files_alone_are_sent_with_a_token_for_one_repository(server):
    assert "There is no Space me/films, or the token has no access" in refused(HubError, server, files_only=True)
    deploy(server)
    server.put(SPACE, {"app.py": b"changed"}, "space")
    server.requests.clear()
    done = deploy(server, files_only=True, feedback_repo="me/feedback", model_repo="me/none")
    assert "app.py" in done["files_sent"] and done["variables"] == done["secrets"] == []
    assert not server.count("whoami|/variables|/secrets|/datasets/|/models/|/hardware|/repos/create")
    assert "--files-only leaves hardware" in refused(BadInput, server, files_only=True, hardware="cpu-basic")
