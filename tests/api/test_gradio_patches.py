"""The patches of Gradio: what each gains, and whether Gradio still needs it.

A test here whose name starts with `test_gradio_` describes Gradio without the patch: when it fails, the patch can go.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from recsys.api import gradio_api, gradio_patches


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


def test_mcp_answers_are_json(with_mcp):
    gradio_patches.answer_mcp_in_json(with_mcp)
    (text,) = mcp_texts(with_mcp, VALUE)
    assert json.loads(text) == VALUE and "Léon" in text


def test_without_mcp_nothing_is_patched():
    gradio_patches.answer_mcp_in_json(SimpleNamespace(mcp_server_obj=None))
