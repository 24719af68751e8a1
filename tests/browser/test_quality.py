"""Hostile titles, accessibility, size, and posters that arrive late."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from fake_tmdb import V3_KEY, FakeTmdb
from film_app import running, write_folder

from browser.conftest import SCREENS, visiting

VIEWS = [
    "/",
    "/?film=1",
    "/?user=1",
    "/?tab=blend&film=1&user=1",
    "/?tab=newcomer",
    "/?user=99999",
    "/?q=like+Heat+but+funnier,+not+French,+before+2010,+blorp",
    "/?film=1&details=1",
]


@pytest.mark.parametrize("path", VIEWS)
def test_every_view_in_every_look(visit, keep, path):
    page = visit(path)
    if "details" in path:
        page.locator(".rs-row .rs-open").first.wait_for()
    axe = find_spec("axe_playwright_python")
    if axe is not None:
        page.evaluate((Path(axe.origin).parent / "axe.min.js").read_text("utf-8"))
    for screen, (width, height) in SCREENS.items():
        page.set_viewport_size({"width": width, "height": height})
        for dark in (False, True):
            page.evaluate("dark => recsys.theme(dark)", dark)
            look = f"{screen}-{'dark' if dark else 'light'}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                f"{look}: it sticks out sideways"
            )
            words = page.inner_text("body").split()
            assert not {"null", "undefined", "NaN", "[object"} & set(words), look
            keep(page, f"view{VIEWS.index(path)}-{look}")
            if axe is not None:
                assert violations(page) == [], look


def violations(page) -> list[tuple]:
    """What axe-core finds, of any impact."""
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(one["id"], node["target"], node["failureSummary"]) for one in found for node in one["nodes"]]


def test_the_first_view_is_small(chromium, site):
    """Of the requests, 38 are Gradio's own for a page with tabs and one component of HTML."""
    page = chromium.new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    asked, loaded = {}, {}
    session.on("Network.loadingFinished", lambda event: loaded.update({event["requestId"]: event["encodedDataLength"]}))
    session.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]}))
    page.goto(site)
    page.wait_for_selector(".rs-card:not(.rs-ghost)")
    page.wait_for_timeout(500)
    page.close()
    sizes = [size for request, size in loaded.items() if asked[request].startswith("http")]
    assert 0 < sum(sizes) < 400_000
    assert len(sizes) <= 45


def test_hostile_titles_are_text(chromium, tmp_path):
    folder = write_folder(tmp_path / "films")
    movies = folder / "movies.csv"
    hostile = '<img src=x onerror=window.hit=1>${window.hit=1} `b` \\u0041 {{value}} & ""q""'
    movies.write_text(movies.read_text("utf-8").replace("Toy Story (1995)", f"{hostile} (1995)"), "utf-8")
    with running(tmp_path / "data", folder) as address, visiting(chromium, address) as open_page:
        page = open_page("/?film=1")
        page.locator(".rs-hero h2").wait_for()
        assert page.locator(".rs-hero h2").inner_text() == hostile.replace('""', '"')
        page.locator("#rs-similar .rs-open").first.click()
        page.locator(".rs-row .rs-open").first.wait_for()
        page.keyboard.press("Escape")
        page.locator("#rs-find input").fill("onerror")
        page.locator("#rs-find [role=option]").first.wait_for()
        assert page.evaluate("window.hit") is None


def test_posters_arrive_from_tmdb_and_a_dead_one_is_drawn(chromium, tmp_path, untouched, film_folder):
    data = shutil.copytree(untouched, tmp_path / "data")
    fake = FakeTmdb()
    try:
        settings = {"TMDB_API_KEY": V3_KEY, "TMDB_API_URL": fake.api, "TMDB_IMAGE_URL": fake.images}
        with (
            running(data, film_folder, **settings) as address,
            visiting(chromium, address) as open_page,
        ):
            page = open_page("/?film=The Usual Suspects (1995)")
            page.wait_for_function(f"() => document.body.innerHTML.includes('{fake.images}/w342/') || null")
            page.reload()
            page.locator(".rs-hero img").wait_for()
            assert page.locator(".rs-hero img").get_attribute("src") == f"{fake.images}/w342/suspects.jpg"
            page.locator(".rs-hero .rs-open").click()
            page.get_by_role("link", name="Trailer").wait_for()
            assert (
                page.get_by_role("link", name="Trailer").get_attribute("href")
                == "https://www.youtube.com/watch?v=official_001"
            )
            assert "not endorsed" in page.locator(".rs-credit").inner_text()
            page.keyboard.press("Escape")
            page.route("**/t/p/**", lambda route: route.fulfill(status=200, body="no image"))
            page.reload()
            page.wait_for_function("() => document.querySelector('.rs-hero img')?.src.startsWith('data:image/svg')")
    finally:
        fake.close()


def test_as_a_space_the_page_asks_no_other_host(chromium, tmp_path, untouched, film_folder):
    data = shutil.copytree(untouched, tmp_path / "data")
    space = {"SPACE_ID": "me/films", "SYSTEM": "spaces", "SPACE_HOST": "me-films.hf.space"}
    # `visiting` fails for requests to other hosts and for violations of the Content-Security-Policy
    with running(data, film_folder, **space) as site, visiting(chromium, site) as visit:
        page = visit("/")
        for tab in page.get_by_role("tab").all():
            tab.click()
            page.wait_for_timeout(200)
        page.locator("#rs-activity .rs-log, #rs-activity .rs-empty").first.wait_for()
