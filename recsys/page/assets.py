"""Scripts and styles of the page, in the order in which they are loaded; both editions take them from here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="9" fill="#a52a1c"/>'
    '<circle cx="14" cy="18" r="7.5" fill="none" stroke="#fff" stroke-width="5"/>'
    '<circle cx="25" cy="18" r="4" fill="#fff"/></svg>'
)
# Each script may use earlier ones. The first ones run before anything is painted.
EARLY_SCRIPTS = ("start", "theme")
# Scripts that need no server, in two groups between which an edition may load its own.
BASE_SCRIPTS = ("text", "address", "filters", "marks", "csv", "sorting", "dom", "state", "notices")
VIEW_SCRIPTS = (
    *("navigation", "tabs", "visitor", "stars", "card", "take_out", "list_tools", "list", "picker", "details"),
    *(
        "watch_list",
        "filter_names",
        "filter_controls",
        "header",
        "footer",
        "chips",
        "file_text",
        "bring",
        "told",
        "marked",
    ),
)
# Scripts of the edition with a server only.
SERVER_SCRIPTS = ("sign_in", "user", "controls", "wish", "together", "sheet", "activity", "operator_forms", "operator")
SCRIPTS = (*BASE_SCRIPTS, "snippets", "remote", *VIEW_SCRIPTS, *SERVER_SCRIPTS)

EARLY_STYLES = ("base", "header")  # styles of the introduction
VIEW_STYLES = ("controls", "filters", "search", "chips", "notices", "list", "card", "dialog", "person")
STYLES = ("gradio", *VIEW_STYLES, "charts", "tables", "operator")


@cache
def scripts(names: Sequence[str]) -> str:
    """The text of some scripts."""
    return "\n".join((FOLDER / "js" / f"{name}.js").read_text("utf-8") for name in names)


@cache
def styles(names: Sequence[str]) -> str:
    """The text of some style sheets."""
    return "\n".join((FOLDER / "css" / f"{name}.css").read_text("utf-8") for name in names)
