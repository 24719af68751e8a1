"""The tabs of figures in a browser: drawn when opened, in every look, with filters, exports and a panel that works."""

from __future__ import annotations

import csv
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from film_app import running

from browser.conftest import SCREENS, visiting
from browser.test_quality import violations

READY = {
    "models": "#rs-models section",
    "data": "#rs-data .rs-chart",
    "activity": "#rs-activity .rs-results :is(section, .rs-empty)",
}


def opened(visit, tab, **options):
    page = visit(f"/?tab={tab}", **options)
    page.locator(READY[tab]).first.wait_for()
    return page


@pytest.mark.parametrize("tab", READY)
def test_every_tab_in_every_look(visit, ask, keep, tab):
    ask("recommend", "3", 12)
    page = opened(visit, tab)
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
            assert not {"null", "undefined", "NaN", "[object"} & set(page.inner_text("body").split()), look
            keep(page, f"{tab}-{look}")
            if axe is not None:
                assert violations(page) == [], look


def test_tabs_are_filled_when_opened_by_hand(visit):
    page = visit("/")
    assert page.locator(".rs-chart").count() == 0
    page.get_by_role("tab", name="Data").click()
    page.locator("#rs-data .rs-chart svg").first.wait_for()
    assert "tab=data" in page.url
    assert page.locator("#rs-data .rs-facts dd").first.inner_text().isdecimal()
    page.locator("#rs-data .rs-chart summary").first.click()
    assert page.locator("#rs-data .rs-chart table").first.is_visible()
    page.go_back()
    page.locator("#rs-similar .rs-card").first.wait_for()


def test_the_log_is_filtered_and_saved(visit, ask):
    ask("similar", "Heat (1995)", 4)
    ask("feedback", "like", "Heat (1995)")
    page = opened(visit, "activity")
    page.locator("#rs-activity label", has_text="Feedback").locator("select").select_option("like")
    page.locator("#rs-activity .rs-results section").nth(1).wait_for()
    # the unfiltered log stands there until the filtered one arrives
    page.wait_for_function(
        "(kinds => kinds.length && kinds.every(cell => cell.innerText === 'Like'))"
        "([...document.querySelectorAll('#rs-activity .rs-log tbody td:nth-child(2)')])"
    )
    assert "Heat" in page.locator("#rs-activity .rs-log tbody").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8").splitlines()))
    assert rows and {row["verdict"] for row in rows} == {"like"}
    page.locator("#rs-activity label", has_text="From").locator("input").fill("2001-01-01")
    page.locator("#rs-activity label", has_text="To").locator("input").fill("2001-01-02")
    page.locator("#rs-activity .rs-empty", has_text="No events match these filters").wait_for()
    page.get_by_role("button", name="Show all").click()
    page.locator("#rs-activity .rs-results section").nth(1).wait_for()


def test_a_model_is_trained_from_the_panel(visit):
    page = opened(visit, "models")
    page.locator(".rs-boxes label", has_text="Your taste group (PCA, k-means)").locator("input").check()
    page.get_by_role("button", name="Train").click()
    page.locator("#rs-operator .rs-work b", has_text="done after").wait_for(timeout=120_000)
    assert "clusters_pca: trained in" in page.inner_text("#rs-operator .rs-work pre")
    page.get_by_role("tab", name="Data").click()
    page.locator("#rs-data h3", has_text="Users by taste").wait_for()


def test_elsewhere_the_panel_needs_the_key(chromium, tmp_path, untouched, film_folder):
    data = shutil.copytree(untouched, tmp_path / "data")
    settings = {"GRADIO_SERVER_NAME": "0.0.0.0", "RECSYS_ADMIN_KEY": "let me in"}
    with running(data, film_folder, **settings) as site, visiting(chromium, site) as visit:
        page = opened(visit, "models")
        assert page.locator("#rs-operator button").all_inner_texts() == ["Unlock"]
        page.get_by_label("Admin key").fill("open sesame")
        page.get_by_role("button", name="Unlock").click()
        page.locator("#rs-operator .rs-error", has_text="This is not the RECSYS_ADMIN_KEY").wait_for()
        page.get_by_label("Admin key").fill("let me in")
        page.get_by_role("button", name="Unlock").click()
        page.locator("#rs-operator .rs-boxes").wait_for()
        assert "Memory" in page.inner_text("#rs-operator")
