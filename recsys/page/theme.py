"""Gradio's theme in the colours of the page, which `css/base.css` defines for light and dark; system fonts only."""

from __future__ import annotations

import inspect

import gradio as gr

FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "Cascadia Mono", "Menlo", "Consolas", "monospace")


def theme() -> gr.Theme:
    """Set Gradio's variables to the page's colours. No font or style is loaded from another host."""
    both = {
        "body_background_fill": "var(--rs-paper)",
        "body_text_color": "var(--rs-ink)",
        "body_text_color_subdued": "var(--rs-soft)",
        "background_fill_primary": "var(--rs-raised)",
        "background_fill_secondary": "var(--rs-sunken)",
        "block_background_fill": "transparent",
        "block_border_width": "0px",
        "block_label_background_fill": "transparent",
        "block_label_text_color": "var(--rs-ink)",
        "block_title_text_color": "var(--rs-ink)",
        "block_info_text_color": "var(--rs-soft)",
        "border_color_primary": "var(--rs-line)",
        "border_color_accent": "var(--rs-accent)",
        "color_accent_soft": "var(--rs-accent-soft)",
        "input_background_fill": "var(--rs-raised)",
        "input_border_width": "1px",
        "input_border_color": "var(--rs-line)",
        "input_border_color_focus": "var(--rs-accent)",
        "input_placeholder_color": "var(--rs-soft)",
        "button_primary_background_fill": "var(--rs-ink)",
        "button_primary_background_fill_hover": "var(--rs-soft)",
        "button_primary_border_color": "var(--rs-ink)",
        "button_primary_text_color": "var(--rs-paper)",
        "button_secondary_background_fill": "var(--rs-raised)",
        "button_secondary_border_color": "var(--rs-line)",
        "button_secondary_text_color": "var(--rs-ink)",
        "slider_color": "var(--rs-accent)",
        "link_text_color": "var(--rs-accent)",
        "loader_color": "var(--rs-accent)",
        "error_background_fill": "var(--rs-accent-soft)",
        "error_text_color": "var(--rs-accent)",
        "error_border_color": "var(--rs-accent)",
    }
    made = gr.Theme(font=FONT, font_mono=MONO, primary_hue="stone", neutral_hue="stone", radius_size="lg")
    return made.set(**both, **{f"{name}_dark": value for name, value in both.items() if _has_dark(name)})


def _has_dark(name: str) -> bool:
    return f"{name}_dark" in inspect.signature(gr.Theme.set).parameters
