"""Build the HTML document, the scripts, the styles and the service worker of a site."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from string import Template
from urllib.parse import quote

from recsys.page import assets
from recsys.page.assets import ICON
from recsys.page.components import address, filters

FOLDER = Path(__file__).resolve().parent
# Scripts of the site, before and after those of the page that draw views.
BEFORE = (
    "scoring",
    "titles",
    "title_search",
    "drawn",
    "catalogue",
    "dials",
    "calibrated",
    "reasons",
    "opinions",
    "less",
    "group",
    "column_names",
    "columns",
    "quotes",
    "days",
    "exports",
)
BEFORE_VIEWS = (*BEFORE, "matching", "offline", "data", "answers", "local", "views", "rows")
AFTER_VIEWS = ("people", "about", "host", "main")
KEYS = (*address.KEYS, "people", "details")
# No inline script or style, and no request to another host.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


def script() -> str:
    """All scripts in one file, in the order in which they use one another."""
    config = {
        "address": {"keys": KEYS, "tabByKeys": [["similar", []]]},
        "filters": filters.DEFAULTS,
    }
    start = f'"use strict";\nglobalThis.recsys = {{ config: {json.dumps(config)}, components: {{}} }};'
    parts = [
        assets.scripts((*assets.EARLY_SCRIPTS, *assets.BASE_SCRIPTS)),
        "recsys.keepTheme();",
        _scripts(BEFORE_VIEWS),
        "recsys.remote = {};",
        assets.scripts(assets.VIEW_SCRIPTS),
        _scripts(AFTER_VIEWS),
    ]
    return "\n".join([start, *parts])


def style() -> str:
    """All styles in one file."""
    own = (FOLDER / "css" / "site.css").read_text("utf-8")
    return "\n".join([own, assets.styles((*assets.EARLY_STYLES, "gradio", *assets.VIEW_STYLES))])


def document(*, title: str, tagline: str, version: str, script_file: str, style_file: str, start_file: str) -> str:
    """The HTML document; all its addresses are relative, so that it works from any folder of any host."""
    values = {
        "policy": POLICY,
        "title": title,
        "tagline": tagline,
        "version": version,
        "script": script_file,
        "style": style_file,
        "start": start_file,
        "icon": f"data:image/svg+xml,{quote(ICON)}",
    }
    page = Template((FOLDER / "index.html").read_text("utf-8"))
    return page.substitute({name: html.escape(value) for name, value in values.items()})


def manifest(title: str, tagline: str) -> str:
    """The web app manifest, with which a phone installs the site."""
    icon = {"src": f"data:image/svg+xml,{quote(ICON)}", "sizes": "any", "type": "image/svg+xml"}
    values = {
        "name": title,
        "short_name": title,
        "description": tagline,
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#fbfaf8",
        "theme_color": "#fbfaf8",
        "icons": [icon],
    }
    return json.dumps(values, indent=1)


def service_worker(version: str, files: Iterable[str]) -> str:
    """The service worker, which stores all files of one version of the site."""
    constants = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(sorted(files), indent=1)};\n"
    return constants + (FOLDER / "service_worker.js").read_text("utf-8")


def _scripts(names: Iterable[str]) -> str:
    return "\n".join((FOLDER / "js" / f"{name}.js").read_text("utf-8") for name in names)
