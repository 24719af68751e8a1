"""The HTML document: the title and link preview of each address, escaped, and nothing else rewritten."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from recsys.page.components.address import Query
from recsys.page.document import Document, rewrite
from recsys.page.previews import Preview, preview
from recsys.page.tabs import TABS

GRADIO = (files("gradio") / "templates" / "frontend" / "index.html").read_text(encoding="utf-8")
TABS_OF_CONFIG = '<script>config = [{"id":81,"type":"tabs","props":{"selected":"similar","visible":true}}]</script>'


@pytest.fixture
def queries() -> list[str]:
    """Query strings that reached Gradio."""
    return []


@pytest.fixture
def client(service, queries):
    """An app that answers Gradio's own document at / and a text elsewhere."""

    def gradio(request):
        queries.append(request.url.query)
        return HTMLResponse(GRADIO + TABS_OF_CONFIG)

    routes = [
        Route("/", gradio),
        Route("/other", lambda request: HTMLResponse("<head></head>")),
        Route("/text", lambda request: PlainTextResponse("<head></head>")),
    ]
    app = Starlette(routes=routes)
    app.add_middleware(Document, service=service)
    return TestClient(app)


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ({}, "Films you will like, and why"),
        ({"film": "1"}, "Films like Toy Story (1995)"),
        ({"film": "Toy Story (1995)", "tab": "similar"}, "Films like Toy Story (1995)"),
        ({"film": "1", "user": "1"}, "Toy Story (1995) for user 1"),
        ({"tab": "blend", "film": "1"}, "Close to Toy Story (1995)"),
        ({"user": "1"}, "Picks for user 1"),
        ({"q": "heist"}, "Results for “heist”"),
        ({"tab": "data"}, "Data"),
        ({"film": "qqqqzzzz"}, "recsys"),
        ({"film": "~surprise"}, "Films you will like, and why"),
    ],
)
def test_every_address_has_a_title_of_its_own(service, address, title):
    assert preview(service, Query.read(address)).title == title


def test_details_are_previewed_by_their_item(service):
    shown = preview(service, Query.read({}), details="6")
    assert shown.title == "Heat (1995)" and shown.description == service.item("6")["overview"]


def test_details_are_previewed_on_top_of_any_tab(service):
    assert preview(service, Query.read({"user": "1"}), details="6").title == "Heat (1995)"


def test_every_address_has_a_description_of_its_own(service):
    addresses = [{}, {"film": "1"}, {"film": "6"}, {"user": "1"}, {"user": "2"}, {"q": "heist"}]
    addresses += [{"tab": tab.key} for tab in TABS[1:]]
    described = [preview(service, Query.read(address)).description for address in addresses]
    assert all(described) and len(set(described)) == len(described)
    assert "Toy Story 2" in described[1], "names what is like it"


def test_pictures_of_a_preview_have_an_address(service, monkeypatch):
    item = service.item("6")
    assert preview(service, Query.read({"film": "6"})).image == "", "a drawn picture is no address"
    monkeypatch.setattr(service, "item", lambda title: item | {"poster": "https://image.example/6.jpg"})
    assert preview(service, Query.read({"film": "6"})).image == "https://image.example/6.jpg"


def test_gradios_previews_are_replaced_and_ours_come_first(client):
    text = client.get("/?film=1").text
    assert "Click to try out" not in text and "@Gradio" not in text
    assert text.count("og:title") == 1 and text.index("<title>Films like Toy Story") < text.index("<script")
    assert 'rel="icon"' in text and "<noscript>" in text
    assert text.index(">recsys.keepTheme();") > text.index("<body")
    sheet = text.index('<link rel="stylesheet"')
    assert text.index("rs-start-wait") < sheet < text.index(".rs-chips {"), "after the introduction, before our styles"


@pytest.mark.parametrize(
    ("query", "tab"),
    [
        ("", "similar"),
        ("?tab=foryou", "foryou"),
        ("?user=1", "foryou"),
        ("?tab=data&film=1", "data"),
        ("?tab=</script><script>", "similar"),
        ("?tab=nothing", "similar"),
    ],
)
def test_gradio_draws_the_tab_of_the_address(client, query, tab):
    assert f'"props":{{"selected":"{tab}","visible":true}}' in client.get(f"/{query}").text


def test_only_scripts_with_the_nonce_of_the_document_run(client):
    first, second = client.get("/?film=1"), client.get("/?film=1")
    nonces = [re.search(r"'nonce-([\w-]+)'", one.headers["content-security-policy"])[1] for one in (first, second)]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip((first, second), nonces, strict=True):
        assert set(re.findall(r"<script[^>]*>", answer.text)) and answer.headers["cache-control"] == "no-store"
        assert all(f'nonce="{nonce}"' in tag for tag in re.findall(r"<script[^>]*>", answer.text))
        assert "unsafe-inline" not in answer.headers["content-security-policy"].split("style-src")[0]


def test_texts_are_escaped():
    nasty = '"><script>alert(1)</script>&'
    text = rewrite(GRADIO, Preview(nasty, nasty, f"https://x/{nasty}"), "")
    assert "<script>alert(1)" not in text and "&quot;&gt;&lt;script&gt;" in text


def test_a_long_description_is_cut():
    text = rewrite("<head></head>", Preview("t", "x" * 500), "")
    assert "x" * 200 + "…" in text and "x" * 201 not in text


def test_a_parameter_that_gradio_reserves_does_not_reach_it(client, queries):
    assert client.get("/?tab=newcomer&page=1&film=1").status_code == 200
    assert queries == ["tab=newcomer&film=1"]


def test_the_document_is_sent_compressed_to_browsers_that_take_it(client):
    plain = client.get("/", headers={"accept-encoding": "identity"})
    packed = client.get("/", headers={"accept-encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    assert "content-encoding" not in client.get("/", headers={"accept-encoding": "gzip;q=0"}).headers
    assert "</html>" in packed.text


def test_without_scripts_the_api_is_offered(client):
    text = client.get("/").text
    offered = text[text.index("<noscript>") : text.index("</noscript>")]
    assert 'href="gradio_api/openapi.json"' in offered and "/gradio_api/run/similar" in offered
    assert "&quot;data&quot;" in offered and "(19" in offered, "with a title that exists"


def test_nothing_else_is_touched(client):
    assert client.get("/other").text == "<head></head>"
    assert client.get("/text").text == "<head></head>"
    reply = client.get("/")
    assert int(reply.headers["content-length"]) > 0
