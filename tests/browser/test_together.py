"""Two people find a film for tonight: form, list with a match and a reason for each, dial and veto."""

from __future__ import annotations

import pytest

TITLES = "#rs-together .rs-card .rs-title"


def ready(page):
    page.locator("#rs-together .rs-card").first.wait_for()
    return page.locator(TITLES).all_inner_texts()


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_two_people_find_a_film_for_tonight(visit, ask, keep, screen):
    page = visit("/?tab=blend", screen)
    page.locator("#rs-group summary").click()
    page.get_by_label("What person 1 likes").fill("Heat\nAlien")
    page.get_by_label("Name of person 1").fill("Ann")
    page.get_by_label("What person 2 likes").fill("2")
    page.get_by_role("button", name="Find films for all").click()
    shown = ready(page)
    expected = ask("together", [["Heat", "Alien"], "2"], 24)
    assert shown == [line["title"] for line in expected]
    first = page.locator("#rs-together .rs-card").first
    assert first.locator(".rs-members li").count() == 2
    assert "Ann" in first.inner_text() and expected[0]["reasons"][0].replace("person 1", "Ann") in first.inner_text()
    first.scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(200)
    keep(page, f"together-{screen}")
    first.get_by_role("button", name="Veto").click()
    page.wait_for_function("was => document.querySelector('#rs-together .rs-title')?.textContent !== was", arg=shown[0])
    assert shown[0] not in page.locator(TITLES).all_inner_texts()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_function("was => document.querySelector('#rs-together .rs-title')?.textContent === was", arg=shown[0])
    keep(page, f"together-form-{screen}")


def test_an_exported_file_and_the_visitor_are_people_too(visit):
    page = visit("/?tab=newcomer")
    page.locator("#rs-starters .rs-mark[data-verdict=like]").first.click()
    page.get_by_role("tab", name="Blend").click()
    page.locator("#rs-group summary").click()
    page.get_by_role("button", name="Add me").click()
    export = "Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,Heat,1995,https://boxd.it/1,4.5\n"
    file = {"name": "ratings.csv", "mimeType": "text/csv", "buffer": export.encode()}
    page.locator("#rs-group input[type=file]").first.set_input_files(file)
    page.get_by_text("1 rating from ratings.csv").wait_for()
    assert "Heat" not in ready(page)


def test_a_title_that_does_not_exist_is_named(visit):
    page = visit("/?tab=blend")
    page.locator("#rs-group summary").click()
    page.get_by_label("What person 1 likes").fill("No Such Film Whatsoever")
    page.get_by_label("What person 2 likes").fill("2")
    page.get_by_role("button", name="Find films for all").click()
    page.locator("#rs-together .rs-error", has_text="No Such Film Whatsoever").wait_for()
