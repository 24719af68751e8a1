"""A running app on a small catalogue, and Debian's Chromium to visit it with."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from film_app import running
from waiting import PATIENCE_S

SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
]
WAIT_MS = 60_000


def _missing(why: str) -> None:
    if os.environ.get("RECSYS_REQUIRE_BROWSER") == "1":
        pytest.fail(f"RECSYS_REQUIRE_BROWSER is 1 and {why}", pytrace=False)
    pytest.skip(f"browser tests not run: {why}")


@pytest.fixture(scope="session")
def chromium():
    """The browser; tests are skipped without one, and fail where RECSYS_REQUIRE_BROWSER is 1."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed (pip install -r requirements-dev.txt)")
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not executable:
        _missing("no Chromium was found (apt-get install chromium, or set CHROMIUM to its path)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory, chromium, untouched, film_folder) -> Iterator[str]:
    """Address of the app on the small catalogue, without any key."""
    data = shutil.copytree(untouched, tmp_path_factory.mktemp("browser") / "data")
    with running(data, film_folder) as address:
        yield address


@pytest.fixture(scope="session")
def ask(site) -> Callable:
    """The service's own answer, over its API."""

    def call(name: str, *values: object) -> object:
        request = urllib.request.Request(
            f"{site}/gradio_api/run/{name}", json.dumps({"data": values}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return json.load(reply)["data"][0]

    return call


@pytest.fixture
def visit(chromium, site) -> Iterator[Callable]:
    """`visit(path, screen, dark)` opens the page; in the end no request may have left and no script failed."""
    with visiting(chromium, site) as open_page:
        yield open_page


@contextlib.contextmanager
def visiting(chromium, site: str) -> Iterator[Callable]:
    contexts, requests, failures = [], [], []

    def open_page(path: str = "/", screen: str = "desktop", dark: bool = False, **options: object):
        width, height = SCREENS[screen]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=screen == "phone",
            **options,
        )
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda line: failures.append(line.text) if line.type == "error" else None)
        page.goto(site + path)
        page.wait_for_selector(".rs-card:not(.rs-ghost), .rs-empty, .rs-list .rs-error, .rs-insight section")
        return page

    yield open_page
    for context in contexts:
        context.close()
    outside = [url for url in requests if not url.startswith(("http://127.0.0.1", "data:", "blob:"))]
    assert outside == [], "the page asks other hosts"
    assert failures == [], "scripts of the page failed"


@pytest.fixture
def keep(request) -> Callable:
    """Save a screenshot where RECSYS_SCREENSHOTS names a folder."""
    folder = os.environ.get("RECSYS_SCREENSHOTS")

    def save(page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"))

    return save


def titles(page, selector: str) -> list[str]:
    """Titles of the cards of a list, as shown."""
    return page.locator(f"{selector} .rs-card .rs-title").all_inner_texts()
