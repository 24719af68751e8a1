"""“Less like this” and “What you told us”, on desktop and phone."""

from __future__ import annotations

import pytest


def shown(page, selector):
    return page.locator(f"{selector} .rs-card .rs-title").all_inner_texts()


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_less_of_a_film_and_of_a_person_changes_the_picks_and_can_be_undone(visit, keep, screen):
    page = visit("/?tab=newcomer", screen)
    for place in (0, 1, 2):
        page.locator("#rs-starters .rs-mark[data-verdict=like]").nth(place).click()
    page.locator("#rs-newcomer .rs-card").first.wait_for()
    page.get_by_role("button", name="See more kinds of picks").click()
    page.locator("#rs-foryou .rs-card").first.wait_for()
    before = shown(page, "#rs-foryou")
    page.locator("#rs-foryou .rs-open").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Less like this").click()
    dialog.get_by_role("button", name="This film").click()
    keep(page, f"less-{screen}")
    page.locator(".rs-toast", has_text="You will see less like this").wait_for()
    page.wait_for_function(
        "was => !document.querySelector('#rs-foryou .rs-title').textContent.includes(was)", arg=before[0]
    )
    page.keyboard.press("Escape")
    told = page.locator("#rs-told")
    told.get_by_text("What you told us").click()
    assert told.get_by_role("group", name="Less of").locator(".rs-told").count() == 1
    keep(page, f"told-{screen}")
    told.get_by_role("group", name="Less of").locator(".rs-wipe").click()
    page.wait_for_function("was => document.querySelector('#rs-foryou .rs-title').textContent === was", arg=before[0])
    assert shown(page, "#rs-foryou") == before


def test_a_told_film_opens_to_change_its_rating(visit):
    page = visit("/?tab=newcomer")
    page.locator("#rs-starters .rs-mark[data-verdict=like]").first.click()
    page.locator("#rs-marked .rs-name").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Not for me").click()
    page.keyboard.press("Escape")
    page.locator("#rs-marked .rs-told[data-kind=out]").wait_for()


def test_late_details_close_nothing_that_was_opened_meanwhile(visit):
    page = visit("/?tab=newcomer")
    page.locator("#rs-starters .rs-mark[data-verdict=like]").first.click()
    page.locator("#rs-newcomer .rs-card").first.wait_for()
    held = []

    def hold(route):
        if '"details"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/component_server/**", hold)
    page.locator("#rs-newcomer .rs-open").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Less like this").click()
    chip = dialog.get_by_role("button", name="This film")
    chip.focus()
    assert dialog.get_by_text("More like this").count() == 0, "the details have come already"
    [request] = held
    request.continue_()
    dialog.get_by_text("More like this").wait_for()
    assert chip.is_visible()
    assert chip.evaluate("chip => chip === document.activeElement")
